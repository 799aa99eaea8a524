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

from live_mvp_ros.worlds.mesh_scene import MeshSolid
from live_mvp_ros.worlds.plan import CELL_M, farthest_cell, largest, main_part
from live_mvp_ros.worlds.world_error import WorldError

LARGEST_M = 400.0
"""Longest side of a mesh that is a world of its own."""
_AROUND_M = 2.0
_LEAST_HALL_M2 = 4.0
_CLEAR_M = 0.4


def mesh_world_values(path: Path, scale: float = 1.0) -> dict[str, Any]:
    """Return the values of a world file that holds one mesh, whose unit is ``scale`` metres.

    Raises:
        WorldError: the mesh is refused, is too large to be in metres, or there is no room to fly
            in or around it.
    """
    solid = MeshSolid(path, scale, LARGEST_M)
    low, high = solid.bounds_m
    altitude = 0.5 * (low[2] + high[2])
    lower, room = _room_m(solid, low, high, altitude)
    hall = _enclosed(room > 0.0)
    if hall.sum() * CELL_M**2 < _LEAST_HALL_M2:
        low, high = low - [_AROUND_M, _AROUND_M, 0.0], high + _AROUND_M
        lower, room = _room_m(solid, low, high, altitude)
        hall = room > 0.0
    roomy = main_part(hall & (room >= _CLEAR_M))
    if not roomy.any():
        raise WorldError(f"{path}: has no room for a drone at z = {altitude:g} m")
    start = largest(np.where(roomy, room, -1.0))
    goal = farthest_cell(roomy, start)
    return {
        "name": path.stem,
        "lower_m": low.tolist(),
        "upper_m": high.tolist(),
        "start_m": _position(lower, start, altitude),
        "goal_m": _position(lower, goal, altitude),
        "primitives": [{"type": "mesh", "path": str(path.absolute()), "scale": scale}],
    }


def _room_m(
    solid: MeshSolid, low: np.ndarray, high: np.ndarray, altitude: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first cell's centre [2] and the distance [nx, ny] at an altitude.

    The bound counts as solid: who flies in the open shall not start at its edge.
    """
    count = np.maximum(np.round((high - low)[:2] / CELL_M).astype(int), 1)
    x, y = (low[i] + CELL_M * (np.arange(count[i]) + 0.5) for i in (0, 1))
    grid = np.stack(np.broadcast_arrays(x[:, None], y[None, :], altitude), axis=-1)
    distance = solid.distance(grid.reshape(-1, 3)).reshape(*count)
    edge = np.minimum(
        np.minimum(x - low[0], high[0] - x)[:, None], np.minimum(y - low[1], high[1] - y)[None, :]
    )
    return np.array([x[0], y[0]]), np.minimum(distance, edge)


def _enclosed(free: np.ndarray) -> np.ndarray:
    """Return the free cells that are cut off from the edge of the grid."""
    labels, _ = ndimage.label(np.pad(free, 1, constant_values=True))
    return ((labels > 0) & (labels != labels[0, 0]))[1:-1, 1:-1]


def _position(first: np.ndarray, cell: tuple[int, int], altitude: float) -> list[float]:
    x, y = first + CELL_M * np.array(cell)
    return [round(float(v), 4) for v in (x, y, altitude)]
