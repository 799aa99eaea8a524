# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Run tests that use ROS against the built overlay, also when pytest was started without it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from live_mvp_ros.bringup import environment

RVIZ_TYPES = {
    "rviz_default_plugins/Map": "nav_msgs/msg/OccupancyGrid",
    "rviz_default_plugins/PointCloud2": "sensor_msgs/msg/PointCloud2",
    "rviz_default_plugins/Image": "sensor_msgs/msg/Image",
    "rviz_default_plugins/Camera": "sensor_msgs/msg/Image",
    "rviz_default_plugins/Odometry": "nav_msgs/msg/Odometry",
    "rviz_default_plugins/Path": "nav_msgs/msg/Path",
    "rviz_default_plugins/Marker": "visualization_msgs/msg/Marker",
    "rviz_default_plugins/MarkerArray": "visualization_msgs/msg/MarkerArray",
    "rviz_default_plugins/SetGoal": "geometry_msgs/msg/PoseStamped",
}
PURE = tuple(Path(__file__).parent / name for name in ("core", "closed_loop"))


def pytest_configure(config: pytest.Config) -> None:
    """Start pytest again in the overlay's environment, unless only pure tests are asked for."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what runs in the background so, and what tests interrupt would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput") or not _needs_ros(config):
        return
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()  # the new process would inherit redirected outputs
    environment.enter(["-m", "pytest", *config.invocation_params.args])
    if capture is not None:
        capture.start_global_capturing()


def _needs_ros(config: pytest.Config) -> bool:
    overlay = environment.find_overlay()
    if overlay is None or environment.is_entered(overlay, environment.os.environ):
        return False
    base = config.invocation_params.dir
    paths = [(base / argument.split("::")[0]).resolve() for argument in config.args]
    return not all(any(path.is_relative_to(pure) for pure in PURE) for path in paths)


@pytest.fixture(scope="session")
def display_types() -> dict[str, str]:
    """The type of message that each class of RViz displays and tools shows."""
    return RVIZ_TYPES
