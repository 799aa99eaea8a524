# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Connections: several vehicles on one, a server that goes and comes, floods and garbage."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("jax")
pytest.importorskip("pymavlink")

from patience import PATIENCE_S
from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.nodes.mavlink_driver.driver_parameters import DriverConfig
from live_mvp_ros.vehicle.mavlink.carrier import INBOX, CarriedPort, Carrier, Inbox
from live_mvp_ros.vehicle.mavlink.sockets import UrlError

ALL = frozenset({"HEARTBEAT"})


def wait(condition: Callable[[], Any], during: Callable[[], Any] = lambda: None) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        during()
        assert time.monotonic() < end
        time.sleep(0.01)


def heartbeat(system_id: int) -> bytes:
    voice = mavlink.MAVLink(None, system_id, 1)
    return bytes(voice.heartbeat_encode(2, 12, 0, 0, 3, 3).pack(voice))


@pytest.fixture(name="carry")
def carry_fixture() -> Iterator[Callable[..., tuple[Carrier, list[Inbox]]]]:
    carriers = []

    def carry(url: str, systems: tuple[int, ...] = (1,)) -> tuple[Carrier, list[Inbox]]:
        carrier = Carrier(url)
        inboxes = [carrier.inbox(system, lambda: None, ALL) for system in systems]
        carrier.start()
        carriers.append(carrier)
        return carrier, inboxes

    yield carry
    for carrier in carriers:
        carrier.close()


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_vehicles_on_one_connection_are_told_apart_and_answered_where_they_are(carry):
    port = free_port(socket.SOCK_DGRAM)
    carrier, (first, second) = carry(f"udpin:127.0.0.1:{port}", (1, 2))
    voices = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]

    def speak() -> None:
        for number, voice in enumerate(voices, 1):  # nobody knows the third
            voice.sendto(heartbeat(number) + b"\x00garbage", ("127.0.0.1", port))

    taken: dict[int, list[Any]] = {1: [], 2: []}

    def both() -> bool:
        taken[1] += first.take()
        taken[2] += second.take()
        return bool(taken[1] and taken[2])

    wait(both, speak)
    for number, found in taken.items():
        assert {message.get_srcSystem() for message, _ in found} == {number}
        assert found[0][1] <= time.monotonic_ns()
    assert carrier.garbled > 0
    CarriedPort(carrier, second).write(b"for the second")
    voices[1].settimeout(PATIENCE_S)
    assert voices[1].recv(100) == b"for the second"
    voices[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        voices[0].recv(100)
    for voice in voices:
        voice.close()


def test_a_server_that_goes_is_connected_to_again_when_it_comes_back(carry):
    port = free_port(socket.SOCK_STREAM)
    carrier, (inbox,) = carry(f"tcp:127.0.0.1:{port}")
    wait(lambda: "refused" in carrier.problem)
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(PATIENCE_S)
            connection, _ = server.accept()
            with connection:
                connection.sendall(heartbeat(1))
                wait(inbox.take)
                CarriedPort(carrier, inbox).write(b"hello")
                connection.settimeout(PATIENCE_S)
                assert connection.recv(100) == b"hello"
        wait(lambda: carrier.problem)
        CarriedPort(carrier, inbox).write(b"into nothing")


def test_an_inbox_that_nobody_empties_keeps_the_latest_and_counts_the_rest():
    woken: list[int] = []
    inbox = Inbox(lambda: woken.append(1), frozenset({"HEARTBEAT"}))
    message = mavlink.MAVLink_heartbeat_message(2, 12, 0, 0, 3, 3)
    other = mavlink.MAVLink_sys_status_message(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    for number in range(INBOX + 5):
        inbox.put(message, number, None)
    inbox.put(other, INBOX + 5, None)
    taken = inbox.take()
    assert [when for _, when in taken] == list(range(6, INBOX + 6))
    assert inbox.dropped == 6
    assert len(woken) == INBOX + 5  # what is not urgent wakes nobody
    assert inbox.take() == []


def test_a_connection_ends_at_once_when_it_is_closed(carry):
    carrier, _ = carry(f"udpin:127.0.0.1:{free_port(socket.SOCK_DGRAM)}")
    wait(lambda: not carrier.problem)
    carrier.close()
    names = {thread.name for thread in threading.enumerate()}
    assert f"mavlink {carrier.url}" not in names


def test_a_url_that_is_none_is_refused_before_anything_is_opened():
    with pytest.raises(UrlError):
        Carrier("tcp:localhost")


def test_one_process_may_have_several_vehicles_each_with_its_place():
    config = DriverConfig(
        fleet="drone2=udpin:127.0.0.1:14541#2@1.5/-5/0, drone3=tcp:10.0.0.3:5760#3"
    )
    first, second, third = config.members
    assert (first.name, first.link.system_id) == ("", 1)
    assert (second.name, second.link.url) == ("drone2", "udpin:127.0.0.1:14541")
    assert second.link.origin_m == (1.5, -5.0, 0.0)
    assert (third.name, third.link.system_id) == ("drone3", 3)
    assert third.link.origin_m == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "fleet",
    ["x", "a=udpin:1.2.3.4:5", "a=udpin:1.2.3.4:5#0", "a=tcp:h:1#2,a=tcp:h:2#3", "a=x#2@1/2"],
)
def test_a_fleet_that_is_written_wrongly_is_refused_in_one_sentence(fleet):
    with pytest.raises(ConfigurationError, match=r"^fleet = .* is not allowed"):
        DriverConfig(fleet=fleet)
