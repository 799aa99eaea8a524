# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The list of checks over DDS on the ground: the simulated vehicle, both simulated autopilots.

In flight it is flown on one clock (``test_conforming_link``): in real time a busy machine fails.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest
from domains import free_domain

pytest.importorskip("pymavlink")

COMMAND = (sys.executable, "-P", "-m", "live_mvp_ros.cli.main", "vehicle")
LIMIT_S = 240.0


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("vehicle", ["sim", "px4", "ardupilot"])
def test_on_the_ground_what_can_be_heard_is_judged_and_nothing_else(vehicle, tmp_path):
    file, autopilot = tmp_path / "conform.json", None
    where: tuple[str, ...] = ("--vehicle", "sim")
    if vehicle != "sim":
        tcp = vehicle == "ardupilot"
        port = free_port(socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        ours, its = ("tcp", "tcpin") if tcp else ("udpin", "udpout")
        where = ("--autopilot", vehicle, "--url", f"{ours}:127.0.0.1:{port}")
        autopilot = subprocess.Popen(
            [*COMMAND, "simulate", "--autopilot", vehicle, "--url", f"{its}:127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL,
        )
    try:
        result = subprocess.run(
            [*COMMAND, "conform", *where, "--json", str(file), "--output", "runs"],
            cwd=tmp_path,
            env=os.environ | {"ROS_DOMAIN_ID": str(free_domain())},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    finally:
        if autopilot is not None:
            autopilot.kill()
            autopilot.wait()
    values = json.loads(file.read_text())
    judged = [check for check in values["checks"] if check["passed"] is not None]
    assert {check["name"].split(":")[0] for check in judged} == {"odometry"}
    assert all(check["reason"] for check in values["checks"] if check["passed"] is None)
    assert values["passed"] == all(check["passed"] for check in judged)
    assert result.returncode == (0 if values["passed"] else 1), result.stdout + result.stderr
    assert len(list(tmp_path.glob("runs/*/conformance.md"))) == 1
