# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""FSMI of every cell in every direction, by sweeping the map once along every line both ways.

Two beams that start at neighbouring cells of one line share everything but their first cell. With
o, f_occ, f_emp of cell i, F_k = sum_{i<k} f_emp, the noise band G and g_i = sum_d G_d
(f_occ,{i+d} + F_{i+d} - F_i) the gain of a hit in cell i alone, gs = sum_d G_d:

    E_i = o_i g_i + (1 - o_i) (E_{i+1} + gs f_emp,i S_{i+1}),    S_i = o_i + (1 - o_i) S_{i+1}.

Beyond the map all cells are alike, so that E is a constant there and S = 1. One slope is swept at
a time, in one lattice after the other, by a scan over columns, both ways at once. ``beam_ends``
limits the range and cuts the noise at both ends. See docs/information_field.md for the derivation
and the error.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.planning.beam_ends import Cells, Noise, ended, ended_at, shifted, spans
from live_mvp_ros.planning.columns import over_columns
from live_mvp_ros.planning.directions import SweepPlan, Window, aside, lattices, line_cells
from live_mvp_ros.planning.fsmi import P_MAX, P_MIN, bounded, cell_information, noise_band
from live_mvp_ros.planning.sight import FAR_CELLS, first_hit, in_sight, seen_in, sees_any

__all__ = [
    "FAR_CELLS",
    "Ground",
    "SweepPlan",
    "cells_outside",
    "directional_gain",
    "directional_gain_at",
    "first_hit",
    "gain_in",
    "ground_of",
    "in_sight",
    "line_cells",
    "seen_in",
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
    ground = ground_of(plan, p, sigma_cells, outside, _whole(plan, p, sigma_cells, outside))
    return jnp.stack(gain_in(plan, sigma_cells, ground))


def gain_in(plan: SweepPlan, sigma_cells: float, ground: Ground) -> list[jax.Array]:
    """Return ``directional_gain`` of the cells of a window: [wx, wy] for each direction.

    Args:
        plan: directions and range, or a part of those that the ground was made for (static).
        sigma_cells: as for the ground (static).
        ground: what is swept.
    """
    every: list[list[jax.Array]] = []
    for one in _one_by_one(plan):
        if every:
            ground, every[-1] = _after(ground, every[-1])
        every.append(_four(one, sigma_cells, ground))
    return [four[k] for k in range(4) for four in every]


def directional_gain_at(
    plan: SweepPlan, p: jax.Array, sigma_cells: float, cells: jax.Array, outside: float = 0.5
) -> jax.Array:
    """Return ``directional_gain`` of some cells [N, 2] (int, inside) alone: [n_directions, N].

    Cheaper than that of all cells for a few hundred of them: the sweep is the same, but only
    their beams are ended.
    """
    window = _whole(plan, p, sigma_cells, outside)
    ground = ground_of(plan, p, sigma_cells, outside, window)
    n = window.columns(0)
    x, y = (window.margin[k] + cells[:, k] for k in (0, 1))
    starts = ((x, y), (y, n - 1 - x))
    found: list[list[jax.Array]] = []
    for one in _one_by_one(plan):
        if found:
            ground, found[-1] = _after(ground, found[-1])
        noise = Noise.of(sigma_cells, float(one.steps()[0]))
        parts: list[list[jax.Array]] = [[], []]
        for lattice, sheet in enumerate(ground.sheets):
            sums, expected = _swept(one, noise, ground, lattice)
            for k, way in enumerate(expected):
                gain = ended_at(one, noise, sheet, ground.h, way, sums, k == 0, starts[lattice])
                parts[k].append(gain)
        found.append(parts[0] + parts[1])
    return jnp.maximum(jnp.stack([parts[k] for k in range(4) for parts in found]), 0.0)


class Ground(NamedTuple):
    """What is swept: both lattices of a window, with ``h`` cells more for the noise."""

    sheets: tuple[Cells, Cells]
    window: Window
    h: int
    beyond: float


def _whole(plan: SweepPlan, p: jax.Array, sigma_cells: float, outside: float) -> Window:
    """Return the whole map, with as many cells of the outside as beams may cross."""
    _check(p, sigma_cells, outside)
    return Window.of_all((p.shape[0], p.shape[1]), cells_outside(plan, outside))


def cells_outside(plan: SweepPlan, outside: float) -> int:
    """Return how many cells of an occupancy outside the map are swept around it."""
    crossed = math.log(_TRANSMITTED) / math.log(1.0 - _beyond(outside))
    return min(math.ceil(plan.range_cells), math.ceil(crossed - 1e-6))


def _beyond(outside: float) -> float:
    return float(np.clip(outside, P_MIN, P_MAX))


def ground_of(
    plan: SweepPlan, p: jax.Array, sigma_cells: float, outside: float, window: Window
) -> Ground:
    """Return a window of the map [nx, ny] as it is swept; arguments as ``directional_gain``."""
    h = max(len(noise_band(sigma_cells, float(step))) for step in plan.steps()) // 2
    wide = bounded(window.cut(p, outside, h))
    values = [lattices(value) for value in (wide, *cell_information(wide))]
    sheets = (Cells(*(value[k] for value in values)) for k in (0, 1))
    # without the barrier, the compiler works all this out again wherever it is read
    first, second = computed_here(tuple(sheets))
    return Ground((first, second), window, h, _beyond(outside))


def _four(one: SweepPlan, sigma_cells: float, ground: Ground) -> list[jax.Array]:
    """Return the gain [wx, wy] in the four directions of the one slope of a plan."""
    noise = Noise.of(sigma_cells, float(one.steps()[0]))
    ways: list[list[jax.Array]] = [[], []]
    for lattice, sheet in enumerate(ground.sheets):
        sums, expected = _swept(one, noise, ground, lattice)
        span = spans(one.slopes[0], sums)
        for k, values in enumerate(expected):
            gain = ended(one, noise, sheet, ground.h, values, span, k == 0)
            ways[k].append(jnp.maximum(ground.window.restored(gain, lattice), 0.0))
    return ways[0] + ways[1]


def _one_by_one(plan: SweepPlan) -> list[SweepPlan]:
    """Return the plan slope by slope: what the sweep of one slope needs fits a core's cache."""
    return [SweepPlan(plan.range_cells, (slope,)) for slope in plan.slopes]


def _after(ground: Ground, found: list[jax.Array]) -> tuple[Ground, list[jax.Array]]:
    """Return both such that whoever reads the ground waits until ``found`` is computed.

    Otherwise the memory of all slopes is laid out before the first one is swept, and none of it
    is in the cache any more when its turn comes.
    """
    found, sheets = computed_here((found, ground.sheets))
    return ground._replace(sheets=sheets), found


def _swept(
    one: SweepPlan, noise: Noise, ground: Ground, lattice: int
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    """Return the running sums, and the gain of both ways before beams are ended."""
    window, sheet = ground.window, ground.sheets[lattice]
    first, n = window.span(lattice)
    ahead, back = (window.of_columns(one.moves(n, way, first), lattice) for way in (True, False))
    here = sheet.swept(ground.h)
    even, odd = _hit_gain(one.slopes[0], noise, sheet, ground.h)
    edge = _edge(noise.weight, ground.beyond)
    o, passing = here.occupied, 1.0 - here.occupied
    # E less its value in the outside, so that all four recursions start at 0
    crossed = passing * (noise.weight * here.empty + edge) - edge
    forward, backward = (o * (even + odd) + crossed, o * (even - odd) + crossed)
    # both ways at once: the steps of a loop cost more than the cells of a column
    added = jnp.stack([forward[::-1], jnp.log(passing)[::-1], here.empty[::-1], backward], axis=1)
    ones = jnp.ones_like(passing)
    kept = jnp.stack([passing[::-1], ones, ones, passing], axis=1)
    moves = jnp.concatenate([jnp.repeat(ahead[::-1], 3, axis=1), back], axis=1)

    def column(carry: jax.Array, at: Arrays) -> tuple[jax.Array, jax.Array]:
        add, keep, move = at
        # the barrier keeps the compiler from fusing arithmetic into the copy, which slows both
        out = computed_here(add + keep * aside(carry, move, 0.0))
        return out, out

    start = jnp.zeros((4, o.shape[1]))
    swept = over_columns(column, start, (added, kept, moves), start)
    turned = swept[::-1]
    return turned[:, 1:3], (turned[:, 0] + edge, swept[:, 3] + edge)


def _edge(weight: np.float32, beyond: float) -> jax.Array:
    """Return the gain of a beam through nothing but cells of an occupancy."""
    hit, empty = cell_information(jnp.float32(beyond))
    return weight * (hit + empty * (1.0 - beyond) / beyond)


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
    slope: tuple[int, int], noise: Noise, cells: Cells, h: int
) -> tuple[jax.Array, jax.Array]:
    """Return the mean of a hit's gain g over both ways and half their difference, [n, m].

    With K_e the tail sums of the band G, for the forward way

        g_i = sum_e G_e f_occ,{i+e} + sum_{e>=0} K_e f_emp,{i+e} - sum_{e<0} K_{-e-1} f_emp,{i+e}:

    a free cell ahead counts where the hit is reported beyond it, one behind is lost where the hit
    is reported before it. Backwards the signs of e change, and K_{e-1} - K_e = G_e, so that the
    mean is sum_e G_e (f_occ - f_emp/2)_{i+e} + gs/2 f_emp,i and the rest is antisymmetric.
    """
    middle = cells.hit - 0.5 * cells.empty
    half = len(noise.band) // 2
    even = noise.band[half] * shifted(middle, h, 0, slope)
    even += 0.5 * noise.weight * shifted(cells.empty, h, 0, slope)
    odd = jnp.zeros_like(even)
    for e in range(1, half + 1):
        ahead, behind = (shifted(middle, h, k, slope) for k in (e, -e))
        even += noise.band[half + e] * (ahead + behind)
        ahead, behind = (shifted(cells.empty, h, k, slope) for k in (e, -e))
        odd += (noise.tails[e - 1] - 0.5 * noise.band[half + e]) * (ahead - behind)
    return even, odd


def yaw_weights(plan: SweepPlan, fov_rad: float, n_beams: int, n_yaw: int) -> np.ndarray:
    """Return W [n_yaw, n_directions]: how many of a look's beams go in each direction.

    Yaw k is -pi + 2 pi k / n_yaw. A direction stands for the angles nearest to it; its share is
    the overlap of those with the field of view, so each row sums to ``n_beams``.

    Raises:
        ValueError: there are no beams, no yaws or no field of view, or it is more than all round.
    """
    if n_beams < 1 or n_yaw < 1 or not 0.0 < fov_rad <= 2.0 * math.pi + 1e-6:
        raise ValueError(
            f"n_beams = {n_beams}, n_yaw = {n_yaw}, fov_rad = {fov_rad} are not allowed: "
            "a look has at least one beam, one yaw and some field of view, at most 2 pi"
        )
    yaw = -math.pi + 2.0 * math.pi * np.arange(n_yaw) / n_yaw
    width = 2.0 * math.pi / plan.n_directions
    gap = np.abs((plan.angles()[None] - yaw[:, None] + math.pi) % (2.0 * math.pi) - math.pi)
    # what is seen on one side, and, where the view reaches so far round, on the other one
    overlap = _overlap(gap, width, fov_rad) + _overlap(2.0 * math.pi - gap, width, fov_rad)
    return (n_beams * overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)


def _overlap(gap: np.ndarray, width: float, fov_rad: float) -> np.ndarray:
    """Return how much of the ``width`` around ``gap`` [rad] lies in the field of view around 0."""
    upper, lower = (
        np.minimum(gap + width / 2, fov_rad / 2),
        np.maximum(gap - width / 2, -fov_rad / 2),
    )
    return np.maximum(upper - lower, 0.0)


def yaw_gain(directional: jax.Array, weights: np.ndarray) -> jax.Array:
    """Return the gain [n_yaw, ...] nats of whole looks from that of beams [n_directions, ...]."""
    flat = directional.reshape(directional.shape[0], -1)
    return (jnp.asarray(weights) @ flat).reshape(weights.shape[0], *directional.shape[1:])
