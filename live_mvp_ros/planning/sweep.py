# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""FSMI of every cell in every direction, by sweeping the map once along every line both ways.

Two beams that start at neighbouring cells of one line share everything but their first cell. With
o, f_occ, f_emp of cell i, F_k = sum_{i<k} f_emp, the noise band G and g_i = sum_d G_d
(f_occ,{i+d} + F_{i+d} - F_i) the gain of a hit in cell i alone, gs = sum_d G_d:

    E_i = o_i g_i + (1 - o_i) (E_{i+1} + gs f_emp,i S_{i+1}),    S_i = o_i + (1 - o_i) S_{i+1}.

Beyond the map all cells are alike, so that E is a constant there and S = 1. One slope is swept at
a time, in both lattices at once, by a scan over columns each way. ``beam_ends`` limits the range
and cuts the noise at both ends. See docs/information_field.md for the derivation and the error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.planning.beam_ends import Cells, Noise, ended, ended_at, shifted, spans
from live_mvp_ros.planning.directions import (
    SweepPlan,
    aside,
    lattices,
    line_cells,
    restore,
    square,
)
from live_mvp_ros.planning.fsmi import P_MAX, P_MIN, bounded, cell_information
from live_mvp_ros.planning.sight import FAR_CELLS, first_hit, in_sight, sees_any

__all__ = [
    "FAR_CELLS",
    "SweepPlan",
    "directional_gain",
    "directional_gain_at",
    "first_hit",
    "in_sight",
    "line_cells",
    "sees_any",
    "yaw_gain",
    "yaw_weights",
]

Arrays = Any  # carries and slices of scans: tuples of arrays whose lengths the loops fix

_TRANSMITTED = 1e-3  # outside the map, what lies behind cells that let through less is left out


def directional_gain(
    plan: SweepPlan, p: jax.Array, sigma_cells: float, outside: float = 0.5
) -> jax.Array:
    """Return the FSMI [n_directions, nx, ny] nats of one beam from every cell in every direction.

    Args:
        plan: directions and range (static).
        p: [nx, ny] occupancy probability; NaN counts as unknown.
        sigma_cells: standard deviation of the range in cells (static).
        outside: occupancy outside the map (static); 0.5 = unknown, 1 = a wall. So many cells of it
            as a beam may cross are swept around the map.

    Raises:
        ValueError: the map has no cells, or ``sigma_cells`` or ``outside`` is no such number.
    """
    ground = _ground(plan, p, sigma_cells, outside)
    ways: list[list[jax.Array]] = []
    for one in _one_by_one(plan):
        if ways:
            ground, ways[-1] = _after(ground, ways[-1])
        noise = _noise(one, sigma_cells)
        sums, expected = _swept(one, noise, ground)
        between = spans(one, sums)
        way: list[jax.Array] = []
        for values, forward in zip(expected, (True, False), strict=True):
            way += ended(one, noise, ground.cells, ground.h, values, between, forward)
        ways.append(way)
    gain = restore(
        [way[0] for way in ways],
        [way[1] for way in ways],
        ground.margin,
        (p.shape[0], p.shape[1]),
    )
    return jnp.maximum(gain, 0.0)


def directional_gain_at(
    plan: SweepPlan, p: jax.Array, sigma_cells: float, cells: jax.Array, outside: float = 0.5
) -> jax.Array:
    """Return ``directional_gain`` of some cells [N, 2] (int, inside) alone: [n_directions, N].

    Cheaper than that of all cells for a few hundred of them: the sweep is the same, but only
    their beams are ended.
    """
    ground = _ground(plan, p, sigma_cells, outside)
    n = ground.cells.hit.shape[0] - 2 * ground.h
    x, y = ground.margin + cells[:, 0], ground.margin + cells[:, 1]
    starts = ((x, 0, y), (y, 1, n - 1 - x))
    found: list[list[jax.Array]] = []
    for one in _one_by_one(plan):
        if found:
            ground, found[-1] = _after(ground, found[-1])
        noise = _noise(one, sigma_cells)
        sums, expected = _swept(one, noise, ground)
        parts = []
        for k in range(4):
            way, start = expected[k // 2], starts[k % 2]
            gain = ended_at(one, noise, ground.cells, ground.h, way, sums, k < 2, start)
            parts.append(gain)
        found.append(parts)
    return jnp.maximum(jnp.concatenate([parts[k] for k in range(4) for parts in found]), 0.0)


class _Ground(NamedTuple):
    """The map as it is swept: with a margin of the outside, and ``h`` cells more for the noise."""

    cells: Cells
    h: int
    margin: int
    beyond: float


def _ground(plan: SweepPlan, p: jax.Array, sigma_cells: float, outside: float) -> _Ground:
    _check(p, sigma_cells, outside)
    h = max(len(one.band) for one in _noise(plan, sigma_cells)) // 2
    beyond = float(np.clip(outside, P_MIN, P_MAX))
    crossed = math.ceil(math.log(_TRANSMITTED) / math.log(1.0 - beyond) - 1e-6)
    margin = min(math.ceil(plan.range_cells), crossed)
    wide = lattices(square(p, margin + h, outside))
    # without the barrier, the compiler works all this out again wherever it is read
    cells = jax.lax.optimization_barrier(Cells(bounded(wide), *cell_information(wide)))
    return _Ground(cells, h, margin, beyond)


def _one_by_one(plan: SweepPlan) -> list[SweepPlan]:
    """Return the plan slope by slope: what the sweep of one slope needs fits a core's cache."""
    return [SweepPlan(plan.range_cells, (slope,)) for slope in plan.slopes]


def _after(ground: _Ground, found: list[jax.Array]) -> tuple[_Ground, list[jax.Array]]:
    """Return both such that whoever reads the ground waits until ``found`` is computed.

    Otherwise the memory of all slopes is laid out before the first one is swept, and none of it
    is in the cache any more when its turn comes.
    """
    found, cells = jax.lax.optimization_barrier((found, ground.cells))
    return ground._replace(cells=cells), found


def _scan(
    column: Callable[[Any, Any], tuple[Any, jax.Array]],
    start: jax.Array,
    inputs: Arrays,
    back: bool,
) -> jax.Array:
    """Return what ``column`` puts out for each column of the inputs; ``back``: from the last on.

    As ``lax.scan``, whose results are written over zeros that do not wait for the inputs: see
    ``_after``. These are written over a value of the inputs.
    """
    leaves = jax.tree.leaves(inputs)
    n, some = leaves[0].shape[0], leaves[0].ravel()[0]

    def advance(k: jax.Array, so_far: Arrays) -> Arrays:
        carry, out = so_far
        i = n - 1 - k if back else k
        here = jax.tree.map(lambda a: jax.lax.dynamic_index_in_dim(a, i, keepdims=False), inputs)
        carry, made = column(carry, here)
        return carry, jax.lax.dynamic_update_index_in_dim(out, made, i, 0)

    written = jnp.broadcast_to(some, (n, *start.shape))
    return jax.lax.fori_loop(0, n, advance, (start, written))[1]


def _noise(plan: SweepPlan, sigma_cells: float) -> list[Noise]:
    return [Noise.of(sigma_cells, float(step)) for step in plan.steps()]


def _swept(
    plan: SweepPlan, noise: list[Noise], ground: _Ground
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """Return the running sums, and the gain of both ways before beams are ended."""
    here = ground.cells.swept(ground.h)
    mean, skew = _hit_gain(plan, noise, ground.cells, ground.h)
    forward, backward = (
        _sweep(plan, here, mean, skew, noise[0].weight, ground.beyond, way)
        for way in (True, False)
    )
    return _running_sums(plan, here), (forward, backward)


def _check(p: jax.Array, sigma_cells: float, outside: float) -> None:
    if p.ndim != 2 or min(p.shape) < 1:
        raise ValueError(
            f"a map of shape {p.shape} is not allowed: it must be [nx, ny], not empty"
        )
    if not 0.0 <= sigma_cells < math.inf:
        raise ValueError(f"sigma_cells = {sigma_cells} is not allowed: it must be at least 0")
    if not 0.0 < outside <= 1.0:
        raise ValueError(f"outside = {outside} is not allowed: it must be in (0, 1]")


def _hit_gain(
    plan: SweepPlan, noise: list[Noise], cells: Cells, h: int
) -> tuple[jax.Array, jax.Array]:
    """Return the mean of a hit's gain g over both ways and half their difference.

    Both [n, 2, n_slopes, n]. With K_e the tail sums of the band G, for the forward way

        g_i = sum_e G_e f_occ,{i+e} + sum_{e>=0} K_e f_emp,{i+e} - sum_{e<0} K_{-e-1} f_emp,{i+e}:

    a free cell ahead counts where the hit is reported beyond it, one behind is lost where the hit
    is reported before it. Backwards the signs of e change, and K_{e-1} - K_e = G_e, so that the
    mean is sum_e G_e (f_occ - f_emp/2)_{i+e} + gs/2 f_emp,i and the rest is antisymmetric.
    """
    middle = Cells(cells.occupied, cells.hit - 0.5 * cells.empty, cells.empty)
    mean, skew = [], []
    for one, slope in zip(noise, plan.slopes, strict=True):
        half = len(one.band) // 2
        even = one.band[half] * shifted(middle.hit, h, 0, slope)
        even += 0.5 * one.weight * shifted(middle.empty, h, 0, slope)
        odd = jnp.zeros_like(even)
        for e in range(1, half + 1):
            ahead, behind = (shifted(middle.hit, h, k, slope) for k in (e, -e))
            even += one.band[half + e] * (ahead + behind)
            ahead, behind = (shifted(middle.empty, h, k, slope) for k in (e, -e))
            odd += (one.tails[e - 1] - 0.5 * one.band[half + e]) * (ahead - behind)
        mean.append(even)
        skew.append(odd)
    return jnp.stack(mean, axis=2), jnp.stack(skew, axis=2)


def _running_sums(plan: SweepPlan, cells: Cells) -> jax.Array:
    """Return the sums of ln(1-o) and f_emp from every cell to its line's end: [n, 2, 2, s, n]."""
    n = cells.empty.shape[0]
    terms = jnp.stack([jnp.log(1.0 - cells.occupied), cells.empty], axis=1)

    def column(carry: jax.Array, here: Arrays) -> tuple[jax.Array, jax.Array]:
        term, move = here
        out = jax.lax.optimization_barrier(aside(carry, move, 0.0) + term[:, :, None])
        return out, out

    start = jnp.zeros((2, 2, len(plan.slopes), n))
    moves = jnp.asarray(plan.moves(n, True))
    return _scan(column, start, (terms, moves), True)


def _sweep(
    plan: SweepPlan,
    cells: Cells,
    mean: jax.Array,
    skew: jax.Array,
    weight: np.float32,
    beyond: float,
    forward: bool,
) -> jax.Array:
    """Run the recursion one way: return E [n, 2, n_slopes, n] of beams without a range limit."""
    n = mean.shape[0]
    hit, empty = cell_information(jnp.float32(beyond))
    edge = weight * (hit + empty * (1.0 - beyond) / beyond)
    sign = 1.0 if forward else -1.0

    def column(carry: jax.Array, here: Arrays) -> tuple[jax.Array, jax.Array]:
        o, even, odd, empty, move = here
        o, empty = o[:, None], empty[:, None]
        out = o * (even + sign * odd) + (1.0 - o) * (aside(carry, move, edge) + weight * empty)
        # the barrier keeps the compiler from fusing arithmetic into the copy, which slows both
        out = jax.lax.optimization_barrier(out)
        return out, out

    moves = jnp.asarray(plan.moves(n, forward))
    inputs = (cells.occupied, mean, skew, cells.empty, moves)
    start = jnp.full(mean.shape[1:], edge)
    return _scan(column, start, inputs, forward)


def yaw_weights(plan: SweepPlan, fov_rad: float, n_beams: int, n_yaw: int) -> np.ndarray:
    """Return W [n_yaw, n_directions]: how many of a look's beams go in each direction.

    Yaw k is -pi + 2 pi k / n_yaw. A direction stands for the angles nearest to it; its share is
    the overlap of those with the field of view, so each row sums to ``n_beams``.

    Raises:
        ValueError: there are no beams, no yaws or no field of view.
    """
    if n_beams < 1 or n_yaw < 1 or not 0.0 < fov_rad < math.inf:
        raise ValueError(
            f"n_beams = {n_beams}, n_yaw = {n_yaw}, fov_rad = {fov_rad} are not allowed: "
            "a look has at least one beam, one yaw and some field of view"
        )
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
