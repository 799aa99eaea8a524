# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Four motors in an X: what each is told, and the thrust that it gives after a while.

Numbered as PX4 does: front right, rear left, front left, rear right. The first two turn
counter-clockwise, seen from above, so more of them turns the body clockwise (+yaw). Without air
mode: where thrust and turning ask for more than there is, thrust is taken away and never added,
then roll and pitch are cut, and yaw gets what is left, as in PX4's sequential desaturation.
"""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.simulated_autopilot.airframe import Airframe
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import Vector, clipped

Throttles = tuple[float, float, float, float]
STOPPED: Throttles = (0.0, 0.0, 0.0, 0.0)
_TURNS = ((-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (1.0, 1.0, -1.0), (-1.0, -1.0, -1.0))
"""Sign of roll, pitch and yaw at each motor."""
_SHARE = math.sqrt(0.5)
"""Throttle of a motor per unit of roll or pitch control."""
_YAW_MARGIN = 0.15
"""How far beyond full throttle yaw may go; thrust is then taken away for it."""


def mixed(control: Vector, thrust: float) -> Throttles:
    """Return the throttle of each motor, 0 to 1, for torques [-1, 1] and thrust [0, 1]."""
    roll, pitch, yaw = (clipped(c, -1.0, 1.0) for c in control)
    leaning = [_SHARE * (s[0] * roll + s[1] * pitch) for s in _TURNS]
    thrust = min(clipped(thrust, 0.0, 1.0), max(0.0, 1.0 - max(leaning)))
    room = min(thrust, 1.0 - thrust)
    most = max(abs(lean) for lean in leaning)
    scale = 1.0 if most <= room else room / most
    leaning = [scale * lean for lean in leaning]
    if yaw:
        turn = math.copysign(1.0, yaw)
        room = min(
            (1.0 + _YAW_MARGIN - thrust - lean) if s[2] * turn > 0.0 else thrust + lean
            for lean, s in zip(leaning, _TURNS, strict=True)
        )
        yaw = turn * clipped(abs(yaw), 0.0, max(0.0, room))
        highest = max(thrust + lean + s[2] * yaw for lean, s in zip(leaning, _TURNS, strict=True))
        thrust -= max(0.0, highest - 1.0)
    a, b, c, d = (
        clipped(thrust + lean + s[2] * yaw, 0.0, 1.0)
        for lean, s in zip(leaning, _TURNS, strict=True)
    )
    return (a, b, c, d)


class Motors:
    """Thrust of each motor, which follows its throttle with a first-order lag."""

    def __init__(self, airframe: Airframe) -> None:
        """Begin at rest."""
        self._frame = airframe
        self._thrust_g = [0.0] * 4
        """Specific force [g] if all had what this one has."""
        self._slope = airframe.curve.thrust(1.0) - airframe.curve.thrust(0.0)

    def step(self, dt_s: float, throttles: Throttles) -> tuple[float, Vector]:
        """Return the specific force [g] and the angular accelerations [rad/s^2], FRD.

        A throttle of 0 is a motor that stands still or idles at no thrust worth the name:
        ``STOPPED`` gives none, whatever the curve says of 0.
        """
        follow = 1.0 - math.exp(-dt_s / self._frame.motor_lag_s)
        stopped = throttles == STOPPED
        t = self._thrust_g
        for i, throttle in enumerate(throttles):
            wanted = 0.0 if stopped else self._frame.curve.thrust(throttle)
            t[i] += follow * (wanted - t[i])
        roll, pitch, yaw = self._frame.control_rad_s2
        per = 0.25 / self._slope
        return 0.25 * sum(t), (
            roll * per / _SHARE * (-t[0] + t[1] + t[2] - t[3]),
            pitch * per / _SHARE * (t[0] - t[1] + t[2] - t[3]),
            yaw * per * (t[0] + t[1] - t[2] - t[3]),
        )
