# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth camera against geometry worked out by hand."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base import quaternion as quat
from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.worlds import (
    LINK_TO_OPTICAL_QUATERNION,
    DepthCameraConfig,
    camera_pose,
    intrinsics,
    load_world,
    render,
    signed_distance,
)

CAMERA = DepthCameraConfig()
RENDER = jax.jit(render)
LEVEL = quat.identity()
KEY = jax.random.key(0)


def view(config: DepthCameraConfig, world: str, position, quaternion=LEVEL, key=KEY) -> np.ndarray:
    scene = load_world(world).scene
    return np.asarray(RENDER(config, scene, jnp.array(position), quaternion, key))


def test_rays_that_meet_nothing_can_report_that() -> None:
    clear = DepthCameraConfig(report_clear=True)
    plain, points = (view(c, "seed", [-3.0, 0.0, 1.5]) for c in (CAMERA, clear))
    nothing = np.isnan(plain).any(axis=-1)
    assert 0.1 < nothing.mean() < 0.9
    np.testing.assert_array_equal(points[~nothing], plain[~nothing])
    lengths = np.linalg.norm(points[nothing], axis=-1)
    np.testing.assert_allclose(lengths, clear.max_range_m, rtol=1e-5)


def test_ranges_are_rounded_to_the_sensors_step() -> None:
    points = view(DepthCameraConfig(range_step_m=0.05), "office", [1.5, 5.0, 2.0])
    steps = np.linalg.norm(points, axis=-1) / 0.05
    assert np.nanmax(np.abs(steps - np.round(steps))) < 1e-3


def test_intrinsics_span_the_fields_of_view() -> None:
    fx, fy, cx, cy = intrinsics(CAMERA)
    assert math.atan((CAMERA.width_px - 0.5 - cx) / fx) == pytest.approx(CAMERA.hfov_rad / 2)
    assert math.atan((CAMERA.height_px - 0.5 - cy) / fy) == pytest.approx(CAMERA.vfov_rad / 2)


def test_looking_straight_down_sees_the_ground_at_its_height() -> None:
    config = DepthCameraConfig(mount_pitch_rad=math.pi / 2, mount_xyz_m=(0.0, 0.0, 0.0))
    points = view(config, "seed", [-4.0, 3.0, 1.5])
    np.testing.assert_allclose(points[..., 2], 1.5, atol=1e-3)


def test_points_of_the_office_lie_on_its_walls() -> None:
    yaw = 0.4
    position, attitude = jnp.array([1.5, 5.0, 2.0]), quat.from_yaw(yaw)
    points = view(CAMERA, "office", position, attitude).reshape(-1, 3)
    rotation, origin = (np.asarray(v) for v in camera_pose(CAMERA, position, attitude))
    in_map = points @ rotation.T + origin
    assert not np.isnan(points).any()
    assert np.allclose(origin, [1.5 + 0.05 * math.cos(yaw), 5 + 0.05 * math.sin(yaw), 2.0])
    on_floor = np.abs(in_map[:, 2]) < 1e-3
    on_ceiling = np.abs(in_map[:, 2] - 3.0) < 1e-3
    on_solid = np.abs(np.asarray(signed_distance(load_world("office").scene, in_map))) < 1e-3
    assert on_floor.any() and on_ceiling.any() and on_solid.all()


def test_optical_axes_point_right_down_and_forward() -> None:
    rotation, _ = camera_pose(CAMERA, jnp.zeros(3), LEVEL)
    np.testing.assert_allclose(rotation @ jnp.array([1.0, 0, 0]), [0, -1, 0], atol=1e-6)
    np.testing.assert_allclose(rotation @ jnp.array([0, 1.0, 0]), [0, 0, -1], atol=1e-6)
    np.testing.assert_allclose(rotation @ jnp.array([0, 0, 1.0]), [1, 0, 0], atol=1e-6)
    via_tf = quat.rotation_matrix(jnp.array(LINK_TO_OPTICAL_QUATERNION))
    np.testing.assert_allclose(via_tf, rotation, atol=1e-6)


def test_positive_pitch_looks_down() -> None:
    rotation, _ = camera_pose(DepthCameraConfig(mount_pitch_rad=0.3), jnp.zeros(3), LEVEL)
    forward = rotation @ jnp.array([0, 0, 1.0])
    np.testing.assert_allclose(forward, [math.cos(0.3), 0, -math.sin(0.3)], atol=1e-6)


def test_surfaces_out_of_range_give_no_return() -> None:
    near = DepthCameraConfig(max_range_m=3.0)
    points = view(near, "office", [7.0, 5.5, 2.0])
    ranges = np.linalg.norm(points, axis=-1)
    assert np.nanmax(ranges) <= 3.0 and np.isnan(ranges).any()
    # inside a wall every range is 0, below the shortest one
    assert np.isnan(view(CAMERA, "office", [0.2, 0.2, 2.0])).all()


def test_noise_has_the_stated_spread_and_the_key_decides_it() -> None:
    noisy = DepthCameraConfig(range_noise_a_m=0.02, range_noise_b_per_m=0.003)
    clean = np.linalg.norm(view(CAMERA, "office", [1.5, 5, 2]), axis=-1)
    first = np.linalg.norm(view(noisy, "office", [1.5, 5, 2]), axis=-1)
    again = np.linalg.norm(view(noisy, "office", [1.5, 5, 2]), axis=-1)
    other = np.linalg.norm(view(noisy, "office", [1.5, 5, 2], key=jax.random.key(1)), axis=-1)
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)
    normalised = ((first - clean) / (0.02 + 0.003 * clean**2))[~np.isnan(first)]
    # 3072 samples: the mean is within 5 standard errors of 0, the spread within 7 % of 1
    assert abs(normalised.mean()) < 5 / math.sqrt(3072)
    assert normalised.std() == pytest.approx(1.0, rel=0.07)


def test_dropout_removes_the_stated_share_of_pixels() -> None:
    share = np.isnan(view(DepthCameraConfig(dropout=0.25), "office", [1.5, 5, 2])[..., 0]).mean()
    assert share == pytest.approx(0.25, abs=0.04)


def test_range_limits_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="min_range_m = 5"):
        DepthCameraConfig(min_range_m=5.0, max_range_m=4.0)
