# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Mazes: a spanning tree of square cells by randomised depth-first search, with a few loops.

Walls that continue one another are one box, so that a maze of 8 x 8 cells has about 50.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.worlds.plan import (
    FloorPlan,
    altitude_problem,
    cell_of,
    farthest_cell,
    position,
    room_m,
    runs,
)
from live_mvp_ros.worlds.relief import maze_relief

_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
_GOAL_ROOM_M = 0.75


@configuration
class MazeConfig:
    """How a maze is drawn."""

    columns: int = parameter(default=8, low=2, high=40, help="Cells along x.")
    rows: int = parameter(default=8, low=2, high=40, help="Cells along y.")
    corridor_m: float = parameter(
        default=1.8, unit="m", low=1.2, high=5.0, help="Clear width of the corridors."
    )
    wall_m: float = parameter(
        default=0.2, unit="m", low=0.1, high=1.0, help="Thickness of the walls."
    )
    loops: float = parameter(
        default=0.1, low=0.0, high=1.0, help="Share of the walls that are taken out again."
    )
    relief: float = parameter(
        default=1.0, low=0.0, high=1.0, help="Share of uneven walls, beams, crates; 0: none."
    )
    height_m: float = parameter(default=3.0, unit="m", low=2.0, high=10.0, help="Ceiling.")
    altitude_m: float = parameter(
        default=1.5, unit="m", low=0.5, high=9.0, help="Altitude of start and goal."
    )

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        return altitude_problem(self.altitude_m, self.height_m)


def maze(config: MazeConfig, rng: np.random.Generator) -> FloorPlan:
    """Return a maze; the flight starts in a corner and ends where the way is longest."""
    right, up = _walls(config, rng)
    thick = config.wall_m
    pitch = config.corridor_m + thick
    walls = [
        (i * pitch, a * pitch, i * pitch + thick, b * pitch + thick)
        for i, column in enumerate(right)
        for a, b in runs(column)
    ]
    walls += [
        (a * pitch, j * pitch, b * pitch + thick, j * pitch + thick)
        for j, row in enumerate(up.T)
        for a, b in runs(row)
    ]
    start = (thick + 0.5 * config.corridor_m,) * 2
    plan = FloorPlan(
        size_m=(config.columns * pitch + thick, config.rows * pitch + thick),
        height_m=config.height_m,
        altitude_m=config.altitude_m,
        rectangles=np.array([(*wall, config.height_m) for wall in walls]),
        cylinders=np.zeros((0, 3)),
    )
    wide = room_m(plan.occupied()) > min(_GOAL_ROOM_M, 0.4 * config.corridor_m)
    flat = dataclasses.replace(
        plan,
        start_xy=start,
        start_yaw_rad=0.0 if not right[1, 0] else 0.5 * math.pi,
        goal_xy=position(farthest_cell(wide, cell_of(start))),
    )
    return maze_relief(flat, config.relief, rng)


def _walls(config: MazeConfig, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the walls across x [columns + 1, rows] and across y [columns, rows + 1]."""
    columns, rows = config.columns, config.rows
    right = np.ones((columns + 1, rows), bool)
    up = np.ones((columns, rows + 1), bool)
    visited = np.zeros((columns, rows), bool)
    stack = [(0, 0)]
    visited[0, 0] = True
    while stack:
        x, y = stack[-1]
        ways = [(dx, dy) for dx, dy in _STEPS if _fresh(visited, x + dx, y + dy)]
        if not ways:
            stack.pop()
            continue
        dx, dy = ways[rng.integers(len(ways))]
        if dx:
            right[x + (dx > 0), y] = False
        else:
            up[x, y + (dy > 0)] = False
        visited[x + dx, y + dy] = True
        stack.append((x + dx, y + dy))
    right[1:-1] &= rng.random((columns - 1, rows)) >= config.loops
    up[:, 1:-1] &= rng.random((columns, rows - 1)) >= config.loops
    return right, up


def _fresh(visited: np.ndarray, x: int, y: int) -> bool:
    inside = 0 <= x < visited.shape[0] and 0 <= y < visited.shape[1]
    return inside and not visited[x, y]
