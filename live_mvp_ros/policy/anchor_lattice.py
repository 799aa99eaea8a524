# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Anchors: what the map says at fixed points around the body, a feature that is not learned.

Twelve points on a ring of 3 m at five heights from 1 m below to 1 m above, and the body itself: 61
points, each with [clip(distance, +-0.5 m) / 0.5 m, exposure], 122 numbers. The lattice keeps the
axes of the map, so turning the body changes nothing.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.policy.soft_visibility import Fields

RING_M, AROUND = 3.0, 12
HEIGHTS_M = (-1.0, -0.5, 0.0, 0.5, 1.0)
CLIP_M = 0.5
POINTS = AROUND * len(HEIGHTS_M) + 1
SIZE = 2 * POINTS


def offsets() -> np.ndarray:
    """Return the anchors [3, 61] relative to the body: height by height, the centre last."""
    azimuth = np.arange(AROUND) * (2.0 * np.pi / AROUND)
    ring = np.stack([RING_M * np.cos(azimuth), RING_M * np.sin(azimuth)])
    rings = [np.vstack([ring, np.full(AROUND, height)]) for height in HEIGHTS_M]
    return np.concatenate([*rings, np.zeros((3, 1))], axis=1)


def anchors(fields: Fields, position: jax.Array) -> jax.Array:
    """Return the features [122] at a position [3]: point by point, distance and exposure."""
    points = position[:, None] + jnp.asarray(offsets(), position.dtype)
    distance, exposure = fields(points)
    near = jnp.clip(distance, -CLIP_M, CLIP_M) / CLIP_M
    return jnp.stack([near, exposure], axis=1).reshape(-1)
