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

from live_mvp_ros.grid import GridSpec
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
    seen = _weights(spec, xy, *_fan(spec, free, xy, yaw_rad, fov_rad, plan.range_cells))
    ix, iy, inside = line_cells(plan, spec.shape, spec.cell_index(xy))
    gap = (jnp.asarray(plan.angles()) - yaw_rad + jnp.pi) % (2.0 * jnp.pi) - jnp.pi
    facing = jnp.abs(gap) <= 0.5 * fov_rad + jnp.pi / plan.n_directions
    stops = inside & facing[:, None] & ~free[ix, iy]
    first, lines = jnp.argmax(stops, axis=1), jnp.arange(ix.shape[0])
    ends = jnp.stack([ix[lines, first], iy[lines, first]], axis=-1)
    seen = jnp.maximum(seen, _weights(spec, xy, ends, jnp.any(stops, axis=1)))
    return jax.lax.reduce_window(seen, 0.0, jax.lax.max, (3, 3), (1, 1), "SAME")


def _fan(
    spec: GridSpec,
    free: jax.Array,
    xy: jax.Array,
    yaw_rad: jax.Array,
    fov_rad: float,
    range_cells: float,
) -> tuple[jax.Array, jax.Array]:
    """Return the first cell that is not free [rays, 2] on each ray of a fan, and if there is one.

    Neighbouring rays are at most a cell apart at the end of the range.
    """
    n_rays = 1 + math.ceil(fov_rad * max(_RAYS_PER_RAD, range_cells))
    angle = yaw_rad + jnp.linspace(-0.5, 0.5, n_rays) * fov_rad
    direction = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    n = math.ceil(2.0 * range_cells)

    def going(carry: tuple[jax.Array, jax.Array, jax.Array, jax.Array]) -> jax.Array:
        k, _, flying, _ = carry
        return (k <= n) & jnp.any(flying)

    def march(
        carry: tuple[jax.Array, jax.Array, jax.Array, jax.Array],
    ) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
        k, end, flying, found = carry
        along = spec.resolution_m * jnp.minimum(0.5 * k, range_cells)
        points = xy + along * direction
        index = spec.cell_index(points)
        flying = flying & spec.contains(points)
        hit = flying & ~free[index[:, 0], index[:, 1]]
        return k + 1, jnp.where(flying[:, None], index, end), flying & ~hit, found | hit

    start = (jnp.int32(1), jnp.zeros((n_rays, 2), jnp.int32), jnp.ones(n_rays, bool))
    _, end, _, found = jax.lax.while_loop(going, march, (*start, jnp.zeros(n_rays, bool)))
    return end, found


def _weights(spec: GridSpec, xy: jax.Array, cells: jax.Array, ends: jax.Array) -> jax.Array:
    """Return the weight [nx, ny] of the look at the cells [n, 2] in which rays end, if they do."""
    offset = spec.resolution_m * cells + jnp.asarray(spec.origin_m) - xy
    distance = jnp.maximum(jnp.linalg.norm(offset, axis=-1), 1e-3)
    weight = jnp.clip(_CLOSE_LOOK_M / distance, _LEAST_WEIGHT, 1.0) * ends
    return jnp.zeros(spec.shape).at[cells[:, 0], cells[:, 1]].max(weight)
