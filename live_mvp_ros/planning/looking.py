# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the drone has been looking at: unknown cells that stay unknown in plain view are given up.

Rays leave the drone's actual pose over its field of view; the first cell of each that is not
known to be free is in plain view. A cell that has been so for long enough and is still unknown
will not be resolved by more looking (black, transparent, between two beams); without this a
mission never ends.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.sweep import SweepPlan, line_cells

_RAYS_PER_RAD = 160.0
_CLOSE_LOOK_M = 2.0  # nearer looks count fully, farther ones in proportion to 1/distance
_LEAST_WEIGHT = 0.25


def plain_view(
    spec: GridSpec,
    plan: SweepPlan,
    free: jax.Array,
    xy: jax.Array,
    yaw_rad: jax.Array,
    fov_rad: float,
) -> jax.Array:
    """Return how well each cell [nx, ny] is looked at: 0 not at all, 1 from near.

    A cell is looked at when it, or a neighbour, ends a ray: the first one that is not ``free``.
    The rays are a dense fan, and the very lines along which the sweep promised something from
    the drone's own cell: a promise that is not kept is then given up, whatever the reason.

    Args:
        spec: geometry (static).
        plan: the sweep's lines and range (static).
        free: [nx, ny] bool, known free.
        xy: [2] m, map frame.
        yaw_rad: heading.
        fov_rad: field of view (static).
    """
    seen = _ends(spec, free, xy, *_fan(spec, xy, yaw_rad, fov_rad, plan.range_cells))
    ix, iy, inside = line_cells(plan, spec.shape, spec.cell_index(xy))
    gap = (jnp.asarray(plan.angles()) - yaw_rad + jnp.pi) % (2.0 * jnp.pi) - jnp.pi
    facing = jnp.abs(gap) <= 0.5 * fov_rad + jnp.pi / plan.n_directions
    seen = jnp.maximum(seen, _ends(spec, free, xy, ix, iy, inside & facing[:, None]))
    return jax.lax.reduce_window(seen, 0.0, jax.lax.max, (3, 3), (1, 1), "SAME")


def _fan(
    spec: GridSpec, xy: jax.Array, yaw_rad: jax.Array, fov_rad: float, range_cells: float
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the cells (ix, iy) [rays, n] of a dense fan of rays, and which are inside the map.

    Neighbouring rays are at most a cell apart at the end of the range.
    """
    n_rays = 1 + math.ceil(fov_rad * max(_RAYS_PER_RAD, range_cells))
    angle = yaw_rad + jnp.linspace(-0.5, 0.5, n_rays) * fov_rad
    along = 0.5 * spec.resolution_m * jnp.arange(1, int(2.0 * range_cells) + 1)
    direction = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    points = xy + along[None, :, None] * direction[:, None, :]
    index = spec.cell_index(points)
    return index[..., 0], index[..., 1], spec.contains(points)


def _ends(
    spec: GridSpec,
    free: jax.Array,
    xy: jax.Array,
    ix: jax.Array,
    iy: jax.Array,
    inside: jax.Array,
) -> jax.Array:
    """Return the weight [nx, ny] of the look at the first cell of each ray that is not free."""
    stops = inside & ~free[ix, iy]
    first = jnp.argmax(stops, axis=1)
    rays = jnp.arange(ix.shape[0])
    i, j = ix[rays, first], iy[rays, first]
    offset = spec.resolution_m * jnp.stack([i, j], axis=-1) + jnp.asarray(spec.origin_m) - xy
    distance = jnp.maximum(jnp.linalg.norm(offset, axis=-1), 1e-3)
    weight = jnp.clip(_CLOSE_LOOK_M / distance, _LEAST_WEIGHT, 1.0) * jnp.any(stops, axis=1)
    return jnp.zeros(spec.shape).at[i, j].max(weight)
