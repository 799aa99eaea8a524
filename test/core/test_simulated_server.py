# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated autopilot as users start it: a process, sockets, a log, errors in a sentence."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.cli.main import main
from live_mvp_ros.vehicle.simulated_autopilot import autopilot_links

LIMIT_S = 120.0
"""Longer than a busy machine takes for anything here."""
COMMAND = (sys.executable, "-P", "-m", "live_mvp_ros.cli.main", "vehicle", "simulate")
ODOMETRY = 331


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command; it is killed in the end."""
    started: list[subprocess.Popen[str]] = []

    def run(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


class Radio:
    """A socket that speaks MAVLink."""

    def __init__(self, sock: socket.socket, peer: tuple[str, int] | None = None) -> None:
        self.sock, self.peer = sock, peer
        self.sock.settimeout(0.2)
        self.packer = mavlink.MAVLink(None, 1, 191)
        self.parser = mavlink.MAVLink(None)
        self.heard: list[Any] = []
        self.pending: deque[Any] = deque()

    def hear(self, kind: str, true: Callable[[Any], bool] = lambda message: True) -> Any:
        """Return the next message of a kind of which something is true."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            while self.pending:
                message = self.pending.popleft()
                if message.get_type() == kind and true(message):
                    return message
            try:
                content, peer = self.sock.recvfrom(65536)
            except TimeoutError:
                continue
            self.peer = self.peer or peer
            messages = self.parser.parse_buffer(content) or []
            self.heard += messages
            self.pending.extend(messages)
        raise AssertionError(f"no {kind} came")

    def send(self, message: Any) -> None:
        content = message.pack(self.packer)
        self.packer.seq = (self.packer.seq + 1) % 256
        self.send_bytes(content)

    def send_bytes(self, content: bytes) -> None:
        if self.sock.type == socket.SOCK_DGRAM:
            self.sock.sendto(content, self.peer)
        else:
            self.sock.sendall(content)

    def command(self, number: int, *parameters: float) -> int:
        numbers = [*parameters, *(0.0,) * (7 - len(parameters))]
        self.send(mavlink.MAVLink_command_long_message(1, 1, number, 0, *numbers))
        return self.hear("COMMAND_ACK", lambda ack: ack.command == number).result

    def point(self, time_boot_ms: int, thrust: float) -> None:
        self.send(
            mavlink.MAVLink_set_attitude_target_message(
                time_boot_ms, 1, 1, 128, [1, 0, 0, 0], 0, 0, 0, thrust
            )
        )


def udp_radio(port: int = 0) -> Radio:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    return Radio(sock)


def tcp_radio(port: int) -> Radio:
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            return Radio(socket.create_connection(("127.0.0.1", port)))
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_px4_flies_over_udp_and_tells_what_it_was_told(tmp_path, start):
    radio = udp_radio()
    port = radio.sock.getsockname()[1]
    log, summary = tmp_path / "setpoints.jsonl", tmp_path / "summary.json"
    process = start(
        *("--autopilot", "px4", "--url", f"udpout:127.0.0.1:{port}", "--real-time-factor", "4"),
        *("--log", str(log), "--json", str(summary)),
    )
    beat = radio.hear("HEARTBEAT")
    assert (beat.autopilot, beat.custom_mode) == (12, 4 << 16 | 3 << 24)
    radio.hear("SYS_STATUS", lambda m: m.onboard_control_sensors_health & 0x10000000)
    radio.send_bytes(os.urandom(3000))  # line noise does not matter
    for stamp in range(20):
        radio.point(stamp, 0.0)
    assert radio.command(176, 1, 6) == 0
    radio.point(20, 0.0)
    assert radio.command(400, 1) == 0
    stamp = 21

    def higher(message: Any) -> bool:
        nonlocal stamp
        stamp += 20
        radio.point(stamp, 0.65)
        return message.z < -0.5

    assert radio.hear("ODOMETRY", higher).frame_id == 1
    assert radio.hear("HIL_STATE_QUATERNION", lambda m: m.alt > 489900).time_usec > 0
    assert radio.command(176, 1, 4, 6) == 0
    radio.hear("CURRENT_MODE", lambda m: m.custom_mode == 4 << 16 | 6 << 24)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, err) == (0, "")
    assert out.startswith(f"px4, system 1, at udpout:127.0.0.1:{port}; Ctrl-C ends it\n")
    written = json.loads(summary.read_text())
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[-1] == {"summary": written}
    assert written["setpoints"] == len(lines) - 1
    assert written["flown"] > 5
    assert written["mode"] == "LAND"


def test_ardupilot_keeps_intervals_when_a_client_comes_back_over_tcp(start):
    port = free_port(socket.SOCK_STREAM)
    start(
        "--autopilot", "ardupilot", "--url", f"tcpin:127.0.0.1:{port}", "--real-time-factor", "4"
    )
    radio = tcp_radio(port)
    assert radio.hear("HEARTBEAT").autopilot == 3
    assert radio.command(511, 31, 20000) == 0
    assert radio.command(511, ODOMETRY, 20000) == 2
    first = radio.hear("ATTITUDE_QUATERNION").time_boot_ms
    assert radio.hear("ATTITUDE_QUATERNION").time_boot_ms == first + 20
    radio.sock.close()
    again = tcp_radio(port)
    assert again.hear("ATTITUDE_QUATERNION").time_boot_ms > first
    again.send(mavlink.MAVLink_param_request_read_message(1, 1, b"GUID_TIMEOUT", -1))
    assert again.hear("PARAM_VALUE").param_value == 3.0


def test_a_log_can_be_read_after_a_kill(tmp_path, start):
    port = free_port(socket.SOCK_DGRAM)
    log = tmp_path / "setpoints.jsonl"
    process = start("--autopilot", "px4", "--url", f"udpin:127.0.0.1:{port}", "--log", str(log))
    radio = udp_radio()
    radio.peer = ("127.0.0.1", port)
    deadline = time.monotonic() + LIMIT_S
    while not (log.exists() and log.read_text().count("\n") > 3):
        radio.point(1, 0.0)
        time.sleep(0.05)
        assert time.monotonic() < deadline
    process.kill()
    process.communicate()
    for line in log.read_text().splitlines():
        assert json.loads(line)["flown"] is False


def test_two_senders_and_a_flood_leave_it_answering(start):
    port = free_port(socket.SOCK_DGRAM)
    start("--autopilot", "px4", "--url", f"udpin:127.0.0.1:{port}", "--real-time-factor", "4")
    first, second = udp_radio(), udp_radio()
    for radio in (first, second):
        radio.peer = ("127.0.0.1", port)
    deadline = time.monotonic() + LIMIT_S
    first.sock.settimeout(0.2)
    while True:
        first.point(0, 0.0)
        try:
            first.sock.recvfrom(65536)
            break
        except (TimeoutError, ConnectionRefusedError):
            assert time.monotonic() < deadline
    for i in range(5000):
        second.send_bytes(b"\xfd junk" * 40)
        if i % 10 == 0:
            first.point(i, 0.0)
    for radio in (first, second):
        answers = []
        while not answers:  # a question may be lost in a full socket
            radio.send(mavlink.MAVLink_timesync_message(0, 77))
            radio.hear("HIL_STATE_QUATERNION")
            answers = [m for m in radio.heard if m.get_type() == "TIMESYNC" and m.ts1 == 77]
            assert time.monotonic() < deadline + LIMIT_S
        assert answers[0].tc1 > 0


def test_a_duration_ends_it(start):
    process = start(
        *("--autopilot", "px4", "--url", "udpout:127.0.0.1:9", "--duration", "1"),
        *("--real-time-factor", "10"),
    )
    out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "0 setpoints, 0 flown, longest gap 0.000 s"


def test_it_loads_neither_jax_nor_numpy():
    code = (
        "import sys, live_mvp_ros.cli.vehicle_simulate\n"
        "from live_mvp_ros.vehicle.simulated_autopilot import autopilot_server\n"
        "print(sorted({'jax', 'numpy', 'rclpy'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


def test_without_pymavlink_it_says_what_to_install(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nclass Blocked:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pymavlink':\n"
        "            raise ModuleNotFoundError(\"No module named 'pymavlink'\", name=name)\n"
        "sys.meta_path.insert(0, Blocked())\n"
    )
    paths = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    result = subprocess.run(
        [*COMMAND, "--autopilot", "px4"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2, result.stderr
    wanted = 'pymavlink is not installed here: pip install "pymavlink>=2.4.41,<3"'
    assert result.stderr == f"live-mvp: {wanted}\n"


WRONG = [
    (["--url", "udp:1"], "--url 'udp:1' is not allowed: it must be udpout:HOST:PORT"),
    (["--url", "tcpin:127.0.0.1:99999"], "is not allowed: it must be udpout"),
    (["--url", "udpin:127.0.0.1:5@6"], "is not allowed: it must be udpout"),
    (["--url", "udpin:8.8.8.8:14550"], "cannot be opened"),
    (["--start", "1,2"], "--start '1,2' is not allowed: it must be X,Y,Z,YAW"),
    (["--start", "1,2,3,nan"], "is not allowed: it must be X,Y,Z,YAW"),
    (["--fault", "rain@3"], "--fault: fault 'rain@3': there is no 'rain', did you mean"),
    (["--fault", "pilot_mode@3:SLEEP"], "there is no mode 'SLEEP', only MANUAL"),
    (["--vehicle", "gone.yaml"], "--vehicle gone.yaml: gone.yaml cannot be read"),
    (["--system-id", "0"], "--system-id"),
    (["--real-time-factor", "nan"], "--real-time-factor"),
    (["--log", "no/such/folder/file"], "the folder"),
    (["--world", "nowhere"], "there is no world 'nowhere'"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=lambda item: item[0])
def test_what_is_wrong_is_said_in_a_sentence(capsys, words, sentence):
    assert main(["vehicle", "simulate", "--autopilot", "px4", *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_said(capsys):
    with udp_radio().sock as taken:
        port = taken.getsockname()[1]
        words = ["vehicle", "simulate", "--autopilot", "px4", "--url", f"udpin:127.0.0.1:{port}"]
        assert main(words) == 2
    assert f"udpin:127.0.0.1:{port} cannot be opened: Address" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("udpout:127.0.0.1:14540@14580", ("udpout", "127.0.0.1", 14540, 14580)),
        ("udpin:0.0.0.0:14550", ("udpin", "0.0.0.0", 14550, 0)),
        ("tcpin:localhost:5760", ("tcpin", "localhost", 5760, 0)),
    ],
)
def test_names_of_links(text, url):
    assert autopilot_links.parse(text) == url
    assert autopilot_links.text_of(autopilot_links.parse(text)) == text


def test_who_sends_to_this_machine_listens_on_it_alone():
    with autopilot_links.opened(autopilot_links.parse("udpout:127.0.0.1:9")) as link:
        (sock,) = link.sockets()
        assert sock.getsockname()[0] == "127.0.0.1"


def test_a_world_gives_the_start():
    pytest.importorskip("jax")
    from live_mvp_ros.cli.vehicle_simulate import start_of
    from live_mvp_ros.worlds import load_world

    world = load_world("seed")
    x, y, z, yaw = start_of("seed", None)
    assert (x, y, yaw) == pytest.approx((*world.start_m[:2], world.start_yaw_rad))
    assert z == world.lower_m[2]
    assert start_of("seed", "1,2,3,0.5") == (1.0, 2.0, 3.0, 0.5)
