# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""FSMI of every cell in every direction, by sweeping the map once per direction.

Two beams that start at neighbouring cells of one line share everything but their first cell. With
o, f_occ, f_emp of cell i, F_k = sum_{i<k} f_emp, the noise band G and g_i = sum_d G_d
(f_occ,{i+d} + F_{i+d} - F_i) the gain of a hit in cell i alone, gs = sum_d G_d:

    E_i = o_i g_i + (1 - o_i) (E_{i+1} + gs f_emp,i S_{i+1}),    S_i = o_i + (1 - o_i) S_{i+1}.

The map's outside ends every beam, so S = 1. A range of R cells is the difference of two values a
range apart, with T the product of 1-o and F the sum of f_emp over those cells:

    E_i^R = E_i - T_i^R (E_{i+R} + gs F_i^R).

Lines are sheared: in oriented grids (rays run towards growing i) direction s visits (i,
round(slope_s i) + m). Slopes are rational, slope_s = c_s / R_s, so that the cell a range ahead is
the same (R_s, c_s) away from every cell of the grid. All directions are swept by one scan over
columns: 4 orientations x n/4 slopes x rows form one vector. See docs/information_field.md for the
    derivation and the error.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.planning.fsmi import (
    P_MAX,
    P_MIN,
    cell_information,
    noise_band,
)

Arrays = Any  # carries and slices of scans: tuples of arrays whose lengths the loops fix

FAR_CELLS = 1e6


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
        return np.floor(i * c / r + 0.5 + 1e-9).astype(np.int32)

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
        exact = np.abs(crossing) < 1e-9
        return (moves != 0) & ~exact & (crossing < 0.0), (moves != 0) & exact

    def angles(self) -> np.ndarray:
        """Return the map-frame angle [n_directions] rad of each direction, orientation slowest."""
        aside = np.array([math.atan2(c, r) for r, c in self.slopes])
        return (np.arange(4)[:, None] * (0.5 * math.pi) + aside).ravel()


def orient(grid: jax.Array, fill: float | bool) -> jax.Array:
    """Return the grid [nx, ny] turned so that rays run along the first axis: [n, 4, n].

    Column, orientation (towards +x, +y, -x, -y), row; rows grow to the left of the ray. Padded
    square.
    """
    n = max(grid.shape)
    wide = jnp.pad(grid, [(0, n - grid.shape[0]), (0, n - grid.shape[1])], constant_values=fill)
    return jnp.stack([wide, wide.T[:, ::-1], wide[::-1, ::-1], wide.T[::-1]], axis=1)


def restore(swept: jax.Array, shape: tuple[int, int]) -> jax.Array:
    """Undo ``orient`` for values [n, 4, n_slopes, n]: return [n_directions, nx, ny]."""
    px, py, mx, my = (swept[:, k] for k in range(4))
    parts = [
        px.transpose(1, 0, 2),
        py[:, :, ::-1].transpose(1, 2, 0),
        mx[::-1, :, ::-1].transpose(1, 0, 2),
        my[::-1].transpose(1, 2, 0),
    ]
    return jnp.concatenate([part[:, : shape[0], : shape[1]] for part in parts])


def directional_gain(
    plan: SweepPlan, p: jax.Array, sigma_cells: float, outside: float = 0.5
) -> jax.Array:
    """Return the FSMI [n_directions, nx, ny] nats of one beam from every cell in every direction.

    Args:
        plan: directions and range (static).
        p: [nx, ny] occupancy probability.
        sigma_cells: standard deviation of the range in cells (static).
        outside: occupancy outside the map (static). 1 = a wall, which costs nothing; anything else
            is swept as a margin of one range around the map.
    """
    margin = math.ceil(plan.range_cells) if outside < P_MAX else 1
    wide = jnp.pad(p, margin, constant_values=outside)
    inner = _walled_gain(plan, wide, sigma_cells)
    return inner[:, margin : margin + p.shape[0], margin : margin + p.shape[1]]


def _walled_gain(plan: SweepPlan, p: jax.Array, sigma_cells: float) -> jax.Array:
    """Gain in a map whose outside ends every beam and teaches nothing.

    A hit beyond the map's last cell counts for nothing, although noise would place it before: the
    caller's margin holds those hits.
    """
    inside = orient(jnp.ones(p.shape, bool), False)
    o = jnp.where(inside, orient(jnp.clip(p, P_MIN, P_MAX), 1.0), 1.0)
    hit, weight = hit_gain(plan, p, sigma_cells)
    hit = jnp.where(inside[:, :, None], hit, 0.0)
    empty = orient(cell_information(p)[1], 0.0)
    limited = _limited(plan, *_sweep_information(plan, o, hit, empty, weight), weight)
    return restore(limited, (p.shape[0], p.shape[1]))


def hit_gain(plan: SweepPlan, p: jax.Array, sigma_cells: float) -> tuple[jax.Array, np.ndarray]:
    """Return g [n, 4, n_slopes, n], a hit's gain relative to the free cells before it, and gs."""
    bands = [noise_band(sigma_cells, float(step)) for step in plan.steps()]
    margin = max(len(band) for band in bands) // 2
    padding = ((margin, margin), (0, 0), (margin, margin))
    occupied, empty = (jnp.pad(orient(f, 0.0), padding) for f in cell_information(p))
    hits = [
        _banded(occupied, empty, band, rows / columns, margin)
        for band, (columns, rows) in zip(bands, plan.slopes, strict=True)
    ]
    return jnp.stack(hits, axis=2), np.array([band.sum() for band in bands], np.float32)


def _banded(
    occupied: jax.Array, empty: jax.Array, band: np.ndarray, slope: float, margin: int
) -> jax.Array:
    """Return sum_e G_e f_occ,{i+e} + K_e f_emp,{i+e} on the line; K_e are tail sums of the band G.

    A free cell e >= 0 ahead counts where the hit is reported beyond it, one behind (e < 0) is
    lost where the hit is reported before it. Inputs [n + 2 margin, 4, n + 2 margin] are padded by
    ``margin``.
    """
    half, n = len(band) // 2, occupied.shape[0] - 2 * margin
    total = jnp.zeros((n, 4, n))
    for e in range(-half, half + 1):
        beyond = band[half + e + 1 :].sum() if e >= 0 else -band[: half + e + 1].sum()
        i, j = margin + e, margin + math.floor(e * slope + 0.5 + 1e-9)
        total += np.float32(band[half + e]) * occupied[i : i + n, :, j : j + n]
        if abs(beyond) > 0.0:
            total += np.float32(beyond) * empty[i : i + n, :, j : j + n]
    return total


def _padded(rows: jax.Array, fill: float) -> jax.Array:
    """Return rows [..., n] with one ``fill`` on either side, so that ``_aside`` only slices."""
    edge = jnp.full((*rows.shape[:-1], 1), fill, rows.dtype)
    return jnp.concatenate([edge, rows, edge], axis=-1)


def _aside(padded: jax.Array, move: jax.Array) -> jax.Array:
    """Return rows[..., s, j + move_s] for move in {-1, 0, 1} from ``_padded`` rows."""
    move = move[:, None]
    aside = jnp.where(move < 0, padded[..., :-2], padded[..., 1:-1])
    return jnp.where(move > 0, padded[..., 2:], aside)


def _sweep_information(
    plan: SweepPlan,
    o: jax.Array,
    hit: jax.Array,
    empty: jax.Array,
    weight: np.ndarray,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Run the recursion: return E, sum of ln(1-o) and sum of f_emp from every cell to the edge."""
    n, n_slopes = o.shape[0], len(plan.slopes)
    moves = jnp.asarray(np.diff(plan.lateral(n), axis=0))
    scale = jnp.asarray(weight)[:, None]
    log_free = jnp.log(jnp.maximum(1.0 - o, 1e-9))

    def column(carry: Arrays, here: Arrays) -> tuple[Arrays, Arrays]:
        o_i, hit_i, empty_i, log_i, move = here
        o_i, empty_i, log_i = o_i[:, None], empty_i[:, None], log_i[:, None]
        e, log_pass, passed = (_aside(value, move) for value in carry)
        gain = o_i * hit_i + (1.0 - o_i) * (e + scale * empty_i)
        out = (gain, log_pass + log_i, passed + empty_i)
        # the barrier keeps the compiler from fusing arithmetic into the copy, which slows both
        out = jax.lax.optimization_barrier(out)
        return tuple(_padded(value, 0.0) for value in out), out

    start = (jnp.zeros((4, n_slopes, n + 2)),) * 3
    return jax.lax.scan(column, start, (o, hit, empty, log_free, moves), reverse=True)[1]


def _limited(
    plan: SweepPlan,
    expected: jax.Array,
    log_pass: jax.Array,
    passed: jax.Array,
    weight: np.ndarray,
) -> jax.Array:
    """Subtract from every beam what lies beyond its range; one that leaves the map ends there."""
    n, out = expected.shape[0], []
    for s, (columns, rows) in enumerate(plan.slopes):
        e, logs, f = (v[:, :, s] for v in (expected, log_pass, passed))
        if columns >= n or abs(rows) >= n:
            out.append(e)
            continue
        near, left, right = slice(0, n - columns), max(0, -rows), n - max(0, rows)
        here, ahead = slice(left, right), slice(left + rows, right + rows)
        transmitted = jnp.exp(logs[near, :, here] - logs[columns:, :, ahead])
        crossed = f[near, :, here] - f[columns:, :, ahead]
        beyond = transmitted * (e[columns:, :, ahead] + float(weight[s]) * crossed)
        parts = [e[near, :, :left], e[near, :, here] - beyond, e[near, :, right:]]
        out.append(jnp.concatenate([jnp.concatenate(parts, axis=-1), e[n - columns :]], axis=0))
    return jnp.stack(out, axis=2)


def yaw_weights(plan: SweepPlan, fov_rad: float, n_beams: int, n_yaw: int) -> np.ndarray:
    """Return W [n_yaw, n_directions]: how many of a look's beams go in each direction.

    Yaw k is -pi + 2 pi k / n_yaw. A direction stands for the angles nearest to it; its share is
    the overlap of those with the field of view, so each row sums to ``n_beams``.
    """
    yaw = -math.pi + 2.0 * math.pi * np.arange(n_yaw) / n_yaw
    width = 2.0 * math.pi / plan.n_directions
    gap = np.abs((plan.angles()[None] - yaw[:, None] + math.pi) % (2.0 * math.pi) - math.pi)
    overlap = np.minimum(gap + width / 2, fov_rad / 2) - np.maximum(gap - width / 2, -fov_rad / 2)
    overlap = np.maximum(overlap, 0.0)
    return (n_beams * overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)


def yaw_gain(directional: jax.Array, weights: np.ndarray) -> jax.Array:
    """Return the gain [n_yaw, ...] nats of whole looks from that of beams [n_directions, ...]."""
    flat = directional.reshape(directional.shape[0], -1)
    return (jnp.asarray(weights) @ flat).reshape(weights.shape[0], *directional.shape[1:])


def first_hit(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool = True
) -> jax.Array:
    """Return how far [n_directions, nx, ny] in cells the first target before anything opaque is.

    A line ends at the first target or opaque cell that it visits, and where it cuts the corner of
    an opaque cell between two that it visits. ``FAR_CELLS`` where no target comes first. The start
    cell counts.

    Args:
        plan: directions (static); its range does not limit the result.
        target: [nx, ny] bool.
        opaque: [nx, ny] bool; a target that is opaque counts as a target.
        exact: lines are those of the lattice (static). Otherwise they only do not slip between two
            opaque cells, as if they could start anywhere in their cell.
    """
    n = max(target.shape)
    wall, goal = orient(opaque, True), orient(target, False)
    moves = np.diff(plan.lateral(n), axis=0)
    early, through = plan.corners(n) if exact else (np.zeros(moves.shape, bool), moves != 0)
    late = (moves != 0) & ~early & ~through
    sides = (jnp.asarray(side)[:, :, None] for side in (early, late, through))
    length = jnp.asarray(plan.steps(), jnp.float32)[:, None]

    def column(carry: Arrays, here: Arrays) -> tuple[Arrays, jax.Array]:
        distance, wall_before = carry
        wall_i, goal_i, move, early_i, late_i, through_i = here
        near = _aside(distance, move) + length
        beside = _aside(jnp.broadcast_to(_padded(wall_i, True)[:, None], distance.shape), move)
        ahead = wall_before[:, None]
        cut = (early_i & beside) | (late_i & ahead) | (through_i & beside & ahead)
        near = jnp.where(cut | wall_i[:, None], FAR_CELLS, jnp.minimum(near, FAR_CELLS))
        out = jax.lax.optimization_barrier(jnp.where(goal_i[:, None], 0.0, near))
        return (_padded(out, FAR_CELLS), wall_i), out

    start = (jnp.full((4, len(plan.slopes), n + 2), FAR_CELLS), jnp.ones((4, n), bool))
    inputs = (wall, goal, jnp.asarray(moves), *sides)
    swept = jax.lax.scan(column, start, inputs, reverse=True)[1]
    return restore(swept, (target.shape[0], target.shape[1]))


def line_cells(
    plan: SweepPlan, shape: tuple[int, int], cell: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the cells that the sweep's lines visit from one cell, in order.

    Args:
        plan: directions and range (static).
        shape: (nx, ny) of the grid (static).
        cell: [2] int, where the lines start.

    Returns:
        ix, iy [n_directions, n] int, clipped to the grid, and which are inside and in range.
    """
    n = max(shape)
    lateral = jnp.asarray(plan.lateral(n))[:n].T
    last = n - 1
    x, y = cell[0], cell[1]
    starts = ((x, y), (y, last - x), (last - x, last - y), (last - y, x))
    reach = jnp.asarray([columns for columns, _ in plan.slopes])[:, None]
    columns, rows, inside = [], [], []
    for quarter, (i0, j0) in enumerate(starts):
        ahead = jnp.arange(n)[None, :]
        i = jnp.broadcast_to(i0 + ahead, (len(plan.slopes), n))
        at = jnp.clip(i, 0, last)
        j = j0 + jnp.take_along_axis(lateral, at, axis=1) - lateral[:, i0][:, None]
        u, v = ((i, j), (last - j, i), (last - i, last - j), (j, last - i))[quarter]
        columns.append(u)
        rows.append(v)
        inside.append(jnp.broadcast_to(ahead <= reach, i.shape))
    ix, iy, near = (jnp.concatenate(part) for part in (columns, rows, inside))
    near &= (ix >= 0) & (ix < shape[0]) & (iy >= 0) & (iy < shape[1])
    return jnp.clip(ix, 0, shape[0] - 1), jnp.clip(iy, 0, shape[1] - 1), near
