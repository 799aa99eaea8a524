# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PX4, as it was measured on 1.16 and 1.18: mode OFFBOARD.

- OFFBOARD and arming in it need a setpoint younger than COM_OF_LOSS_T; it takes off by itself.
- That long after the last setpoint it does what COM_OBL_RC_ACT says, whose default depends on the
  version: 4 (land) and 5 (hold) are what they say.
- After that OFFBOARD returns by itself with the first setpoint, unless another mode was commanded.
- A setpoint without thrust falls, in 1.16 as a command of zero thrust: the mask never has bit 64.
- Whole numbers of parameters travel bytewise in the float.
"""

from __future__ import annotations

import dataclasses
import math
import struct
from collections.abc import Mapping

from live_mvp_ros.vehicle.mavlink.autopilot_traits import (
    Demands,
    Handling,
    Request,
    WantedParameter,
)
from live_mvp_ros.vehicle.mavlink.estimates import EstimateReader, OdometryReader
from live_mvp_ros.vehicle.mavlink.throttle import ThrustCurve


def custom_mode(main: int, sub: int = 0) -> int:
    """Return the mode as heartbeats tell it."""
    return main << 16 | sub << 24


AUTO = 4
OFFBOARD = custom_mode(6)
TAKE_OFF, LOITER, LAND = custom_mode(AUTO, 2), custom_mode(AUTO, 3), custom_mode(AUTO, 6)
LANDS, HOLDS = 4, 5
"""Values of COM_OBL_RC_ACT that say what happens."""
_INT32 = 6  # MAV_PARAM_TYPE
_SET_MODE, _TAKE_OFF, _CUSTOM = 176, 22, 1
_MODES = {
    custom_mode(1): "MANUAL",
    custom_mode(2): "ALTCTL",
    custom_mode(3): "POSCTL",
    TAKE_OFF: "AUTO.TAKEOFF",
    LOITER: "AUTO.LOITER",
    custom_mode(AUTO, 4): "AUTO.MISSION",
    custom_mode(AUTO, 5): "AUTO.RTL",
    LAND: "AUTO.LAND",
    custom_mode(5): "ACRO",
    OFFBOARD: "OFFBOARD",
    custom_mode(7): "STABILIZED",
    custom_mode(10): "TERMINATION",
}
LINEAR = ThrustCurve()
"""As measured from 0.3 to 1."""
HANDLING = Handling(delay_s=0.03, rate_time_constant_s=0.07, yaw_time_constant_s=0.45)
"""Fitted to measured steps: 10, 63, 90 % after 40, 105, 150 ms; of yaw after 210, 480, 900 ms."""


@dataclasses.dataclass(frozen=True)
class Px4:
    """See ``AutopilotTraits``."""

    name: str = "PX4"
    autopilot_id: int = 12
    default_url: str = "udpin:127.0.0.1:14540"
    modes: Mapping[int, str] = dataclasses.field(default_factory=lambda: _MODES, hash=False)
    our_mode: int = OFFBOARD
    take_off_modes: frozenset[int] = frozenset({TAKE_OFF, LOITER})
    landing_modes: frozenset[int] = frozenset({LAND})
    hold_modes: frozenset[int] = frozenset({LOITER})
    arming_modes: frozenset[int] = frozenset({LOITER})
    curve: ThrustCurve = LINEAR
    handling: Handling = HANDLING
    obeys_after_a_stream: bool = True
    drifts_when_silent: bool = False
    hover_parameter: str = "MPC_THR_HOVER"
    throttle_min: float = 0.08

    def reader(self) -> EstimateReader:
        """Return what reads its odometry."""
        return OdometryReader()

    def rates_hz(self, demands: Demands) -> Mapping[str, float]:
        """Return what is asked for; it tells its mode at once, if CURRENT_MODE is sent at all."""
        return {
            "ODOMETRY": demands.odometry_rate_hz,
            "CURRENT_MODE": 20.0,
            "HIGHRES_IMU": 50.0,
            "VFR_HUD": 20.0,
            "EXTENDED_SYS_STATE": 5.0,
            "SYS_STATUS": 2.0,
            "ESTIMATOR_STATUS": 2.0,
            "HOME_POSITION": 0.5,
            "ATTITUDE": 1.0,
            "ATTITUDE_QUATERNION": 1.0,
            "LOCAL_POSITION_NED": 1.0,
            "GLOBAL_POSITION_INT": 1.0,
        }

    def parameters(self, demands: Demands) -> tuple[WantedParameter, ...]:
        """Return the watchdog, what it does, and the altitude that it takes off to."""
        return (
            WantedParameter(
                "COM_OF_LOSS_T",
                lambda _: demands.timeout_s,
                f"it must leave OFFBOARD {demands.timeout_s:g} s after the last setpoint",
            ),
            WantedParameter(
                "COM_OBL_RC_ACT",
                lambda value: value if value in (LANDS, HOLDS) else float(HOLDS),
                f"it must be {LANDS} (land) or {HOLDS} (hold): others depend on the version",
                integer=True,
            ),
            WantedParameter(
                "MIS_TAKEOFF_ALT",
                lambda _: demands.altitude_m,
                f"it must be {demands.altitude_m:g} m, the altitude to take off to",
            ),
        )

    def set_mode(self, mode: int) -> Request:
        """Return the request for a mode."""
        name = f"mode {self.modes.get(mode, mode)}"
        main, sub = float(mode >> 16 & 0xFF), float(mode >> 24)
        return Request(_SET_MODE, name, (_CUSTOM, main, sub, 0.0, 0.0, 0.0, 0.0))

    def take_off(self, altitude_m: float) -> Request:
        """Return the request to rise; how high is MIS_TAKEOFF_ALT."""
        nan = math.nan
        numbers = (0.0, 0.0, 0.0, nan, nan, nan, nan)
        return Request(_TAKE_OFF, f"take-off to {altitude_m:g} m", numbers)

    def land(self) -> Request:
        """Return the request to land."""
        return self.set_mode(LAND)

    def hold(self) -> Request:
        """Return the request to hold: until OFFBOARD is commanded it then stays out of that."""
        return self.set_mode(LOITER)

    def encode(self, value: float, integer: bool) -> float:
        """Return a float with the bytes of the value."""
        if not integer:
            return value
        return float(struct.unpack("<f", struct.pack("<i", int(value)))[0])

    def decode(self, value: float, kind: int) -> float:
        """Return the value that the bytes of a float hold."""
        if kind != _INT32:
            return value
        return float(struct.unpack("<i", struct.pack("<f", value))[0])


PX4 = Px4()
