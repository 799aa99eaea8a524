# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the controller knows of its surroundings, prepared for fast look-up by many samples.

Two things arrive at their own pace: the map (how far is the next cell that is not known to be
free) and the information field (where a look teaches most). Both are turned once, on arrival, into
arrays that the cost terms of every control step only interpolate.
"""

from __future__ import annotations

import dataclasses
import math

import jax
import jax.numpy as jnp

from live_mvp_ros.control.tables import Table, cells, interpolate, nearest_cell, tabulate
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.planning.geodesy import clearance

OCCUPIED = 0.5
"""Occupancy probability from which on the vehicle treats a known cell as an obstacle."""

YAW_SLOPE_PER_RAD = 0.25
"""Share of the best local gain that a turn of one radian must be worth."""


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class CostMap:
    """Clearance around the vehicle.

    Attributes:
        clearance_m: [nx, ny], distance from each cell's centre to the nearest edge of a cell that
        is
            occupied or unknown, truncated; 0 inside such cells.
        spec: geometry of the grid (static).
    """

    clearance_m: jax.Array
    spec: GridSpec = dataclasses.field(metadata={"static": True})


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class GuidanceField:
    """The information field as the cost terms use it.

    Attributes:
        guidance_m: [nx, ny], metres, higher is better, slope about 1.
        look: [n_yaw, lx, ly] at most 1, worth of looking along yaw -pi + 2 pi k / n_yaw from a
            position near the vehicle; see ``prepare_field``.
        gain: [n_yaw, lx, ly] in [0, 1], the local gain scaled by its largest value.
        look_origin_m: [2], centre of look[:, 0, 0], map frame.
        reference_path_m: [n, 3], way points along the guidance, map frame.
        reference_yaw_rad: [n], heading at each way point.
        spec: geometry of ``guidance_m`` (static).
        look_resolution_m: cell size of ``look`` (static).
    """

    guidance_m: jax.Array
    look: jax.Array
    gain: jax.Array
    look_origin_m: jax.Array
    reference_path_m: jax.Array
    reference_yaw_rad: jax.Array
    spec: GridSpec = dataclasses.field(metadata={"static": True})
    look_resolution_m: float = dataclasses.field(metadata={"static": True})


def build_costmap(
    spec: GridSpec, p: jax.Array, known: jax.Array, max_distance_m: float
) -> CostMap:
    """Return the clearance to everything that is not known to be free.

    Args:
        spec: grid geometry.
        p: [nx, ny] occupancy probability, 0.5 where unknown.
        known: [nx, ny] bool.
        max_distance_m: clearances are cut off here.
    """
    unsafe = ~known | (p >= OCCUPIED)
    # Cells are squares: towards a corner, the edge is nearer than half a cell to the centre's
    # distance. Subtracting the difference, the clearance is never more than the true one.
    corner_m = 0.5 * (math.sqrt(2.0) - 1.0) * spec.resolution_m
    gap = clearance(unsafe, spec.resolution_m, max_distance_m) - corner_m
    return CostMap(jnp.maximum(gap, 0.0), spec)


def prepare_field(
    spec: GridSpec,
    guidance_m: jax.Array,
    local_gain: jax.Array,
    local_origin_m: jax.Array,
    local_resolution_m: float,
    reference_path_m: jax.Array,
    reference_yaw_rad: jax.Array,
) -> GuidanceField:
    """Turn an information field into look-up tables without local maxima over yaw.

    A narrow field of view sees nothing of a frontier behind its back, so the raw gain is flat
    there and a sampling controller would never turn. As guidance does over space, ``look`` carries
    every gain backwards over yaw at a constant slope, look(psi) = max_d gain(psi + d) - slope |d|,
    after scaling the gains by their largest value, so that the pull is the same whatever is left
    to learn.
    """
    n_yaw = local_gain.shape[0]
    gain = local_gain / jnp.maximum(jnp.max(local_gain), 1e-6)
    steps = jnp.arange(n_yaw)
    turn = jnp.minimum(steps, n_yaw - steps) * (2.0 * jnp.pi / n_yaw)
    carried = [jnp.roll(gain, -k, axis=0) - YAW_SLOPE_PER_RAD * turn[k] for k in range(n_yaw)]
    look = jnp.max(jnp.stack(carried), axis=0)
    return GuidanceField(
        guidance_m,
        look,
        gain,
        local_origin_m,
        reference_path_m,
        reference_yaw_rad,
        spec,
        local_resolution_m,
    )


def clearance_at(costmap: CostMap, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the clearance [m] at positions of any shape; 0 outside the map."""
    return clearance_in(tabulate(costmap.spec, costmap.clearance_m), x, y)


def clearance_in(table: Table, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the clearance [m] from the table of a cost map; 0 outside the map."""
    u, v = cells(table.spec, x, y)
    nx, ny = table.spec.shape
    inside = (u >= -0.5) & (u <= nx - 0.5) & (v >= -0.5) & (v <= ny - 0.5)
    return jnp.where(inside, interpolate(table, x, y), 0.0)


def best_heading(
    field: GuidanceField, x: jax.Array, y: jax.Array, yaw: jax.Array, otherwise: jax.Array
) -> jax.Array:
    """Return the heading [rad] to turn to at one position, coming from ``yaw``.

    The gain of each heading counts less the farther the turn, so that the choice does not flip
    between two equally good ones. ``otherwise`` is returned where nothing can be learned.
    """
    n_yaw, lx, ly = field.gain.shape
    here = nearest_cell((lx, ly), field.look_origin_m, field.look_resolution_m, x, y)
    gain = field.gain.reshape(n_yaw, lx * ly)[:, here]
    headings = -jnp.pi + 2.0 * jnp.pi / n_yaw * jnp.arange(n_yaw)
    turn = jnp.abs((headings - yaw + jnp.pi) % (2.0 * jnp.pi) - jnp.pi)
    best = headings[jnp.argmax(gain - YAW_SLOPE_PER_RAD * jnp.max(gain) * turn)]
    return jnp.where(jnp.max(gain) > 0.0, best, otherwise)
