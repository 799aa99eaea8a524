# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Solids from watertight triangle meshes: ray casts with Embree, distances with a k-d tree.

The work is done by ``trimesh`` outside of JAX (``jax.pure_callback``), so a mesh can stand in any
scene and be looked at from jitted code. Without Embree (it has no wheels for some processors)
trimesh casts rays itself, slowly. A distance is exact to the nearest of a few triangles, those
whose pieces (at most a few centimetres wide) have the nearest middles. Inside is where a ray
meets the surface from behind first. Map frame, metres.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import jax
import numpy as np
from scipy.spatial import KDTree

from live_mvp_ros.worlds.errors import WorldError

MESH_SUFFIXES = (".obj", ".ply", ".glb", ".stl")
_BROKEN = (  # what the readers of the formats raise on files that are none
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
)
_CANDIDATES = 8  # triangles that are measured per point
_PIECES = 100_000  # about so many pieces the surface is cut into
_PROBES = np.array(
    [[0.8112, 0.3417, 0.4745], [-0.2673, 0.9131, 0.3076], [0.1237, -0.5191, 0.8457]]
)


class MeshSolid:
    """A closed surface and what encloses it; compared by identity, so it can be static in jit."""

    def __init__(self, path: Path) -> None:
        """Load a mesh.

        Raises:
            WorldError: the file cannot be read, holds no triangles, or is not watertight.
        """
        import trimesh

        self.path = path
        if path.suffix.lower() not in MESH_SUFFIXES:
            raise WorldError(f"{path}: a mesh must end in {', '.join(MESH_SUFFIXES)}")
        if not path.is_file():
            raise WorldError(f"{path}: cannot be read: there is no such file")
        try:
            mesh: Any = trimesh.load_mesh(path)
        except _BROKEN as error:
            raise WorldError(f"{path}: is not a mesh that can be read: {error}") from error
        if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
            raise WorldError(f"{path}: holds no triangles")
        if not np.all(np.isfinite(mesh.vertices)):
            raise WorldError(f"{path}: holds corners that are not finite")
        mesh.merge_vertices()
        if not mesh.is_watertight:
            raise WorldError(f"{path}: is not watertight: inside and outside are not defined")
        if mesh.volume < 0.0:
            mesh.invert()
        self._mesh = mesh
        edge = math.sqrt(4.0 * mesh.area / _PIECES)
        corners, pieces, self._face = trimesh.remesh.subdivide_to_size(
            mesh.vertices, mesh.faces, edge, max_iter=20, return_index=True
        )
        self._middles = KDTree(corners[pieces].mean(axis=1))

    @property
    def bounds_m(self) -> np.ndarray:
        """Return the lowest and the highest corner [2, 3]."""
        return np.asarray(self._mesh.bounds, float)

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Return the signed distance [N] of points [N, 3], negative inside."""
        from trimesh.triangles import closest_point

        x = np.nan_to_num(np.asarray(points, float), posinf=1e6, neginf=-1e6)
        nearest = np.full(len(x), np.inf)
        count = min(_CANDIDATES, self._middles.n)
        found = self._middles.query(x, k=np.arange(1, count + 1))[1]
        for faces in self._face[found].T:
            at = closest_point(self._mesh.triangles[faces], x)
            nearest = np.minimum(nearest, np.linalg.norm(at - x, axis=1))
        return np.where(self._inside(x), -nearest, nearest).astype(np.float32)

    def _inside(self, x: np.ndarray) -> np.ndarray:
        """Return which points [N, 3] are inside: two of three rays leave the solid first."""
        votes = np.zeros(len(x), int)
        for direction in _PROBES:
            d = np.broadcast_to(direction / np.linalg.norm(direction), x.shape)
            triangle = self._mesh.ray.intersects_first(x, d)
            leaving = np.sum(self._mesh.face_normals[triangle] * d, axis=1) > 0.0
            votes += (triangle >= 0) & leaving
        return votes >= 2

    def ranges(self, origins: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """Return where rays [N, 3] first meet the solid: 0 inside it, infinity if never.

        Args:
            origins: [N, 3].
            directions: [N, 3], unit length; zero length never meets anything.
        """
        o, d = np.asarray(origins, float), np.asarray(directions, float)
        found = np.full(len(o), np.inf, np.float32)
        usable = np.flatnonzero(np.sum(d * d, axis=1) > 0.5)
        if not len(usable):
            return found
        triangle = self._mesh.ray.intersects_first(o[usable], d[usable])
        rays, triangle = usable[triangle >= 0], triangle[triangle >= 0]
        normal, corner = self._mesh.face_normals[triangle], self._mesh.triangles[triangle, 0]
        slope = np.sum(normal * d[rays], axis=1)
        away = np.sum(normal * (corner - o[rays]), axis=1)
        t = away / np.where(np.abs(slope) < 1e-12, -1e-12, slope)
        found[rays] = np.where(slope > 0.0, 0.0, np.maximum(t, 0.0))  # leaving: it began inside
        return found


def mesh_distance(solid: MeshSolid, points: jax.Array) -> jax.Array:
    """Return the signed distance [N] of points [3, N]; callable in jitted code."""
    shape = jax.ShapeDtypeStruct(points.shape[1:], np.float32)
    return jax.pure_callback(lambda x: solid.distance(np.asarray(x).T), shape, points)


def mesh_entry(solid: MeshSolid, origins: jax.Array, directions: jax.Array) -> jax.Array:
    """Return the range [N] at which rays, columns [3, N], first meet a mesh."""
    shape = jax.ShapeDtypeStruct(origins.shape[1:], np.float32)
    return jax.pure_callback(
        lambda o, d: solid.ranges(np.asarray(o).T, np.asarray(d).T), shape, origins, directions
    )
