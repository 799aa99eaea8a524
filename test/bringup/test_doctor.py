# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp doctor`` tells wheels that are set up, a sourced installation, and neither."""

import sys

import pytest

pytest.importorskip("rclpy")

import rclpy

from live_mvp_ros.cli import doctor


def test_where_ros_comes_from(monkeypatch):
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    monkeypatch.setattr(doctor, "find_overlay", lambda: None)
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/jazzy")
    assert doctor.check_ros() == "jazzy (sourced)"
    monkeypatch.delenv("ROS_DISTRO")  # as with wheels before the package is built
    wheels = rclpy.__file__.startswith(sys.prefix)
    assert doctor.check_ros() == ("(wheels)" if wheels else "(sourced)")
    monkeypatch.delenv("AMENT_PREFIX_PATH")
    with pytest.raises(doctor.ProblemError, match="nothing is set up"):
        doctor.check_ros()
