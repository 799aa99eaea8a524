# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PX4's failsafes: the stream that ends, the ground station that goes, battery and position.

A lost stream puts another mode over the intended one and takes it away when setpoints come back,
so OFFBOARD returns by itself. The others change the intended mode: OFFBOARD has to be commanded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from live_mvp_ros.vehicle.simulated_autopilot import px4_modes
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware
from live_mvp_ros.vehicle.simulated_autopilot.px4_modes import Mode

CHECK_S = 0.1
"""Health is checked at 10 Hz."""
AFTER_LOSS = {3: px4_modes.RTL, 4: px4_modes.LAND, 5: px4_modes.LOITER, 6: px4_modes.TERMINATION}
"""COM_OBL_RC_ACT; the modes by hand (0, 1, 2) need a stick, so they end in NAV_RCL_ACT, return."""
DISARM = 7
CRITICAL, ERROR, WARNING, INFO = 2, 3, 4, 6
NEVER_S = float("-inf")
GCS_MARGIN_S = 1.0
"""From COM_DL_LOSS_T to the change of mode."""


@dataclasses.dataclass
class Px4Failsafes:
    """What has been lost, and what follows."""

    hardware: Hardware
    intend: Callable[[Mode], None]
    """Change the intended mode."""
    disarm: Callable[[str], None]
    proof_s: float = NEVER_S
    """When the last valid setpoint came."""
    gcs_s: float = NEVER_S
    """When the last heartbeat of a ground station came."""
    over: Mode | None = None
    """Mode that stands over the intended one."""
    failed: bool = False
    """Whether a failsafe is active, for the status of the system."""
    _battery_told: float = 100.0
    _gcs_lost: bool = False
    _then: tuple[float, Mode] | None = None
    """When a hold of a failsafe ends, and the mode that follows."""

    def stream_is_fresh(self) -> bool:
        """Return whether a valid setpoint is younger than COM_OF_LOSS_T."""
        age_s = self.hardware.time_s - self.proof_s
        return age_s < self.hardware.parameters["COM_OF_LOSS_T"]

    def has_gcs(self) -> bool:
        """Return whether a ground station has been heard within COM_DL_LOSS_T."""
        age_s = self.hardware.time_s - self.gcs_s
        return age_s < self.hardware.parameters["COM_DL_LOSS_T"] + GCS_MARGIN_S

    def clear(self) -> None:
        """A mode was commanded, or the vehicle disarmed: nothing stands over what is intended."""
        self.over, self.failed, self._then = None, False, None

    def check(self, intended: Mode) -> None:
        """Look at everything, ten times a second."""
        if not self.hardware.armed:
            self._gcs_lost = not self.has_gcs()
            return
        self._check_stream(intended)
        self._check_position(intended)
        self._check_gcs()
        self._check_battery()
        if self._then is not None and self.hardware.time_s >= self._then[0]:
            mode, self._then = self._then[1], None
            self.intend(mode)
            self.failed = True

    def _check_stream(self, intended: Mode) -> None:
        if intended != px4_modes.OFFBOARD:
            return
        if self.stream_is_fresh():
            if self.over is not None:
                self.clear()
            return
        if self.over is not None:
            return
        action = int(self.hardware.parameters["COM_OBL_RC_ACT"])
        self._tell_failsafe()
        if action == DISARM:
            self.disarm("Failsafe: disarmed")
            return
        self.over = AFTER_LOSS.get(action, px4_modes.RTL)

    def _check_position(self, intended: Mode) -> None:
        needs = (self.over or intended) in px4_modes.NEED_POSITION
        if needs and not self.hardware.estimator.has_position:
            self._tell_failsafe()
            self.over = px4_modes.LAND  # level and down: it cannot hold a place

    def _check_gcs(self) -> None:
        lost, self._gcs_lost = self._gcs_lost, not self.has_gcs()
        if lost or not self._gcs_lost:
            return
        self.hardware.tell(WARNING, "Connection to ground control station lost")
        action = int(self.hardware.parameters["NAV_DLL_ACT"])
        if action:
            after = {2: px4_modes.RTL, 3: px4_modes.LAND}
            self._hold_then(after.get(action))

    def _check_battery(self) -> None:
        charge, before = self.hardware.battery.charge, self._battery_told
        self._battery_told = min(charge, before)
        low, critical, emergency = (
            100.0 * self.hardware.parameters[name]
            for name in ("BAT_LOW_THR", "BAT_CRIT_THR", "BAT_EMERGEN_THR")
        )
        action = int(self.hardware.parameters["COM_LOW_BAT_ACT"])
        if charge <= critical < before:
            self.hardware.tell(CRITICAL, "Critical battery level")
            if action == 3:
                urgent = charge <= emergency
                self._hold_then(px4_modes.LAND if urgent else px4_modes.RTL)
            elif action == 2:
                self._hold_then(px4_modes.LAND)
        elif charge <= low < before:
            self.hardware.tell(WARNING, "Low battery level")
        if charge <= emergency and action == 3 and self._then is not None:
            self._then = (self._then[0], px4_modes.LAND)

    def _hold_then(self, mode: Mode | None) -> None:
        wait_s = self.hardware.parameters["COM_FAIL_ACT_T"]
        if mode is None:
            self._tell_failsafe()
        else:
            text = f"Failsafe activated: entering Hold for {wait_s:.0f} seconds"
            self.hardware.tell(CRITICAL, text)
        self.intend(px4_modes.LOITER)
        self.failed = True
        self._then = None if mode is None else (self.hardware.time_s + wait_s, mode)

    def _tell_failsafe(self) -> None:
        if not self.failed:
            self.hardware.tell(CRITICAL, "Failsafe activated")
        self.failed = True
