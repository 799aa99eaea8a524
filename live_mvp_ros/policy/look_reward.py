# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a look is worth: surfaces seen well, from near, that were not seen before.

Per ray, with the expected hit of soft visibility at range r, exposure Q there, and the angle of
incidence between the ray and the normal of the distance field:

    seen * window(incidence) * sigmoid((2.5 m - r) / 0.8 m) * (1 - Q)^1.3.

The window is the product of two sigmoids in the cosine, of width 0.08, that open between 20 and 60
degrees: a surface seen from straight ahead or at a grazing angle teaches less. The map alone is
asked, never the truth.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.policy.soft_visibility import SAMPLES, Fields, look, unit

WIDEST_COSINE = math.cos(math.radians(20.0))
NARROWEST_COSINE = math.cos(math.radians(60.0))
WINDOW_WIDTH = 0.08
NEAR_M, NEAR_WIDTH_M = 2.5, 0.8
UNSEEN_POWER = 1.3
NORMAL_STEP_M = 0.05
"""The normal is the slope over a tetrahedron of this size, as wide as what the map learns."""
_TETRAHEDRON = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32).T


def incidence_window(cosine: jax.Array) -> jax.Array:
    """Return what looks are worth by the cosine [...] of their incidence, 0..1."""
    wide = jax.nn.sigmoid((WIDEST_COSINE - cosine) / WINDOW_WIDTH)
    return wide * jax.nn.sigmoid((cosine - NARROWEST_COSINE) / WINDOW_WIDTH)


def closeness(range_m: jax.Array) -> jax.Array:
    """Return what looks are worth by their range [...], 0..1."""
    return jax.nn.sigmoid((NEAR_M - range_m) / NEAR_WIDTH_M)


def unseen_share(exposure: jax.Array) -> jax.Array:
    """Return what looks are worth by the exposure [...] of what they meet, 0..1."""
    return jnp.maximum(1.0 - exposure, 0.0) ** UNSEEN_POWER


def worth(
    seen: jax.Array, cosine: jax.Array, range_m: jax.Array, exposure: jax.Array
) -> jax.Array:
    """Return the reward [...] of rays."""
    return seen * incidence_window(cosine) * closeness(range_m) * unseen_share(exposure)


def reward(
    fields: Fields, origin: jax.Array, directions: jax.Array, samples: int = SAMPLES
) -> jax.Array:
    """Return the reward [R] of rays from a point [3] along directions [3, R] of any length."""
    d = unit(directions)
    hit = look(fields, origin, d, samples)
    end = origin[:, None] + d * hit.range_m
    corners = jnp.asarray(_TETRAHEDRON, end.dtype)
    around = end[:, None, :] + NORMAL_STEP_M * corners[:, :, None]
    asked = jnp.concatenate([end, around.reshape(3, -1)], axis=1)
    distance, exposure = fields(asked)
    rays = end.shape[1]
    slope = corners @ distance[rays:].reshape(4, rays)
    length = jnp.sqrt(jnp.sum(slope**2, axis=0) + 1e-12)  # of no slope the root has a slope too
    cosine = jnp.abs(jnp.sum(slope * d, axis=0)) / length
    return worth(hit.seen, cosine, hit.range_m, exposure[:rays])


def unseen_in_view(
    fields: Fields, origin: jax.Array, directions: jax.Array, samples: int = SAMPLES
) -> jax.Array:
    """Return how much that was not seen yet each of R rays meets [R], 0..1, near or far."""
    hit = look(fields, origin, directions, samples)
    return jnp.sum(hit.weights * unseen_share(hit.exposure), axis=0)
