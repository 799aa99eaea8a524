# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How much space a look would show that no ray has crossed yet, as a smooth function of its pose.

Of S samples on a ray, each is as new as the voxels around it are unseen, the mean of 3 x 3 x 3 of
them interpolated, and counts by the light T that reaches it (``soft_visibility``):

    new = mean over the samples of T (1 - seen).

What a look has shown is worth nothing from then on, so there is nothing to stare at: unlike unseen
matter, which lies for ever where rays meet nothing.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates

from live_mvp_ros.policy.soft_visibility import SAMPLES, Fields, look, ranges, unit


def unseen_around(seen: jax.Array) -> jax.Array:
    """Return the share of 3 x 3 x 3 voxels that were not seen [nx, ny, nz], the edges repeated."""
    unseen = 1.0 - seen.astype(jnp.float32)
    for axis in range(3):
        wide = jnp.pad(unseen, [(int(axis == i),) * 2 for i in range(3)], mode="edge")
        parts = (
            jax.lax.slice_in_dim(wide, i, i + unseen.shape[axis], axis=axis) for i in range(3)
        )
        unseen = sum(parts, jnp.zeros_like(unseen)) / 3.0
    return unseen


def new_in_view(
    fields: Fields,
    unseen: jax.Array,
    lower_m: jax.Array,
    resolution_m: float,
    origin: jax.Array,
    directions: jax.Array,
    samples: int = SAMPLES,
) -> jax.Array:
    """Return how much of each of R rays is new [R], 0..1; beyond the map nothing is.

    Args:
        fields: what the map knows of matter.
        unseen: of voxels [nx, ny, nz], 0..1, see ``unseen_around``.
        lower_m: corner [3] of the map.
        resolution_m: edge length of a voxel.
        origin: of the rays [3], map frame.
        directions: of the rays [3, R], of any length.
        samples: S, on each ray.
    """
    t = jnp.asarray(ranges(samples)[0], origin.dtype)[:, None]
    points = origin[:, None, None] + unit(directions)[:, None, :] * t
    voxels = (points - lower_m[:, None, None]) / resolution_m - 0.5
    new = map_coordinates(unseen, list(voxels), order=1, mode="constant", cval=0.0)
    light = look(fields, origin, directions, samples).transmittance
    return jnp.mean(light * new, axis=0)
