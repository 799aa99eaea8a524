# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The relay between a driver and an autopilot, which are a socket each here."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("pymavlink")

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.conformance.relay import PILOT_SYSTEM, Relay
from live_mvp_ros.vehicle.mavlink.px4 import PX4

LIMIT_S = 60.0


class End:
    """One end: the driver's, or the autopilot's."""

    def __init__(self, system: int, to: tuple[str, int] | None = None) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(0.05)
        self.to, self.mav = to, mavlink.MAVLink(None, system, 1)

    def say(self, message) -> None:
        self.sock.sendto(message.pack(self.mav), self.to)

    def hear(self, name: str, seconds: float = LIMIT_S):
        """Return the next message of a name, None if there is none in time."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            try:
                data, self.to = self.sock.recvfrom(4096)
            except TimeoutError:
                continue
            for message in self.mav.parse_buffer(data) or ():
                if message.get_type() == name:
                    return message
        return None


def heartbeat(number: int):
    return mavlink.MAVLink_heartbeat_message(2, 12, 0, number, 4, 3)


def setpoint():
    return mavlink.MAVLink_set_attitude_target_message(7, 1, 1, 128, [1, 0, 0, 0], 0, 0, 0, 0.5)


@pytest.fixture(name="ends")
def ends_fixture() -> Iterator[tuple[Relay, End, End]]:
    autopilot = End(1)
    relay = Relay(f"udpout:127.0.0.1:{autopilot.sock.getsockname()[1]}", 1)
    relay.start()
    port = int(relay.driver_url.rpartition(":")[2])
    driver = End(255, ("127.0.0.1", port))
    said, end_s = None, time.monotonic() + LIMIT_S
    while said is None and time.monotonic() < end_s:  # until it has opened the way
        driver.say(heartbeat(1))
        said = autopilot.hear("HEARTBEAT", 0.2)
    assert said is not None
    yield relay, driver, autopilot
    relay.close()
    for end in (driver, autopilot):
        end.sock.close()


def test_it_carries_both_ways_and_sees_when_setpoints_leave(ends):
    relay, driver, autopilot = ends
    autopilot.say(heartbeat(5))
    assert driver.hear("HEARTBEAT").custom_mode == 5
    before_s = time.time()
    driver.say(setpoint())
    assert autopilot.hear("SET_ATTITUDE_TARGET").time_boot_ms == 7
    assert len(relay.setpoints_s) == 1
    assert before_s - 0.01 <= relay.setpoints_s[0] <= time.time() + 0.01


def test_a_cut_lets_nothing_through_and_counts_nothing(ends):
    relay, driver, autopilot = ends
    relay.cut(0.6)
    driver.say(setpoint())
    autopilot.say(heartbeat(6))
    assert autopilot.hear("SET_ATTITUDE_TARGET", 0.3) is None
    assert not relay.setpoints_s
    while autopilot.hear("SET_ATTITUDE_TARGET", 0.2) is None:
        driver.say(setpoint())
    autopilot.say(heartbeat(7))
    assert driver.hear("HEARTBEAT").custom_mode == 7  # what was said in the cut is lost


def test_it_asks_as_somebody_else_and_knows_the_answer(ends):
    relay, _, autopilot = ends
    for result, words in ((0, ""), (4, "the autopilot does not do it (MAV_RESULT 4)")):
        relay.request(PX4.hold())
        asked = autopilot.hear("COMMAND_LONG")
        assert (asked.command, asked.get_srcSystem()) == (176, PILOT_SYSTEM)
        assert "has not answered" in relay.refused()
        autopilot.say(mavlink.MAVLink_command_ack_message(400, 2))  # of another request
        autopilot.say(mavlink.MAVLink_command_ack_message(176, result))
        end_s = time.monotonic() + LIMIT_S
        while "has not answered" in relay.refused() and time.monotonic() < end_s:
            time.sleep(0.01)
        assert relay.refused() == words
