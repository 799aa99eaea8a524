# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Caves: chambers and passages of smoothed noise, columns, and walls made of upright cylinders.

Where smoothed noise is high, the cave is open. What is too narrow to fly through is closed, what
is then cut off is joined by the shortest tunnel. The rock is covered by cylinders, greedily: the
next one stands where the uncovered rock is deepest and reaches as far as the open part. Rock
shallower than the smallest cylinder is left out, which only makes the cave wider.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import ndimage

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.worlds.plan import (
    CELL_M,
    FloorPlan,
    altitude_problem,
    centres,
    farthest_cell,
    largest,
    main_part,
    position,
    room_m,
    runs,
    way_m,
)
from live_mvp_ros.worlds.relief import cave_relief

_MARGIN_CELLS = 20
_OVERLAP_M = 0.08  # cylinders that cover neighbouring cells leave no crack between them
_SMALLEST_CHAMBER_M2 = 1.5
_ROUGHNESS = 0.25  # share of the fine noise
_SHORE_M = 0.6  # how far the outer wall is felt
_COLUMN_ROOM_M = 1.2  # to the wall on every side
_ROOM_AT_ENDS_M = 0.7


@configuration
class CaveConfig:
    """How a cave is drawn."""

    size_m: tuple[float, float] = parameter(
        default=(20.0, 20.0), unit="m", low=6.0, high=60.0, help="Extent along x and y."
    )
    grain_m: float = parameter(
        default=1.0, unit="m", low=0.5, high=5.0, help="Size of chambers and rocks."
    )
    open_share: float = parameter(
        default=0.6, low=0.2, high=0.8, help="Share of the floor that is open, about."
    )
    passage_m: float = parameter(
        default=1.2, unit="m", low=0.9, high=4.0, help="Least width of a passage."
    )
    wall_m: float = parameter(
        default=0.4, unit="m", low=0.2, high=3.0, help="Least thickness of the outer wall."
    )
    columns: int = parameter(default=6, low=0, high=100, help="Most free-standing columns.")
    smallest_m: float = parameter(
        default=0.3, unit="m", low=0.1, high=2.0, help="Radius of the smallest cylinder."
    )
    relief: float = parameter(
        default=1.0, low=0.0, high=3.0, help="How uneven floor and ceiling are; 0: even."
    )
    height_m: float = parameter(default=3.0, unit="m", low=2.0, high=10.0, help="Ceiling.")
    altitude_m: float = parameter(
        default=1.5, unit="m", low=0.5, high=9.0, help="Altitude of start and goal."
    )

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        return altitude_problem(self.altitude_m, self.height_m)


def cave(config: CaveConfig, rng: np.random.Generator) -> FloorPlan:
    """Return a cave; the flight starts at one end of its longest way and ends at the other."""
    open_part = _passable(_noise(config, rng), config.passage_m)
    columns = _columns(config, open_part, rng)
    walls = _outer_walls(config)
    plan = FloorPlan(
        size_m=config.size_m,
        height_m=config.height_m,
        altitude_m=config.altitude_m,
        rectangles=walls,
        cylinders=np.array(_cover(config, open_part) + columns).reshape(-1, 3),
    )
    return cave_relief(_with_ends(_without_pockets(plan)), config.relief, rng)


def _noise(config: CaveConfig, rng: np.random.Generator) -> np.ndarray:
    """Return where smoothed noise, coarse and fine, is high; it sinks towards the outer wall."""
    x, y = centres(config.size_m)
    noise = np.zeros((len(x), len(y)))
    for share, grain in ((1.0, config.grain_m), (_ROUGHNESS, 0.35 * config.grain_m)):
        smooth = ndimage.gaussian_filter(rng.standard_normal(noise.shape), grain / CELL_M)
        noise += share * smooth / smooth.std()
    level = np.quantile(noise, 1.0 - config.open_share)
    to_x, to_y = (np.minimum(v, e - v) for v, e in zip((x, y), config.size_m, strict=True))
    to_wall = np.minimum(to_x[:, None], to_y[None, :]) - config.wall_m
    return (noise - 2.0 * np.exp(-to_wall / _SHORE_M) > level) & (to_wall > 0.3)


def _passable(open_part: np.ndarray, passage_m: float) -> np.ndarray:
    """Close what is narrower than a passage, and join what is then cut off by tunnels."""
    half = 0.5 * passage_m
    core = room_m(~open_part) > half
    core = ndimage.binary_opening(core, iterations=2) if core.any() else core
    labels, count = ndimage.label(core)
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * CELL_M**2
    core = (sizes >= _SMALLEST_CHAMBER_M2)[labels] & core
    if not core.any():
        middle = tuple(n // 2 for n in core.shape)
        core[middle] = True
    while True:
        labels, count = ndimage.label(core)
        if count == 1:
            return room_m(core) <= half
        _dig(core, labels)


def _dig(core: np.ndarray, labels: np.ndarray) -> None:
    """Join the largest chamber to the one nearest to it by a straight tunnel."""
    main = main_part(core)
    distance, nearest = ndimage.distance_transform_edt(~main, return_indices=True)
    distance[(labels == 0) | main] = np.inf
    end = np.array(np.unravel_index(int(distance.argmin()), core.shape))
    begin = nearest[:, end[0], end[1]]
    steps = 2 * int(np.abs(end - begin).max()) + 1
    line = np.rint(np.linspace(begin, end, steps)).astype(int)
    tunnel = np.zeros_like(core)
    tunnel[line[:, 0], line[:, 1]] = True
    core |= ndimage.binary_dilation(tunnel)


def _columns(
    config: CaveConfig, open_part: np.ndarray, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """Return columns (x, y, radius) in the middle of wide chambers."""
    columns: list[tuple[float, float, float]] = []
    space = room_m(~open_part)
    x, y = centres(config.size_m)
    for _ in range(config.columns):
        radius = float(rng.uniform(0.2, 0.5))
        places = np.flatnonzero(space >= radius + _COLUMN_ROOM_M)
        if not places.size:
            continue
        place = int(rng.choice(places))
        cx, cy = position((place // space.shape[1], place % space.shape[1]))
        columns.append((cx, cy, round(radius, 2)))
        gap = np.hypot(x[:, None] - cx, y[None, :] - cy) - radius
        space = np.minimum(space, gap)
    return columns


def _outer_walls(config: CaveConfig) -> np.ndarray:
    (width, depth), wall, top = config.size_m, config.wall_m, config.height_m
    return np.array(
        [
            (0.0, 0.0, width, wall, top),
            (0.0, depth - wall, width, depth, top),
            (0.0, 0.0, wall, depth, top),
            (width - wall, 0.0, width, depth, top),
        ]
    )


def _cover(config: CaveConfig, open_part: np.ndarray) -> list[tuple[float, float, float]]:
    """Return cylinders (x, y, radius) that cover the rock and nothing of the open part."""
    m = _MARGIN_CELLS
    rock = np.pad(~open_part, m, constant_values=True)
    reach = ndimage.distance_transform_edt(rock) * CELL_M - 0.5 * CELL_M
    wall = m + round(config.wall_m / CELL_M)
    bare = np.zeros_like(rock)
    bare[wall:-wall, wall:-wall] = rock[wall:-wall, wall:-wall]
    x, y = (CELL_M * (np.arange(n) - m + 0.5) for n in rock.shape)
    cylinders: list[tuple[float, float, float]] = []
    depth = np.where(bare, reach, 0.0)
    while depth.max() >= config.smallest_m:
        i, j = largest(depth)
        radius = float(reach[i, j])
        cylinders.append((float(x[i]), float(y[j]), radius))
        covered = np.hypot(x[:, None] - x[i], y[None, :] - y[j]) <= radius - _OVERLAP_M
        depth[covered] = 0.0
    return cylinders


def _without_pockets(plan: FloorPlan) -> FloorPlan:
    """Fill what is free but cut off, row by row of cells."""
    free = ~plan.occupied()
    extra = []
    for i, row in enumerate(free & ~main_part(free)):
        for begin, stop in runs(row):
            cells = np.array([i, begin, i + 1, stop])
            extra.append((*(CELL_M * cells), plan.height_m))
    rectangles = np.concatenate([plan.rectangles, np.array(extra).reshape(-1, 5)])
    return dataclasses.replace(plan, rectangles=rectangles)


def _with_ends(plan: FloorPlan) -> FloorPlan:
    """Return the plan with start and goal at the two ends of its longest way, nearly."""
    space = room_m(plan.occupied())
    wide = main_part(space >= min(_ROOM_AT_ENDS_M, 0.8 * float(space.max())))
    some = tuple(int(v) for v in np.argwhere(wide)[0])
    start = farthest_cell(wide, (some[0], some[1]))
    goal = farthest_cell(wide, start)
    ahead = way_m(wide, start)
    x, y = np.nonzero((ahead >= 1.5) & (ahead < 1.5 + CELL_M))
    yaw = np.arctan2(y.mean() - start[1], x.mean() - start[0]) if x.size else 0.0
    return dataclasses.replace(
        plan, start_xy=position(start), start_yaw_rad=round(float(yaw), 4), goal_xy=position(goal)
    )
