# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every block of Python on a page runs, one after the other, in a folder with a recorded run.

A block that cannot be run here says why not in a comment before it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from pages import Block, blocks

PYTHON = blocks("python")
PAGES_WITH_CODE = sorted({block.page for block in PYTHON if not block.why_not})
PREPARED = "from live_mvp_ros.base.jax_setup import prepare_jax\n\nprepare_jax()\n"


def record(folder: Path) -> None:
    """Write a bag of a second of flight."""
    pytest.importorskip("rclpy", reason="the definitions of messages come with ROS")
    from nav_msgs.msg import OccupancyGrid, Odometry
    from rclpy.serialization import serialize_message

    from live_mvp_ros.bags.bag_types import Topic
    from live_mvp_ros.bags.definitions import full_definition, type_hash
    from live_mvp_ros.bags.writer import BagWriter
    from live_mvp_ros.msg import ExplorationStatus
    from live_mvp_ros.ros import qos
    from live_mvp_ros.ros.taps import offered_by

    writer = BagWriter(folder)
    grid = OccupancyGrid(data=[-1, 0, 100, 0])
    grid.info.width, grid.info.height, grid.info.resolution = 2, 2, 0.5
    for name, kind, messages in (
        ("/odom", Odometry, [Odometry() for _ in range(10)]),
        ("/map", OccupancyGrid, [grid]),
        ("/exploration/status", ExplorationStatus, [ExplorationStatus(state=2, reason="looks")]),
    ):
        kind_name = f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"
        offered = (offered_by(qos.STATUS),)
        definition = full_definition(kind_name)
        writer.add(Topic(name, kind_name, definition, type_hash(kind_name), offered))
        for number, message in enumerate(messages):
            if kind is Odometry:
                message.pose.pose.position.x = 0.1 * number
                message.header.stamp.nanosec = 100_000_000 * number
            writer.write(name, 1 + 100_000_000 * number, bytes(serialize_message(message)))
    writer.close()


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "page.py"
    file.write_text(code, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(file)], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES_WITH_CODE)
def test_the_code_of_a_page_runs_in_its_order(page, tmp_path):
    code = [block.text for block in PYTHON if block.page == page and not block.why_not]
    if any("runs" in text for text in code):
        record(tmp_path / "runs" / "20260101-120000" / "bag")
    done = run(PREPARED + "\n".join(code), tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", PYTHON, ids=[block.place for block in PYTHON])
def test_a_block_is_python_and_runs_or_says_why_not(block: Block):
    ast.parse(block.text)
    assert block.page in PAGES_WITH_CODE or block.why_not


def test_a_page_whose_code_fails_would_be_found(tmp_path):
    assert run("assert 1 == 2", tmp_path).returncode == 1
