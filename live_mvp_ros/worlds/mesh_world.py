# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A world from nothing but a mesh: where its space is, where to start and where to end.

If the mesh encloses a hall or rooms at half of its height, that space is the world. If it does
not, the mesh is a thing that stands in the open, and the world is what lies around it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from live_mvp_ros.worlds.mesh import MeshSolid
from live_mvp_ros.worlds.plan import CELL_M, farthest_cell, largest, main_part, room_m
from live_mvp_ros.worlds.world import WorldError

_AROUND_M = 2.0
_LEAST_HALL_M2 = 4.0
_CLEAR_M = 0.4


def mesh_world_values(path: Path) -> dict[str, Any]:
    """Return the values of a world file that holds one mesh.

    Raises:
        WorldError: the mesh is refused, or there is no room to fly in or around it.
    """
    solid = MeshSolid(path)
    low, high = solid.bounds_m
    lower, free = _space(solid, low, high)
    hall = _enclosed(free)
    if hall.sum() * CELL_M**2 < _LEAST_HALL_M2:
        margin = np.array([_AROUND_M, _AROUND_M, 0.0])
        low, high = low - margin, high + margin + np.array([0.0, 0.0, _AROUND_M])
        lower, hall = _space(solid, low, high)
    roomy = main_part(hall & (room_m(~np.pad(hall, 1))[1:-1, 1:-1] >= _CLEAR_M))
    if not roomy.any():
        raise WorldError(f"{path}: has no room for a drone at z = {0.5 * (low[2] + high[2]):g} m")
    start = largest(np.where(roomy, room_m(~np.pad(hall, 1))[1:-1, 1:-1], -1.0))
    goal = farthest_cell(roomy, start)
    return {
        "name": path.stem,
        "lower_m": low.tolist(),
        "upper_m": high.tolist(),
        "start_m": _position(lower, start, low, high),
        "goal_m": _position(lower, goal, low, high),
        "primitives": [{"type": "mesh", "path": str(path.absolute())}],
    }


def _space(solid: MeshSolid, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first cell's centre [2] and which cells [nx, ny] at half height are free."""
    count = np.maximum(np.round((high - low)[:2] / CELL_M).astype(int), 1)
    x, y = (low[i] + CELL_M * (np.arange(count[i]) + 0.5) for i in (0, 1))
    height = 0.5 * (low[2] + high[2])
    grid = np.stack(np.broadcast_arrays(x[:, None], y[None, :], height), axis=-1)
    free = solid.distance(grid.reshape(-1, 3)).reshape(*count) > 0.0
    return np.array([x[0], y[0]]), free


def _enclosed(free: np.ndarray) -> np.ndarray:
    """Return the free cells that are cut off from the edge of the grid."""
    labels, _ = ndimage.label(np.pad(free, 1, constant_values=True))
    return ((labels > 0) & (labels != labels[0, 0]))[1:-1, 1:-1]


def _position(
    first: np.ndarray, cell: tuple[int, int], low: np.ndarray, high: np.ndarray
) -> list[float]:
    x, y = first + CELL_M * np.array(cell)
    return [round(float(v), 4) for v in (x, y, 0.5 * (low[2] + high[2]))]
