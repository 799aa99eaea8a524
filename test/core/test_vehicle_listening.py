# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a link that only looks on sends, what it says, and what a report makes of what is not told.

A vehicle is a socket and the scripted autopilot of the other tests: what reaches it is what was
sent.
"""

from __future__ import annotations

import dataclasses
import math
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("jax")
pytest.importorskip("pymavlink")

from fake_autopilot import ARDUPILOT, PX4, FakeAutopilot
from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.cli import __main__ as command
from live_mvp_ros.cli import vehicle_check, vehicle_monitor
from live_mvp_ros.cli.main import main
from live_mvp_ros.vehicle.mavlink.autopilot_traits import WantedParameter
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig
from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink, NoPort
from live_mvp_ros.vehicle.mavlink.parameter_client import ParameterClient
from live_mvp_ros.vehicle.mavlink.preflight import CheckFacts, CheckItem, CheckReport, report
from live_mvp_ros.vehicle.mavlink.sockets import UrlError, check_url
from live_mvp_ros.vehicle.mavlink.upkeep import Voice
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink

TICKS, TICK_S = 150, 0.02
PATIENCE_S = 60.0
GOOD = CheckFacts(
    kind_problem="",
    kind="PX4, MAV_TYPE 2",
    judged=True,
    armed=False,
    on_ground=True,
    can_arm=True,
    complaints=(),
    heartbeat_hz=1.0,
    odometry_hz=100.0,
    wanted_hz=100.0,
    needed=(("VFR_HUD", True),),
    estimator="",
    settled_s=9.0,
    settle_s=3.0,
    strays_m=0.01,
    moves_m_s=0.02,
    home=True,
    battery_fraction=0.8,
    battery_min=0.3,
    clock_known=True,
    clock_delay_s=0.001,
    clock_jumped=False,
    parameters=(),
    verified=("A = 8",),
)


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Vehicle:
    """A socket that a scripted autopilot speaks through; keeps what reaches it."""

    def __init__(self, kind: str) -> None:
        self.port, self.autopilot = free_port(), FakeAutopilot(kind)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.reached = b""

    def step(self) -> None:
        asks = mavlink.MAVLink_timesync_message(0, 77)  # as PX4 does
        self.autopilot.say(asks)
        for data in self.autopilot.wire_step(TICK_S):
            self.socket.sendto(data, ("127.0.0.1", self.port))
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            self.reached += data
            self.autopilot.write(data)

    def messages(self) -> list:
        return mavlink.MAVLink(None).parse_buffer(self.reached) or []


def overheard(kind: str, voice: Voice) -> tuple[Vehicle, ListeningLink]:
    """Let a link look on for some seconds."""
    vehicle = Vehicle(kind)
    url = f"udpin:127.0.0.1:{vehicle.port}"
    opened = ListeningLink(LinkConfig(autopilot=kind, url=url, own_system_id=254), voice)
    end_s = time.monotonic() + PATIENCE_S
    while opened.problem:
        assert time.monotonic() < end_s
        opened.serve(TICK_S)
    for tick in range(TICKS):
        if tick == TICKS // 2:
            vehicle.autopilot.north_m += 1.5
        vehicle.step()
        opened.serve(TICK_S)
    opened.close()
    vehicle.socket.close()
    return vehicle, opened


@pytest.mark.parametrize("kind", [PX4, ARDUPILOT])
def test_a_silent_link_sends_nothing_and_hears_everything(kind):
    vehicle, opened = overheard(kind, Voice.SILENT)
    assert vehicle.reached == b""
    assert vehicle.autopilot.parameters == FakeAutopilot(kind).parameters
    assert opened.received > TICKS
    assert opened.link.connected(time.monotonic())
    assert opened.link.estimate.position_m == pytest.approx((0.0, 1.5, 0.0))
    assert list(opened.jumps) == ["the position has jumped by 1.50 m"]


def test_who_asks_is_no_ground_station_and_leaves_parameters_alone():
    vehicle, opened = overheard(PX4, Voice.ASKING)
    sent = vehicle.messages()
    assert {m.get_type() for m in sent} == {"HEARTBEAT", "TIMESYNC", "COMMAND_LONG"}
    # No failsafe waits for it: ArduPilot counts heartbeats of 255, PX4 those of MAV_TYPE_GCS, 6.
    beats = {(m.get_srcSystem(), m.type) for m in sent if m.get_type() == "HEARTBEAT"}
    assert beats == {(254, 0)}
    assert {m.command for m in sent if m.get_type() == "COMMAND_LONG"} == {511}
    assert {m.tc1 for m in sent if m.get_type() == "TIMESYNC"} == {0}  # it answers none
    assert opened.link.upkeep.clock.known


def test_a_driver_is_a_ground_station_and_reads_parameters():
    vehicle, _ = overheard(PX4, Voice.DRIVER)
    sent = vehicle.messages()
    assert {m.get_type() for m in sent} >= {"HEARTBEAT", "TIMESYNC", "PARAM_REQUEST_READ"}
    assert {m.type for m in sent if m.get_type() == "HEARTBEAT"} == {6}


def watched(message) -> SimpleNamespace:
    """Return a link that has heard a heartbeat and one message more."""
    link = VehicleLink(LinkConfig(autopilot=PX4), NoPort(), time.monotonic_ns)
    link.upkeep.voice = Voice.SILENT
    mav = mavlink.MAVLink(None, 1, 1)
    for said in (mav.heartbeat_encode(2, 12, 1, 50593792, 4, 3), message):
        for heard in mavlink.MAVLink(None).parse_buffer(said.pack(mav)):
            link.receive(heard, time.monotonic_ns())
    return SimpleNamespace(link=link, silence="nobody")


@pytest.mark.parametrize(("yaw_deg", "heading"), [(0, 0), (90, 90), (-90, 270), (359.8, 0)])
def test_the_line_says_which_way_is_which(yaw_deg, heading):
    half = math.radians(0.5 * yaw_deg)  # from north to the east, NED
    q, zero = (math.cos(half), 0.0, 0.0, math.sin(half)), (0.0,) * 21
    odometry = mavlink.MAVLink_odometry_message(
        1000, 1, 1, 1.0, 2.0, -3.0, q, 0, 0, 0, 0, 0, 0, zero, zero
    )
    words = vehicle_monitor.line(watched(odometry), 9.0, time.monotonic_ns())
    assert f"E +2.00 N +1.00 U +3.00 m  heading {heading}°" in words
    assert "AUTO.LOITER  disarmed" in words
    assert "attitude target -" in words


def test_the_line_says_how_to_ask_where_no_pose_comes_by_itself():
    words = vehicle_monitor.line(watched(mavlink.MAVLink_timesync_message(0, 1)), 1.0, 0)
    assert words == "nobody" or "--ask" in words
    words = vehicle_monitor.line(
        watched(mavlink.MAVLink_timesync_message(0, 1)), 1.0, time.monotonic_ns()
    )
    assert "no odometry comes by itself: --ask asks for it" in words


def test_what_is_not_told_is_neither_good_nor_a_reason_to_stay():
    made = report(dataclasses.replace(GOOD, battery_fraction=math.nan, can_arm=None))
    words = {item.name: item.passed for item in made.items}
    assert (words["battery"], words["its own checks"], words["home"]) == (None, None, True)
    assert made.passed
    assert made.summary == "8 checks are good, and it does not tell: battery, its own checks"
    assert (
        vehicle_check.verdict(made) == "it may be armed; it does not tell: battery, its own checks"
    )
    assert report(GOOD).summary == "all 10 checks are good"
    assert vehicle_check.verdict(report(GOOD)) == "it may be armed"
    low = report(dataclasses.replace(GOOD, battery_fraction=0.2, can_arm=None))
    assert low.problems == ["battery: 20% of at least 30%"]
    assert low.summary == "battery: 20% of at least 30%; it does not tell: its own checks"
    assert vehicle_check.verdict(low) == "it may not be armed: 1 of 10 checks are not good"
    values = vehicle_check.in_values(made, "tcp:x:1", "")
    assert [c["passed"] for c in values["checks"] if c["name"] == "battery"] == [None]


def test_of_who_is_not_there_nothing_else_is_said():
    gone = dataclasses.replace(GOOD, judged=False, kind_problem="no heartbeat comes")
    assert report(gone).items == (CheckItem("vehicle", False, "no heartbeat comes"),)
    assert vehicle_check.verdict(report(gone)) == "it may not be armed"


def test_a_parameter_that_was_set_is_told_with_what_it_was():
    wanted = WantedParameter("ATC_ANGLE_BOOST", lambda value: 0.0, "it must be 0", integer=True)
    client = ParameterClient((wanted,))
    client.may_set(True)
    client.due(0.0)
    client.told("ATC_ANGLE_BOOST", 1.0)
    client.due(1.0)
    client.told("ATC_ANGLE_BOOST", 0.0)
    assert client.verified() == ["ATC_ANGLE_BOOST = 0 (was 1)"]
    client.begin_again()  # the vehicle was away for a moment
    client.due(2.0)
    client.told("ATC_ANGLE_BOOST", 0.0)
    assert client.verified() == ["ATC_ANGLE_BOOST = 0 (was 1)"]


def test_another_autopilot_is_named_and_none_of_its_parameters_is_set():
    vehicle = FakeAutopilot(ARDUPILOT)
    vehicle.parameters["MIS_TAKEOFF_ALT"] = (9.0, False)  # as if it knew one of PX4's
    link = VehicleLink(LinkConfig(autopilot=PX4), vehicle, vehicle.clock)
    for _ in range(400):
        for message in vehicle.step():
            link.receive(message, vehicle.now_ns)
        link.tick()
        made = link.check()
    assert made.summary == "vehicle: it is no PX4: MAV_AUTOPILOT 3 is that of autopilot ardupilot"
    assert vehicle.parameters["MIS_TAKEOFF_ALT"] == (9.0, False)
    assert vehicle.parameters["GUID_OPTIONS"] == (0, True)


def test_why_no_heartbeat_comes_is_said():
    vehicle = Vehicle(PX4)
    url = f"udpin:127.0.0.1:{vehicle.port}"
    opened = ListeningLink(LinkConfig(autopilot=PX4, url=url, system_id=2), Voice.SILENT)
    end_s = time.monotonic() + PATIENCE_S
    while "where" not in opened.silence:
        vehicle.step()
        opened.serve(TICK_S)
        assert time.monotonic() < end_s
    said = f"no heartbeat comes of system 2 at {url}, where system 1 can be heard"
    assert opened.silence == said
    assert vehicle_check.reported(opened).summary == f"vehicle: {said}"
    opened.close()
    vehicle.socket.close()


def test_a_connection_that_is_refused_is_the_one_thing_that_is_said(capsys, tmp_path):
    port, file = free_port(socket.SOCK_STREAM), tmp_path / "check.json"
    where = ("--autopilot", "ardupilot", "--url", f"tcp:127.0.0.1:{port}")
    words = ("vehicle", "check", *where, "--timeout", "2", "--json", str(file))
    assert main(list(words)) == 1
    said = capsys.readouterr().out
    cause = f"no heartbeat comes of system 1: tcp:127.0.0.1:{port}: Connection refused"
    assert said == f"NOT   vehicle: {cause}\nit may not be armed\n"
    assert cause in file.read_text()
    assert main(["vehicle", "monitor", *where, "--duration", "1"]) == 1
    assert cause in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("udp:127.0.0.1:14540", "to listen say udpin:127.0.0.1:14540, to speak first udpout:"),
        ("udp://:14540", "to listen say udpin:0.0.0.0:14540"),
        ("udpin::14540", "on every address it is udpin:0.0.0.0:14540"),
        ("/dev/ttyACM0", "a device is serial:/dev/ttyACM0:57600"),
        ("serial:/dev/ttyUSB0", "with its baud rate it is serial:/dev/ttyUSB0:57600"),
        ("tcp:host", "or serial:DEVICE:BAUD"),
    ],
)
def test_what_is_meant_by_a_url_of_others_is_said(url, hint):
    with pytest.raises(UrlError) as refusal:
        check_url(url)
    assert hint in str(refusal.value)
    for word in str(refusal.value).replace(",", " ").split():
        if word.startswith(("udpin:1", "udpin:0", "serial:/dev")):
            check_url(word)  # what is advised is allowed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("monitor", "--autopilot", "px4", "--url", "udpout:127.0.0.1:9"), "needs --ask"),
        (("monitor", "--autopilot", "px4", "--url", ""), "--url '' is not allowed"),
        (("check", "--autopilot", "px4", "--altitude", "0"), "'--altitude'"),
        (("conform", "--vehicle", "sim", "--autopilot", "px4"), "not both"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, words, capsys):
    assert main(["vehicle", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_an_empty_url_of_a_mission_is_no_default(capsys):
    assert main(["explore", "--vehicle", "mavlink", "--url", ""]) == 2
    assert "--url '' is not allowed" in capsys.readouterr().err


def test_ctrl_c_before_there_is_a_command_is_one_line(monkeypatch, capsys):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "enter", interrupted)
    monkeypatch.setattr(command, "check_script", lambda _: None)
    monkeypatch.setattr(command, "open_streams", lambda: None)
    assert command.main() == 1
    assert capsys.readouterr().err == "live-mvp: interrupted\n"


def test_an_interrupted_check_says_what_is_known(monkeypatch, capsys):
    known = report(dataclasses.replace(GOOD, home=False))

    def serve(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(vehicle_check, "reported", lambda _: known)
    assert vehicle_check.wait_for(SimpleNamespace(serve=serve), 30.0) is known
    assert "interrupted" in capsys.readouterr().err
    assert isinstance(known, CheckReport)


def test_ctrl_c_while_libraries_load_is_one_line_and_a_code():
    code = (
        "import os, signal, time\n"
        "from live_mvp_ros.cli.autopilot_options import loading\n"
        "with loading(CODE):\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(60)\n"
        "    except BaseException:\n"
        "        pass\n"  # as some libraries do
        "time.sleep(60)\n"
    )
    for number in (0, 1):
        result = subprocess.run(
            [sys.executable, "-P", "-c", code.replace("CODE", str(number))],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert (result.returncode, result.stderr) == (number, "live-mvp: interrupted\n")
