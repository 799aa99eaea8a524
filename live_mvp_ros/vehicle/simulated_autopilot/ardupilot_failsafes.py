# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ArduCopter's failsafes: the ground station that goes, a low battery, a lost position.

The one of the ground station was measured; the others follow its documentation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from live_mvp_ros.vehicle.simulated_autopilot import ardupilot_modes as modes
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware

CHECK_S = 0.1
CRITICAL, WARNING, INFO = 2, 4, 6
GCS_LAND, BATTERY_LAND = 5, 1
"""Values of FS_GCS_ENABLE and BATT_FS_LOW_ACT that land; others return home."""


@dataclasses.dataclass
class ArduPilotFailsafes:
    """What has been lost, and what follows."""

    hardware: Hardware
    go_into: Callable[[int], None]
    """Change the mode."""
    gcs_s: float | None = None
    """When the last heartbeat came from MAV_GCS_SYSID."""
    failed: bool = False
    """Whether a failsafe is active, for the status of the system."""
    _gcs_lost: bool = False
    _battery_low: bool = False
    _position_lost: bool = False

    def check(self, mode: int) -> None:
        """Look at everything, ten times a second."""
        self._check_gcs()
        self._check_battery()
        self._check_position(mode)
        self.failed = self._gcs_lost or self._battery_low or self._position_lost

    def _check_gcs(self) -> None:
        vehicle = self.hardware
        enabled = int(vehicle.parameters["FS_GCS_ENABLE"])
        if not enabled or self.gcs_s is None:
            self._gcs_lost = False
            return
        gone = vehicle.time_s - self.gcs_s > vehicle.parameters["FS_GCS_TIMEOUT"]
        before, self._gcs_lost = self._gcs_lost, gone
        if gone and not before:
            vehicle.tell(WARNING, "GCS Failsafe")
            if vehicle.armed:
                self.go_into(modes.LAND if enabled == GCS_LAND else modes.RTL)
        elif before and not gone:
            vehicle.tell(WARNING, "GCS Failsafe Cleared")

    def _check_battery(self) -> None:
        vehicle = self.hardware
        volts = vehicle.battery.voltage_v
        low = 0.0 < volts < vehicle.parameters["BATT_LOW_VOLT"]
        if not low or self._battery_low:
            return
        self._battery_low = True
        vehicle.tell(WARNING, f"Battery 1 is low {volts:.2f}V")
        action = int(vehicle.parameters["BATT_FS_LOW_ACT"])
        if action and vehicle.armed:
            self.go_into(modes.LAND if action == BATTERY_LAND else modes.RTL)

    def _check_position(self, mode: int) -> None:
        vehicle = self.hardware
        lost = vehicle.armed and not vehicle.estimator.has_position
        before, self._position_lost = self._position_lost, lost
        if not lost or before or not vehicle.parameters["FS_EKF_ACTION"]:
            return
        if mode in modes.NEED_POSITION:
            vehicle.tell(CRITICAL, "EKF Failsafe: changed to LAND Mode")
            self.go_into(modes.LAND)
