# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a disc fits among the cells of a map, and where it can go.

The room at a place is interpolated between the clearances of cell centres, as the controller does
it. It is asked at places half a cell apart: the centre of each cell, the middles of its edges and
its corners. A bilinear function has its maxima there, and is linear from one to the next: a way
over places that have room has room all along. Cells alone would not do: two that touch may both
have room somewhere, and none between. Map frame, metres; grids [nx, ny], places
[2 nx - 1, 2 ny - 1].
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.geodesy import FAR, clearance, connected_cells

_ROUNDING_M = 1e-4  # of a clearance in single precision


def navigable_cells(
    unsafe: jax.Array, spec: GridSpec, radius_m: float, seed_xy: jax.Array
) -> jax.Array:
    """Return where a disc can go from the seed without touching anything unsafe.

    Args:
        unsafe: [nx, ny] bool, cells that must not be touched; everything outside the grid is
            unsafe.
        spec: geometry of the grid (static).
        radius_m: least distance of the disc's centre from the edges of unsafe cells (static).
        seed_xy: [2] m, map frame. If the disc does not fit there, the nearest cell where it fits
            within 1 m is the seed.

    Returns:
        [nx, ny] bool: cells in which the disc fits and to which it can go from the seed.
    """
    places = fitting_places(unsafe, spec, radius_m)
    return joined_cells(places, seed_cell(cells_of(places), spec, seed_xy, 1.0))


def fitting_cells(unsafe: jax.Array, spec: GridSpec, radius_m: float) -> jax.Array:
    """Return the cells [nx, ny] bool in which a disc fits: somewhere in them it has room."""
    return cells_of(fitting_places(unsafe, spec, radius_m))


def fitting_places(unsafe: jax.Array, spec: GridSpec, radius_m: float) -> jax.Array:
    """Return the places [2 nx - 1, 2 ny - 1] bool where a disc has room.

    Args:
        unsafe: [nx, ny] bool, cells that must not be touched; everything outside the grid is
            unsafe.
        spec: geometry of the grid (static).
        radius_m: of the disc (static).
    """
    gap = clearance(unsafe, spec.resolution_m, radius_m + 2.0 * spec.resolution_m)
    least_m = radius_m - _ROUNDING_M
    # as ``room_at_places``, but compared before four times as many numbers are put together
    rows = _woven(gap, _means(gap, 0), 0)
    return _woven(rows >= least_m, _means(rows, 1) >= least_m, 1)


def room_at_places(clearance_m: jax.Array) -> jax.Array:
    """Return clearances [nx, ny] of cell centres, interpolated at places."""
    for axis in (0, 1):
        clearance_m = _woven(clearance_m, _means(clearance_m, axis), axis)
    return clearance_m


def _means(values: jax.Array, axis: int) -> jax.Array:
    """Return the mean of each value and the next one along an axis, one less than there are."""
    n = values.shape[axis]
    first, second = (jax.lax.slice_in_dim(values, k, n - 1 + k, axis=axis) for k in (0, 1))
    return 0.5 * (first + second)


def _woven(at: jax.Array, between: jax.Array, axis: int) -> jax.Array:
    """Return n values and what lies between them, n - 1, in turn along an axis."""
    n = at.shape[axis]
    first = jax.lax.slice_in_dim(at, 0, n - 1, axis=axis)
    pairs = jnp.stack([first, between], axis=axis + 1)
    shape = tuple(2 * (n - 1) if k == axis else m for k, m in enumerate(at.shape))
    last = jax.lax.slice_in_dim(at, n - 1, n, axis=axis)
    return jnp.concatenate([pairs.reshape(shape), last], axis=axis)


def cells_of(places: jax.Array) -> jax.Array:
    """Return the cells [nx, ny] bool that have one of some places, at their edge at least."""
    wide = jnp.pad(places, 1)
    for axis in (0, 1):
        n = wide.shape[axis]
        thirds = [jax.lax.slice_in_dim(wide, k, n - 2 + k, stride=2, axis=axis) for k in range(3)]
        wide = thirds[0] | thirds[1] | thirds[2]
    return wide


def joined_cells(places: jax.Array, seeds: jax.Array) -> jax.Array:
    """Return the cells [nx, ny] to which ways over places lead from seeds, and the seeds.

    Args:
        places: [2 nx - 1, 2 ny - 1] bool, where there is room.
        seeds: [nx, ny] bool, cells in which every place counts as one with room.
    """
    within = _places_of(seeds)
    reached = connected_cells(places | within, within)
    return cells_of(reached & places) | seeds


def _places_of(cells: jax.Array) -> jax.Array:
    """Return all places [2 nx - 1, 2 ny - 1] of some cells, those at their edges too."""
    for axis in (0, 1):
        n = cells.shape[axis]
        first, second = (jax.lax.slice_in_dim(cells, k, n - 1 + k, axis=axis) for k in (0, 1))
        cells = _woven(cells, first | second, axis)
    return cells


def seed_cell(fits: jax.Array, spec: GridSpec, xy: jax.Array, within_m: float) -> jax.Array:
    """Return a mask [nx, ny] of the cell of ``fits`` nearest to ``xy``, if it is near enough."""
    squared = _squared_distance_m2(spec, xy)
    squared = jnp.where(fits, squared, FAR)
    return fits & (squared <= jnp.min(squared)) & (squared <= within_m**2)


def _squared_distance_m2(spec: GridSpec, xy: jax.Array) -> jax.Array:
    x, y = (jnp.asarray(c, jnp.float32) for c in spec.centres())
    return (x[:, None] - xy[0]) ** 2 + (y[None, :] - xy[1]) ** 2
