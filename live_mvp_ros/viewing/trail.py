# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The way that a vehicle has come, as a line that stays cheap to draw however long it gets.

A line is drawn as a whole each time it grows, so drawing each step of one line costs with the
square of its length. So the way is two lines: a short one that grows, and the rest, which is drawn
only when the short one is added to it. When the rest has too many points, every other one goes and
steps become twice as long: memory is bounded, and a view grows with the logarithm of the distance.
"""

from __future__ import annotations

import math

import numpy as np

STEP_M = 0.1
RECENT_POINTS, MOST_POINTS = 64, 2048
Point = tuple[float, float, float]


class Trail:
    """Positions at least ``step_m`` apart [m]."""

    def __init__(self) -> None:
        """Begin nowhere."""
        self.step_m = STEP_M
        self._past: list[Point] = []
        self._recent: list[Point] = []

    @property
    def past(self) -> np.ndarray:
        """Return the line [n, 3] that grows rarely; it ends where the recent one begins."""
        return np.array(self._past).reshape(-1, 3)

    @property
    def recent(self) -> np.ndarray:
        """Return the line [n, 3] that grows with every step."""
        return np.array(self._recent).reshape(-1, 3)

    def add(self, here: Point) -> bool:
        """Take a position, and return whether it is a step: whether ``recent`` has changed.

        It has but one point when it was added to ``past``, which then has changed as well.
        """
        if self._recent and math.dist(here, self._recent[-1]) < self.step_m:
            return False
        self._recent.append(here)
        if len(self._recent) >= RECENT_POINTS:
            self._past += self._recent[1:] if self._past else self._recent
            self._recent = self._recent[-1:]
            if len(self._past) > MOST_POINTS:
                self._past = [*self._past[:-1:2], self._past[-1]]
                self.step_m *= 2.0
        return True
