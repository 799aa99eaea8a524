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

from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.planning.fsmi import SensorConfig, beam_cells, poses_information

_BLOCKS_VIEW = 0.65
_RAYS_PER_RAD = 40.0


@configuration
class TrajectoryGainConfig:
    """How the gains of a trajectory's poses are added up."""

    method: str = parameter(
        default="filtered",
        choices=("direct", "discount", "filtered"),
        help="How overlap is counted.",
    )
    decay: float = parameter(
        default=0.7, low=0.0, high=10.0, help="Loss per earlier look at the same cells (discount)."
    )
    pose_stride: int = parameter(
        default=5, low=1, high=100, help="Every n-th trajectory step is a pose."
    )
    rate_hz: float = parameter(
        default=10.0, unit="Hz", low=0.01, high=1000.0, help="Looks per second."
    )


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


def overlap_weights(config: TrajectoryGainConfig, seen: jax.Array) -> jax.Array:
    """Return the weight [N] in 0..1 of every pose's gain, from what each sees [N, nx, ny] bool."""
    flat = seen.reshape(seen.shape[0], -1).astype(jnp.float32)
    earlier = jnp.cumsum(flat, axis=0) - flat
    count = jnp.maximum(jnp.sum(flat, axis=1), 1.0)
    if config.method == "discount":
        return jnp.exp(-config.decay * jnp.sum(flat * earlier, axis=1) / count)
    if config.method == "filtered":
        return jnp.sum(flat * (earlier == 0.0), axis=1) / count
    return jnp.ones(seen.shape[0])


def trajectory_information(
    config: TrajectoryGainConfig,
    sensor: SensorConfig,
    spec: GridSpec,
    p: jax.Array,
    path_m: jax.Array,
    dt_s: float,
) -> jax.Array:
    """Return the information [nats] of flying along positions [T, 2] m that are ``dt_s`` apart.

    Poses are every ``pose_stride``-th position, each looking where it travels; the sum is scaled
    by the number of looks that one step stands for, dt * rate.

    Raises:
        ValueError: there are fewer than two positions: no direction of travel.
    """
    if path_m.ndim != 2 or path_m.shape[0] < 2:
        raise ValueError(
            f"a path of shape {path_m.shape} is not allowed: it must be [T, 2] with T >= 2"
        )
    travel = jnp.diff(path_m, axis=0, append=2.0 * path_m[-1:] - path_m[-2:-1])
    yaw = jnp.arctan2(travel[:, 1], travel[:, 0])
    at, yaw = path_m[:: config.pose_stride], yaw[:: config.pose_stride]
    gain = poses_information(sensor, spec, p, at, yaw)
    seen = jax.vmap(lambda x, a: visible_cells(sensor, spec, p, x, a))(at, yaw)
    return dt_s * config.rate_hz * jnp.sum(overlap_weights(config, seen) * gain)
