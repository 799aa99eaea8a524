# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a map refuses before anything is computed, said in words."""

from __future__ import annotations

from collections import deque

import numpy as np

from live_mvp_ros.mapping.hash_grid import MARGIN_M
from live_mvp_ros.mapping.map_config import LiveMapConfig

RECENT = 64
"""So many stamps are remembered."""
RESET_NS = 1_000_000_000
"""A stamp that is older than the newest one by more than this is of a clock that was reset."""
PERSISTENCE = 30
"""So many scans of another size, one after the other, are a sensor that has changed."""
SIZES = 4
"""Of so many sizes at most, because each is compiled for."""


class Intake:
    """The border of one map: remembers the size of scans and the stamps of the last ones.

    A scan of another size would compile the update anew, for seconds: it is refused, unless
    nothing else comes any more. A stamp that comes twice would count the same evidence twice; one
    that goes far back is a clock that was reset.
    """

    def __init__(self) -> None:
        """Have seen nothing."""
        self._shape: tuple[int, ...] | None = None
        self._sizes: set[tuple[int, ...]] = set()
        self._other: tuple[tuple[int, ...] | None, int] = (None, 0)
        self._stamps: deque[int] = deque(maxlen=RECENT)

    def problem(
        self,
        config: LiveMapConfig,
        stamp_ns: int,
        shape: tuple[int, ...],
        body_m: np.ndarray,
    ) -> str | None:
        """Return why a scan is refused, None if it is taken.

        Args:
            config: of the map.
            stamp_ns: when the scan was taken.
            shape: of its array of points; the first scan that is taken sets what is allowed,
                until PERSISTENCE others in a row have another one.
            body_m: position [3] of the vehicle, map frame.
        """
        if len(shape) < 2 or shape[-1] != 3 or 0 in shape:
            return f"a scan of shape {shape} is not allowed: it must be [..., 3] and not empty"
        if self._shape is not None and shape != self._shape and not self._persists(shape):
            return f"a scan of shape {shape} is not allowed: the first one had {self._shape}"
        if self._stamps and stamp_ns < max(self._stamps) - RESET_NS:
            self._stamps.clear()
        if stamp_ns in self._stamps:
            return f"a second scan with the stamp {stamp_ns} ns is not allowed"
        if config.outside_volume == "refuse" and not _inside(config, body_m):
            at = ", ".join(f"{value:.2f}" for value in np.asarray(body_m, float))
            return (
                f"the vehicle at ({at}) m is more than {MARGIN_M:g} m outside of the map's volume,"
                f" {config.lower_m} to {config.upper_m}: nothing is learned there unless"
                " outside_volume is integrate"
            )
        self._shape, self._other = shape, (None, 0)
        self._sizes.add(shape)
        self._stamps.append(stamp_ns)
        return None

    def _persists(self, shape: tuple[int, ...]) -> bool:
        """Count a scan of another size; returns whether it is taken for a changed sensor."""
        other, count = self._other
        self._other = (shape, count + 1 if shape == other else 1)
        known = shape in self._sizes or len(self._sizes) < SIZES
        return known and self._other[1] >= PERSISTENCE


def _inside(config: LiveMapConfig, body_m: np.ndarray) -> bool:
    """Return whether a position is in the volume or at its edge; NaN and infinity are not."""
    body = np.asarray(body_m, float)
    low, high = np.array(config.lower_m) - MARGIN_M, np.array(config.upper_m) + MARGIN_M
    return bool(np.all((body >= low) & (body <= high)))
