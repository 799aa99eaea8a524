# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Furniture for the rooms of an office, placed so that every gap can be flown through.

Lengths are whole decimetres. A piece either touches a wall or another piece or keeps
``PASSAGE`` away from it, and the floor before every door stays clear.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

Rectangle = tuple[int, int, int, int]
PASSAGE = 10
_CLEAR_BEFORE_DOOR = 11
_TRIES = 24


class _Kind(NamedTuple):
    """A kind of furniture: sizes (low, high) along and away from the wall, height, place."""

    along: tuple[int, int]
    away: tuple[int, int]
    top: int
    at_wall: bool


_TALL = 30
_KINDS = (
    _Kind((8, 18), (4, 6), _TALL, True),  # cabinets and shelves
    _Kind((12, 18), (7, 9), 8, True),  # desks
    _Kind((8, 14), (8, 11), _TALL, False),  # pillars and partitions
)
_OFTEN = (0.5, 0.25, 0.25)
_CORRIDOR_KIND = _Kind((6, 14), (4, 5), _TALL, True)


class Item(NamedTuple):
    """A piece of furniture."""

    rectangle: Rectangle
    top: int


@dataclasses.dataclass
class Room:
    """A room between its walls, and the floor before its doors, which stays clear."""

    rectangle: Rectangle
    corridor: bool = False
    clear: list[Rectangle] = dataclasses.field(default_factory=list)

    def add_door(self, door: Rectangle) -> None:
        """Keep the floor before a door (its rectangle in the wall) clear."""
        x0, y0, x1, y1 = door
        reach = _CLEAR_BEFORE_DOOR
        across_x = y0 >= self.rectangle[3] or y1 <= self.rectangle[1]
        grown = (x0, y0 - reach, x1, y1 + reach) if across_x else (x0 - reach, y0, x1 + reach, y1)
        self.clear.append(grown)


def furnish(room: Room, amount: float, rng: np.random.Generator) -> list[Item]:
    """Return furniture for a room; none fits in some."""
    x0, y0, x1, y1 = room.rectangle
    area_m2 = 0.01 * (x1 - x0) * (y1 - y0)
    wanted = rng.poisson(amount * area_m2 / (18.0 if room.corridor else 8.0))
    items: list[Item] = []
    for _ in range(_TRIES):
        if len(items) >= wanted:
            break
        kind = _CORRIDOR_KIND if room.corridor else _KINDS[rng.choice(len(_KINDS), p=_OFTEN)]
        item = Item(_placed(kind, room.rectangle, rng), kind.top)
        if _fits(item.rectangle, room, items):
            items.append(item)
    return items


def _placed(kind: _Kind, room: Rectangle, rng: np.random.Generator) -> Rectangle:
    """Return a place for a piece: at a wall that is drawn at random, or anywhere."""
    along = int(rng.integers(kind.along[0], kind.along[1] + 1))
    away = int(rng.integers(kind.away[0], kind.away[1] + 1))
    side = int(rng.integers(4))
    width, depth = (along, away) if side < 2 else (away, along)
    x0, y0, x1, y1 = room
    x = int(rng.integers(x0, max(x0 + 1, x1 - width + 1)))
    y = int(rng.integers(y0, max(y0 + 1, y1 - depth + 1)))
    if kind.at_wall:
        x, y = ((x, y0), (x, y1 - depth), (x0, y), (x1 - width, y))[side]
    return x, y, x + width, y + depth


def _fits(item: Rectangle, room: Room, others: list[Item]) -> bool:
    """Return whether a piece is inside, clear of doors, and leaves passages or no gap at all."""
    x0, y0, x1, y1 = room.rectangle
    gaps = (item[0] - x0, item[1] - y0, x1 - item[2], y1 - item[3])
    if any(gap < 0 or 0 < gap < PASSAGE for gap in gaps):
        return False
    if any(_gap(item, zone) == 0.0 for zone in room.clear):
        return False
    return all(_leaves_a_passage(item, other.rectangle) for other in others)


def _leaves_a_passage(one: Rectangle, other: Rectangle) -> bool:
    gap = _gap(one, other)
    return gap >= PASSAGE or (gap == 0.0 and not _overlap(one, other))


def _gap(one: Rectangle, other: Rectangle) -> float:
    """Return the distance between two rectangles, 0 if they touch."""
    dx = max(one[0] - other[2], other[0] - one[2], 0)
    dy = max(one[1] - other[3], other[1] - one[3], 0)
    return float(np.hypot(dx, dy))


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    dx = min(one[2], other[2]) - max(one[0], other[0])
    dy = min(one[3], other[3]) - max(one[1], other[1])
    return dx > 0 and dy > 0
