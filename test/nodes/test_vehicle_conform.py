# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The list of checks over DDS on the ground: the simulated vehicle, both simulated autopilots.

With LIVE_MVP_SITL_URL the same, and the checks in flight, of a SITL that runs already.
In flight it is flown on one clock (``test_conforming_link``): in real time a busy machine fails.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from domains import free_domain

pytest.importorskip("pymavlink")

COMMAND = (sys.executable, "-P", "-m", "live_mvp_ros.cli.main", "vehicle")
LIMIT_S = 900.0


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def conform(where: tuple[str, ...], folder: Path) -> tuple[dict[str, Any], int, str]:
    """Return the figures of a run, its exit code and what it said."""
    file = folder / "conform.json"
    result = subprocess.run(
        [*COMMAND, "conform", *where, "--json", str(file), "--output", "runs"],
        cwd=folder,
        env=os.environ | {"ROS_DOMAIN_ID": str(free_domain())},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    said = result.stdout + result.stderr
    assert file.exists(), said
    return json.loads(file.read_text()), result.returncode, said


def check_ground(where: tuple[str, ...], folder: Path) -> None:
    """On the ground what can be heard is judged, and nothing else."""
    values, code, said = conform(where, folder)
    judged = [check for check in values["checks"] if check["passed"] is not None]
    assert {check["name"].split(":")[0] for check in judged} == {"odometry"}
    assert all(check["reason"] for check in values["checks"] if check["passed"] is None)
    assert values["passed"] == all(check["passed"] for check in judged)
    assert code == (0 if values["passed"] else 1), said
    assert len(list(folder.glob("runs/*/conformance.md"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("vehicle", ["sim", "px4", "ardupilot"])
def test_on_the_ground_what_can_be_heard_is_judged_and_nothing_else(vehicle, tmp_path):
    autopilot = None
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
        check_ground(where, tmp_path)
    finally:
        if autopilot is not None:
            autopilot.kill()
            autopilot.wait()


@pytest.fixture
def sitl() -> tuple[str, ...]:
    """Where a SITL that somebody else has started is, and of which autopilot it is."""
    url = os.environ.get("LIVE_MVP_SITL_URL")
    if not url:
        pytest.skip("LIVE_MVP_SITL_URL names no SITL, such as tcp:127.0.0.1:5760")
    autopilot = os.environ.get("LIVE_MVP_SITL_AUTOPILOT", "ardupilot")
    return "--autopilot", autopilot, "--url", url


@pytest.mark.sitl
def test_a_sitl_on_the_ground(sitl, tmp_path):
    check_ground(sitl, tmp_path)


@pytest.mark.sitl
def test_a_sitl_in_flight_passes_every_check(sitl, tmp_path):
    values, code, said = conform((*sitl, "--flying"), tmp_path)
    failed = [check for check in values["checks"] if check["passed"] is False]
    assert not failed, said
    assert code == 0, said
