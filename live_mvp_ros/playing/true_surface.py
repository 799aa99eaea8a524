# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The surface of a world as triangles that are seen from its free space only.

Marching cubes over the true signed distance. Triangles turn left seen from free space, so a
window that leaves out what turns right shows a room from outside without the wall in between.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.worlds import World, signed_distance

MOST_SAMPLES = 1_500_000
_FINEST_M = 0.08
_CHUNK = 1 << 17


def true_surface(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return corners [V, 3] in metres and faces [F, 3]; both are empty in a world of nothing."""
    from skimage.measure import marching_cubes

    lower, upper = np.asarray(world.lower_m), np.asarray(world.upper_m)
    spacing = max(_FINEST_M, float(np.cbrt((upper - lower).prod() / MOST_SAMPLES)))
    inset = 1e-3 * spacing  # a floor that lies in the bound itself is seen from just above it
    axes = [np.arange(low - inset, high + spacing, spacing) for low, high in zip(lower, upper)]  # noqa: B905
    shape = tuple(len(axis) for axis in axes)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    values = _distances(world, points.astype(np.float32)).reshape(shape)
    if not values.min() < 0.0 < values.max():
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), int)
    corners, faces, _, _ = marching_cubes(
        values, 0.0, spacing=(spacing,) * 3, gradient_direction="ascent"
    )
    return (corners + lower - inset).astype(np.float32), _seen_from_outside(
        values, corners, faces, spacing
    )


def _seen_from_outside(
    values: np.ndarray, corners: np.ndarray, faces: np.ndarray, spacing: float
) -> np.ndarray:
    """Return faces [F, 3] that turn left where the distance grows towards who looks."""
    a, b, c = corners[faces].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    centre = (a + b + c) / (3.0 * spacing)
    limit = np.asarray(values.shape) - 1
    unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    ahead, behind = (
        values[tuple(np.clip(np.round(centre + sign * unit), 0, limit).astype(int).T)]
        for sign in (1.0, -1.0)
    )
    if np.mean(ahead >= behind) < 0.5:
        return np.ascontiguousarray(faces[:, ::-1])
    return faces


def _distances(world: World, points: np.ndarray) -> np.ndarray:
    """Return the true distance [N] of points [N, 3], in pieces of one compiled size."""
    padded = np.zeros((-(-len(points) // _CHUNK) * _CHUNK, 3), np.float32)
    padded[: len(points)] = points
    parts = [signed_distance(world.scene, jnp.asarray(p)) for p in padded.reshape(-1, _CHUNK, 3)]
    return np.concatenate(jax.device_get(parts))[: len(points)]
