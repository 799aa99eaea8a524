# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Newton -> throttle: a curve through the hover, and the throttle that hovers, as it is felt.

Both autopilots take a collective throttle in [0, 1]. With r the thrust in multiples of the weight
and x the throttle in multiples of the one that hovers,

    r = offset + (1 - offset + bend) x - bend x^2,      so that x = 1 hovers.

A fit to the measured maps: ArduCopter with offset 0.08 and bend 0.045 keeps within 0.03 g of eight
points from 0.33 g to 1.86 g; PX4 is linear, both are 0.

What throttle hovers depends on the vehicle, its load and its battery, so it is estimated: the
accelerometer says r (specific force along the body's vertical over g), the curve then says x, and
the throttle that was commanded divided by x is one measurement. Sums over blocks are divided,
since the mean of a quotient by something that vibrates is not the quotient. A scalar Kalman
filter with a slow random walk takes the mean of the blocks and knows how sure it is.
"""

from __future__ import annotations

import dataclasses
import math

from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2

KNOWN_WITHIN = 0.05
"""Relative sigma from which on the hover throttle is known: 5 % of thrust is 0.5 m/s^2."""
PRIOR_SIGMA = 0.15
"""Relative sigma of what an autopilot's parameter says: ArduCopter's own was 6 % off."""
_LOWEST, _HIGHEST = 0.08, 0.9  # throttles that hover anything that flies
_BLOCK = 20  # samples
_BLOCK_SIGMA = 0.1  # relative: 1.4 m/s^2 of vibration are 0.03, the rest is lag and manoeuvres
_BLOCK_S = 2.0  # a block that takes longer has gaps, and is left out
_WALK_PER_S = 0.0007  # relative: 5 % in 80 minutes, a battery's sag takes ten
_MOTOR_S = 0.05  # first-order lag of thrust behind throttle
_STEADY = (0.6, 1.6)  # thrusts that are measured at, in weights: elsewhere the curve matters more


@dataclasses.dataclass(frozen=True)
class ThrustCurve:
    """The shape of an autopilot's thrust over throttle; see the module."""

    offset: float = 0.0
    bend: float = 0.0

    def ratio(self, x: float) -> float:
        """Return the thrust in weights at a throttle in multiples of the one that hovers."""
        return self.offset + (1.0 - self.offset + self.bend) * x - self.bend * x * x

    def throttle(self, ratio: float) -> float:
        """Return the throttle, in multiples of the one that hovers, that gives a thrust.

        0 below what the motors give at 0, and the greatest there is beyond the curve's top.
        """
        if ratio <= self.offset:
            return 0.0
        slope = 1.0 - self.offset + self.bend
        if self.bend == 0.0:
            return (ratio - self.offset) / slope
        inner = slope * slope - 4.0 * self.bend * (ratio - self.offset)
        top = slope / (2.0 * self.bend)
        return top if inner <= 0.0 else (slope - math.sqrt(inner)) / (2.0 * self.bend)


@dataclasses.dataclass(frozen=True)
class HoverThrottle:
    """The throttle that hovers, as far as it is known.

    Attributes:
        throttle: the estimate in [0, 1]; NaN before anything is known.
        sigma: its standard deviation, relative to it.
    """

    throttle: float = math.nan
    sigma: float = math.inf

    @property
    def known(self) -> bool:
        """Whether commands may be flown by it."""
        return self.sigma <= KNOWN_WITHIN


class HoverEstimator:
    """Estimates the throttle that hovers; belongs to one thread."""

    def __init__(self, curve: ThrustCurve) -> None:
        """Know nothing yet; ``curve`` is the autopilot's."""
        self._curve = curve
        self.estimate = HoverThrottle()
        self._commanded = self._lagged = math.nan  # what was asked for, and what the motors give
        self._followed_s = self._updated_s = math.nan
        self._block: list[tuple[float, float, float]] = []  # time, throttle, x

    def begin_with(self, throttle: float) -> None:
        """Take what the autopilot's parameters say, unless more is known."""
        if _LOWEST <= throttle <= _HIGHEST and not self.estimate.sigma <= PRIOR_SIGMA:
            self.estimate = HoverThrottle(throttle, PRIOR_SIGMA)

    def commanded(self, throttle: float, now_s: float) -> None:
        """Hear the throttle that acts from now on."""
        self._follow(now_s)
        self._commanded = throttle
        if math.isnan(self._lagged):
            self._lagged, self._followed_s = throttle, now_s

    def rests(self) -> None:
        """Forget the block under way: the vehicle does not fly, or nobody knows its throttle."""
        self._commanded = self._lagged = math.nan
        self._block.clear()

    def felt(self, specific_force_m_s2: float, now_s: float) -> None:
        """Hear the specific force along the body's vertical, up is positive."""
        self._follow(now_s)
        ratio = specific_force_m_s2 / GRAVITY_M_S2
        if math.isnan(self._lagged) or not _STEADY[0] <= ratio <= _STEADY[1]:
            return
        self._block.append((now_s, self._lagged, self._curve.throttle(ratio)))
        if len(self._block) < _BLOCK:
            return
        block, self._block = self._block, []
        measured = sum(row[1] for row in block) / sum(row[2] for row in block)
        if now_s - block[0][0] <= _BLOCK_S and _LOWEST <= measured <= _HIGHEST:
            self._update(measured, now_s)

    def _follow(self, now_s: float) -> None:
        """Let the motors follow the throttle up to now."""
        if math.isnan(self._lagged):
            return
        passed_s = max(0.0, now_s - self._followed_s)
        self._lagged += (self._commanded - self._lagged) * (1.0 - math.exp(-passed_s / _MOTOR_S))
        self._followed_s = now_s

    def _update(self, measured: float, now_s: float) -> None:
        before = self.estimate
        if math.isnan(before.throttle):
            self.estimate, self._updated_s = HoverThrottle(measured, _BLOCK_SIGMA), now_s
            return
        passed_s = 0.0 if math.isnan(self._updated_s) else max(0.0, now_s - self._updated_s)
        variance = before.sigma**2 + _WALK_PER_S**2 * passed_s
        gain = variance / (variance + _BLOCK_SIGMA**2)
        throttle = before.throttle + gain * (measured - before.throttle)
        self.estimate = HoverThrottle(throttle, math.sqrt((1.0 - gain) * variance))
        self._updated_s = now_s
