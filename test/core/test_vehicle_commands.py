# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle check`` and ``monitor`` with a simulated autopilot, and with nobody there."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("jax")
pytest.importorskip("pymavlink")

from live_mvp_ros.cli.main import main


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(name="port")
def port_fixture() -> Iterator[int]:
    """Return the port that a simulated PX4 sends to."""
    port = free_port()
    url = f"udpout:127.0.0.1:{port}"
    words = ("vehicle", "simulate", "--autopilot", "px4", "--url", url)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "live_mvp_ros.cli.main", *words], stdout=subprocess.DEVNULL
    ) as process:
        yield port
        process.kill()


def test_a_vehicle_is_checked_and_watched(port, tmp_path, capsys):
    url = f"udpin:127.0.0.1:{port}"
    file = tmp_path / "check.json"
    where = ("--autopilot", "px4", "--url", url)
    options = ("--altitude", "3", "--timeout", "120", "--json", str(file))
    code = main(["vehicle", "check", *where, *options])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert "good  vehicle: PX4" in said.out
    assert "COM_OF_LOSS_T = 0.5 (was 1)" in said.out
    assert "MIS_TAKEOFF_ALT = 3" in said.out
    assert said.out.endswith("it may be armed\n")
    values = json.loads(file.read_text())
    assert values["passed"]
    assert {check["name"] for check in values["checks"]} >= {"link", "parameters", "battery"}
    assert all(check["passed"] for check in values["checks"])

    # The wrong system and the wrong autopilot are said by name.
    assert main(["vehicle", "check", *where, "--timeout", "1", "--system-id", "9"]) == 1
    silence = f"no heartbeat comes of system 9 at {url}, where system 1 can be heard"
    assert f"NOT   vehicle: {silence}\n" in capsys.readouterr().out
    wrong = ("--autopilot", "ardupilot", "--url", url)
    assert main(["vehicle", "check", *wrong, "--timeout", "3"]) == 1
    assert "MAV_AUTOPILOT 12 is that of autopilot px4\n" in capsys.readouterr().out

    assert main(["vehicle", "monitor", *where, "--duration", "4"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "AUTO.LOITER  disarmed  on the ground" in last
    assert "battery 100%" in last
    assert "heading 90°" in last  # it stands with its nose to the east
    assert "clock -" in last  # it has not asked
    assert "odometry" in last
    assert main(["vehicle", "monitor", *where, "--ask", "--duration", "4"]) == 0
    assert "clock +" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "--autopilot", "px4", "--url", "udp:x"), "url = 'udp:x' is not allowed"),
        (("monitor", "--autopilot", "px4", "--url", "tcp:x:0"), "0 is not a port"),
        (("check",), "Missing option '--autopilot'"),
        (("check", "--autopilot", "kk2"), "'kk2' is not one of"),
        (("check", "--autopilot", "px4", "--json", "/nowhere/x"), "/nowhere does not exist"),
        (("conform",), "what is to be checked?"),
        (("conform", "--vehicle", "sim", "--autopilot", "px4"), "what is to be checked?"),
        (("conform", "--vehicle", "sim", "--url", "tcp:x:1"), "--url is for --autopilot"),
        (("conform", "--autopilot", "px4", "--real-time-factor", "1"), "is for --vehicle sim"),
    ],
)
def test_what_is_asked_for_wrongly_is_a_sentence_and_exit_code_2(arguments, words, capsys):
    assert main(["vehicle", *arguments]) == 2
    assert words in capsys.readouterr().err
