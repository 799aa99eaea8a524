# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What makes a floor plan a place in three dimensions, and leaves its cut at flight altitude.

Everything here keeps ``CLEAR_M`` below or above the altitude of the flight: a drone that keeps to
its altitude meets nothing of it, but its camera sees it. A cave gets mounds, boulders and
stalagmites, and hanging rock and stalactites above; a maze gets inner walls of different height,
beams across its corridors and crates along its walls. Map frame, metres.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from live_mvp_ros.worlds.plan import FloorPlan, position, room_m

CLEAR_M = 0.7  # a drone's radius, the band of the planar map, and some sway
_LEAST_M = 0.2  # less height is not worth a primitive
_AREA_PER_MOUND_M2, _AREA_PER_BOULDER_M2, _AREA_PER_DRIP_M2 = 7.0, 10.0, 9.0
_TAPER = ((0.45, 1.0), (0.8, 0.65), (1.0, 0.35))  # of a stalactite: shares of length, radius
_GROWN_BELOW = 0.6  # share of the stalactites that have a stalagmite
_AREA_PER_CRATE_M2, _AREA_PER_BEAM_M2 = 8.0, 14.0
_BEAM_M = 0.2
_SUNK_M = 0.01  # crates stand this deep in wall and floor, so that no gap is left


def cave_relief(plan: FloorPlan, share: float, rng: np.random.Generator) -> FloorPlan:
    """Return a cave with uneven floor and ceiling; ``share`` (0..1) scales how much there is."""
    below, above = _heights_m(plan)
    room = room_m(plan.occupied())
    area = share * _free_m2(plan)
    spheres: list[tuple[float, ...]] = []
    shafts: list[tuple[float, ...]] = []
    for height, floor, up in ((below, 0.0, 1.0), (above, plan.height_m, -1.0)):
        if height < _LEAST_M:
            continue
        for x, y in _places(room > 0.0, round(area / _AREA_PER_MOUND_M2), rng):
            width, rise = rng.uniform(0.6, 1.6), rng.uniform(0.3, 0.7) * height
            radius = (width**2 + rise**2) / (2.0 * rise)
            spheres.append((x, y, floor + up * (rise - radius), radius))
    if below >= _LEAST_M:
        for x, y in _places((room > 0.0) & (room < 0.6), round(area / _AREA_PER_BOULDER_M2), rng):
            radius = rng.uniform(0.3, 0.6) * below
            spheres.append((x, y, min(rng.uniform(0.2, 1.0) * radius, below - radius), radius))
    for x, y in _places(room > 0.3, round(area / _AREA_PER_DRIP_M2), rng):
        shafts += _drip(x, y, plan.height_m, -1.0, above, rng)
        if rng.random() < _GROWN_BELOW:
            shafts += _drip(x, y, 0.0, 1.0, below, rng)
    return dataclasses.replace(
        plan,
        spheres=np.array(spheres).reshape(-1, 4),
        shafts=np.array(shafts).reshape(-1, 5),
    )


def _drip(
    x: float, y: float, foot: float, up: float, room: float, rng: np.random.Generator
) -> list[tuple[float, ...]]:
    """Return the shafts of a stalagmite (up 1) or stalactite (up -1) in the room there is."""
    if room < _LEAST_M:
        return []
    length, radius = rng.uniform(0.6, 1.0) * room, rng.uniform(0.1, 0.22)
    ends = [(foot + up * along * length, part * radius) for along, part in _TAPER]
    return [(x, y, r, min(foot, end), max(foot, end)) for end, r in ends]


def maze_relief(plan: FloorPlan, share: float, rng: np.random.Generator) -> FloorPlan:
    """Return a maze of uneven walls; ``share`` (0..1) scales how much there is."""
    below, above = _heights_m(plan)
    area = share * _free_m2(plan)
    solid = plan.occupied()
    boxes: list[tuple[float, ...]] = []
    walls = plan.rectangles.copy()
    if above >= _LEAST_M:
        inner = _inner(walls, plan.size_m) & (rng.random(len(walls)) < share)
        lowest = plan.altitude_m + CLEAR_M
        walls[inner, 4] = rng.uniform(lowest, plan.height_m, len(walls))[inner].round(2)
        for x, y in _places(~solid, round(area / _AREA_PER_BEAM_M2), rng):
            boxes.append(_beam(plan, solid, (x, y), rng.uniform(0.3, 0.8) * above))
    if below >= _LEAST_M:
        beside = (room_m(solid) > 0.0) & (room_m(solid) < 0.35)
        for x, y in _places(beside, round(area / _AREA_PER_CRATE_M2), rng):
            half_x, half_y = rng.uniform(0.15, 0.35, 2)
            top = rng.uniform(0.4, 1.0) * below
            boxes.append((x - half_x, y - half_y, -_SUNK_M, x + half_x, y + half_y, top))
    return dataclasses.replace(plan, rectangles=walls, boxes=np.array(boxes).reshape(-1, 6))


def _beam(
    plan: FloorPlan, solid: np.ndarray, xy: tuple[float, float], hang: float
) -> tuple[float, ...]:
    """Return a beam under the ceiling, from wall to wall the shorter way over a place."""
    (i, j), half = (int(v / 0.1) for v in xy), 0.5 * _BEAM_M
    column, row = _span(solid[:, j], i), _span(solid[i], j)
    z = (plan.height_m - hang, plan.height_m + _SUNK_M)
    if column[1] - column[0] < row[1] - row[0]:
        return column[0], xy[1] - half, z[0], column[1], xy[1] + half, z[1]
    return xy[0] - half, row[0], z[0], xy[0] + half, row[1], z[1]


def _span(solid: np.ndarray, at: int) -> tuple[float, float]:
    """Return from where to where a line of cells is free around one of them, and a bit more."""
    stops = [int(cell) for cell in np.flatnonzero(solid)]
    low = max((cell for cell in stops if cell < at), default=0)
    high = min((cell for cell in stops if cell > at), default=len(solid) - 1)
    return position((low, 0))[0], position((high, 0))[0]


def _heights_m(plan: FloorPlan) -> tuple[float, float]:
    """Return the room for relief above the floor and below the ceiling."""
    return plan.altitude_m - CLEAR_M, plan.height_m - plan.altitude_m - CLEAR_M


def _free_m2(plan: FloorPlan) -> float:
    solid = plan.occupied()
    return plan.size_m[0] * plan.size_m[1] * float(np.mean(~solid))


def _inner(walls: np.ndarray, size_m: tuple[float, float]) -> np.ndarray:
    """Return which walls do not belong to the outer one."""
    near = 1e-6
    x_inside = (walls[:, 0] > near) & (walls[:, 2] < size_m[0] - near)
    along_x = walls[:, 2] - walls[:, 0] > walls[:, 3] - walls[:, 1]
    y_inside = (walls[:, 1] > near) & (walls[:, 3] < size_m[1] - near)
    return np.where(along_x, y_inside, x_inside)


def _places(where: np.ndarray, count: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Return so many different cells of a mask as positions, fewer of a small one."""
    cells = np.argwhere(where)
    chosen = rng.choice(len(cells), min(count, len(cells)), replace=False)
    return [position((int(i), int(j))) for i, j in cells[chosen]]
