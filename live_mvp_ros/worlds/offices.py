# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Offices: corridors with rooms on both sides, joined by cross corridors; doors and furniture.

Lengths inside this module are whole decimetres, so that every wall lies on the cells of a map. The
corridors run along x; an office that is longer in y is drawn lying down and turned at the end.
From the lower wall up, bands of rooms and corridors alternate: rooms, corridor, rooms | rooms,
corridor, rooms and so on. Cross corridors cut the bands between the first and the last corridor.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.worlds.furniture import Rectangle, Room, furnish
from live_mvp_ros.worlds.plan import FloorPlan, cell_of, farthest_cell, largest, position, room_m

WALL = 2
_DOORS = (9, 10, 11, 12, 12, 13, 14)
_GOAL_ROOM_M = 0.8
_CLEAR_AT_START = 22
_LONG = 220  # from this length on there are two cross corridors


@configuration
class OfficeConfig:
    """How an office is drawn."""

    size_m: tuple[float, float] = parameter(
        default=(20.0, 20.0), unit="m", low=9.0, high=100.0, help="Extent along x and y."
    )
    side_doors: float = parameter(
        default=0.25, low=0.0, high=1.0, help="Share of walls between neighbours with a door."
    )
    furniture: float = parameter(
        default=1.0, low=0.0, high=3.0, help="How much furniture; 0 leaves the rooms empty."
    )
    height_m: float = parameter(default=3.0, unit="m", low=2.5, high=10.0, help="Ceiling.")
    altitude_m: float = parameter(
        default=2.0, unit="m", low=1.5, high=2.3, help="Altitude of start and goal."
    )


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Where corridors and cross corridors run: (low, high) between the walls beside them."""

    length: int
    depth: int
    corridors: list[tuple[int, int]]
    bands: list[tuple[int, int]]
    crossings: list[tuple[int, int]]


@dataclasses.dataclass
class _Drawing:
    """What has been drawn so far: walls across x and y, each with its doors, and rooms.

    A wall is (lower face, begin, end); its openings are (begin, end) along it.
    """

    along_x: dict[tuple[int, int, int], list[tuple[int, int]]]
    along_y: dict[tuple[int, int, int], list[tuple[int, int]]]
    rooms: list[Room]


def office(config: OfficeConfig, rng: np.random.Generator) -> FloorPlan:
    """Return an office; the flight starts at the end of a corridor and ends in a far room."""
    size = [round(10.0 * extent) for extent in config.size_m]
    layout = _layout(max(size), min(size), rng)
    drawing = _draw(layout, config.side_doors, rng)
    items = [item for room in drawing.rooms for item in furnish(room, config.furniture, rng)]
    ceiling = 10.0 * config.height_m
    rectangles = np.array(
        [(*wall, ceiling) for wall in _pieces(drawing)]
        + [(*item.rectangle, min(item.top, ceiling)) for item in items],
        float,
    )
    low, high = layout.corridors[rng.integers(len(layout.corridors))]
    start = np.array([WALL + 10.0, 0.5 * (low + high)])
    yaw = 0.0
    if size[1] > size[0]:
        rectangles, start, yaw = rectangles[:, [1, 0, 3, 2, 4]], start[::-1], 0.5 * math.pi
    plan = FloorPlan(
        size_m=(0.1 * size[0], 0.1 * size[1]),
        height_m=config.height_m,
        altitude_m=config.altitude_m,
        rectangles=0.1 * rectangles,
        cylinders=np.zeros((0, 3)),
        start_xy=(0.1 * float(start[0]), 0.1 * float(start[1])),
        start_yaw_rad=yaw,
    )
    return dataclasses.replace(plan, goal_xy=_goal(plan))


def _goal(plan: FloorPlan) -> tuple[float, float]:
    """Return the place with room around it to which the way is longest."""
    space = room_m(plan.occupied())
    start = cell_of(plan.start_xy)
    far = farthest_cell(space > 0.4, start)
    x, y = np.indices(space.shape)
    near = np.hypot(x - far[0], y - far[1]) < 10.0 * _GOAL_ROOM_M * 2.0
    return position(largest(np.where(near & (space > 0.4), space, 0.0)))


def _layout(length: int, depth: int, rng: np.random.Generator) -> _Layout:
    """Choose the corridors: as many as leave rooms of a sensible depth."""
    width = int(rng.integers(18, 23))
    counts = [n for n in range(1, 12) if 32 <= _room_depth(depth, n, width) <= 72]
    count = int(rng.choice(counts)) if counts else max(1, round(depth / 110))
    spare = int((_room_depth(depth, count, width) - 32) * 0.4)
    bands, corridors, y = [], [], WALL
    for i in range(count):
        total = depth - WALL - y - (count - i) * (width + 2 * WALL) - (count - i - 1) * WALL
        even = total // (2 * (count - i))
        below = even + int(rng.integers(-spare, spare + 1)) if spare > 0 else even
        above = even if i + 1 < count else total - below
        bands.append((y, y + below))
        corridors.append((y + below + WALL, y + below + WALL + width))
        bands.append((corridors[-1][1] + WALL, corridors[-1][1] + WALL + above))
        y = bands[-1][1] + WALL
    return _Layout(length, depth, corridors, bands, _crossings(length, count, rng))


def _room_depth(depth: int, corridors: int, width: int) -> float:
    walls = 2 * WALL + 2 * WALL * corridors + WALL * (corridors - 1)
    return (depth - walls - corridors * width) / (2 * corridors)


def _crossings(length: int, corridors: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return the cross corridors (x_low, x_high), none if there is one corridor only."""
    if corridors == 1:
        return []
    shares = (0.5,) if length < _LONG else (0.3, 0.72)
    middles = [int(length * (share + rng.uniform(-0.1, 0.1))) for share in shares]
    return [(x, x + int(rng.integers(16, 21))) for x in middles]


def _draw(layout: _Layout, side_doors: float, rng: np.random.Generator) -> _Drawing:
    end = layout.length - WALL
    drawing = _Drawing({}, {}, [])
    for face in (0, layout.depth - WALL):
        drawing.along_x[face, 0, layout.length] = []
    for face in (0, end):
        drawing.along_y[face, 0, layout.depth] = []
    inner = range(1, len(layout.bands) - 1)
    for i, (low, high) in enumerate(layout.bands):
        blocks = _blocks(layout, WALL, end) if i in inner else [(WALL, end)]
        front = high if i % 2 == 0 else low - WALL
        back = high if i % 2 == 1 and i + 1 < len(layout.bands) else None
        for begin, stop in blocks:
            drawing.along_x[front, begin, stop] = []
            if back is not None:
                drawing.along_x[back, begin, stop] = []
            for x in (begin, stop):
                if WALL < x < end:
                    face = x - WALL if x == begin else x
                    drawing.along_y[face, low - WALL, high + WALL] = []
            _rooms(drawing, (begin, stop), (low, high), front, side_doors, rng)
    _back_doors(drawing, layout, side_doors, rng)
    for low, high in layout.corridors:
        drawing.rooms.append(_corridor(drawing, layout, low, high))
    return drawing


def _blocks(layout: _Layout, begin: int, end: int) -> list[tuple[int, int]]:
    """Return the stretches (x_low, x_high) between cross corridors and their walls."""
    edges = [begin]
    for low, high in layout.crossings:
        edges += [low - WALL, high + WALL]
    edges.append(end)
    return list(zip(edges[::2], edges[1::2], strict=True))


def _rooms(
    drawing: _Drawing,
    x: tuple[int, int],
    y: tuple[int, int],
    front: int,
    side_doors: float,
    rng: np.random.Generator,
) -> None:
    """Divide a stretch of a band into rooms, each with a door to the corridor."""
    length = x[1] - x[0]
    count = max(1, round((length + WALL) / float(rng.uniform(38.0, 60.0))))
    shares = rng.dirichlet(np.full(count, 12.0))
    spare = length - WALL * (count - 1) - 28 * count
    widths = 28 + np.floor(shares * max(0, spare)).astype(int)
    begin = x[0]
    previous: Room | None = None
    for i, width in enumerate(widths):
        stop = x[1] if i == count - 1 else begin + int(width)
        room = Room((begin, y[0], stop, y[1]))
        span = _opening(begin, stop, rng, wide=rng.random() < 0.15)
        _wall_at(drawing.along_x, front, span).append(span)
        room.add_door((span[0], front, span[1], front + WALL))
        if previous is not None:
            wall = (begin - WALL, y[0], y[1])
            drawing.along_y[wall] = []
            if rng.random() < side_doors:
                door = _opening(y[0], y[1], rng)
                drawing.along_y[wall].append(door)
                for side in (previous, room):
                    side.add_door((wall[0], door[0], begin, door[1]))
        drawing.rooms.append(room)
        previous, begin = room, stop + WALL


def _opening(
    begin: int, stop: int, rng: np.random.Generator, *, wide: bool = False
) -> tuple[int, int]:
    """Return where a door (or, if wide, an open front) is in a wall from begin to stop."""
    width = int(rng.choice(_DOORS)) if not wide else int(0.7 * (stop - begin))
    low = int(rng.integers(begin + 3, stop - width - 2))
    return low, low + width


def _back_doors(
    drawing: _Drawing, layout: _Layout, share: float, rng: np.random.Generator
) -> None:
    """Join some rooms that stand back to back."""
    for i in range(1, len(layout.bands) - 1, 2):
        face = layout.bands[i][1]
        lower = [r for r in drawing.rooms if r.rectangle[3] == face]
        upper = [r for r in drawing.rooms if r.rectangle[1] == face + WALL]
        for one in lower:
            for other in upper:
                begin = max(one.rectangle[0], other.rectangle[0])
                stop = min(one.rectangle[2], other.rectangle[2])
                if stop - begin >= 24 and rng.random() < share:
                    span = _opening(begin, stop, rng)
                    _wall_at(drawing.along_x, face, span).append(span)
                    for room in (one, other):
                        room.add_door((span[0], face, span[1], face + WALL))


def _corridor(drawing: _Drawing, layout: _Layout, low: int, high: int) -> Room:
    """Return a corridor as a room whose doors are everything that opens into it."""
    room = Room((WALL, low, layout.length - WALL, high), corridor=True)
    room.clear.append((WALL, low, WALL + _CLEAR_AT_START, high))
    for face in (low - WALL, high):
        for (at, _, _), openings in drawing.along_x.items():
            for begin, stop in openings if at == face else ():
                room.add_door((begin, face, stop, face + WALL))
        for begin, stop in layout.crossings:
            room.add_door((begin - WALL, face, stop + WALL, face + WALL))
    return room


def _wall_at(
    walls: dict[tuple[int, int, int], list[tuple[int, int]]], face: int, span: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the openings of the wall on a line that holds a span."""
    return next(
        openings
        for (at, begin, stop), openings in walls.items()
        if at == face and begin <= span[0] and span[1] <= stop
    )


def _pieces(drawing: _Drawing) -> list[Rectangle]:
    """Return what the doors leave of the walls."""
    pieces: list[Rectangle] = []
    for (face, begin, stop), openings in drawing.along_x.items():
        pieces += [(a, face, b, face + WALL) for a, b in _left(begin, stop, openings)]
    for (face, begin, stop), openings in drawing.along_y.items():
        pieces += [(face, a, face + WALL, b) for a, b in _left(begin, stop, openings)]
    return pieces


def _left(begin: int, stop: int, openings: list[tuple[int, int]]) -> list[tuple[int, int]]:
    edges = [begin, *(edge for span in sorted(openings) for edge in span), stop]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
