# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the controller knows of its surroundings, prepared for fast look-up by many samples.

Two things arrive at their own pace: the map (how far is the next cell that is not known to be
free) and the information field (where a look teaches most). Both are turned once, on arrival, into
arrays that the cost terms of every control step only interpolate.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import OCCUPIED_FROM, GridSpec
from live_mvp_ros.control.tables import (
    Table,
    YawTable,
    cells,
    interpolate,
    nearest_cell,
    tabulate,
    tabulate_yaw,
)
from live_mvp_ros.planning.geodesy import clearance

YAW_SLOPE_PER_RAD = 0.25
"""Share of the best local gain that a turn of one radian must be worth."""


class CostMap(NamedTuple):
    """Clearance around the vehicle."""

    clearance: Table
    """Distance [m] from each cell's centre to the nearest edge of a cell that is occupied or
    unknown, truncated; 0 inside such cells."""

    @classmethod
    def of(cls, spec: GridSpec, clearance_m: jax.Array) -> CostMap:
        """Return the cost map of clearances [nx, ny]."""
        return cls(tabulate(spec, clearance_m))

    @property
    def clearance_m(self) -> jax.Array:
        """[nx, ny] the clearances."""
        return self.clearance.values


class GuidanceField(NamedTuple):
    """The information field as the controller uses it; map frame."""

    guidance: Table
    """Metres, higher is better, slope about 1."""
    look: YawTable
    """At most 1, worth of looking along a yaw from a position near the vehicle; see
    ``prepare_field``."""
    gain: jax.Array
    """[n_yaw, lx, ly] in [0, 1], the local gain scaled by its largest value; cells of ``look``."""
    reference_path_m: jax.Array
    """[n, 3] way points along the guidance."""
    reference_yaw_rad: jax.Array
    """[n] heading at each way point."""


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
    unsafe = ~known | (p >= OCCUPIED_FROM)
    return CostMap.of(spec, clearance(unsafe, spec.resolution_m, max_distance_m))


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
        tabulate(spec, guidance_m),
        tabulate_yaw(look, local_origin_m, local_resolution_m),
        gain,
        reference_path_m,
        reference_yaw_rad,
    )


def clearance_at(costmap: CostMap, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the clearance [m] at positions of any shape; 0 outside the map."""
    return clearance_in(costmap.clearance, x, y)


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
    here = nearest_cell((lx, ly), field.look.origin_m, field.look.resolution_m, x, y)
    gain = field.gain.reshape(n_yaw, lx * ly)[:, here]
    headings = -jnp.pi + 2.0 * jnp.pi / n_yaw * jnp.arange(n_yaw)
    turn = jnp.abs((headings - yaw + jnp.pi) % (2.0 * jnp.pi) - jnp.pi)
    best = headings[jnp.argmax(gain - YAW_SLOPE_PER_RAD * jnp.max(gain) * turn)]
    return jnp.where(jnp.max(gain) > 0.0, best, otherwise)
