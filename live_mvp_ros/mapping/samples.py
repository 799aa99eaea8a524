# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training points of the fields, drawn from rays, from surfels and from the evidence voxels.

For a sample in front of the hit p (surface normal n) of its ray the distance to learn is

    min(n . (x - p) near the hit, distance to the nearest surfel, truncation);

behind the hit it is negative. The first term is exact on flat surfaces at any incidence, where
the distance along the ray would be too long; the second knows surfaces beside the ray, also those
that this scan does not show. Exposure is learned at the free samples of rays and at random points
of the volume; its label is whether the evidence voxel there was ever observed, which supplies the
negatives that rays alone cannot give.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.mapping.map_config import LiveMapConfig
from live_mvp_ros.mapping.replay_buffer import KEYFRAME_RAYS, Keyframe
from live_mvp_ros.mapping.surfels import Surfels, nearest

TRUNCATION_M = 0.4
"""Distances are learned up to this: farther away, the nearest surface is seldom the one that the
ray met."""
NEAR_SAMPLES, FREE_SAMPLES = 7, 8
"""Samples of a ray around its end, and on the way there; 10 and 5 are worse (docs/live_map.md)."""
_BEHIND_M = 0.1  # how far behind a hit the distance is still learned
_PLANE_REACH_M = 0.3  # how far before a hit its tangent plane is trusted


class Rays(NamedTuple):
    """Rays as columns [3, R]: origins, ends (NaN: none) and surface normals (zero: unknown)."""

    origin: jax.Array
    end: jax.Array
    normal: jax.Array


class RaySamples(NamedTuple):
    """Samples on R rays: for each ray its end, then near samples, then free ones; N in all.

    Attributes:
        x: points [3, N], map frame; the first R are the ends.
        distance_m: distance to learn [N].
        weight: weight [N] for the distance; 0 where there is nothing to learn.
        is_hit: which ends lie on a surface, bool [R].
        range_m: distance from the sensor [N].
        valid: the ray exists, bool [N].
    """

    x: jax.Array
    distance_m: jax.Array
    weight: jax.Array
    is_hit: jax.Array
    range_m: jax.Array
    valid: jax.Array


def draw_rays(config: LiveMapConfig, frames: Keyframe, key: jax.Array) -> Rays:
    """Return ``train_rays`` random rays of each of K frames (stacked on the first axis)."""
    count = frames.points_m.shape[0]
    index = jax.random.randint(key, (count, config.train_rays, 1), 0, KEYFRAME_RAYS)
    ends = jnp.take_along_axis(frames.points_m, index, axis=1)
    normals = jnp.take_along_axis(frames.normals, index, axis=1)
    origins = jnp.broadcast_to(frames.origin_m[:, None], ends.shape)
    columns = [values.reshape(-1, 3).T for values in (origins, ends, normals)]
    return Rays(*columns)


def sample_rays(config: LiveMapConfig, rays: Rays, surfels: Surfels, key: jax.Array) -> RaySamples:
    """Return samples on rays, each with the distance to learn there."""
    near_key, free_key = jax.random.split(key)
    offset = rays.end - rays.origin
    valid = jnp.all(jnp.isfinite(offset), axis=0)
    offset = jnp.where(valid, offset, 0.0)
    origin = jnp.nan_to_num(rays.origin)
    length = jnp.linalg.norm(offset, axis=0)
    valid &= length > 1e-3
    direction = offset / jnp.maximum(length, 1e-3)
    on_surface = valid & (length <= config.max_range_m)

    count = length.shape[0]
    before = jax.random.uniform(
        near_key, (NEAR_SAMPLES, count), minval=-_BEHIND_M, maxval=TRUNCATION_M
    )
    part = jax.random.uniform(free_key, (FREE_SAMPLES, count))
    part = (part + jnp.arange(FREE_SAMPLES)[:, None]) / FREE_SAMPLES
    reach = jnp.minimum(length, config.max_range_m)
    t = jnp.concatenate([length[None], jnp.maximum(length - before, 0.05), part * reach])
    x = (origin[:, None] + direction[:, None] * t).reshape(3, -1)
    usable = jnp.concatenate(
        [
            jnp.broadcast_to(on_surface, (1 + NEAR_SAMPLES, count)),
            jnp.broadcast_to(valid, part.shape),
        ]
    )
    return RaySamples(
        x=x,
        distance_m=_targets(config, rays.normal, direction, length - t, x, surfels),
        weight=usable.astype(t.dtype).reshape(-1),
        is_hit=on_surface,
        range_m=t.reshape(-1),
        valid=jnp.broadcast_to(valid, t.shape).reshape(-1),
    )


def _targets(
    config: LiveMapConfig,
    normal: jax.Array,
    direction: jax.Array,
    left: jax.Array,
    x: jax.Array,
    surfels: Surfels,
) -> jax.Array:
    """Return the distances [N] to learn at x [3, N], ``left`` [S, R] before the ends of rays."""
    plane = jnp.abs(jnp.sum(normal * direction, axis=0)) * jnp.abs(left)
    has_plane = (jnp.sum(normal * normal, axis=0) > 0.5) & (jnp.abs(left) < _PLANE_REACH_M)
    own = jnp.where(has_plane, plane, jnp.abs(left))
    known = nearest(config, surfels, x).reshape(left.shape)
    magnitude = jnp.minimum(jnp.minimum(own, known), TRUNCATION_M)
    return jnp.where(left < 0.0, -magnitude, magnitude).reshape(-1)


def volume_points(config: LiveMapConfig, count: int, key: jax.Array) -> jax.Array:
    """Return random points [3, count] of the volume."""
    lower, upper = jnp.array(config.lower_m)[:, None], jnp.array(config.upper_m)[:, None]
    return lower + (upper - lower) * jax.random.uniform(key, (3, count))
