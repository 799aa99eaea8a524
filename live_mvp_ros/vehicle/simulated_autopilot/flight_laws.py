# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an autopilot flies by itself: climb at a rate, come to a stop, keep an attitude.

Coming to a stop follows a path whose acceleration changes by no more than a jerk limit, as PX4's
and ArduPilot's position controllers plan it. PX4 1.18 begins it with the acceleration that the
vehicle has, so that a vehicle that leans when its stream ends goes on leaning for a while.
"""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.simulated_autopilot import attitude_math
from live_mvp_ros.vehicle.simulated_autopilot.airframe import GRAVITY_M_S2
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import Quaternion, Vector, clipped

Flat = tuple[float, float]
"""North and east."""
TILT_MAX_RAD = math.radians(45.0)
POSITION_GAIN_PER_S = 0.95
VELOCITY_GAIN_PER_S = 1.8
CLIMB_GAIN_PER_S = 10.0


class Climb:
    """Climb at a rate that changes no faster than an acceleration."""

    def __init__(self, acceleration_m_s2: float) -> None:
        """Begin at rest."""
        self._acceleration_m_s2 = acceleration_m_s2
        self._rate_m_s = 0.0

    def enter(self, climb_m_s: float) -> None:
        """Begin with the rate that the vehicle climbs with."""
        self._rate_m_s = climb_m_s

    def lift(self, wanted_m_s: float, climb_m_s: float, dt_s: float) -> float:
        """Return the specific force upwards [m/s^2]."""
        most = self._acceleration_m_s2 * dt_s
        self._rate_m_s += clipped(wanted_m_s - self._rate_m_s, -most, most)
        lift = GRAVITY_M_S2 + CLIMB_GAIN_PER_S * (self._rate_m_s - climb_m_s)
        return clipped(lift, 0.2 * GRAVITY_M_S2, 2.0 * GRAVITY_M_S2)


class Stop:
    """Come to a stop, or to a velocity, in the plane, and keep the place."""

    def __init__(self, jerk_m_s3: float, acceleration_m_s2: float) -> None:
        """Say how fast the acceleration may change and how large it may become."""
        self._jerk, self._most = jerk_m_s3, acceleration_m_s2
        self._p: list[float] = [0.0, 0.0]
        self._v: list[float] = [0.0, 0.0]
        self._a: list[float] = [0.0, 0.0]

    def enter(self, position_m: Vector, velocity_m_s: Vector, acceleration_m_s2: Flat) -> None:
        """Begin the path with what the vehicle does, and an acceleration."""
        self._p, self._v = list(position_m[:2]), list(velocity_m_s[:2])
        self._a = list(acceleration_m_s2)

    def shift(self, jump_m: Vector) -> None:
        """Move the path with an estimate that has jumped: the vehicle has not."""
        self._p = [self._p[0] + jump_m[0], self._p[1] + jump_m[1]]

    @property
    def place_m(self) -> Flat:
        """Where the path is now, north and east."""
        return (self._p[0], self._p[1])

    def acceleration(
        self, position_m: Vector, velocity_m_s: Vector, dt_s: float, wanted_m_s: Flat = (0.0, 0.0)
    ) -> Flat:
        """Return the acceleration to fly with, after the path has gone on by ``dt_s``."""
        for i in range(2):
            self._plan(i, wanted_m_s[i], dt_s)
        return (
            self._feedback(0, position_m, velocity_m_s),
            self._feedback(1, position_m, velocity_m_s),
        )

    def _plan(self, i: int, wanted_m_s: float, dt_s: float) -> None:
        a, change = self._a[i], self._jerk * dt_s
        off = self._v[i] - wanted_m_s
        if abs(off) < 0.01 and abs(a) <= change:
            self._a[i], self._v[i] = 0.0, wanted_m_s
        else:
            towards = -math.copysign(1.0, off + a * abs(a) / (2.0 * self._jerk))
            if abs(a) > self._most:
                towards = -math.copysign(1.0, a)
            elif abs(a + towards * change) > self._most:
                towards = 0.0
            self._a[i] = a + towards * change
            self._v[i] += self._a[i] * dt_s
        self._p[i] += self._v[i] * dt_s

    def _feedback(self, i: int, position_m: Vector, velocity_m_s: Vector) -> float:
        off_m = self._p[i] - position_m[i]
        off_m_s = self._v[i] - velocity_m_s[i] + POSITION_GAIN_PER_S * clipped(off_m, -2.0, 2.0)
        return self._a[i] + VELOCITY_GAIN_PER_S * off_m_s


def leaning(acceleration_m_s2: Flat, lift_m_s2: float, yaw_rad: float) -> tuple[Quaternion, float]:
    """Return attitude and specific force [g] that accelerate in the plane and hold the lift."""
    n, e = acceleration_m_s2
    most = lift_m_s2 * math.tan(TILT_MAX_RAD)
    length = math.hypot(n, e)
    if length > most:
        n, e = n * most / length, e * most / length
    attitude = attitude_math.towards((n, e, -lift_m_s2), yaw_rad)
    return attitude, math.sqrt(n * n + e * e + lift_m_s2 * lift_m_s2) / GRAVITY_M_S2


def turning_to(
    attitude: Quaternion, wanted: Quaternion, tilt_gain_per_s: float, yaw_gain_per_s: float
) -> Vector:
    """Return the body rates that turn an attitude into another."""
    x, y, z = attitude_math.error_of(attitude, wanted)
    return (tilt_gain_per_s * x, tilt_gain_per_s * y, yaw_gain_per_s * z)
