# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Solid shapes as a world file writes them, and how far a point is from them.

Needs no JAX: a mission is refused before anything is started if its start or goal is in the
solid, or a shape is none. Map frame, metres.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from live_mvp_ros.worlds.file_fields import Fields
from live_mvp_ros.worlds.polygon import triangulate


def rectangles_of(fields: Fields) -> list[tuple[float, ...]]:
    """Return the rectangles [x_min, y_min, x_max, y_max] of a floor plan.

    Raises:
        WorldError: one of them is none; the sentence says which.
    """
    rectangles = fields.rows("occupied", 4)
    for index, (x_min, y_min, x_max, y_max) in enumerate(rectangles):
        if x_min >= x_max or y_min >= y_max:
            allowed = "a rectangle [x_min, y_min, x_max, y_max] with min < max"
            fields.refuse_item("occupied", index, allowed)
    return rectangles


def check_free(fields: Fields) -> None:
    """Refuse shapes that are none, and a start or goal inside of one; meshes are not loaded.

    Raises:
        WorldError: something is wrong; the sentence says what, and what is allowed.
    """
    if "occupied" in fields.values:
        ends, solids = ("start", "goal"), solids_of_plan(fields)
    else:
        ends, solids = ("start_m", "goal_m"), solids_of(fields.mappings("primitives"))
    points = [(key, np.array(fields.point(key))) for key in ends]
    for place, kind, row in solids:
        for key, point in points:
            if distance(kind, row, point) <= 0.0:
                fields.refuse(key, f"outside the solid, and it is inside of {place}")


def distance(kind: str, row: Sequence[Any], point: np.ndarray) -> float:
    """Return the signed distance from a point [3] to a shape, negative inside.

    ``row``: as the reader of the kind returns it.
    """
    if kind == "plane":
        return float(np.dot(row[0], point) - row[1])
    if kind == "polygon":
        corners, middle_z, half = row
        return _extruded(_to_triangle(corners, point), point[2] - middle_z, half)
    away = point - np.array(row[0])
    if kind == "sphere":
        return float(np.linalg.norm(away) - row[1])
    if kind == "box":
        beyond = np.abs(away) - np.array(row[1])
        return float(np.linalg.norm(np.maximum(beyond, 0.0)) + min(beyond.max(), 0.0))
    return _extruded(float(np.hypot(away[0], away[1]) - row[1]), away[2], row[2])


def solids_of_plan(fields: Fields) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """Yield place, kind and row of each solid of a floor plan, floor and ceiling among them.

    Raises:
        WorldError: a rectangle is none, or the height no number above 0.
    """
    height = fields.number("height", above=0.0)
    yield "the floor", "plane", ((0.0, 0.0, 1.0), 0.0)
    yield "the ceiling", "plane", ((0.0, 0.0, -1.0), -height)
    for index, (x_min, y_min, x_max, y_max) in enumerate(rectangles_of(fields)):
        centre = (0.5 * (x_min + x_max), 0.5 * (y_min + y_max), 0.5 * height)
        half = (0.5 * (x_max - x_min), 0.5 * (y_max - y_min), 0.5 * height)
        yield f"occupied[{index}]", "box", (centre, half)


def solids_of(items: list[Fields]) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """Yield place, kind and row of each solid of some primitives, but of meshes.

    Raises:
        WorldError: one of them is none; the sentence says which.
    """
    for item in items:
        kind = item.choice("type", (*READERS, "union", "mesh"))
        if kind == "union":
            yield from solids_of(item.mappings("members"))
        elif kind != "mesh":
            place = item.place.rstrip(".")
            yield from ((place, kind, row) for row in READERS[kind](item))


def _extruded(planar: float, z: float, half: float) -> float:
    """Return the distance to a vertical extrusion from that to its section, in which z = 0."""
    vertical = abs(float(z)) - half
    outside = math.hypot(max(planar, 0.0), max(vertical, 0.0))
    return outside + min(max(planar, vertical), 0.0)


def _to_triangle(corners: Any, point: np.ndarray) -> float:
    """Return the planar signed distance to a counter-clockwise triangle [3, 2]."""
    nearest, inside = math.inf, True
    for a, b in ((0, 1), (1, 2), (2, 0)):
        edge = np.subtract(corners[b], corners[a])
        to = np.subtract(point[:2], corners[a])
        along = np.clip(np.dot(to, edge) / np.dot(edge, edge), 0.0, 1.0)
        nearest = min(nearest, float(np.linalg.norm(to - along * edge)))
        inside &= bool(edge[0] * to[1] - edge[1] * to[0] >= 0.0)
    return -nearest if inside else nearest


def _plane(item: Fields) -> list[tuple[Any, ...]]:
    item.allow("type", "point_m", "normal")
    normal = np.array(item.vector("normal", 3))
    length = np.linalg.norm(normal)
    if length < 1e-6:
        item.refuse("normal", "a vector longer than zero")
    normal = normal / length
    return [(normal, normal @ np.array(item.vector("point_m", 3)))]


def _sphere(item: Fields) -> list[tuple[Any, ...]]:
    item.allow("type", "centre_m", "radius_m")
    return [(item.vector("centre_m", 3), item.number("radius_m", above=0.0))]


def _box(item: Fields) -> list[tuple[Any, ...]]:
    item.allow("type", "centre_m", "half_extents_m")
    half = item.vector("half_extents_m", 3)
    if min(half) <= 0.0:
        item.refuse("half_extents_m", "three numbers above 0")
    return [(item.vector("centre_m", 3), half)]


def _cylinder(item: Fields) -> list[tuple[Any, ...]]:
    item.allow("type", "centre_m", "radius_m", "height_m")
    radius, height = item.number("radius_m", above=0.0), item.number("height_m", above=0.0)
    return [(item.vector("centre_m", 3), radius, 0.5 * height)]


def _polygon(item: Fields) -> list[tuple[Any, ...]]:
    item.allow("type", "corners_m", "bottom_m", "top_m")
    bottom = item.number("bottom_m")
    top = item.number("top_m", above=bottom)
    try:
        triangles = triangulate([(x, y) for x, y in item.rows("corners_m", 2)])
    except ValueError as error:
        item.refuse("corners_m", f"a simple polygon ({error})")
    return [(t, 0.5 * (bottom + top), 0.5 * (top - bottom)) for t in triangles]


READERS = {
    "plane": _plane,
    "sphere": _sphere,
    "box": _box,
    "cylinder": _cylinder,
    "polygon": _polygon,
}
