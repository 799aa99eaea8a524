# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp doctor`` tells wheels that are set up, a sourced installation, and neither."""

import pytest

pytest.importorskip("rclpy")

from live_mvp_ros.cli import doctor


def test_where_ros_comes_from(monkeypatch):
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    monkeypatch.setattr(doctor, "find_overlay", lambda: None)
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/jazzy")
    assert doctor.check_ros() == "jazzy (sourced)"
    monkeypatch.delenv("AMENT_PREFIX_PATH")
    with pytest.raises(doctor.ProblemError, match="nothing is set up"):
        doctor.check_ros()
