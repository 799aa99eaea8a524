# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Solids from watertight triangle meshes: ray casts with Embree, distances with a k-d tree.

The work is done by ``trimesh`` outside of JAX (``jax.pure_callback``), so a mesh can stand in any
scene and be looked at from jitted code. Without Embree (it has no wheels for some processors)
trimesh casts rays itself, slowly. A distance is exact to the nearest of a few triangles, those
whose pieces (at most a few centimetres wide) have the nearest middles. Inside is where a ray
meets the surface from behind first, body by body where bodies overlap. Map frame, metres.
"""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import Any

import jax
import numpy as np
from scipy.spatial import KDTree

from live_mvp_ros.worlds.names import MESH_SUFFIXES, mesh_name
from live_mvp_ros.worlds.world_error import WorldError

_BROKEN = (  # what the readers of the formats raise on files that are none
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NameError,  # of a variable that a reader sets for the component types that it knows
    NotImplementedError,
    OSError,
    TypeError,
    ValueError,
    struct.error,
)
FARTHEST_M = 1e5
"""Farthest place of a mesh: beyond, float32 loses centimetres."""
Z_UP_FROM_Y_UP = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], float)
"""From the axes of glTF (Y up, Z forward) to ours."""
_UNITS_M = (0.001, 0.01, 0.0254, 0.3048, 10.0, 100.0, 1000.0)
_USUAL_HEIGHT_M = 3.0  # of a hall, by which the unit is guessed
_CANDIDATES = 8  # triangles that are measured per point
_PIECES = 100_000  # about so many pieces the surface is cut into
_PROBES = np.array(
    [[0.8112, 0.3417, 0.4745], [-0.2673, 0.9131, 0.3076], [0.1237, -0.5191, 0.8457]]
)


class MeshSolid:
    """A closed surface and what encloses it; compared by identity, so it can be static in jit."""

    def __init__(self, path: Path, scale: float = 1.0, largest_m: float = FARTHEST_M) -> None:
        """Load a mesh.

        Args:
            path: of the file.
            scale: metres per unit of the file.
            largest_m: longest side that is allowed.

        Raises:
            WorldError: the file cannot be read, holds no triangles, is too large, or is not
                watertight.
        """
        import trimesh

        self.path, self.scale = path, scale
        given = load_triangles(path)
        given.apply_scale(scale)
        _check_size(path, scale, np.asarray(given.bounds, float), largest_m)
        bodies = _closed(path, given)
        mesh: Any = trimesh.util.concatenate(bodies)
        self._bodies = bodies if _overlap(bodies) else [mesh]
        self._mesh = mesh
        edge = math.sqrt(4.0 * mesh.area / _PIECES)
        try:
            corners, pieces, self._face = trimesh.remesh.subdivide_to_size(
                mesh.vertices, mesh.faces, edge, max_iter=20, return_index=True
            )
        except ValueError as error:
            raise WorldError(f"{path}: has triangles too long for their area") from error
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
            nearest = np.fmin(nearest, np.linalg.norm(at - x, axis=1))  # no area: not a number
        return np.where(self._inside(x), -nearest, nearest).astype(np.float32)

    def _inside(self, x: np.ndarray) -> np.ndarray:
        """Return which points [N, 3] are in more bodies than hollows."""
        depth = np.zeros(len(x), int)
        for body in self._bodies:
            near = np.flatnonzero(((body.bounds[0] <= x) & (x <= body.bounds[1])).all(axis=1))
            if len(near):
                depth[near] += _way_out(body, x[near])
        return depth > 0

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


def _way_out(body: Any, x: np.ndarray) -> np.ndarray:
    """Return 1 for points [N, 3] in a body, -1 in a hollow, 0 outside, by two of three rays."""
    votes = np.zeros(len(x), int)
    for direction in _PROBES:
        d = np.broadcast_to(direction / np.linalg.norm(direction), x.shape)
        triangle = body.ray.intersects_first(x, d)
        leaving = np.sum(body.face_normals[triangle] * d, axis=1) > 0.0
        votes += (triangle >= 0) & (leaving if body.volume > 0.0 else ~leaving)
    return np.where(votes >= 2, 1 if body.volume > 0.0 else -1, 0)


def load_triangles(path: Path) -> Any:
    """Return the mesh in a file (a ``trimesh.Trimesh``), Z up, in the units of the file.

    Raises:
        WorldError: there is none.
    """
    import trimesh

    if path.suffix.lower() not in MESH_SUFFIXES:
        raise WorldError(f"{path}: a mesh must end in {', '.join(MESH_SUFFIXES)}")
    if not os.path.isfile(path):  # also false of a name that is too long
        raise WorldError(f"{path}: cannot be read: there is no such file")
    try:
        mesh: Any = trimesh.load_mesh(path, process=False)
    except _BROKEN as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise WorldError(f"{path}: is not a mesh that can be read: {reason}") from error
    if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
        raise WorldError(f"{path}: holds no triangles")
    if mesh.vertices.shape[1:] != (3,) or mesh.faces.shape[1:] != (3,):
        raise WorldError(f"{path}: holds corners or triangles of other than three numbers")
    if mesh.faces.min() < 0 or mesh.faces.max() >= len(mesh.vertices):
        raise WorldError(f"{path}: has triangles of corners that it does not have")
    if not np.all(np.isfinite(mesh.vertices)):
        raise WorldError(f"{path}: holds corners that are not finite")
    if path.suffix.lower() == ".glb":
        mesh.apply_transform(Z_UP_FROM_Y_UP)
    return mesh


def _check_size(path: Path, scale: float, bounds_m: np.ndarray, largest_m: float) -> None:
    """Refuse a mesh that is too large, and name the unit that it may be in.

    Raises:
        WorldError: it is.
    """
    size = bounds_m[1] - bounds_m[0]
    if np.all(size <= largest_m) and np.abs(bounds_m).max() <= FARTHEST_M:
        return
    place = "" if np.any(size > largest_m) else " lies beyond 100 km and"
    raise WorldError(
        f"{path}:{place} is {in_words(size)}, where {largest_m:g} m is the most:"
        f" {unit_hint(path, scale, size)}"
    )


def unit_hint(path: Path, scale: float, size_m: np.ndarray) -> str:
    """Return the end of a sentence about a mesh of a wrong size: which scale was probably meant.

    ``scale`` is that which it has, ``size_m`` [3] its size with that.
    """
    height = max(float(size_m[2]), 1e-9)
    best = min(_UNITS_M, key=lambda unit: abs(math.log(height * unit / _USUAL_HEIGHT_M)))
    meant = float(f"{scale * best:.6g}")
    return (
        f"a mesh must be in metres (did you mean {mesh_name(path, meant)}, which is scaled by"
        f" {meant:g}?)"
    )


def in_words(size_m: np.ndarray) -> str:
    """Return a size [3] as text."""
    return " x ".join(f"{side:.6g}" for side in size_m) + " m"


def _closed(path: Path, mesh: Any) -> list[Any]:
    """Return a mesh as closed bodies whose outside is outside.

    Raises:
        WorldError: it is not watertight.
    """
    whole = _tidied(mesh)
    if not len(whole.faces) or not _is_even(whole):
        raise WorldError(f"{path}: is not watertight: inside and outside are not defined")
    bodies: list[Any] = []
    for run in _runs(whole.faces):
        part = whole.submesh([run], append=True, repair=False)
        bodies += part.split(only_watertight=False) if part.is_watertight else [part]
    if sum(body.volume for body in bodies) < 0.0:
        bodies = [_inverted(body) for body in bodies]
    return _turned_out(bodies)


def _tidied(mesh: Any) -> Any:
    """Return a mesh with each corner once and, if that closes it, no triangle without area."""
    mesh = mesh.copy()
    mesh.merge_vertices()
    corners = np.sort(mesh.faces, axis=1)
    mesh.update_faces((corners[:, 1:] != corners[:, :-1]).all(axis=1))
    if len(mesh.faces) and not _is_even(mesh):
        slim = mesh.copy()
        slim.update_faces(slim.nondegenerate_faces())
        return slim
    return mesh


def _is_even(mesh: Any) -> bool:
    """Return whether every edge belongs to an even number of triangles."""
    counts = np.unique(np.sort(mesh.edges, axis=1), axis=0, return_counts=True)[1]
    return not (counts % 2).any()


def _runs(faces: np.ndarray) -> list[np.ndarray]:
    """Return the shortest closed runs of triangles, in the order of the file.

    Files hold one body after the other, and bodies that touch in an edge are told apart by that.
    """
    open_edges: set[tuple[int, int]] = set()
    ends = []
    for i, (a, b, c) in enumerate(faces.tolist()):
        open_edges ^= {(min(a, b), max(a, b)), (min(b, c), max(b, c)), (min(c, a), max(c, a))}
        if not open_edges:
            ends.append(i + 1)
    return np.split(np.arange(len(faces)), ends)[:-1]


def _turned_out(bodies: list[Any]) -> list[Any]:
    """Return bodies, those inverted that are inside out and no hollow of another."""
    solid = [body.bounds for body in bodies if body.volume > 0.0]

    def is_hollow(body: Any) -> bool:
        low, high = body.bounds
        return any((lowest < low).all() and (high < highest).all() for lowest, highest in solid)

    return [
        _inverted(body) if body.volume < 0.0 and not is_hollow(body) else body for body in bodies
    ]


def _inverted(body: Any) -> Any:
    """Return a body with inside and outside exchanged, and normals computed anew."""
    import trimesh

    return trimesh.Trimesh(body.vertices, body.faces[:, ::-1], process=False)


def _overlap(bodies: list[Any]) -> bool:
    """Return whether boxes around bodies overlap, not counting hollows."""
    solid = [body.bounds for body in bodies if body.volume > 0.0]
    if len(solid) < 2:
        return False
    low, high = np.array(solid).transpose(1, 0, 2)
    both = (low[:, None] < high[None]).all(axis=2) & (low[None] < high[:, None]).all(axis=2)
    return bool(both.sum() > len(solid))


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
