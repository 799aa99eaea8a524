# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the drone can go, and a potential over the whole known map that leads it to a source.

A source is a cell with a value in metres: how much farther away it may be than the best one and
still be preferred. The guidance of a cell is minus the least (value + cost of the way) over all
sources, carried along free-space geodesics by eikonal sweeps: its slope is one in the open and
more in narrow places, so that it has no maximum in navigable space except at a source. Every
planner, whatever makes its sources, is led by the same functions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.fitting import cells_of, fitting_places, joined_cells, seed_cell
from live_mvp_ros.planning.geodesy import (
    FAR,
    clearance,
    continued,
    descend,
    geodesic_distance,
    within_squares,
)
from live_mvp_ros.planning.reference_path import climb, headings, look_yaw
from live_mvp_ros.vehicle import BodyConfig

PATH_POINTS = 40
PATH_STEP_S = 0.05  # between two points at the speed limit
_SHORTEST_STEP_M = 0.05  # slower vehicles see as far as this leads: guidance is flat within a cell
_SEED_WITHIN_M = 1.0
_COMFORT_M = 0.5  # with less room than this beyond what it needs, a metre of the way counts more
_NARROW_SLOWNESS = 4.0  # metres that one counts where the vehicle just fits
_OFF_PATH_SLOPE = 2.0  # metres of guidance lost per metre away from navigable cells


class Guidance(NamedTuple):
    """The way to the sources; map frame."""

    guidance: jax.Array
    """[nx, ny] m, higher is better."""
    target_m: jax.Array
    """[2] the source that it leads to from the drone."""
    path_m: jax.Array
    """[40, 3] along the guidance, 0.05 s apart at the speed limit, first point at the drone."""
    path_yaw_rad: jax.Array
    """[40] where the path goes; near its end where to look."""


def navigable_now(body: BodyConfig, spec: GridSpec, free: jax.Array, xy: jax.Array) -> jax.Array:
    """Return the cells [nx, ny] bool where the drone fits, joined to the one where it is.

    Its own cell always counts, for there it is. If it does not fit there, it begins at the nearest
    cell where it does, as far as known free space leads there within a metre.

    Args:
        body: where it fits.
        spec: geometry (static).
        free: [nx, ny] bool, known free.
        xy: [2] m, the drone.
    """
    places = fitting_places(~free, spec, body.fits_from_m)
    here = cell_mask(spec, xy)
    seeds = _nearest_by_way(body, cells_of(places), free, spec, spec.cell_index(xy))
    return joined_cells(places, seeds | here)


def _nearest_by_way(
    body: BodyConfig, fits: jax.Array, free: jax.Array, spec: GridSpec, here: jax.Array
) -> jax.Array:
    """Return the cells of ``fits`` [nx, ny] nearest to a cell [2] by way through free cells.

    None if the way is longer than ``_SEED_WITHIN_M``; what is nearer may lie behind a wall. A slit
    in a wall is no way: where the vehicle is, its body lies, whatever the map makes of the rest.
    """
    narrowest = max(2, round(body.radius_m / spec.resolution_m))
    reach = math.ceil(_SEED_WITHIN_M / spec.resolution_m) + narrowest
    n = 2 * reach + 1

    def around(mask: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice(jnp.pad(mask, reach), (here[0], here[1]), (n, n))

    start = jnp.full((n, n), FAR).at[reach, reach].set(0.0)
    passable = within_squares(around(free), narrowest).at[reach, reach].set(True)
    way_m = geodesic_distance(passable, start, spec.resolution_m)
    way_m = jnp.where(around(fits), way_m, FAR)
    nearest = (way_m <= jnp.min(way_m)) & (way_m <= _SEED_WITHIN_M)
    whole = jnp.zeros((spec.shape[0] + 2 * reach, spec.shape[1] + 2 * reach), bool)
    whole = jax.lax.dynamic_update_slice(whole, nearest, (here[0], here[1]))
    return whole[reach:-reach, reach:-reach]


def slowness(body: BodyConfig, spec: GridSpec, free: jax.Array) -> jax.Array:
    """Return what a metre through each cell [nx, ny] counts: ways keep to the middle of doors."""
    comfort_m = body.fits_from_m + _COMFORT_M
    gap = clearance(~free, spec.resolution_m, comfort_m)
    near = jnp.clip((comfort_m - gap) / _COMFORT_M, 0.0, 1.0)
    return 1.0 + (_NARROW_SLOWNESS - 1.0) * near**2


def lead_to(
    body: BodyConfig,
    spec: GridSpec,
    free: jax.Array,
    navigable: jax.Array,
    slow: jax.Array,
    start_m: jax.Array,
    arrival_gain: jax.Array,
    position_m: jax.Array,
    yaw_rad: jax.Array,
) -> Guidance:
    """Return the guidance to the sources, and the path that climbs it from the drone.

    Args:
        body: how far it flies, where it fits.
        spec: geometry (static).
        free: [nx, ny] bool, known free: the path stays in it.
        navigable: [nx, ny] bool, from ``navigable_now``.
        slow: [nx, ny] what a metre counts, from ``slowness``.
        start_m: [nx, ny] value of each source, at least 0, ``FAR`` elsewhere.
        arrival_gain: [n_yaw, nx, ny] worth of looking along yaw -pi + 2 pi k / n_yaw from a cell,
            in any unit; chooses the yaw at the end of the path.
        position_m: [3] of the drone.
        yaw_rad: heading of the drone.
    """
    distance = geodesic_distance(navigable, start_m, spec.resolution_m, slow)
    guidance = -continued(distance, navigable, spec.resolution_m, _OFF_PATH_SLOPE)
    end = descend(distance, spec.cell_index(position_m[:2]))
    target_m = jnp.asarray(spec.origin_m) + spec.resolution_m * end
    step_m = jnp.maximum(PATH_STEP_S * body.speed_max_m_s, _SHORTEST_STEP_M)
    path = climb(spec, guidance, free, position_m[:2], target_m, PATH_POINTS, step_m)
    last = spec.cell_index(path[-1])
    arrival = look_yaw(arrival_gain[:, last[0], last[1]].astype(jnp.float32), yaw_rad)
    altitude = jnp.full((PATH_POINTS, 1), position_m[2])
    path_m = jnp.concatenate([path, altitude], axis=-1)
    return Guidance(guidance, target_m, path_m, headings(path, yaw_rad, arrival))


def cell_mask(spec: GridSpec, xy: jax.Array) -> jax.Array:
    """Return a mask [nx, ny] of the one cell that holds ``xy`` [2]."""
    index = spec.cell_index(xy)
    return jnp.zeros(spec.shape, bool).at[index[0], index[1]].set(True)


def near(spec: GridSpec, xy: jax.Array, radius_m: jax.Array | float) -> jax.Array:
    """Return a mask [nx, ny] of the cells whose centre is within ``radius_m`` of ``xy`` [2]."""
    x, y = (jnp.asarray(c, jnp.float32) for c in spec.centres())
    return (x[:, None] - xy[0]) ** 2 + (y[None, :] - xy[1]) ** 2 <= radius_m**2


def goal_source(spec: GridSpec, navigable: jax.Array, goal_m: jax.Array) -> jax.Array:
    """Return a mask [nx, ny] of the navigable cell nearest to the goal."""
    return seed_cell(navigable, spec, jnp.asarray(goal_m)[:2], FAR)
