# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A connection that carries the messages of one or several vehicles, and comes back when lost.

One thread reads, makes messages of bytes and puts them into the inbox of the vehicle whose system
sent them, with the time of arrival; a vehicle's own thread takes them out and writes. An inbox is
bounded: who does not empty it loses the oldest, which are counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from live_mvp_ros.vehicle.mavlink.sockets import Address, Endpoint, check_url, open_endpoint
from live_mvp_ros.vehicle.mavlink.wire import parser

INBOX = 2000
"""Messages: more than a second of a vehicle that tells everything."""
READ_S, AGAIN_S = 0.2, 0.5
_MOST_SENDERS = 64
_AUTOPILOT_COMPONENT = 1


class Inbox:
    """Messages of one vehicle that nobody has taken yet; any thread."""

    def __init__(self, wake: Callable[[], None], urgent: frozenset[str]) -> None:
        """Call ``wake`` after messages of the ``urgent`` kinds, from the thread that reads."""
        self._messages: deque[tuple[Any, int]] = deque(maxlen=INBOX)
        self._wake, self._urgent = wake, urgent
        self.dropped = 0
        self.address: Address = None

    def put(self, message: Any, arrival_ns: int, address: Address) -> None:
        """Take a message that has just come."""
        self.dropped += len(self._messages) == INBOX
        self.address = address
        self._messages.append((message, arrival_ns))
        if message.get_type() in self._urgent:
            self._wake()

    def take(self) -> list[tuple[Any, int]]:
        """Return what has come since the last call, oldest first."""
        taken = []
        while self._messages:
            taken.append(self._messages.popleft())
        return taken


class Carrier:
    """Owns a connection and the thread that reads it.

    Attributes:
        problem: why there is no connection now, empty while there is.
        heard: systems whose autopilots have said something.
        garbled: how often bytes were no message.
    """

    def __init__(self, url: str) -> None:
        """Prepare for a URL; nothing is opened before ``start``.

        Raises:
            UrlError: the URL is none of ours.
        """
        check_url(url)
        self.url, self.problem, self.garbled = url, "it is being opened", 0
        self.heard: set[int] = set()
        self._inboxes: dict[int, Inbox] = {}
        self._endpoint: Endpoint | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"mavlink {url}", daemon=True)

    def inbox(self, system_id: int, wake: Callable[[], None], urgent: frozenset[str]) -> Inbox:
        """Return the inbox for a vehicle; before ``start``. See ``Inbox``."""
        return self._inboxes.setdefault(system_id, Inbox(wake, urgent))

    def start(self) -> None:
        """Open the connection, again and again where that fails, and read."""
        self._thread.start()

    def write(self, data: bytes, address: Address) -> None:
        """Write a whole message now; what cannot be written is lost."""
        endpoint = self._endpoint
        if endpoint is None:
            return
        try:
            endpoint.write(data, address)
        except OSError as error:
            self.problem = _words(error)
            endpoint.close()  # the reader notices, and opens it again

    def close(self) -> None:
        """End the thread and the connection."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0 + READ_S)
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            endpoint.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._endpoint = open_endpoint(self.url)
            except (OSError, ValueError) as error:
                self.problem = _words(error)
                self._ending.wait(AGAIN_S)
                continue
            self.problem = ""
            try:
                self._read(self._endpoint)
            except OSError as error:
                self.problem = self.problem or _words(error)
                self._endpoint.close()
                self._endpoint = None
                self._ending.wait(AGAIN_S)

    def _read(self, endpoint: Endpoint) -> None:
        """Read until the end or a failure."""
        parsers: dict[Address, Any] = {}
        while not self._ending.is_set():
            data, address = endpoint.read(READ_S)
            arrival_ns = time.monotonic_ns()
            if not data:
                continue
            if address not in parsers:
                if len(parsers) >= _MOST_SENDERS:
                    parsers.clear()
                parsers[address] = parser()
            for message in parsers[address].parse_buffer(data) or ():
                self._deliver(message, arrival_ns, address)

    def _deliver(self, message: Any, arrival_ns: int, address: Address) -> None:
        if message.get_type() == "BAD_DATA":
            self.garbled += 1
            return
        if message.get_srcComponent() != _AUTOPILOT_COMPONENT:
            return
        system_id = message.get_srcSystem()
        if system_id not in self.heard:
            self.heard = self.heard | {system_id}  # another thread may be reading the old one
        inbox = self._inboxes.get(system_id)
        if inbox is not None:
            inbox.put(message, arrival_ns, address)


class CarriedPort:
    """The way to one vehicle: to where it was heard from last."""

    def __init__(self, carrier: Carrier, inbox: Inbox) -> None:
        """Write through ``carrier``."""
        self._carrier, self._inbox = carrier, inbox

    def write(self, data: bytes) -> None:
        """Write a whole message, without waiting."""
        self._carrier.write(data, self._inbox.address)


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
