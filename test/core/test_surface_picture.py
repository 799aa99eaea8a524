# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Triangles between points of a surface: a room whose walls are known, and a fine net by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace as Message

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from live_mvp_ros.viewing.point_mesh import WIDEST, point_mesh
from live_mvp_ros.viewing.surface_picture import MOST_POINTS, surface_picture

ROOM_M = np.array([5.0, 4.0, 3.0])  # from the origin
DOOR = ((2.0, 3.2), (0.0, 2.0))  # x and z, in the wall y = 0
NOISE_M = 0.015


def room(spacing_m: float, noise_m: float = NOISE_M, door: bool = True) -> np.ndarray:
    """Return points [n, 3] of floor, ceiling and walls, about so far apart, in random order."""
    random = np.random.default_rng(3)
    sides = []
    for axis in range(3):
        i, j = (other for other in range(3) if other != axis)
        u = np.arange(0.5 * spacing_m, ROOM_M[i], spacing_m)
        v = np.arange(0.5 * spacing_m, ROOM_M[j], spacing_m)
        for at in (0.0, ROOM_M[axis]):
            side = np.empty((len(u) * len(v), 3))
            side[:, i], side[:, j] = (grid.ravel() for grid in np.meshgrid(u, v))
            side[:, [i, j]] += random.uniform(-0.3, 0.3, (len(side), 2)) * spacing_m
            side[:, axis] = at + random.uniform(-noise_m, noise_m, len(side))
            if door and axis == 1 and at == 0.0:
                side = side[~_in_door(side)]
            sides.append(side)
    return random.permutation(np.concatenate(sides))


def _in_door(points: np.ndarray) -> np.ndarray:
    (left, right), (bottom, top) = DOOR
    x, z = points[:, 0], points[:, 2]
    return (left < x) & (x < right) & (bottom <= z) & (z < top)


def off_walls_m(points: np.ndarray) -> np.ndarray:
    """Return how far points are from the nearest side of the room, seen from inside."""
    return np.minimum(np.abs(points), np.abs(ROOM_M - points)).min(axis=1)


def areas_m2(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = points[faces].transpose(1, 0, 2)
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


def cloud(points: np.ndarray, exposure: np.ndarray | float = 0.5) -> Message:
    names = ("x", "y", "z", "exposure")
    values = np.column_stack([points, np.broadcast_to(exposure, len(points))]).astype("<f4")
    fields = [Message(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate(names)]
    return Message(
        height=1, width=len(values), point_step=16, row_step=16 * len(values), fields=fields,
        is_bigendian=False, data=values.tobytes(),
    )  # fmt: skip


@pytest.mark.parametrize("spacing_m", [0.1, 0.25])
def test_the_sides_of_a_room_are_covered_and_nothing_else_is(spacing_m):
    points = room(spacing_m)
    faces = point_mesh(points).faces
    middles = points[faces].mean(axis=1)
    # a triangle between two sides cuts off their edge: points are up to 0.8 spacings away from it
    assert off_walls_m(middles).max() < NOISE_M + 0.5 * spacing_m
    assert np.median(off_walls_m(middles)) < NOISE_M
    whole_m2 = 2.0 * (5.0 * 4.0 + 5.0 * 3.0 + 4.0 * 3.0) - 1.2 * 2.0
    assert areas_m2(points, faces).sum() == pytest.approx(whole_m2, rel=0.06)
    in_door = (middles[:, 1] < 0.05) & _in_door(middles)
    (left, right), (_, top) = DOOR
    deep = in_door & (np.minimum(middles[:, 0] - left, right - middles[:, 0]) > 1.5 * spacing_m)
    assert not (deep & (middles[:, 2] > 1.5 * spacing_m) & (middles[:, 2] < top - 0.4)).any()


def test_on_a_plane_the_triangles_are_those_of_delaunay():
    random = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(np.arange(12), np.arange(12)), -1).reshape(-1, 2)
    flat = grid + random.uniform(-0.25, 0.25, grid.shape)
    turned, _ = np.linalg.qr(random.normal(size=(3, 3)))
    found = {tuple(f) for f in point_mesh(np.column_stack([flat, np.zeros(144)]) @ turned).faces}
    true = {tuple(sorted(f)) for f in Delaunay(flat).simplices}
    inner = {f for f in true if np.all((flat[list(f)] > 1.5) & (flat[list(f)] < 9.5))}
    assert inner <= found
    assert len(found - true) <= 0.02 * len(true)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0, 1e38]))
def test_any_points_give_triangles_of_these_points(count, seed, size_m):
    points = np.random.default_rng(seed).normal(size=(count, 3)) * size_m
    points[: count // 3] = points[:1]  # some of them many times
    faces, normals = point_mesh(points)
    assert faces.shape[1:] == (3,) and normals.shape == (count, 3)
    assert all(0 <= a < b < c < count for a, b, c in faces)
    assert len({tuple(face) for face in faces}) == len(faces)
    if len(faces):
        longest = np.linalg.norm(points[faces] - points[np.roll(faces, 1, axis=1)], axis=2).max()
        others = np.sort(np.linalg.norm(points[:, None] - points[None], axis=2), axis=1)
        assert longest <= WIDEST * np.median(others[:, 4]) * (1 + 1e-9)


def test_vertices_are_the_points_and_all_of_them_are_drawn():
    points = np.vstack([room(0.3), [[2.5, 2.0, 1.5]]])  # the last one alone in the middle
    picture = surface_picture(cloud(points))
    np.testing.assert_array_equal(picture.points_m, points.astype(np.float32))
    assert len(points) - 1 in picture.lone
    drawn = np.concatenate([picture.faces.ravel(), picture.overhead.ravel(), picture.lone])
    assert set(drawn) == set(range(len(points)))


def test_a_surface_that_grows_and_shrinks_is_drawn_as_it_is_now():
    points = room(0.3)
    near = points[points[:, 0] < 2.0]
    covered = [
        areas_m2(p, surface_picture(cloud(p)).faces).sum() for p in (near, points, near[:0])
    ]
    assert covered[0] < 0.6 * covered[1]
    assert covered[2] == 0.0


def test_colours_go_from_red_hardly_seen_to_green_well_seen_whatever_the_shade():
    points = room(0.3)
    seen = (points[:, 0] / ROOM_M[0]).clip(0.0, 1.0)
    red, green, blue = surface_picture(cloud(points, seen)).colours.T.astype(float)
    brightness = blue / 64.0
    assert brightness.min() >= 0.45 and brightness.max() <= 1.0
    np.testing.assert_allclose(green / (red + green), seen, atol=0.02)
    assert np.ptp(brightness) > 0.2  # walls, floor and ceiling look different


def test_what_hangs_over_the_drone_is_seen_from_below_only():
    points = room(0.25)
    picture = surface_picture(cloud(points), altitude_m=1.5)
    a, b, c = picture.points_m[picture.overhead].transpose(1, 0, 2)
    assert np.all(np.cross(b - a, c - a)[:, 2] < 0.0)
    area_m2 = areas_m2(picture.points_m, picture.overhead).sum()
    assert area_m2 == pytest.approx(5.0 * 4.0, rel=0.1)
    assert picture.points_m[picture.overhead][..., 2].min() > 2.5
    assert not len(surface_picture(cloud(points), altitude_m=math.inf).overhead)


def test_of_too_many_points_some_are_drawn_from_all_over():
    points = room(0.08)
    assert len(points) > 1.5 * MOST_POINTS
    picture = surface_picture(cloud(points))
    assert len(picture.points_m) == MOST_POINTS
    assert picture.left_out == len(points) - MOST_POINTS
    whole_m2 = 94.0 - 2.4
    assert areas_m2(picture.points_m, picture.faces).sum() == pytest.approx(whole_m2, rel=0.1)
