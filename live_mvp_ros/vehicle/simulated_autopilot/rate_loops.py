# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From wanted body rates to roll, pitch and yaw control, as the two firmwares do it.

PX4: a PID per axis on filtered gyros, a slow low-pass on the yaw torque, and integrators that are
reset on disarming only (gains and filters as read in its defaults). ArduPilot: wanted rates are
shaped by an acceleration limit and integrated to an attitude target, which is followed; its gains
are fitted to the measured steps.
"""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.simulated_autopilot import attitude_math
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import (
    LEVEL,
    ZERO,
    Delay,
    LowPass,
    Quaternion,
    Vector,
    clipped,
)

Wanted = tuple[float | None, float | None, float | None]
"""Rates of the three axes; None is an axis that is not controlled."""


class PidRateLoop:
    """PX4's mc_rate_control."""

    P = (0.15, 0.15, 0.2)
    I = (0.2, 0.2, 0.1)  # noqa: E741 - the name of the gain
    D = (0.003, 0.003, 0.0)
    MOST_INTEGRAL = 0.30
    DELAY_S = (0.008, 0.008, 0.048)
    """From a rate to its torque, fitted: gyro, queues and actuators."""
    D_CUTOFF_HZ, YAW_TORQUE_CUTOFF_HZ = 20.0, 2.0

    def __init__(self, dt_s: float) -> None:
        """Begin at rest; ``dt_s`` is the period of the loop."""
        self._dt_s = dt_s
        self._before = [0.0] * 3
        self._slope = [LowPass(self.D_CUTOFF_HZ, dt_s) for _ in range(3)]
        self._yaw = LowPass(self.YAW_TORQUE_CUTOFF_HZ, dt_s)
        self._delay = [Delay(round(delay_s / dt_s)) for delay_s in self.DELAY_S]
        self._integral = [0.0] * 3

    def reset(self) -> None:
        """Forget the integrators, as on disarming."""
        self._integral = [0.0] * 3

    def control(self, rates_rad_s: Vector, wanted: Wanted) -> Vector:
        """Return the control of the three axes, -1 to 1."""
        torque = [0.0] * 3
        for i in range(3):
            slope = self._slope[i].step((rates_rad_s[i] - self._before[i]) / self._dt_s)
            self._before[i] = rates_rad_s[i]
            target = wanted[i]
            if target is None:
                continue
            error = target - rates_rad_s[i]
            kept = self._integral[i] + self.I[i] * error * self._dt_s
            self._integral[i] = clipped(kept, -self.MOST_INTEGRAL, self.MOST_INTEGRAL)
            torque[i] = self.P[i] * error + self._integral[i] - self.D[i] * slope
        torque[2] = self._yaw.step(torque[2])
        roll, pitch, yaw = (
            delay.step(clipped(value, -1.0, 1.0))
            for delay, value in zip(self._delay, torque, strict=True)
        )
        return (roll, pitch, yaw)


class TargetFollower:
    """ArduPilot's AC_AttitudeControl: a target that turns, and a vehicle that follows it."""

    ACCELERATION_RAD_S2 = (19.2, 19.2, 4.71)
    """ATC_ACCEL_R_MAX, ATC_ACCEL_P_MAX, ATC_ACCEL_Y_MAX: 110000 and 27000 cdeg/s^2."""
    ANGLE_GAIN_PER_S = (0.54, 0.54, 1.84)
    RATE_GAIN = (0.44, 0.44, 0.22)
    SLOPE_GAIN_S = (0.0053, 0.0053, 0.0)
    YAW_TORQUE_CUTOFF_HZ = 2.39
    MOST_LEAD_RAD = 0.6
    """The target is at most this far ahead of the vehicle."""

    def __init__(self, dt_s: float) -> None:
        """Begin level, at rest; ``dt_s`` is the period of the loop."""
        self._dt_s = dt_s
        self._target = LEVEL
        self._rates = [0.0] * 3
        self._before: Vector = ZERO
        self._yaw = LowPass(self.YAW_TORQUE_CUTOFF_HZ, dt_s)

    def reset(self, attitude: Quaternion) -> None:
        """Put the target where the vehicle is."""
        self._target, self._rates = attitude, [0.0] * 3

    @property
    def target(self) -> Quaternion:
        """Attitude that is followed."""
        return self._target

    def control(self, attitude: Quaternion, rates_rad_s: Vector, wanted: Vector) -> Vector:
        """Return the control of the three axes, -1 to 1."""
        for i in range(3):
            most = self.ACCELERATION_RAD_S2[i] * self._dt_s
            self._rates[i] += clipped(wanted[i] - self._rates[i], -most, most)
        rates = (self._rates[0], self._rates[1], self._rates[2])
        self._target = attitude_math.turned(self._target, rates, self._dt_s)
        error = attitude_math.error_of(attitude, self._target)
        ahead = math.sqrt(sum(e * e for e in error))
        if ahead > self.MOST_LEAD_RAD:
            error = tuple(e * self.MOST_LEAD_RAD / ahead for e in error)  # type: ignore[assignment]
            self._target = attitude_math.turned(attitude, error, 1.0)
        torque = [
            self.RATE_GAIN[i] * (rates[i] + self.ANGLE_GAIN_PER_S[i] * error[i] - rates_rad_s[i])
            - self.SLOPE_GAIN_S[i] * (rates_rad_s[i] - self._before[i]) / self._dt_s
            for i in range(3)
        ]
        self._before = rates_rad_s
        yaw = self._yaw.step(torque[2])
        return (clipped(torque[0], -1, 1), clipped(torque[1], -1, 1), clipped(yaw, -1, 1))
