# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stands between a driver and an autopilot: carries, watches, cuts, and speaks for a pilot.

The driver connects to ``driver_url`` instead of the autopilot. Bytes are carried as they come,
both ways, by a thread each. What is said for others goes out under an id that is not the driver's.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from typing import Any

from live_mvp_ros.vehicle.mavlink.autopilot_traits import Request
from live_mvp_ros.vehicle.mavlink.sockets import Address, Endpoint, check_url, open_endpoint
from live_mvp_ros.vehicle.mavlink.wire import Writer, parser

PILOT_SYSTEM, PILOT_COMPONENT = 252, 190
WAIT_S, AGAIN_S = 0.2, 0.5
_SETPOINT = b"\x52\x00\x00"  # SET_ATTITUDE_TARGET (82), at bytes 7 to 9 of a MAVLink 2 message
_MAVLINK_2 = 0xFD
_ACCEPTED = 0
_KEPT = 100_000  # setpoints that are remembered


class Relay:
    """Between one driver and one autopilot, until ``close``.

    Attributes:
        driver_url: where the driver finds it.
        problem: why the autopilot is not reached, empty while it is.
        setpoints_s: when setpoints left for the autopilot, by the system's clock.
    """

    def __init__(self, url: str, system_id: int) -> None:
        """Prepare; nothing is opened before ``start``.

        Raises:
            UrlError: the URL is none of ours.
        """
        check_url(url)
        self.url, self.problem = url, "it is not opened yet"
        self.setpoints_s: deque[float] = deque(maxlen=_KEPT)
        self._writer = Writer(system_id, PILOT_SYSTEM, PILOT_COMPONENT)
        self._endpoint: Endpoint | None = None
        self._vehicle: Address = None
        self._driver: Address = None
        self._cut_until_s = 0.0
        self._asked: int | None = None
        self._answer: int | None = None
        self._ending = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(WAIT_S)
        self.driver_url = f"udpout:127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [
            threading.Thread(target=work, name=f"relay {url}", daemon=True)
            for work in (self._up, self._down)
        ]

    def start(self) -> None:
        """Carry."""
        for thread in self._threads:
            thread.start()

    def cut(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._cut_until_s = time.monotonic() + seconds

    def request(self, request: Request) -> None:
        """Ask the autopilot for something, as somebody else than the driver."""
        self._answer, self._asked = None, request.command
        self._write(self._writer.packed(self._writer.request(request, 0)))

    def refused(self) -> str:
        """Return why the last request was not granted, empty if it was."""
        if self._answer is None:
            return "the autopilot has not answered what was asked of it"
        if self._answer != _ACCEPTED:
            return f"the autopilot does not do it (MAV_RESULT {self._answer})"
        return ""

    def close(self) -> None:
        """End both threads and the connections."""
        self._ending.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=3.0)
        self._socket.close()
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            endpoint.close()

    def _is_cut(self) -> bool:
        return time.monotonic() < self._cut_until_s

    def _up(self) -> None:
        """Carry what the driver says."""
        while not self._ending.is_set():
            try:
                data, self._driver = self._socket.recvfrom(65536)
            except (TimeoutError, ConnectionRefusedError):
                continue
            if self._is_cut():
                continue
            if len(data) > 9 and data[0] == _MAVLINK_2 and data[7:10] == _SETPOINT:
                self.setpoints_s.append(time.time())
            self._write(data)

    def _write(self, data: bytes) -> None:
        endpoint = self._endpoint
        if endpoint is None:
            return
        try:
            endpoint.write(data, self._vehicle)
        except OSError as error:
            self.problem = error.strerror or str(error)
            endpoint.close()  # the reader notices, and opens it again

    def _down(self) -> None:
        """Carry what the autopilot says; open the way to it as often as it takes."""
        while not self._ending.is_set():
            try:
                self._endpoint = open_endpoint(self.url)
            except (OSError, ValueError) as error:
                self.problem = getattr(error, "strerror", None) or str(error)
                self._ending.wait(AGAIN_S)
                continue
            self.problem = ""
            try:
                self._read(self._endpoint)
            except OSError as error:
                self.problem = self.problem or error.strerror or str(error)
                self._endpoint.close()
                self._endpoint = None
                self._ending.wait(AGAIN_S)

    def _read(self, endpoint: Endpoint) -> None:
        answers: Any = None
        while not self._ending.is_set():
            data, address = endpoint.read(WAIT_S)
            if not data or self._is_cut():
                continue
            self._vehicle = address
            if self._driver is not None:
                with contextlib.suppress(ConnectionRefusedError, BlockingIOError):
                    self._socket.sendto(data, self._driver)
            if self._asked is None:
                answers = None
                continue
            answers = answers or parser()
            for message in answers.parse_buffer(data) or ():
                if message.get_type() == "COMMAND_ACK" and message.command == self._asked:
                    self._asked, self._answer = None, message.result
