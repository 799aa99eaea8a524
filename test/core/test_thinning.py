# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Few rays of many points: thin things stay, surfaces stay where they are, the size is fixed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.mapping import RangeSensorConfig, Sensor
from live_mvp_ros.mapping.thinning import (
    bins_for,
    image_bins,
    thinned,
    tolerance_m,
    view_bins,
    view_of,
)

EXACT_M = 0.1


def lidar(rows=64, columns=1024, up_deg=22.5):
    """Return unit directions [rows, columns, 3] of a lidar that spins about z."""
    azimuth = np.linspace(-math.pi, math.pi, columns, endpoint=False)
    elevation = np.radians(np.linspace(-up_deg, up_deg, rows))
    a, e = np.meshgrid(azimuth, elevation)
    return np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=-1)


def in_room(directions, half_m=(5.0, 4.0, 1.5)):
    """Return the points [..., 3] on the walls of a box around the sensor."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.abs(np.array(half_m) / directions)
    return (directions * np.nanmin(reach, axis=-1)[..., None]).astype(np.float32)


def with_post(directions, points, at_m=(3.0, 1.0), radius_m=0.02):
    """Return points with a vertical post, and which show it: rays nearer to its axis than that."""
    way = directions[..., :2]
    along = way @ np.array(at_m) / (way * way).sum(axis=-1)
    apart = np.linalg.norm(way * along[..., None] - np.array(at_m), axis=-1)
    shows = (apart < radius_m) & (along > 0.0)
    points = np.where(shows[..., None], directions * along[..., None], points)
    return points.astype(np.float32), shows


def off_walls(points, half_m=(5.0, 4.0, 1.5)):
    """Return how far points [N, 3] are from the walls of the box."""
    return np.abs(np.abs(points) - np.array(half_m)).min(axis=1)


@pytest.mark.parametrize("layout", ["organised", "unorganised", "shuffled"])
def test_a_thin_post_keeps_its_rays(layout):
    """0.1 % of the returns are on the post; thinned evenly to 1 in 21, it would have 3 rays."""
    directions = lidar()
    points, shows = with_post(directions, in_room(directions))
    assert 60 <= shows.sum() <= 400
    given_points = points if layout == "organised" else points.reshape(1, -1, 3)
    if layout == "shuffled":
        given_points = np.random.default_rng(0).permutation(given_points, axis=1)
    rays = Sensor().rays(RangeSensorConfig(), given_points, EXACT_M)
    on_post = np.linalg.norm(rays.points[:, :2] - (3.0, 1.0), axis=1) < 0.05
    bins_high = 19  # of 3072 rays over 360 x 45 degrees
    assert on_post.sum() >= bins_high - 3
    assert rays.marks[on_post].all()


@pytest.mark.parametrize("layout", ["organised", "unorganised"])
def test_surfaces_stay_where_they_are(layout):
    points = in_room(lidar())
    if layout == "unorganised":
        points = points.reshape(1, -1, 3)
    rays = Sensor().rays(RangeSensorConfig(), points, EXACT_M)
    ends = rays.points[rays.marks]
    assert len(ends) > 2500
    miss_m = off_walls(ends)
    assert np.median(miss_m) < 1e-3
    assert np.mean(miss_m > 0.05) < 0.1  # means across the edges of the room
    known = np.linalg.norm(rays.normals, axis=1) > 0.5
    assert known.sum() > 1500
    assert np.mean(np.abs(rays.normals[known]).max(axis=1) > 0.98) > 0.95  # along an axis
    assert (np.einsum("ni,ni->n", rays.normals[known], rays.points[known]) < 0.0).all()


def test_a_mean_of_many_is_less_noisy_than_one_and_not_too_near():
    rng = np.random.default_rng(1)
    config = RangeSensorConfig(range_noise_a_m=0.005, range_noise_b_per_m=0.003)
    u, v = np.meshgrid(np.linspace(-0.8, 0.8, 640), np.linspace(-0.6, 0.6, 480))
    directions = np.stack([u, v, np.ones_like(u)], axis=-1)
    range_m = 4.0 * np.linalg.norm(directions, axis=-1)
    sigma_m = 0.005 + 0.003 * range_m**2
    noisy = (
        4.0 * directions * (1.0 + sigma_m / range_m * rng.normal(size=range_m.shape))[..., None]
    )
    bins = bins_for(3072, 640, 480)
    found = thinned(config, noisy.reshape(-1, 3), image_bins((480, 640), bins), bins.total)
    depth = found.points[:, 2]
    assert abs(depth.mean() - 4.0) < 0.005
    assert depth.std() < 0.02  # one return: 0.06
    one = np.isclose(tolerance_m(config, np.array([4.0])), 0.1 + 0.12 + 6 * 0.053)
    assert one.all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), *[st.floats(-9.0, 9.0, width=32)] * 3),
        min_size=1,
        max_size=60,
    )
)
def test_every_bin_gives_the_mean_of_its_nearest_surface(items):
    """By brute force, bin after bin."""
    config = RangeSensorConfig()
    bins = np.array([item[0] for item in items])
    points = np.array([item[1:] for item in items], np.float32)
    found = thinned(config, points, bins, 6)
    for i in range(6):
        mine = points[bins == i].astype(float)
        if not len(mine):
            assert np.isnan(found.points[i]).all() and found.returns[i] == 0
            continue
        range_m = np.linalg.norm(mine, axis=1)
        limit = range_m.min() * 1.03 + 0.1
        near = mine[range_m <= limit]
        if (np.abs(range_m - limit) < 1e-4).any():
            continue  # rounding decides
        assert found.returns[i] == len(near)
        assert np.allclose(found.points[i], near.mean(axis=0), atol=1e-4)


def test_the_size_is_that_of_the_budget_whatever_comes():
    sensor, config = Sensor(), RangeSensorConfig(rays=500)
    rng = np.random.default_rng(2)
    for count in (1, 2, 3, 10, 4000, 200, 65536):
        points = rng.normal(size=(1, count, 3)).astype(np.float32)
        rays = sensor.rays(config, points, EXACT_M)
        assert [len(part) for part in rays] == [500] * 3
        if count >= 3:
            assert rays.marks.sum() > min(count, 500) * 0.3
    own = sensor.rays(config, rng.normal(size=(10, 20, 3)).astype(np.float32), EXACT_M)
    assert len(own.points) == 200  # an image that is small enough stays as it is


def test_clouds_that_show_a_part_each_become_one_view():
    """A lidar that sends a cloud per twelfth of a turn."""
    sensor, config = Sensor(), RangeSensorConfig(rays=1000)
    directions = lidar(32, 720)
    points = in_room(directions)
    for turn in range(3):
        for part in range(12):
            mine = points[:, 60 * part : 60 * (part + 1)].reshape(1, -1, 3)
            rays = sensor.rays(config, mine, EXACT_M)
            assert len(rays.points) == 1000
            if turn:
                assert rays.marks.sum() >= 30
                assert np.median(off_walls(rays.points[rays.marks])) < 0.02


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_view_finds_its_axis_whatever_the_frame_is(axis):
    directions = np.roll(lidar(), axis, axis=-1)
    view = view_of(directions.reshape(-1, 3), 3072)
    assert view is not None
    spin = np.roll([0.0, 0.0, 1.0], axis)
    assert abs(view.axes[2] @ spin) > 0.999
    assert view.extent_rad[0] == pytest.approx(2.0 * math.pi)
    bins, outside = view_bins(view, directions.reshape(-1, 3).astype(np.float32))
    assert outside < 1e-3
    count = np.bincount(bins, minlength=view.bins.total)
    assert (count > 0).mean() > 0.85


def test_returns_nearer_than_the_vehicle_reaches_and_beyond_the_range_are_none():
    points = np.float32([[0.1, 0, 0], [2.0, 0, 0], [0, 50.0, 0], [0, 0, 3.0]]).reshape(2, 2, 3)
    config = RangeSensorConfig(min_range_m=0.3, max_range_m=20.0, clear_if_beyond=False)
    rays = Sensor().rays(config, points, EXACT_M)
    assert rays.marks.tolist() == [False, True, False, True]
    assert np.isnan(rays.points[[0, 2]]).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("nan", np.nan), ("infinite", np.inf), ("zero", 0.0)],
)
def test_no_return_is_free_only_where_that_is_said_and_the_direction_is_known(name, value):
    directions = lidar(8, 40).astype(np.float32)
    points = in_room(directions)
    missing = points.copy()
    missing[2:5, 10:20] = value
    said = RangeSensorConfig(max_range_m=20.0, **{f"clear_if_{name}": True})
    sensor = Sensor()
    sensor.rays(said, points, EXACT_M)  # from which it learns where the pixels look
    rays = sensor.rays(said, missing, EXACT_M)
    free = np.isfinite(rays.points[:, 0]) & ~rays.marks
    assert np.array_equal(
        free.reshape(8, 40), (missing[..., 0] == value) | np.isnan(missing[..., 0])
    )
    assert np.allclose(rays.points[free], 20.0 * directions.reshape(-1, 3)[free], atol=1e-3)
    quiet = Sensor()
    quiet.rays(RangeSensorConfig(), points, EXACT_M)
    rays = quiet.rays(RangeSensorConfig(), missing, EXACT_M)
    assert np.isfinite(rays.points[:, 0]).sum() == rays.marks.sum() == 320 - 30
    new = Sensor().rays(said, missing, EXACT_M)  # it has never seen where they look
    assert np.isfinite(new.points[:, 0]).sum() == 320 - 30
    loose = Sensor()
    loose.rays(said, missing.reshape(1, -1, 3), EXACT_M)  # no image: no pixel has a direction
    assert not (~loose.rays(said, missing.reshape(1, -1, 3), EXACT_M).marks[:290]).all()


def test_too_close_is_not_free():
    points = np.full((2, 3, 3), -np.inf, np.float32)
    config = RangeSensorConfig(clear_if_infinite=True, clear_if_nan=True)
    looks = np.float32([[[0, 0, 1.0]] * 3] * 2)
    assert np.isnan(Sensor().rays(config, points, EXACT_M, looks).points).all()


def test_a_pattern_that_moves_is_not_relied_on():
    config = RangeSensorConfig(clear_if_nan=True)
    sensor = Sensor()
    sensor.rays(config, in_room(lidar(8, 40)), EXACT_M)
    assert sensor.fixed
    turned = np.roll(in_room(lidar(8, 40)), 5, axis=1)
    turned[3, 3] = np.nan
    rays = sensor.rays(config, turned, EXACT_M)
    assert not sensor.fixed
    assert np.isfinite(rays.points[:, 0]).sum() == 319


def test_far_points_of_any_layout_free_their_rays():
    directions = lidar()
    points = in_room(directions)
    points[:, 100:200] = 200.0 * directions[:, 100:200]
    config = RangeSensorConfig(max_range_m=100.0)
    for given_points in (points, points.reshape(1, -1, 3)):
        rays = Sensor().rays(config, given_points, EXACT_M)
        free = np.isfinite(rays.points[:, 0]) & ~rays.marks
        assert 150 < free.sum() < 400
        assert np.allclose(np.linalg.norm(rays.points[free], axis=1), 100.0, atol=1e-3)
        azimuth = np.arctan2(rays.points[free, 1], rays.points[free, 0])
        low, high = np.arctan2(directions[0, [100, 199], 1], directions[0, [100, 199], 0])
        assert (azimuth > low - 0.02).all() and (azimuth < high + 0.02).all()
    kept = Sensor().rays(RangeSensorConfig(clear_if_beyond=False), points, EXACT_M)
    assert np.isfinite(kept.points[:, 0]).sum() == kept.marks.sum()


def test_a_range_too_noisy_for_a_voxel_marks_nothing_and_frees_less():
    config = RangeSensorConfig(range_noise_b_per_m=0.01)  # 0.1 m at 3.16 m
    points = np.float32([[0, 0, 2.0], [0, 0, 3.0], [0, 0, 4.0], [0, 0, 5.0]]).reshape(2, 2, 3)
    rays = Sensor().rays(config, points, EXACT_M)
    assert rays.marks.tolist() == [True, True, False, False]
    assert rays.points[:, 2].tolist() == pytest.approx([2.0, 3.0, 4.0 - 0.32, 5.0 - 0.5])
    assert (rays.normals[~rays.marks] == 0.0).all()
