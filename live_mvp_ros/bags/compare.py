# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How well two maps of one flight agree, and how often which topic came."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from live_mvp_ros.base.results import rounded

OCCUPIED_PERCENT = 50


class Grid(NamedTuple):
    """An OccupancyGrid: cells int8 [height, width], -1 unknown, else percent; where they are."""

    stamp_ns: int
    cells: np.ndarray
    resolution_m: float
    corner_m: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How a rebuilt map compares with the recorded one.

    Attributes:
        occupancy: share of the cells known in the recorded map that the rebuilt one knows too and
            takes for the same, free or occupied; None where nothing is known.
        of_both: the same among the cells that both know.
        known: cells that the recorded map knows.
        known_rebuilt: cells that the rebuilt map knows.
        recorded_ns: stamp of the recorded map.
        rebuilt_ns: stamp of the rebuilt map.
    """

    occupancy: float | None
    of_both: float | None
    known: int
    known_rebuilt: int
    recorded_ns: int
    rebuilt_ns: int


def agreement(recorded: Grid, rebuilt: Grid) -> Agreement:
    """Return how two maps of the same cells agree.

    Raises:
        ValueError: their cells are not the same ones.
    """
    place = np.abs(np.subtract(recorded.corner_m, rebuilt.corner_m)).max()
    same = recorded.cells.shape == rebuilt.cells.shape and place < 0.01 * recorded.resolution_m
    if not same or abs(recorded.resolution_m - rebuilt.resolution_m) > 1e-6:
        raise ValueError("the two maps have cells of different size, number or place")
    old, new = recorded.cells, rebuilt.cells
    known, both = old >= 0, (old >= 0) & (new >= 0)
    equal = both & ((old > OCCUPIED_PERCENT) == (new > OCCUPIED_PERCENT))
    return Agreement(
        occupancy=float(equal.sum() / known.sum()) if known.any() else None,
        of_both=float(equal.sum() / both.sum()) if both.any() else None,
        known=int(known.sum()),
        known_rebuilt=int((new >= 0).sum()),
        recorded_ns=recorded.stamp_ns,
        rebuilt_ns=rebuilt.stamp_ns,
    )


def pair(recorded: Mapping[int, Grid], rebuilt: Mapping[int, Grid]) -> tuple[Grid, Grid] | None:
    """Return the last two maps of the same stamp, else the last ones; None without any."""
    if not recorded or not rebuilt:
        return None
    common = recorded.keys() & rebuilt.keys()
    if common:
        return recorded[max(common)], rebuilt[max(common)]
    return recorded[max(recorded)], rebuilt[max(rebuilt)]


@dataclasses.dataclass
class Count:
    """Messages of one topic and the times of the first and last one."""

    count: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def add(self, time_ns: int) -> None:
        """Count a message."""
        self.first_ns = self.first_ns or time_ns
        self.last_ns = max(time_ns, self.last_ns)
        self.count += 1

    def rate_hz(self) -> float | None:
        """Return messages per second, None for fewer than two."""
        span_s = 1e-9 * (self.last_ns - self.first_ns)
        return (self.count - 1) / span_s if self.count > 1 and span_s > 0 else None


def rates(
    recorded: Mapping[str, Count], replayed: Mapping[str, Count]
) -> dict[str, dict[str, float | int | None]]:
    """Return counts and rates of topics before and now, by topic."""
    nothing = Count()
    return {
        topic: {
            "recorded_count": recorded.get(topic, nothing).count,
            "replayed_count": replayed.get(topic, nothing).count,
            "recorded_hz": rounded(recorded.get(topic, nothing).rate_hz(), 3),
            "replayed_hz": rounded(replayed.get(topic, nothing).rate_hz(), 3),
        }
        for topic in sorted({*recorded, *replayed})
    }
