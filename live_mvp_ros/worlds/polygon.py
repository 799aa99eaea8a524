# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cut simple polygons into triangles by ear clipping.

Triangles are convex, which is what the ray caster needs. Corners are (x, y) pairs in metres;
either orientation is accepted, triangles come out counter-clockwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

Point = tuple[float, float]
Triangle = tuple[Point, Point, Point]


def triangulate(corners: Sequence[Point]) -> list[Triangle]:
    """Return triangles that tile a simple polygon without holes.

    Raises:
        ValueError: fewer than three corners, no area, or edges that cross or touch.
    """
    points = list(corners)
    if len(points) < 3:
        raise ValueError("a polygon needs at least three corners")
    if _self_intersects(points):
        raise ValueError("the edges of a polygon must not cross or touch each other")
    if _signed_area(points) < 0.0:
        points.reverse()
    triangles = []
    while len(points) > 3:
        ear = next((i for i in range(len(points)) if _is_ear(points, i)), None)
        if ear is None:
            break  # only corners on one straight line are left
        triangles.append(_around(points, ear))
        del points[ear]
    triangles.append(_around(points, 1))
    solid = [t for t in triangles if _cross(*t) > 1e-9]
    if not solid:
        raise ValueError("a polygon needs an area")
    return solid


def _around(points: Sequence[Point], i: int) -> Triangle:
    return points[i - 1], points[i], points[(i + 1) % len(points)]


def _cross(a: Point, b: Point, c: Point) -> float:
    """Return twice the signed area of triangle abc; positive when it turns left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _signed_area(points: Sequence[Point]) -> float:
    return 0.5 * sum(_cross((0.0, 0.0), points[i - 1], p) for i, p in enumerate(points))


def _is_ear(points: Sequence[Point], i: int) -> bool:
    a, b, c = _around(points, i)
    if _cross(a, b, c) <= 0.0:
        return _cross(a, b, c) == 0.0  # a corner on a straight edge can be dropped
    others = (p for p in points if p not in (a, b, c))
    return not any(
        _cross(a, b, p) >= 0.0 and _cross(b, c, p) >= 0.0 and _cross(c, a, p) >= 0.0
        for p in others
    )


def _self_intersects(points: Sequence[Point]) -> bool:
    n = len(points)
    edges = [(points[i], points[(i + 1) % n]) for i in range(n)]
    if any(a == b for a, b in edges):
        return True
    return any(
        _segments_touch(*edges[i], *edges[j])
        for i, j in combinations(range(n), 2)
        if j - i not in (1, n - 1)
    )


def _segments_touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    return _cross(a, b, c) * _cross(a, b, d) <= 0.0 and _cross(c, d, a) * _cross(c, d, b) <= 0.0
