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

from live_mvp_ros.worlds.mesh_scene import MeshSolid, in_words, unit_hint
from live_mvp_ros.worlds.plan import CELL_M, farthest_cell, largest, main_part
from live_mvp_ros.worlds.world_error import WorldError
from live_mvp_ros.worlds.world_size import corner_text, problem_of

LARGEST_M = 400.0
"""Longest side of a mesh that is a world of its own."""
SMALLEST_M = 0.2
"""Longest side of one that is too small for a map to show it: two voxels."""
_TIMES = 100.0  # that a mesh is larger or smaller than the world that it stands in, by mistake
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
    size = high - low
    if size.max() < SMALLEST_M:
        raise WorldError(
            f"{path}: is {in_words(size)}, where {SMALLEST_M:g} m is the least:"
            f" {unit_hint(path, scale, size)}"
        )
    if problem := problem_of(low, high):
        middle = " x ".join(f"{value:.6g}" for value in 0.5 * (low + high))
        raise WorldError(f"{path}: has its middle at {middle} m: {problem}")
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


def check_place(
    solid: MeshSolid, lower_m: np.ndarray, upper_m: np.ndarray, *, alone: bool
) -> None:
    """Refuse a mesh of which nothing stands in the bounds [3] of its world, or in another unit.

    Beside other things (not ``alone``) it may be as small as it likes.

    Raises:
        WorldError: it lies outside, or is far too large or too small for the world.
    """
    low, high = solid.bounds_m
    size, of_world = high - low, upper_m - lower_m
    times = float(size.max() / of_world.max())
    if times > _TIMES or (alone and times < 1.0 / _TIMES and size.max() < SMALLEST_M):
        raise WorldError(
            f"{solid.path}: is {in_words(size)} in a world of {in_words(of_world)}:"
            f" {unit_hint(solid.path, solid.scale, size)}"
        )
    if np.any(high < lower_m) or np.any(low > upper_m):
        place, space = (
            f"from {corner_text(lowest.tolist())} to {corner_text(highest.tolist())} m"
            for lowest, highest in ((low, high), (lower_m, upper_m))
        )
        raise WorldError(
            f"{solid.path}: lies outside of the world, {place}, and the world {space}: move one"
            f" of the two, or give another scale than {solid.scale:g}"
        )


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
