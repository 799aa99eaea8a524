# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The learned surface as a triangle mesh: marching cubes over G where evidence was seen.

Lewiner et al., "Efficient Implementation of Marching Cubes' Cases with Topological Guarantees",
2003, as scikit-image has it. Vertices carry the exposure Q. Map frame, metres.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from live_mvp_ros.base import results
from live_mvp_ros.mapping.live_map import LiveMap, distance, exposure_at
from live_mvp_ros.mapping.map_config import LiveMapConfig

_CHUNK = 1 << 16
_LOW, _HIGH = np.array([200.0, 60.0, 40.0]), np.array([60.0, 180.0, 90.0])  # colours of Q = 0, 1
_Y_UP_FROM_Z_UP = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], float)
MESH_TYPES = (".ply", ".glb", ".obj", ".stl")


class MeshError(ValueError):
    """A mesh cannot be made or written; the text says why."""


class SurfaceMesh(NamedTuple):
    """Triangles: vertices [V, 3] in metres, faces [F, 3] (indices), exposure [V] in 0..1."""

    vertices_m: np.ndarray
    faces: np.ndarray
    exposure: np.ndarray


def surface_mesh(config: LiveMapConfig, state: LiveMap, spacing_m: float = 0.05) -> SurfaceMesh:
    """Return the zero of G, on a lattice of the given spacing, in voxels that were observed.

    The lattice goes on one point beyond the border of the map, where G is continued in a straight
    line: a floor often lies in the border itself, and G has no sign change inside then.

    Raises:
        MeshError: the map shows no surface yet.
    """
    from skimage.measure import marching_cubes

    axes = [
        np.arange(low, high + 0.5 * spacing_m, spacing_m, dtype=np.float32)
        for low, high in zip(config.lower_m, config.upper_m, strict=True)
    ]
    shape = tuple(len(axis) for axis in axes)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    known = _seen(config, state, points)
    values = np.full(len(points), np.float32(np.nan))
    values[known] = _evaluated(distance, config, state, points[known])
    values = np.pad(values.reshape(shape), 1, mode="reflect", reflect_type="odd")
    mask = np.isfinite(values)
    if not (np.any(values[mask] < 0.0) and np.any(values[mask] > 0.0)):
        raise MeshError("the map shows no surface yet: there is nothing to make a mesh of")
    filled = np.nan_to_num(values, nan=1.0)
    corners, faces, _, _ = marching_cubes(filled, 0.0, mask=_whole_cubes(mask))
    vertices = (np.array(config.lower_m) + spacing_m * (corners - 1.0)).astype(np.float32)
    inside = np.clip(vertices, config.lower_m, config.upper_m).astype(np.float32)
    return SurfaceMesh(vertices, faces, _evaluated(exposure_at, config, state, inside))


def save_mesh(path: str | os.PathLike[str], mesh: SurfaceMesh) -> None:
    """Write a mesh as PLY, GLB, OBJ or STL, by the file's ending; coloured by exposure.

    Raises:
        MeshError: the ending is none of these, or the file cannot be written.
    """
    import trimesh

    destination = Path(path)
    if destination.suffix.lower() not in MESH_TYPES:
        raise MeshError(f"{path} is not allowed: the file must end in {', '.join(MESH_TYPES)}")
    share = mesh.exposure[:, None]
    colours = np.column_stack([_LOW + (_HIGH - _LOW) * share, np.full(len(share), 255.0)])
    solid = trimesh.Trimesh(
        mesh.vertices_m, mesh.faces, vertex_colors=colours.astype(np.uint8), process=False
    )
    if destination.suffix.lower() == ".glb":  # Y up and Z forward, by its standard
        solid.apply_transform(_Y_UP_FROM_Z_UP)
    content = solid.export(file_type=destination.suffix[1:].lower())
    try:
        results.write(
            destination, content if isinstance(content, bytes) else str(content).encode()
        )
    except OSError as error:
        raise MeshError(f"{path}: cannot be written: {error.strerror}") from error


def _seen(config: LiveMapConfig, state: LiveMap, points: np.ndarray) -> np.ndarray:
    """Return whether the voxel of each point [N, 3] or one beside it was observed."""
    seen = np.asarray(state.evidence.seen)
    limit = np.array(seen.shape) - 1
    found = np.zeros(len(points), bool)
    for side in np.ndindex(2, 2, 2):
        nudged = points + 1e-3 * (2.0 * np.array(side) - 1.0)  # lattices often lie on faces
        cell = np.floor((nudged - np.array(config.lower_m)) / config.resolution_m).astype(int)
        found |= seen[tuple(np.clip(cell, 0, limit).T)]
    return found


def _whole_cubes(mask: np.ndarray) -> np.ndarray:
    """Return which cubes, by their last corner, have eight known corners."""
    whole = np.zeros_like(mask)
    n = [size - 1 for size in mask.shape]
    corners = [mask[i : i + n[0], j : j + n[1], k : k + n[2]] for i, j, k in np.ndindex(2, 2, 2)]
    whole[1:, 1:, 1:] = np.all(corners, axis=0)
    return whole


def _evaluated(
    field: Callable[..., jax.Array], config: LiveMapConfig, state: LiveMap, x: np.ndarray
) -> np.ndarray:
    """Return a field at points [N, 3], in chunks of one compiled size."""
    function = jax.jit(field)
    padded = np.zeros((-(-len(x) // _CHUNK) * _CHUNK, 3), np.float32)
    padded[: len(x)] = x
    chunks = [np.asarray(function(config, state, c)) for c in padded.reshape(-1, _CHUNK, 3)]
    return np.concatenate(chunks)[: len(x)] if chunks else np.zeros(0, np.float32)
