# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds and rotations as the tools of ROS read and write them, where those are installed."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="messages need ROS 2")

from std_msgs.msg import Header

from live_mvp_ros.ros.convert import cloud_messages, pose_messages

FRAME = "depth_optical_frame"
ROTATIONS = [
    (0.0, 0.0, 0.0),
    (0.3, -0.2, 2.1),
    (-1.1, 0.4, -3.0),
    (0.0, 0.0, math.pi / 2),
]
"""Roll, pitch, yaw [rad]."""


@pytest.fixture
def point_cloud2():
    reason = "sensor_msgs_py comes with a ROS 2 installation"
    return pytest.importorskip("sensor_msgs_py.point_cloud2", reason=reason)


@pytest.fixture
def tf_transformations():
    reason = "tf_transformations comes with a ROS 2 installation"
    return pytest.importorskip("tf_transformations", reason=reason)


def points(height: int, width: int) -> np.ndarray:
    """Return random points [height, width, 3], of which one has no return."""
    values = np.random.default_rng(3).normal(size=(height, width, 3)).astype(np.float32)
    values[0, 1] = np.nan
    return values


def test_the_tools_read_our_cloud_as_it_was_written(point_cloud2):
    given = points(4, 6)
    message = cloud_messages.cloud(7, FRAME, given, ("x", "y", "z"))
    found = point_cloud2.read_points_numpy(message, field_names=("x", "y", "z"))
    assert np.array_equal(found.reshape(4, 6, 3), given, equal_nan=True)
    assert len(list(point_cloud2.read_points(message, skip_nans=True))) == 4 * 6 - 1


def test_the_tools_read_what_a_surface_is_coloured_by(point_cloud2):
    where, distance, exposure = points(1, 5)[0], np.linspace(-0.1, 0.1, 5), np.linspace(0, 1, 5)
    message = cloud_messages.surface_cloud(7, "map", where, distance, exposure)
    found = point_cloud2.read_points(message, field_names=("sdf", "exposure"))
    assert np.allclose(found["sdf"], distance)
    assert np.allclose(found["exposure"], exposure)


def test_we_read_their_cloud_as_it_was_written(point_cloud2):
    given = points(1, 9)
    message = point_cloud2.create_cloud_xyz32(Header(frame_id=FRAME), given[0])
    assert np.array_equal(cloud_messages.cloud_points(message, FRAME), given, equal_nan=True)


def test_we_find_x_y_and_z_among_fields_of_others(point_cloud2):
    names, given = ("intensity", "z", "y", "x"), points(1, 5)[0]
    fields = [
        cloud_messages.PointField(name=n, offset=4 * i, datatype=7, count=1)
        for i, n in enumerate(names)
    ]
    rows = np.concatenate([np.ones((5, 1), np.float32), given[:, ::-1]], axis=1)
    message = point_cloud2.create_cloud(Header(frame_id=FRAME), fields, rows)
    assert np.array_equal(cloud_messages.cloud_points(message, FRAME)[0], given, equal_nan=True)


@pytest.mark.parametrize("angles", ROTATIONS)
def test_a_rotation_message_means_the_same_to_the_tools(tf_transformations, angles):
    x, y, z, w = tf_transformations.quaternion_from_euler(*angles)
    message = pose_messages.transform(7, "map", "base_link", (1.0, 2.0, 3.0), (w, x, y, z))
    ours = pose_messages.transform_arrays(message)
    theirs = tf_transformations.quaternion_matrix([x, y, z, w])
    theirs[:3, 3] = 1.0, 2.0, 3.0
    assert np.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("angles", ROTATIONS)
def test_a_heading_means_the_same_to_the_tools(tf_transformations, angles):
    x, y, z, w = tf_transformations.quaternion_from_euler(*angles)
    roll, pitch, yaw = tf_transformations.euler_from_quaternion([x, y, z, w])
    assert pose_messages.yaw_of((w, x, y, z)) == pytest.approx(yaw)
    turned = pose_messages.rotation(pose_messages.yaw_rotation(yaw))
    flat = tf_transformations.euler_from_quaternion([turned.x, turned.y, turned.z, turned.w])
    assert flat == pytest.approx((0.0, 0.0, yaw))
    assert (roll, pitch) == pytest.approx(angles[:2])


@pytest.mark.parametrize("angles", ROTATIONS)
def test_the_core_turns_by_quaternions_as_the_tools_do(tf_transformations, angles):
    from live_mvp_ros.base import quaternion

    x, y, z, w = tf_transformations.quaternion_from_euler(*angles)
    ours, other = np.array([w, x, y, z]), np.array([0.5, 0.5, -0.5, 0.5])
    theirs = tf_transformations.quaternion_matrix([x, y, z, w])[:3, :3]
    assert np.allclose(quaternion.rotation_matrix(ours), theirs, atol=1e-6)
    product = tf_transformations.quaternion_multiply([x, y, z, w], [*other[1:], other[0]])
    ours_then = np.asarray(quaternion.multiply(ours, other))
    assert np.allclose(ours_then[[1, 2, 3, 0]], product, atol=1e-6)
    turned = quaternion.rotate(ours, np.array([1.0, 2.0, 3.0]))
    assert np.allclose(turned, theirs @ [1, 2, 3], atol=1e-5)
