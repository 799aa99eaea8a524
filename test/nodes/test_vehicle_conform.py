# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole list of checks over DDS: the simulated vehicle, and both simulated autopilots."""

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
LIMIT_S = 900.0
DRIVEN = {"link cut", "driver frozen", "driver killed", "pilot", "low battery", "landing"}


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.parametrize("vehicle", ["sim", "px4", "ardupilot"])
def test_all_checks_pass(vehicle, tmp_path):
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
            [*COMMAND, "conform", *where, "--flying", "--json", str(file), "--output", "runs"],
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
    assert result.returncode == 0, result.stdout + result.stderr
    values = json.loads(file.read_text())
    assert values["passed"]
    apart = {check["name"].split(":")[0] for check in values["checks"] if check["passed"] is None}
    assert apart == (DRIVEN if vehicle == "sim" else set())
    (page,) = tmp_path.glob("runs/*/conformance.md")
    assert " conforms" in page.read_text().splitlines()[0]
