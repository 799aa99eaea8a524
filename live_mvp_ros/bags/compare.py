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
_ASIDE = 0.01  # of a cell, that two cells may lie beside each other


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
    """Return how two maps agree, whose cells lie on each other; there may be more of the one.

    A cell that one of the two does not have is unknown to it.

    Raises:
        ValueError: their cells do not lie on each other; the sentence says how they lie.
    """
    step_m = recorded.resolution_m
    shift = np.subtract(rebuilt.corner_m, recorded.corner_m) / step_m if step_m > 0.0 else np.nan
    whole = np.all(np.abs(shift - np.round(shift)) < _ASIDE)
    if not whole or not abs(step_m - rebuilt.resolution_m) < 1e-6:
        raise ValueError(
            f"the recorded map has {_cells(recorded)}, the rebuilt one {_cells(rebuilt)}, and"
            " these do not lie on each other"
        )
    old, new = _on_one_grid(recorded.cells, rebuilt.cells, np.round(shift).astype(int))
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


def _on_one_grid(
    old: np.ndarray, new: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return both maps [height, width] on the cells of the old one and those beyond, row by row.

    ``shift`` [2] is where the first cell of the new one lies in the old one, x and y. What both do
    not share becomes two pieces, which keeps maps that lie far apart from needing all between.
    """
    (i, j), (m, n) = shift[::-1], old.shape
    rows = slice(max(0, i), max(0, min(m, i + new.shape[0])))
    columns = slice(max(0, j), max(0, min(n, j + new.shape[1])))
    inner = np.full_like(old, -1)
    taken = np.zeros(new.shape, bool)
    if rows.start < rows.stop and columns.start < columns.stop:
        theirs = (
            slice(rows.start - i, rows.stop - i),
            slice(columns.start - j, columns.stop - j),
        )
        inner[rows, columns] = new[theirs]
        taken[theirs] = True
    beyond = new[~taken]
    return (
        np.concatenate([old.ravel(), np.full_like(beyond, -1)]),
        np.concatenate([inner.ravel(), beyond]),
    )


def _cells(grid: Grid) -> str:
    height, width = grid.cells.shape
    x, y = grid.corner_m
    return f"{width} x {height} cells of {grid.resolution_m:.6g} m from ({x:.6g}, {y:.6g}) m on"


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
