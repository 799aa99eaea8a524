# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The lines of a sweep: every cell of a grid lies on one line of each direction.

Lines live in two lattices: the grid itself, whose lines run along its first axis within 45
degrees, and the grid turned by a quarter. In a lattice the line of slope s through (0, m) visits
the cells (i, round(s i) + m). Slopes are rational, s = c / R with R the number of columns in a
range, so that the cell a range ahead is the same (R, c) away from every cell. A line serves two
directions: towards growing i and back. All lengths in cells.
"""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.arrays import Index

_TIE = 1e-9  # rounds halves up in spite of rounding errors
_AT_ONCE = 2**22  # cells times directions: beyond it, memory counts and vectors are long enough


@dataclasses.dataclass(frozen=True)
class SweepPlan:
    """Geometry of a sweep; hashable, all lengths in cells.

    Attributes:
        range_cells: length of a beam.
        slopes: per slope (R_s, c_s): a range ahead is R_s columns and c_s rows away.
    """

    range_cells: float
    slopes: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, n_directions: int, range_cells: float) -> SweepPlan:
        """Plan ``n_directions`` (a multiple of 8) evenly spread directions, the first along +x."""
        if n_directions < 8 or n_directions % 8:
            raise ValueError(f"n_directions = {n_directions} is not allowed: use a multiple of 8")
        if not 1.0 <= range_cells < math.inf:
            raise ValueError(f"range_cells = {range_cells} is not allowed: use at least one cell")
        eighth = n_directions // 8
        angles = [2.0 * math.pi * k / n_directions for k in range(-eighth, eighth)]
        slopes = []
        for angle in angles:
            columns = max(1, round(range_cells * math.cos(angle)))
            slopes.append((columns, round(columns * math.tan(angle))))
        return cls(range_cells, tuple(slopes))

    @property
    def n_directions(self) -> int:
        """Number of directions."""
        return 4 * len(self.slopes)

    def parts(self, n_cells: int) -> list[SweepPlan]:
        """Return the plan in parts of some slopes, that need little memory for so many cells."""
        most = max(1, _AT_ONCE // (4 * n_cells))
        every = range(0, len(self.slopes), most)
        return [SweepPlan(self.range_cells, self.slopes[k : k + most]) for k in every]

    def steps(self) -> np.ndarray:
        """Return the length of one step [n_slopes] in cells."""
        return np.array([math.hypot(1.0, c / r) for r, c in self.slopes])

    def lateral(self, n_columns: int, first: int = 0) -> np.ndarray:
        """Return the row offset [n_columns + 1, n_slopes] of the line through (0, 0).

        Args:
            n_columns: how many columns.
            first: the first of them.
        """
        i = first + np.arange(n_columns + 1)[:, None]
        r, c = np.array(self.slopes).T
        return np.floor(i * c / r + 0.5 + _TIE).astype(np.int32)

    def moves(self, n_columns: int, forward: bool, first: int = 0) -> np.ndarray:
        """Return by how many rows the next cell of each line is aside [n_columns, n_slopes].

        Forward, the next cell of column i is in column i + 1, otherwise in i - 1.
        """
        rows = np.diff(self.lateral(n_columns, first), axis=0)
        return rows if forward else np.concatenate([0 * rows[:1], -rows[:-1]])

    def corners(self, n_columns: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return how lines change rows between columns i and i + 1; bool [n_columns, n_slopes].

        First, where a line enters its new row before the new column; second, where it passes
        exactly through the corner of the cells.
        """
        rows = self.lateral(n_columns, first)
        moves = np.diff(rows, axis=0)
        r, c = np.array(self.slopes).T
        i, boundary = first + np.arange(n_columns), rows[:-1] + 0.5 * moves
        crossing = boundary * r / np.where(c == 0, 1, c) - i[:, None] - 0.5
        exact = np.abs(crossing) < _TIE
        return (moves != 0) & ~exact & (crossing < 0.0), (moves != 0) & exact

    def angles(self) -> np.ndarray:
        """Return the map-frame angle [n_directions] rad: lines along x and y, then back."""
        aside = np.array([math.atan2(c, r) for r, c in self.slopes])
        return (np.arange(4)[:, None] * (0.5 * math.pi) + aside).ravel()


def row_ahead(columns: int, slope: tuple[int, int]) -> int:
    """Return the row, relative to a cell, of the line through its centre some columns ahead."""
    return math.floor(columns * slope[1] / slope[0] + 0.5 + _TIE)


class Window(NamedTuple):
    """A part of a map [nx, ny] that is swept, with the cells around it that its lines may cross.

    A line's cells depend on where it is in the whole map, not on the window.
    """

    first: tuple[Index, Index]
    """Its first cell; int, or int32 arrays."""
    shape: tuple[int, int]
    """(wx, wy) cells."""
    margin: tuple[int, int]
    """How many cells more there are on both sides."""
    whole: tuple[int, int]
    """(nx, ny)."""
    origin: int = 0
    """How many cells before the map's first one the lattices begin."""

    @classmethod
    def of_all(cls, whole: tuple[int, int], margin: int = 0) -> Window:
        """Return the whole map, and ``margin`` cells of the outside on all sides."""
        return cls((0, 0), whole, (margin, margin), whole, margin)

    def cut(self, grid: jax.Array, fill: float | bool, more: int = 0) -> jax.Array:
        """Return window and margin of a grid [nx, ny], and ``more`` cells; ``fill`` outside."""
        around = [m + more for m in self.margin]
        wide = jnp.pad(grid, [(m, m) for m in around], constant_values=fill)
        size = [n + 2 * m for n, m in zip(self.shape, around, strict=True)]
        return wide if wide.shape == tuple(size) else jax.lax.dynamic_slice(wide, self.first, size)

    def columns(self, lattice: int) -> int:
        """Return how many columns a lattice has in window and margin."""
        return self.shape[lattice] + 2 * self.margin[lattice]

    def span(self, lattice: int) -> tuple[int, int]:
        """Return the first column, and how many there are, of all windows alike."""
        margin = self.margin[lattice]
        return self.origin - margin, self.whole[lattice] + 2 * margin

    def of_columns(self, table: np.ndarray, lattice: int) -> jax.Array:
        """Return this window's part of a table over the columns of ``span``."""
        rows, n = jnp.asarray(table), self.columns(lattice)
        if table.shape[0] == n:
            return rows
        return jax.lax.dynamic_slice_in_dim(rows, self.first[lattice], n)

    def restored(self, values: jax.Array, lattice: int) -> jax.Array:
        """Return values of a lattice [columns, rows] as those of the window's cells [wx, wy]."""
        (mx, my), (wx, wy) = self.margin, self.shape
        if lattice == 0:
            return values[mx : mx + wx, my : my + wy]
        return values[my : my + wy, mx : mx + wx][:, ::-1].T


def lattices(grid: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return a grid [n, m] as both lattices, [column, row]: itself, and turned by a quarter.

    Directions towards growing columns are +x and +y; rows grow to the left of them.
    """
    return grid, grid.T[:, ::-1]


def aside(column: jax.Array, move: jax.Array, fill: float | jax.Array) -> jax.Array:
    """Return column[..., s, j + move_s] for move [n_slopes] in {-1, 0, 1}; ``fill`` outside."""
    wide = jnp.pad(column, [(0, 0)] * (column.ndim - 1) + [(1, 1)], constant_values=fill)
    move = move[:, None]
    level = jnp.where(move < 0, wide[..., :-2], wide[..., 1:-1])
    return jnp.where(move > 0, wide[..., 2:], level)


def line_cells(
    plan: SweepPlan, shape: tuple[int, int], cell: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the cells that the lines of all directions visit from one cell, in order.

    Args:
        plan: directions and range (static).
        shape: (nx, ny) of the grid (static).
        cell: [2] int, where the lines start.

    Returns:
        ix, iy [n_directions, n] int, clipped to the grid, and which are inside and in range.
    """
    n = min(max(shape), 1 + max(columns for columns, _ in plan.slopes))
    near = jnp.arange(n) <= jnp.asarray([[columns] for columns, _ in plan.slopes])
    found: list[tuple[jax.Array, jax.Array, jax.Array]] = []
    for way in (1, -1):
        for turned, columns in enumerate(shape):
            lateral = jnp.asarray(plan.lateral(columns - 1)).T
            i = jnp.broadcast_to(cell[turned] + way * jnp.arange(n), near.shape)
            at = jnp.clip(i, 0, columns - 1)
            rows = jnp.take_along_axis(lateral, at, axis=1) - lateral[:, cell[turned]][:, None]
            found.append((cell[0] - rows, i, near) if turned else (i, cell[1] + rows, near))
    ix, iy, inside = (jnp.concatenate(part) for part in zip(*found, strict=True))
    inside &= (ix >= 0) & (ix < shape[0]) & (iy >= 0) & (iy < shape[1])
    return jnp.clip(ix, 0, shape[0] - 1), jnp.clip(iy, 0, shape[1] - 1), inside
