# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training points of the fields, drawn from scans and from the evidence voxels.

For a sample in front of the hit p (surface normal n) of its ray the distance to learn is

    min(n . (x - p) near the hit, distance to the nearest hit of the same scan, truncation);

behind the hit it is negative. The first term is exact on flat surfaces at any incidence, where
the distance along the ray would be too long; the second sees surfaces beside the ray. Exposure is
learned at the same points and at random points of the volume; its label is whether the evidence
voxel there was ever observed, which supplies the negatives that rays alone cannot give.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.mapping.config import LiveMapConfig
from live_mvp_ros.mapping.replay import Keyframe

_BEHIND_M = 0.1  # how far behind a hit the distance is still learned
_PLANE_REACH_M = 0.3  # how far before a hit its tangent plane is trusted


class RaySamples(NamedTuple):
    """Samples on rays: N = rays * samples points, of which the first R are the hits.

    Attributes:
        x: points [3, N], map frame.
        distance_m: distance to learn [N].
        weight: weight [N] for the distance; 0 where there is nothing to learn.
        is_hit: the sample is the end of a ray on a surface, bool [N].
        range_m: distance from the sensor [N].
        valid: the ray exists, bool [N].
    """

    x: jax.Array
    distance_m: jax.Array
    weight: jax.Array
    is_hit: jax.Array
    range_m: jax.Array
    valid: jax.Array


def sample_rays(config: LiveMapConfig, frame: Keyframe, key: jax.Array) -> RaySamples:
    """Return samples on random rays of one keyframe."""
    ray_key, near_key, free_key = jax.random.split(key, 3)
    rays = config.train_rays
    index = jax.random.randint(ray_key, (rays,), 0, config.keyframe_rays)
    end, normal = frame.points_m[index].T, frame.normals[index].T
    offset = end - frame.origin_m[:, None]
    valid = jnp.all(jnp.isfinite(offset), axis=0)
    offset = jnp.where(valid, offset, 0.0)
    origin = jnp.nan_to_num(frame.origin_m)[:, None]
    length = jnp.linalg.norm(offset, axis=0)
    valid &= length > 1e-3
    direction = offset / jnp.maximum(length, 1e-3)
    on_surface = valid & (length <= config.max_range_m)

    before = jax.random.uniform(
        near_key, (config.near_samples, rays), minval=-_BEHIND_M, maxval=config.truncation_m
    )
    part = jax.random.uniform(free_key, (config.free_samples, rays))
    part = (part + jnp.arange(config.free_samples)[:, None]) / config.free_samples
    reach = jnp.minimum(length, config.max_range_m)
    t = jnp.concatenate([length[None], jnp.maximum(length - before, 0.05), part * reach])
    x = origin[:, None] + direction[:, None] * t
    usable = jnp.concatenate(
        [
            jnp.broadcast_to(on_surface, (1 + config.near_samples, rays)),
            jnp.broadcast_to(valid, part.shape),
        ]
    )
    left = length - t
    plane = jnp.abs(jnp.sum(normal * direction, axis=0)) * jnp.abs(left)
    has_plane = (jnp.sum(normal * normal, axis=0) > 0.5) & (jnp.abs(left) < _PLANE_REACH_M)
    own = jnp.where(has_plane, plane, jnp.abs(left))
    nearest = _nearest(frame.points_m, x.reshape(3, -1)).reshape(t.shape)
    magnitude = jnp.minimum(jnp.minimum(own, nearest), config.truncation_m)
    distance = jnp.where(left < 0.0, -magnitude, magnitude)
    is_hit = jnp.zeros(t.shape, bool).at[0].set(on_surface)
    return RaySamples(
        x=x.reshape(3, -1),
        distance_m=distance.reshape(-1),
        weight=usable.astype(t.dtype).reshape(-1),
        is_hit=is_hit.reshape(-1),
        range_m=t.reshape(-1),
        valid=jnp.broadcast_to(valid, t.shape).reshape(-1),
    )


def _nearest(points: jax.Array, x: jax.Array) -> jax.Array:
    """Return the distance [N] from x [3, N] to the nearest finite point of [M, 3]."""
    p = jnp.nan_to_num(points, nan=1e4)
    squared = sum((p[:, i, None] - x[i]) ** 2 for i in range(3))
    return jnp.sqrt(jnp.min(squared, axis=0))


def volume_points(config: LiveMapConfig, key: jax.Array) -> jax.Array:
    """Return random points [3, V] of the volume."""
    lower, upper = jnp.array(config.lower_m)[:, None], jnp.array(config.upper_m)[:, None]
    return lower + (upper - lower) * jax.random.uniform(key, (3, config.volume_samples))
