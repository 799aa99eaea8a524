# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Floor plans in numpy: what a generator draws, before it becomes the values of a world file.

Solid are the rectangles (rows x_min, y_min, x_max, y_max, top) and the cylinders (rows x, y,
radius, from floor to ceiling), the floor z = 0 and the ceiling; and, below and above the flight
altitude only, spheres, shafts and boxes. Map frame, metres. Masks over a
plan are bool [nx, ny], one value per cell, true where its centre is inside.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

CELL_M = 0.1
_HEADROOM_M = 0.5
_STRAIGHT = ((1, 0), (0, 1))


@dataclasses.dataclass(frozen=True)
class FloorPlan:
    """What stands on a floor of a given size, and where a flight starts and ends.

    Attributes:
        size_m: extent (x, y); the lower corner is the origin.
        height_m: of the ceiling.
        altitude_m: of start and goal.
        rectangles: [n, 5] x_min, y_min, x_max, y_max, top.
        cylinders: [m, 3] x, y, radius.
        start_xy: where a flight starts.
        start_yaw_rad: heading at the start.
        goal_xy: where it ends.
        spheres: [k, 4] x, y, z, radius, clear of the flight altitude.
        shafts: [j, 5] x, y, radius and lowest and highest z of upright cylinders, likewise.
        boxes: [l, 6] lowest and highest corners, likewise.
    """

    size_m: tuple[float, float]
    height_m: float
    altitude_m: float
    rectangles: np.ndarray
    cylinders: np.ndarray
    start_xy: tuple[float, float] = (0.0, 0.0)
    start_yaw_rad: float = 0.0
    goal_xy: tuple[float, float] = (0.0, 0.0)
    spheres: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 4)))
    shafts: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 5)))
    boxes: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 6)))

    def occupied(self) -> np.ndarray:
        """Return which cells of ``CELL_M`` are solid at the flight altitude."""
        x, y = centres(self.size_m)
        solid = np.zeros((len(x), len(y)), bool)
        for x0, y0, x1, y1, top in self.rectangles:
            if top > self.altitude_m:
                solid |= np.outer((x > x0) & (x < x1), (y > y0) & (y < y1))
        for cx, cy, radius in self.cylinders:
            solid |= np.hypot(x[:, None] - cx, y[None, :] - cy) < radius
        return solid

    def world_values(self, name: str) -> dict[str, Any]:
        """Return the plan as the values of a world file of primitives."""
        primitives: list[dict[str, Any]] = []
        for x0, y0, x1, y1, top in self.rectangles:
            centre = [0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * top]
            half = [0.5 * (x1 - x0), 0.5 * (y1 - y0), 0.5 * top]
            primitives.append(
                {"type": "box", "centre_m": _tidy(centre), "half_extents_m": _tidy(half)}
            )
        upright = [(*cylinder, 0.0, self.height_m) for cylinder in self.cylinders]
        for x, y, radius, bottom, top in (*upright, *self.shafts):
            x, y, radius, z, half_height = _tidy(
                [x, y, radius, 0.5 * (bottom + top), 0.5 * (top - bottom)]
            )
            height = 2.0 * half_height
            primitives.append(
                {
                    "type": "cylinder",
                    "centre_m": [x, y, z],
                    "radius_m": radius,
                    "height_m": height,
                }
            )
        for x, y, z, radius in self.spheres:
            centre = _tidy([x, y, z])
            primitives.append(
                {"type": "sphere", "centre_m": centre, "radius_m": _tidy([radius])[0]}
            )
        for box in self.boxes:
            centre, half = _tidy(0.5 * (box[:3] + box[3:])), _tidy(0.5 * (box[3:] - box[:3]))
            primitives.append({"type": "box", "centre_m": centre, "half_extents_m": half})
        for z, up in ((0.0, 1.0), (self.height_m, -1.0)):
            normal = [0.0, 0.0, up]
            primitives.append({"type": "plane", "point_m": [0.0, 0.0, z], "normal": normal})
        return {
            "name": name,
            "lower_m": [0.0, 0.0, 0.0],
            "upper_m": _tidy([*self.size_m, self.height_m]),
            "start_m": _tidy([*self.start_xy, self.altitude_m]),
            "start_yaw_rad": float(self.start_yaw_rad),
            "goal_m": _tidy([*self.goal_xy, self.altitude_m]),
            "primitives": primitives,
        }


def altitude_problem(altitude_m: float, height_m: float) -> str | None:
    """Return a sentence if a flight at an altitude comes too close to the ceiling."""
    if altitude_m <= height_m - _HEADROOM_M:
        return None
    return (
        f"altitude_m = {altitude_m:g} is not allowed: it must be at most height_m = {height_m:g}"
        f" less {_HEADROOM_M:g} m"
    )


def centres(size_m: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return x [nx] and y [ny] of the centres of the cells that tile a floor."""
    count = [round(extent / CELL_M) for extent in size_m]
    return CELL_M * (np.arange(count[0]) + 0.5), CELL_M * (np.arange(count[1]) + 0.5)


def position(cell: tuple[int, int]) -> tuple[float, float]:
    """Return the centre of a cell."""
    return CELL_M * (cell[0] + 0.5), CELL_M * (cell[1] + 0.5)


def cell_of(xy: tuple[float, float]) -> tuple[int, int]:
    """Return the cell of a position."""
    return int(xy[0] / CELL_M), int(xy[1] / CELL_M)


def room_m(solid: np.ndarray) -> np.ndarray:
    """Return the distance [nx, ny] from each cell's centre to the nearest solid one's."""
    return ndimage.distance_transform_edt(~solid) * CELL_M


def way_m(free: np.ndarray, start: tuple[int, int]) -> np.ndarray:
    """Return the length [nx, ny] of the shortest way from a cell through free ones, or infinity.

    Ways go along the grid's axes: the length is at most 1.42 times that of the true way.
    """
    index = np.arange(free.size).reshape(free.shape)
    ends = []
    for dx, dy in _STRAIGHT:
        here = index[: free.shape[0] - dx, : free.shape[1] - dy]
        there = index[dx:, dy:]
        both = free.flat[here] & free.flat[there]
        ends.append(np.stack([here[both], there[both]]))
    source, target = np.concatenate(ends, axis=1)
    links = sparse.coo_matrix((np.ones(len(source)), (source, target)), (free.size, free.size))
    steps = csgraph.dijkstra(links.tocsr(), directed=False, indices=index[start], unweighted=True)
    return CELL_M * steps.reshape(free.shape)


def farthest_cell(free: np.ndarray, start: tuple[int, int]) -> tuple[int, int]:
    """Return the free cell to which the way from the start is longest."""
    way = way_m(free, start)
    return largest(np.where(np.isfinite(way), way, -1.0))


def largest(values: np.ndarray) -> tuple[int, int]:
    """Return the first cell with the largest value."""
    return divmod(int(np.argmax(values)), values.shape[1])


def main_part(mask: np.ndarray) -> np.ndarray:
    """Return the largest connected part (four neighbours) of a mask."""
    labels, count = ndimage.label(mask)
    if count == 0:
        return mask
    sizes = np.bincount(labels.ravel())
    return labels == 1 + int(np.argmax(sizes[1:]))


def runs(row: np.ndarray) -> list[tuple[int, int]]:
    """Return where runs of true values begin and end (exclusive)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _tidy(values: Iterable[float]) -> list[float]:
    """Return plain numbers, to a tenth of a millimetre."""
    return [round(float(value), 4) for value in values]
