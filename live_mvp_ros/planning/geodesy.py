# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Distances on a grid: how far from a wall, where the drone fits, how far along free space.

Grids are indexed [ix, iy]. The Euclidean distance transform is exact (separable, Felzenszwalb and
Huttenlocher's decomposition evaluated by shifts). Geodesic distance solves the eikonal equation
|grad u| = 1 by first-order triangle updates in directional raster sweeps (Weber et al., "Parallel
algorithms for approximation of distance maps on parametric surfaces", 2008): each sweep is a scan
over columns whose rows are one vector, so that the four sweeps see all eight triangles around a
cell. Sweeps are repeated until nothing changes, however long and winding the ways are.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.planning.columns import over_columns

Arrays = Any  # carries and slices of scans: tuples of arrays whose lengths the loops fix

FAR = 1e6  # metres (or cells): "not reached"; finite, so that differences stay finite


@functools.partial(jax.jit, static_argnames=("resolution_m", "max_distance_m"))
def distance_transform(
    mask: jax.Array, resolution_m: float, max_distance_m: float = 2.0
) -> jax.Array:
    """Return the distance [m] from every cell centre to the nearest true cell of ``mask``.

    Measured exactly to that cell's square, so 0 in it; at most ``max_distance_m``. Cells outside
    the grid do not count: pad the mask where they should.

    Args:
        mask: [nx, ny] bool.
        resolution_m: edge of a cell.
        max_distance_m: where the result saturates; sets the cost, which is linear in it.

    Returns:
        [nx, ny] float32.
    """
    reach = max(1, math.ceil(max_distance_m / resolution_m + 0.5))
    along_y = jnp.maximum(_distance_along_y(mask, reach + 0.5) - 0.5, 0.0)
    squared = along_y * along_y
    padded = jnp.pad(squared, ((reach, reach), (0, 0)), constant_values=float(reach * reach))

    def nearer(k: jax.Array, best: jax.Array) -> jax.Array:
        offset = jnp.maximum(jnp.abs(k - reach).astype(jnp.float32) - 0.5, 0.0)
        return jnp.minimum(
            best, jax.lax.dynamic_slice_in_dim(padded, k, mask.shape[0], 0) + offset * offset
        )

    best = jax.lax.fori_loop(0, 2 * reach + 1, nearer, squared)
    return jnp.minimum(jnp.sqrt(best) * resolution_m, max_distance_m)


def _distance_along_y(mask: jax.Array, limit: float) -> jax.Array:
    """Distance in cells [nx, ny] to the nearest true cell of the same row, at most ``limit``."""
    steps = jnp.where(mask.T, 0.0, jnp.float32(limit))

    def walk(previous: jax.Array, here: jax.Array) -> tuple[jax.Array, jax.Array]:
        distance = jnp.minimum(here, previous + 1.0)
        return distance, distance

    start = jnp.full(mask.shape[0], jnp.float32(limit))
    forward = over_columns(walk, start, steps, start)
    return over_columns(walk, start, forward, start, reverse=True).T


def clearance(unsafe: jax.Array, resolution_m: float, max_distance_m: float) -> jax.Array:
    """Return the distance [m] of every cell to unsafe cells, the outside of the grid included."""
    around = jnp.pad(unsafe, 1, constant_values=True)
    return distance_transform(around, resolution_m, max_distance_m)[1:-1, 1:-1]


def with_gaps_closed(mask: jax.Array, radius_cells: int) -> jax.Array:
    """Return ``mask`` [nx, ny] bool with gaps of up to twice ``radius_cells`` (static) closed.

    The morphological closing with a square. A gap of up to ``radius_cells`` between ``mask`` and
    the edge of the grid is closed too.
    """
    return ~grown(~grown(mask, radius_cells), radius_cells)


def narrow_clusters(mask: jax.Array, widest: int) -> jax.Array:
    """Return the cells [nx, ny] of clusters of ``mask`` that fit into a small square.

    Cells that touch, at corners too, are a cluster. One that has others so near that every
    square around it touches them counts as wide.

    Args:
        mask: [nx, ny] bool.
        widest: length of the square's side in cells (static); 0 for none.
    """
    edge = widest + 1
    counts = jnp.pad(jnp.pad(mask, edge).astype(jnp.int32), ((1, 0), (1, 0)))
    counts = jnp.cumsum(jnp.cumsum(counts, axis=0), axis=1)
    found = jnp.zeros(mask.shape, bool)

    def within(first: int, side: int, n: tuple[int, ...]) -> jax.Array:
        """Count in ``n`` squares, the lowest of which begins at cell ``first``."""
        low = [slice(first, first + k) for k in n]
        high = [slice(first + side, first + side + k) for k in n]
        return (
            counts[high[0], high[1]]
            - counts[low[0], high[1]]
            - counts[high[0], low[1]]
            + counts[low[0], low[1]]
        )

    for side in range(1, widest + 1):
        n = tuple(size + side - 1 for size in mask.shape)
        first = edge - side + 1
        alone = within(first, side, n) == within(first - 1, side + 2, n)
        for axis in (0, 1):
            size = mask.shape[axis]
            parts = [jax.lax.slice_in_dim(alone, k, k + size, axis=axis) for k in range(side)]
            alone = functools.reduce(jnp.logical_or, parts)
        found = found | (alone & mask)
    return found


def grown(value: jax.Array, radius_cells: int) -> jax.Array:
    """Return the highest ``value`` [nx, ny] within a square around each cell.

    Of a mask these are the cells that have one of its cells so close.

    Args:
        value: [nx, ny] bool, or numbers of at least 0.
        radius_cells: how far the square reaches to each side (static).
    """
    for axis in (0, 1):
        pad = [(radius_cells, radius_cells) if k == axis else (0, 0) for k in (0, 1)]
        wide, n = jnp.pad(value, pad), value.shape[axis]
        for k in range(2 * radius_cells + 1):
            value = jnp.maximum(value, jax.lax.slice_in_dim(wide, k, k + n, axis=axis))
    return value


def within_squares(mask: jax.Array, side: int) -> jax.Array:
    """Return the cells [nx, ny] of all squares of ``side`` (static) cells that lie in ``mask``."""
    size = (side, side)
    around = jnp.pad(mask.astype(jnp.int32), side - 1)
    full = jax.lax.reduce_window(around, 1, jax.lax.min, size, (1, 1), "VALID")
    return jax.lax.reduce_window(full, 0, jax.lax.max, size, (1, 1), "VALID") > 0


def highest_within(value: jax.Array, passable: jax.Array, steps: int) -> jax.Array:
    """Return the highest ``value`` [nx, ny] within some steps over passable cells.

    Args:
        value: [nx, ny], at least 0.
        passable: [nx, ny] bool; a step leads to one of the eight cells around.
        steps: how many (static).

    Returns:
        [nx, ny], 0 in cells that are not passable.
    """

    def widen(_: int, highest: jax.Array) -> jax.Array:
        return jnp.where(passable, grown(highest, 1), 0.0)

    return jax.lax.fori_loop(0, steps, widen, jnp.where(passable, value, 0.0))


@jax.jit
def connected_cells(passable: jax.Array, seeds: jax.Array) -> jax.Array:
    """Return the passable cells [nx, ny] that an 8-connected path joins to a seed.

    A path does not cut the corners of cells that are not passable.
    """

    def column(previous: Arrays, here: Arrays) -> tuple[Arrays, jax.Array]:
        before, open_before = previous
        reached, free = here
        middle = reached | before
        for shift in (1, -1):
            diagonal = _shifted(before, shift, False) & open_before & _shifted(free, shift, False)
            middle = middle | diagonal
        middle = middle & free
        return (middle, free), middle

    def sweep(reached: jax.Array, free: jax.Array, reverse: bool) -> jax.Array:
        closed = jnp.zeros(free.shape[1], bool)
        return over_columns(column, (closed, closed), (reached, free), closed, reverse)

    def round_trip(carry: Arrays) -> Arrays:
        reached, _ = carry
        new = sweep(sweep(reached, passable, False), passable, True).T
        new = sweep(sweep(new, passable.T, False), passable.T, True).T
        return new, jnp.any(new != reached)

    start = (seeds & passable, jnp.array(True))
    return jax.lax.while_loop(lambda carry: carry[1], round_trip, start)[0]


def _shifted(row: jax.Array, shift: int, fill: float | bool) -> jax.Array:
    """Return row[j - shift] on the last axis, ``fill`` outside; shift is +1 or -1."""
    edge = jnp.full_like(row[..., :1], fill)
    parts = [edge, row[..., :-1]] if shift > 0 else [row[..., 1:], edge]
    return jnp.concatenate(parts, axis=-1)


class Geodesic(NamedTuple):
    """Distances along free space, and whether they are the last word."""

    distance_m: jax.Array
    """[nx, ny] float32 m, ``FAR`` where nothing is reached or the cell is not passable."""
    settled: jax.Array
    """bool: false if there were not rounds enough; then distances are missing or too long."""


def geodesic_distance(
    passable: jax.Array,
    sources_m: jax.Array,
    resolution_m: float,
    slowness: jax.Array | None = None,
) -> jax.Array:
    """Return the distances [nx, ny] m of ``geodesic`` with as many rounds as they take."""
    return geodesic(passable, sources_m, resolution_m, slowness).distance_m


@functools.partial(jax.jit, static_argnames=("resolution_m", "max_rounds"))
def geodesic(
    passable: jax.Array,
    sources_m: jax.Array,
    resolution_m: float,
    slowness: jax.Array | None = None,
    max_rounds: int | None = None,
) -> Geodesic:
    """Return min over source cells c of (sources_m[c] + cost of the cheapest free path from c).

    Without ``slowness`` the cost of a path is its length; with it, the eikonal equation is
    |grad u| = slowness, so that a metre through a cell costs that many metres.

    Args:
        passable: [nx, ny] bool; paths stay in these cells and cut no corner of the others.
        sources_m: [nx, ny] initial value of each source, ``FAR`` where there is none; what is not
            a number is none.
        resolution_m: edge of a cell.
        slowness: [nx, ny], at least 1; None means 1 everywhere. A cell where it is not a number
            is not passable.
        max_rounds: bound on rounds of four sweeps (static); about one is needed for every turn of
            a path. None means one for every cell, which is always enough: of the cells that are
            not yet right, each round puts the nearest one right.
    """
    step_m = jnp.full(passable.shape, jnp.float32(resolution_m))
    if slowness is not None:
        passable = passable & ~jnp.isnan(slowness)
        step_m = step_m * slowness
    most = passable.size + 1 if max_rounds is None else max_rounds

    def round_trip(carry: Arrays) -> Arrays:
        u, _, count = carry
        new = _eikonal_sweep(u, passable, step_m, False)
        new = _eikonal_sweep(new, passable, step_m, True).T
        new = _eikonal_sweep(new, passable.T, step_m.T, False)
        new = _eikonal_sweep(new, passable.T, step_m.T, True).T
        return new, jnp.max(u - new) > 1e-3 * resolution_m, count + 1

    start = jnp.where(passable & ~jnp.isnan(sources_m), sources_m, FAR).astype(jnp.float32)
    going = (start, jnp.array(True), jnp.array(0))
    u, unsettled, _ = jax.lax.while_loop(lambda c: c[1] & (c[2] < most), round_trip, going)
    return Geodesic(u, ~unsettled)


def _eikonal_sweep(
    u: jax.Array, passable: jax.Array, steps_m: jax.Array, reverse: bool
) -> jax.Array:
    def column(previous: Arrays, here: Arrays) -> tuple[Arrays, jax.Array]:
        before, open_before = previous
        value, free, step_m = here
        best = jnp.minimum(value, before + step_m)
        for shift in (1, -1):
            both = open_before & _shifted(free, shift, False)
            corner = jnp.where(both, _shifted(before, shift, FAR), FAR)
            best = jnp.minimum(best, _triangle(before, corner, step_m))
        best = jnp.where(free, best, FAR)
        return (best, free), best

    start = (jnp.full(u.shape[1], FAR), jnp.zeros(u.shape[1], bool))
    return over_columns(column, start, (u, passable, steps_m), start[0], reverse)


def _triangle(side: jax.Array, corner: jax.Array, step_m: jax.Array) -> jax.Array:
    """Arrival time through the edge between the neighbour one step away and the diagonal one."""
    slope = (side - corner) / step_m
    inside = side + step_m * jnp.sqrt(jnp.maximum(1.0 - slope * slope, 0.0))
    through = jnp.where(slope < math.sqrt(0.5), inside, corner + math.sqrt(2.0) * step_m)
    return jnp.where(slope > 0.0, through, side + step_m)


@jax.jit
def descend(u: jax.Array, cell: jax.Array) -> jax.Array:
    """Return the cell [2] int at which steepest descent of ``u`` [nx, ny] over neighbours ends.

    On a geodesic distance that is the source of the path from ``cell`` [2].
    """
    offsets = jnp.asarray([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)], jnp.int32)
    last = jnp.asarray(u.shape) - 1
    flat = u.ravel()

    def lower(at: jax.Array) -> jax.Array:
        around = jnp.clip(at + offsets, 0, last)
        value = flat[around[:, 0] * u.shape[1] + around[:, 1]]
        best = jnp.argmin(value)
        return jnp.where(value[best] < value[4], around[best], at)

    def going(carry: Arrays) -> jax.Array:
        return jnp.any(carry[0] != carry[1])

    def walk(carry: Arrays) -> Arrays:
        return carry[1], lower(carry[1])

    return jax.lax.while_loop(going, walk, (cell, lower(cell)))[1]


@functools.partial(jax.jit, static_argnames=("resolution_m",))
def continued(
    value: jax.Array, valid: jax.Array, resolution_m: float, rise_per_m: float
) -> jax.Array:
    """Continue ``value`` [nx, ny] into cells that are not ``valid``: the nearest one + rise.

    The nearest valid cell is found by chamfer sweeps, so a cell beside a wall takes the value of
    its own side, never a better one from behind the wall. ``FAR`` is added nowhere: all cells get
    a value as soon as one is valid.
    """

    def column(previous: Arrays, here: Arrays) -> tuple[Arrays, Arrays]:
        carried, near = previous
        content, distance = here
        for shift, length in ((0, 1.0), (1, math.sqrt(2.0)), (-1, math.sqrt(2.0))):
            other = near if shift == 0 else _shifted(near, shift, FAR)
            payload = carried if shift == 0 else _shifted(carried, shift, 0.0)
            better = other + length < distance
            distance = jnp.where(better, other + length, distance)
            content = jnp.where(better, payload, content)
        return (content, distance), (content, distance)

    def both_ways(distance: jax.Array, content: jax.Array) -> tuple[jax.Array, jax.Array]:
        for reverse in (False, True):
            start = (jnp.zeros(distance.shape[1]), jnp.full(distance.shape[1], FAR))
            # the content first: it is there later than the distance, see ``over_columns``
            content, distance = over_columns(column, start, (content, distance), start, reverse)
        return distance.T, content.T

    distance = jnp.where(valid, 0.0, FAR).astype(jnp.float32)
    content = jnp.where(valid, value, 0.0).astype(jnp.float32)
    distance, content = both_ways(*both_ways(distance, content))
    return content + jnp.where(valid, 0.0, rise_per_m * resolution_m * distance)
