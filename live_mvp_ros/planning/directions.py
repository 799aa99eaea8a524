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
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

_TIE = 1e-9  # rounds halves up in spite of rounding errors


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

    def steps(self) -> np.ndarray:
        """Return the length of one step [n_slopes] in cells."""
        return np.array([math.hypot(1.0, c / r) for r, c in self.slopes])

    def lateral(self, n_columns: int) -> np.ndarray:
        """Return the row offset [n_columns + 1, n_slopes] of the line through (0, 0)."""
        i = np.arange(n_columns + 1)[:, None]
        r, c = np.array(self.slopes).T
        return np.floor(i * c / r + 0.5 + _TIE).astype(np.int32)

    def moves(self, n_columns: int, forward: bool) -> np.ndarray:
        """Return by how many rows the next cell of each line is aside [n_columns, n_slopes].

        Forward, the next cell of column i is in column i + 1, otherwise in i - 1.
        """
        rows = np.diff(self.lateral(n_columns), axis=0)
        return rows if forward else np.concatenate([0 * rows[:1], -rows[:-1]])

    def corners(self, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how lines change rows between columns i and i + 1; bool [n_columns, n_slopes].

        First, where a line enters its new row before the new column; second, where it passes
        exactly through the corner of the cells.
        """
        rows = self.lateral(n_columns)
        moves = np.diff(rows, axis=0)
        r, c = np.array(self.slopes).T
        boundary = rows[:-1] + 0.5 * moves
        crossing = boundary * r / np.where(c == 0, 1, c) - np.arange(n_columns)[:, None] - 0.5
        exact = np.abs(crossing) < _TIE
        return (moves != 0) & ~exact & (crossing < 0.0), (moves != 0) & exact

    def angles(self) -> np.ndarray:
        """Return the map-frame angle [n_directions] rad: lines along x and y, then back."""
        aside = np.array([math.atan2(c, r) for r, c in self.slopes])
        return (np.arange(4)[:, None] * (0.5 * math.pi) + aside).ravel()


def row_ahead(columns: int, slope: tuple[int, int]) -> int:
    """Return the row, relative to a cell, of the line through its centre some columns ahead."""
    return math.floor(columns * slope[1] / slope[0] + 0.5 + _TIE)


def lattices(grid: jax.Array) -> jax.Array:
    """Return a square grid [n, n] as both lattices: [n column, 2, n row].

    Directions towards growing columns are +x and +y; rows grow to the left of them.
    """
    return jnp.stack([grid, grid.T[:, ::-1]], axis=1)


def square(grid: jax.Array, margin: int, fill: float | bool) -> jax.Array:
    """Return the grid [nx, ny] with a margin on all sides, made square at its upper ends."""
    n = max(grid.shape)
    pad = [(margin, margin + n - size) for size in grid.shape]
    return jnp.pad(grid, pad, constant_values=fill)


def restore(
    forward: list[jax.Array], backward: list[jax.Array], margin: int, shape: tuple[int, int]
) -> jax.Array:
    """Return [n_directions, nx, ny] from each slope's values of both ways, [n, 2, n] each."""
    (nx, ny), n = shape, forward[0].shape[0]
    x, y = slice(margin, margin + nx), slice(margin, margin + ny)
    turned = slice(n - margin - nx, n - margin)  # the second lattice's rows run towards -x
    parts: list[jax.Array] = []
    for swept in (forward, backward):
        parts += [values[x, 0, y] for values in swept]
        parts += [values[y, 1, turned][:, ::-1].T for values in swept]
    return jnp.stack(parts)


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
    n = max(shape)
    last = n - 1
    lateral = jnp.asarray(plan.lateral(n))[:n].T
    near = jnp.arange(n) <= jnp.asarray([[columns] for columns, _ in plan.slopes])
    found: list[Sequence[jax.Array]] = []
    for way in (1, -1):
        for turned, (i0, j0) in enumerate(((cell[0], cell[1]), (cell[1], last - cell[0]))):
            i = jnp.broadcast_to(i0 + way * jnp.arange(n), near.shape)
            at = jnp.clip(i, 0, last)
            j = j0 + jnp.take_along_axis(lateral, at, axis=1) - lateral[:, i0][:, None]
            found.append((last - j, i, near) if turned else (i, j, near))
    ix, iy, inside = (jnp.concatenate(part) for part in zip(*found, strict=True))
    inside &= (ix >= 0) & (ix < shape[0]) & (iy >= 0) & (iy < shape[1])
    return jnp.clip(ix, 0, shape[0] - 1), jnp.clip(iy, 0, shape[1] - 1), inside
