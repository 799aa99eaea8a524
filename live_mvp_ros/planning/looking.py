# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the drone has been looking at: unknown cells that stay unknown in plain view are given up.

Rays leave the drone's actual pose over its field of view; the first cell of each that is not known to be
free is in plain view. A cell that has been so for long enough and is still unknown will not be
resolved by more looking (black, transparent, between two beams); without this a mission never ends.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.grid import GridSpec

_RAYS_PER_RAD = 160.0
_CLOSE_LOOK_M = 2.0  # nearer looks count fully, farther ones in proportion to 1/distance
_LEAST_WEIGHT = 0.25


def plain_view(
    spec: GridSpec,
    free: jax.Array,
    xy: jax.Array,
    yaw_rad: jax.Array,
    fov_rad: float,
    range_m: float,
) -> jax.Array:
    """Return how well each cell [nx, ny] is looked at: 0 not at all, 1 from near.

    A cell is looked at when it, or a neighbour, is the first cell of a ray that is not ``free``: the
    neighbours make up for the fact that this fan and the sweep cut cells differently.

    Args:
        spec: geometry (static).
        free: [nx, ny] bool, known free.
        xy: [2] m, map frame.
        yaw_rad: heading.
        fov_rad: field of view (static).
        range_m: range (static).
    """
    n_rays = max(2, round(fov_rad * _RAYS_PER_RAD))
    step = 0.5 * spec.resolution_m
    angle = yaw_rad + jnp.linspace(-0.5, 0.5, n_rays) * fov_rad
    along = step * jnp.arange(1, int(range_m / step) + 1)
    direction = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    points = xy + along[:, None, None] * direction
    index = spec.cell_index(points)
    stops = ~free[index[..., 0], index[..., 1]] | ~spec.contains(points)
    first = jnp.argmax(stops, axis=0)
    rays = jnp.arange(n_rays)
    ended = stops[first, rays]
    weight = jnp.clip(_CLOSE_LOOK_M / along[first], _LEAST_WEIGHT, 1.0) * ended
    cell = index[first, rays]
    seen = jnp.zeros(spec.shape).at[cell[:, 0], cell[:, 1]].max(weight)
    return jax.lax.reduce_window(seen, 0.0, jax.lax.max, (3, 3), (1, 1), "SAME")
