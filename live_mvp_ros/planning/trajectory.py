# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Information of a whole trajectory, which must not count the same look twice.

Three estimates from the gains MI_i [nats] of its poses and from which cells each pose sees:
direct, sum MI_i; discount, MI_i exp(-decay * mean over the pose's visible cells of the number of
earlier poses that saw them); filtered, MI_i times the share of its visible cells that are new. So
discount <= direct and filtered <= direct, with equality where views do not overlap.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.fsmi import SensorConfig, beam_cells, poses_information

METHODS = ("direct", "discount", "filtered")
DECAY = 0.7
"""Loss per earlier look at the same cells (discount): a second one is worth half of the first."""
_BLOCKS_VIEW = 0.65
_RAYS_PER_RAD = 40.0


def visible_cells(
    config: SensorConfig, spec: GridSpec, p: jax.Array, xy: jax.Array, yaw_rad: jax.Array
) -> jax.Array:
    """Return the cells [nx, ny] bool seen from a pose: in view, in range, nothing solid before."""
    n_rays = max(2, round(config.fov_rad * _RAYS_PER_RAD))
    step_m = 0.5 * spec.resolution_m
    n_steps = max(1, round(config.range_m / step_m))
    angles = yaw_rad + config.fov_rad * jnp.linspace(-0.5, 0.5, n_rays)
    ix, iy, inside = jax.vmap(lambda a: beam_cells(spec, xy, a, n_steps, step_m))(angles)
    solid = (p[ix, iy] >= _BLOCKS_VIEW) & inside
    # a solid cell is seen itself; what lies behind the first step out of it is not
    moved = (ix[:, 1:] != ix[:, :-1]) | (iy[:, 1:] != iy[:, :-1])
    left_solid = jnp.cumsum(solid[:, :-1] & moved, axis=1)
    open_view = jnp.concatenate([jnp.ones((n_rays, 1), bool), left_solid == 0], axis=1)
    return jnp.zeros(spec.shape, bool).at[ix, iy].max(open_view & inside)


def overlap_weights(method: str, seen: jax.Array) -> jax.Array:
    """Return the weight [N] in 0..1 of every pose's gain, from what each sees [N, nx, ny] bool.

    Raises:
        ValueError: ``method`` is none of ``METHODS``.
    """
    if method not in METHODS:
        raise ValueError(f"method = {method!r} is not allowed: choose from {', '.join(METHODS)}")
    flat = seen.reshape(seen.shape[0], -1).astype(jnp.float32)
    earlier = jnp.cumsum(flat, axis=0) - flat
    count = jnp.maximum(jnp.sum(flat, axis=1), 1.0)
    if method == "discount":
        return jnp.exp(-DECAY * jnp.sum(flat * earlier, axis=1) / count)
    if method == "filtered":
        return jnp.sum(flat * (earlier == 0.0), axis=1) / count
    return jnp.ones(seen.shape[0])


def trajectory_information(
    sensor: SensorConfig,
    spec: GridSpec,
    p: jax.Array,
    path_m: jax.Array,
    dt_s: float,
    method: str = "filtered",
    pose_stride: int = 5,
    rate_hz: float = 10.0,
) -> jax.Array:
    """Return the information [nats] of flying along positions that look where they travel.

    Args:
        sensor: the fan of beams.
        spec: geometry of ``p`` (static).
        p: [nx, ny] occupancy probability.
        path_m: [T, 2] positions, ``dt_s`` apart.
        dt_s: the sum is scaled by the number of looks that one step stands for, dt * rate.
        method: how overlap is counted, one of ``METHODS`` (static).
        pose_stride: every so many positions there is a pose (static).
        rate_hz: looks per second.

    Raises:
        ValueError: there are fewer than two positions: no direction of travel; or the method or
            the stride is none.
    """
    if pose_stride < 1:
        raise ValueError(f"pose_stride = {pose_stride} is not allowed: it must be at least 1")
    if path_m.ndim != 2 or path_m.shape[0] < 2:
        raise ValueError(
            f"a path of shape {path_m.shape} is not allowed: it must be [T, 2] with T >= 2"
        )
    travel = jnp.diff(path_m, axis=0, append=2.0 * path_m[-1:] - path_m[-2:-1])
    yaw = jnp.arctan2(travel[:, 1], travel[:, 0])
    at, yaw = path_m[::pose_stride], yaw[::pose_stride]
    gain = poses_information(sensor, spec, p, at, yaw)
    seen = jax.vmap(lambda x, a: visible_cells(sensor, spec, p, x, a))(at, yaw)
    return dt_s * rate_hz * jnp.sum(overlap_weights(method, seen) * gain)
