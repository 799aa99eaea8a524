# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the autopilot believes of where it is: the truth, with the errors that estimators have.

It needs a while after boot until it has a position. Its position wanders with GPS (a Gauss-Markov
process), jumps when the filter is reset, which the reset counter tells, and drifts off when GPS is
lost, until it is not believed any more. Attitude and rates are good: gravity and gyros hold them.
"""

from __future__ import annotations

import dataclasses
import math
import random

from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import (
    ZERO,
    LowPass,
    Quaternion,
    Vector,
)
from live_mvp_ros.vehicle.simulated_autopilot.rigid_body import RigidBody

WANDER_TIME_S = 20.0
"""How long a position error lasts."""
VELOCITY_NOISE_M_S = 0.01
DRIFT_M_S2 = 0.1
"""How fast the velocity goes wrong without GPS."""
DEAD_RECKONING_S = 5.0
"""How long a position is believed without GPS (EKF2_NOAID_TOUT)."""
UPDATE_S = 0.02


@dataclasses.dataclass
class Estimator:
    """Estimate of one vehicle."""

    body: RigidBody
    settle_s: float
    """Time after boot at which it has a position."""
    wander_m: float
    """Standard deviation of the position error, each axis."""
    noise: random.Random
    step_s: float
    """Period of its steps."""
    gyro_cutoff_hz: float
    """Of the low-pass on the gyros."""
    time_s: float = 0.0
    reset_counter: int = 0
    last_jump_m: Vector = ZERO
    """By how much the position jumped at the last reset, NED."""
    gps_lost_at_s: float | None = None
    _error_m: Vector = ZERO
    _error_m_s: Vector = ZERO
    _drift_m_s: float = 0.0
    _next_update_s: float = 0.0
    _gyro: tuple[LowPass, LowPass, LowPass] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        """Begin at rest."""
        p, q, r = (LowPass(self.gyro_cutoff_hz, self.step_s) for _ in range(3))
        self._gyro = (p, q, r)

    def step(self) -> None:
        """Let the errors go on, and filter the gyros."""
        self.time_s += self.step_s
        for gyro, rate in zip(self._gyro, self.body.rates_rad_s, strict=True):
            gyro.step(rate)
        if self.time_s < self._next_update_s:
            return
        self._next_update_s += UPDATE_S
        if self.gps_lost_at_s is not None:
            self._drift_m_s += DRIFT_M_S2 * UPDATE_S
            n, e, d = self._error_m
            step = self._drift_m_s * UPDATE_S
            self._error_m = (n + 0.8 * step, e - 0.6 * step, d)
            self._error_m_s = (0.8 * self._drift_m_s, -0.6 * self._drift_m_s, 0.0)
            return
        keep = math.exp(-UPDATE_S / WANDER_TIME_S)
        push = self.wander_m * math.sqrt(1.0 - keep * keep)
        draw = self.noise.gauss
        a, b, c = self._error_m
        self._error_m = (
            keep * a + push * draw(0.0, 1.0),
            keep * b + push * draw(0.0, 1.0),
            keep * c + 0.3 * push * draw(0.0, 1.0),  # a barometer holds the height
        )
        sigma = VELOCITY_NOISE_M_S
        self._error_m_s = (draw(0.0, sigma), draw(0.0, sigma), draw(0.0, sigma))

    @property
    def has_attitude(self) -> bool:
        """Whether attitude and rates are known."""
        return self.time_s >= 0.2 * self.settle_s

    @property
    def has_position(self) -> bool:
        """Whether position and velocity are believed."""
        if self.time_s < self.settle_s:
            return False
        return self.gps_lost_at_s is None or self.time_s < self.gps_lost_at_s + DEAD_RECKONING_S

    @property
    def has_fix(self) -> bool:
        """Whether GPS has a fix."""
        return self.gps_lost_at_s is None and self.time_s >= 0.6 * self.settle_s

    @property
    def position_m(self) -> Vector:
        """Believed position, NED."""
        return _sum(self.body.position_m, self._error_m)

    @property
    def velocity_m_s(self) -> Vector:
        """Believed velocity, NED."""
        return _sum(self.body.velocity_m_s, self._error_m_s)

    @property
    def attitude(self) -> Quaternion:
        """Believed attitude."""
        return self.body.attitude

    @property
    def rates_rad_s(self) -> Vector:
        """Measured body rates, FRD, filtered."""
        p, q, r = self._gyro
        return (p.value, q.value, r.value)

    def jump(self, jump_m: Vector) -> None:
        """Reset the filter: the position is another one from one moment to the next."""
        self._error_m = _sum(self._error_m, jump_m)
        self.last_jump_m = jump_m
        self.reset_counter = (self.reset_counter + 1) % 256

    def move_to(self, position_m: Vector) -> None:
        """Reset the filter to a position, NED."""
        n, e, d = self.position_m
        self.jump((position_m[0] - n, position_m[1] - e, position_m[2] - d))

    def lose_gps(self) -> None:
        """Have no fix from now on."""
        if self.gps_lost_at_s is None:
            self.gps_lost_at_s, self._drift_m_s = self.time_s, 0.0

    def find_gps(self) -> None:
        """Have a fix again: what had drifted off jumps back."""
        if self.gps_lost_at_s is not None:
            self.gps_lost_at_s, self._error_m_s = None, ZERO
            self.jump((-self._error_m[0], -self._error_m[1], -self._error_m[2]))


def _sum(a: Vector, b: Vector) -> Vector:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])
