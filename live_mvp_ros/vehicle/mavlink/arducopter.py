# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ArduCopter, as it was measured on 4.7: mode GUIDED with thrust as thrust.

- Without bit 3 of GUID_OPTIONS a thrust is a climb rate; with ATC_ANGLE_BOOST = 1 it is divided by
  the cosine of the tilt, which a controller of thrust has done already.
- After GUID_TIMEOUT without setpoints it levels, and drifts; it never lands by that.
- The message is dropped in any other mode. Parameters travel as numbers.
- Its first positive thrust on the ground only spools the motors up for two seconds; so it takes
off by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from live_mvp_ros.vehicle.mavlink.autopilot_traits import (
    Demands,
    Handling,
    Request,
    WantedParameter,
)
from live_mvp_ros.vehicle.mavlink.estimates import EstimateReader, PairReader
from live_mvp_ros.vehicle.mavlink.throttle import ThrustCurve

GUIDED, LAND, BRAKE = 4, 9, 17
THRUST_AS_THRUST = 8
"""Bit 3 of GUID_OPTIONS."""
_SET_MODE, _TAKE_OFF, _CUSTOM = 176, 22, 1
_MODES = {
    0: "STABILIZE",
    1: "ACRO",
    2: "ALT_HOLD",
    3: "AUTO",
    4: "GUIDED",
    5: "LOITER",
    6: "RTL",
    7: "CIRCLE",
    9: "LAND",
    11: "DRIFT",
    13: "SPORT",
    14: "FLIP",
    15: "AUTOTUNE",
    16: "POSHOLD",
    17: "BRAKE",
    18: "THROW",
    20: "GUIDED_NOGPS",
    21: "SMART_RTL",
    22: "FLOWHOLD",
    23: "FOLLOW",
    24: "ZIGZAG",
    27: "AUTO_RTL",
}
CURVE = ThrustCurve(offset=0.08, bend=0.045)
"""Fitted to the measured map."""
HANDLING = Handling(delay_s=0.03, rate_time_constant_s=0.06, yaw_time_constant_s=0.3)
"""Fitted to measured steps: 10, 63, 90 % after 38, 96, 128 ms; of yaw after 170, 346, 440 ms."""


@dataclasses.dataclass(frozen=True)
class ArduCopter:
    """See ``AutopilotTraits``."""

    name: str = "ArduCopter"
    autopilot_id: int = 3
    default_url: str = "tcp:127.0.0.1:5760"
    modes: Mapping[int, str] = dataclasses.field(default_factory=lambda: _MODES, hash=False)
    our_mode: int = GUIDED
    take_off_modes: frozenset[int] = frozenset({GUIDED})
    landing_modes: frozenset[int] = frozenset({LAND})
    hold_modes: frozenset[int] = frozenset({GUIDED, BRAKE})
    arming_modes: frozenset[int] = frozenset({GUIDED})
    curve: ThrustCurve = CURVE
    handling: Handling = HANDLING
    obeys_after_a_stream: bool = False
    drifts_when_silent: bool = True
    hover_parameter: str = "MOT_THST_HOVER"
    throttle_min: float = 0.05

    def reader(self) -> EstimateReader:
        """Return what pairs attitude and position: it sends no odometry."""
        return PairReader()

    def rates_hz(self, demands: Demands) -> Mapping[str, float]:
        """Return what is asked for; heartbeats ten times a second tell its mode."""
        odometry = demands.odometry_rate_hz
        return {
            "HEARTBEAT": 10.0,
            "ATTITUDE_QUATERNION": odometry,
            "LOCAL_POSITION_NED": odometry,
            "HIGHRES_IMU": 50.0,
            "VFR_HUD": 20.0,
            "EXTENDED_SYS_STATE": 5.0,
            "SYS_STATUS": 2.0,
            "EKF_STATUS_REPORT": 2.0,
            "HOME_POSITION": 0.5,
        }

    def parameters(self, demands: Demands) -> tuple[WantedParameter, ...]:
        """Return the watchdog and what makes thrust thrust."""
        return (
            WantedParameter(
                "GUID_TIMEOUT",
                lambda _: demands.timeout_s,
                f"it must level itself {demands.timeout_s:g} s after the last setpoint",
            ),
            WantedParameter(
                "GUID_OPTIONS",
                lambda value: float(int(value) | THRUST_AS_THRUST),
                f"bit 3 ({THRUST_AS_THRUST}) must be set, or thrust is a climb rate",
                integer=True,
            ),
            WantedParameter(
                "ATC_ANGLE_BOOST",
                lambda _: 0.0,
                "it must be 0, or thrust is raised by the tilt twice",
                integer=True,
            ),
        )

    def set_mode(self, mode: int) -> Request:
        """Return the request for a mode."""
        name = f"mode {self.modes.get(mode, mode)}"
        return Request(_SET_MODE, name, (_CUSTOM, float(mode), 0.0, 0.0, 0.0, 0.0, 0.0))

    def take_off(self, altitude_m: float) -> Request:
        """Return the request to rise."""
        numbers = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, altitude_m)
        return Request(_TAKE_OFF, f"take-off to {altitude_m:g} m", numbers)

    def land(self) -> Request:
        """Return the request to land."""
        return self.set_mode(LAND)

    def hold(self) -> Request:
        """Return the request to brake and stay."""
        return self.set_mode(BRAKE)

    def encode(self, value: float, integer: bool) -> float:
        """Return the value: all of them travel as numbers."""
        return value

    def decode(self, value: float, kind: int) -> float:
        """Return the value: all of them travel as numbers."""
        return value


ARDUCOPTER = ArduCopter()
