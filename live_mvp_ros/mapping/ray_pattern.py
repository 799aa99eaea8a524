# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the pixels of an organised cloud look, learned from those that return something.

A point that is NaN has lost its direction. A camera, or a lidar whose columns are always at the
same angles, looks in the same direction with the same pixel in every cloud: what the pixel saw
last time tells where it looks now. A sensor that does not is noticed, and then nothing is known.
"""

from __future__ import annotations

import numpy as np

_SAME_RAD = 0.01
_ASTRAY = 0.05  # of the pixels may look elsewhere than before


class RayPattern:
    """The directions of one sensor's pixels."""

    def __init__(self) -> None:
        """Know none."""
        self._directions: np.ndarray | None = None
        self.fixed = True
        """Whether all clouds so far were of one pattern."""

    def learn(self, points: np.ndarray, range_m: np.ndarray) -> np.ndarray:
        """Take the returns of a cloud; returns the unit directions [H, W, 3], NaN if unknown.

        Args:
            points: returns [H, W, 3], the sensor's frame; NaN without one.
            range_m: their ranges [H, W].
        """
        with np.errstate(invalid="ignore"):
            seen = points / range_m[..., None]
        if self._directions is None or self._directions.shape != seen.shape:
            self._directions, self.fixed = seen, True
            return seen
        known = self._directions
        apart = np.linalg.norm(seen - known, axis=-1)
        both = np.isfinite(apart)
        if both.any() and np.mean(apart[both] > _SAME_RAD) > _ASTRAY:
            self.fixed = False
        self._directions = np.where(np.isnan(seen), known, seen)
        return self._directions if self.fixed else np.full_like(seen, np.nan)
