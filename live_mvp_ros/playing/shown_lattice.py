# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live map as numbers on a lattice of fixed points: exposure times nearness to the surface.

    share = Q exp(-(G / s)^2), with the spacing s of the lattice.

Only points whose voxel was observed and lies at an occupied one are asked for, a part of them at
each moment in turn, so that a moment costs the same however large the map is. The topmost layer is
left out: a ceiling would hide what is below it.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.mapping import LiveMap, LiveMapConfig
from live_mvp_ros.mapping.evidence import occupied
from live_mvp_ros.mapping.hash_grid import FieldParameters
from live_mvp_ros.policy.map_fields import fields_of

MOST_POINTS = 120_000
ASKED = 6144
"""Points that are evaluated at a moment."""
_BELOW_TOP_M = 0.35
_FINEST_M = 0.1


def lattice(lower_m: np.ndarray, upper_m: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the points [N, 3] of a volume, and their spacing."""
    size = np.asarray(upper_m, float) - lower_m
    size[2] = max(size[2] - _BELOW_TOP_M, _FINEST_M)
    spacing = max(_FINEST_M, float(np.cbrt(size.prod() / MOST_POINTS)))
    axes = [
        low + spacing * (0.5 + np.arange(max(1, math.floor(length / spacing))))
        for low, length in zip(lower_m, size, strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return points.astype(np.float32), spacing


def nearness(distance_m: jax.Array, spacing_m: float) -> jax.Array:
    """Return how near points are to the surface by their distance [N] to it, 0..1."""
    return jnp.exp(-((distance_m / spacing_m) ** 2))


def shares(
    config: LiveMapConfig, parameters: FieldParameters, points: jax.Array, spacing_m: float
) -> jax.Array:
    """Return exposure times nearness [N] at points [N, 3] of a live map."""
    distance, exposure = fields_of(config, parameters)(points.T)
    return exposure * nearness(distance, spacing_m)


class LatticeTurns:
    """Which points of a lattice are asked for next."""

    def __init__(self, config: LiveMapConfig, points: np.ndarray) -> None:
        """Begin with the first point."""
        lower = np.asarray(config.lower_m)
        cell = np.floor((points - lower) / config.resolution_m).astype(int)
        x, y, z = np.clip(cell, 0, np.asarray(config.shape) - 1).T
        nx, ny, _ = config.shape
        self._voxel = (z * nx + x) * ny + y
        self._shape = config.shape
        self._near = jax.jit(self._near_surface)
        self._ever = np.zeros(len(points), bool)  # what was shown once must be shown to be gone
        self._next = 0

    def next(self, state: LiveMap) -> np.ndarray:
        """Return indices [k] of at most ``ASKED`` points near what the map takes for occupied."""
        self._ever |= np.asarray(self._near(state))[self._voxel]
        near = np.flatnonzero(self._ever)
        first = np.searchsorted(near, self._next)
        turn = np.concatenate([near[first:], near[:first]])[:ASKED]
        self._next = int(turn[-1]) + 1 if len(turn) else 0
        return turn

    def _near_surface(self, state: LiveMap) -> jax.Array:
        """Return which voxels, as they lie in memory, are occupied or beside one that is."""
        nx, ny, nz = self._shape
        solid = occupied(state.evidence).reshape(nz, nx, ny)
        for axis in range(3):
            padded = jnp.pad(solid, [(1, 1) if k == axis else (0, 0) for k in range(3)])
            n = solid.shape[axis]
            solid = (
                jax.lax.slice_in_dim(padded, 0, n, axis=axis)
                | solid
                | jax.lax.slice_in_dim(padded, 2, n + 2, axis=axis)
            )
        return solid.reshape(-1)
