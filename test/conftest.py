# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Run tests that use ROS against the built overlay, also when pytest was started without it.

What needs a module that only pip installs is skipped where that is missing.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from optional import lacking

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
FILES_SKIPPED = pytest.StashKey[bool]()
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long: workers that share files then end together."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skip a file of tests that imports what this machine lacks."""
    report = yield
    reason = lacking(str(report.longrepr)) if report.failed else None
    if reason is not None:
        report.outcome, report.longrepr = "skipped", (str(collector.path), 1, reason)
    if report.skipped:
        collector.config.stash[FILES_SKIPPED] = True
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Let a ring of tests pass of which this machine can run none, as others that are skipped."""
    nothing = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
    if nothing and session.config.stash.get(FILES_SKIPPED, False):
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skip a test that imports what this machine lacks, or whose commands say that they do."""
    report = yield
    reason = None
    if call.excinfo is not None and not report.skipped:
        reason = lacking(call.excinfo.value) or lacking(f"{report.longrepr} {report.capstderr}")
    if reason is not None:
        report.outcome, report.longrepr = "skipped", (str(item.path), 1, reason)
    return report


@pytest.fixture(scope="session")
def display_types() -> dict[str, str]:
    """The type of message that each class of RViz displays and tools shows."""
    return RVIZ_TYPES
