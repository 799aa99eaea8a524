# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sockets to whoever flies the vehicle: UDP as PX4 has it, TCP as ArduPilot's SITL.

    udpout:HOST:PORT[@LOCAL]   sends there unasked, and to whoever else speaks to its local port
    udpin:HOST:PORT            waits there for somebody to speak, and answers
    tcpin:HOST:PORT            waits there for clients

The words are pymavlink's, seen from the vehicle. Who has not spoken for 10 s is not sent to any
more, but for the place that was named.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pymavlink.dialects.v20 import all as mavlink

Address = tuple[Any, ...]
DATAGRAM_BYTES = 65536
MOST_PEERS = 16
FORGET_AFTER_S = 10.0
MOST_UNSENT_BYTES = 1 << 20
GONE = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EAGAIN, errno.ENOBUFS)


class LinkError(ValueError):
    """A link cannot be opened; the text is one sentence."""


class Url(NamedTuple):
    """What a link's name says."""

    kind: str
    host: str
    port: int
    local_port: int


def parse(text: str) -> Url:
    """Return what a link's name says.

    Raises:
        LinkError: it is no such name.
    """
    kind, _, rest = text.partition(":")
    where, _, local = rest.partition("@")
    host, _, port = where.rpartition(":")
    ports = [number for number in (port, local or "0") if number.isascii() and number.isdecimal()]
    good = kind in OPEN and host and len(ports) == 2 and 0 < int(ports[0]) < 65536
    if not good or int(ports[1]) > 65535 or (local and kind != "udpout"):
        raise LinkError(
            f"--url {text!r} is not allowed: it must be udpout:HOST:PORT[@LOCAL_PORT], "
            "udpin:HOST:PORT or tcpin:HOST:PORT"
        )
    return Url(kind, host, int(ports[0]), int(ports[1]))


def _parser() -> Any:
    parser = mavlink.MAVLink(None)
    parser.robust_parsing = True
    return parser


def messages_in(parser: Any, content: bytes) -> list[Any]:
    """Return the messages that bytes complete; what is none, or damaged, is left out."""
    found = parser.parse_buffer(content) or []
    return [message for message in found if message.get_type() != "BAD_DATA"]


class UdpLink:
    """One UDP socket and those who speak to it."""

    def __init__(self, url: Url) -> None:
        """Open the socket."""
        out = url.kind == "udpout"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("" if out else url.host, url.local_port if out else url.port))
        self.socket.setblocking(False)
        self._named: Address | None = (url.host, url.port) if out else None
        self._heard: dict[Address, float] = {}
        self._parsers: dict[Address, Any] = {}

    def sockets(self) -> list[socket.socket]:
        """Return what to wait for."""
        return [self.socket]

    def receive(self, now_s: float) -> list[Any] | None:
        """Return the messages of one datagram, None if there is none."""
        try:
            content, sender = self.socket.recvfrom(DATAGRAM_BYTES)
        except OSError as error:
            if error.errno not in GONE:
                raise
            return None
        if sender not in self._heard and len(self._heard) >= MOST_PEERS:
            oldest = min(self._heard, key=lambda peer: self._heard[peer])
            del self._heard[oldest], self._parsers[oldest]
        self._heard[sender] = now_s
        return messages_in(self._parsers.setdefault(sender, _parser()), content)

    def send(self, content: bytes, now_s: float) -> None:
        """Send to everybody who speaks, and to the place that was named."""
        peers = {peer for peer, at in self._heard.items() if now_s - at < FORGET_AFTER_S}
        if self._named is not None:
            peers.add(self._named)
        for peer in peers:
            try:
                self.socket.sendto(content, peer)
            except OSError as error:
                if error.errno not in GONE:
                    raise

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


class TcpLink:
    """A listening TCP socket and its clients."""

    def __init__(self, url: Url) -> None:
        """Open the socket."""
        self._server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.bind((url.host, url.port))
        self._server.listen(4)
        self._server.setblocking(False)
        self._clients: dict[socket.socket, tuple[Any, bytearray]] = {}

    def sockets(self) -> list[socket.socket]:
        """Return what to wait for."""
        return [self._server, *self._clients]

    def receive(self, now_s: float) -> list[Any] | None:
        """Take a new client, and return the messages that have come, None if nothing has."""
        del now_s
        self._welcome()
        found: list[Any] | None = None
        for client, (parser, _) in list(self._clients.items()):
            try:
                content = client.recv(DATAGRAM_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                content = b""
            if content:
                found = [*(found or []), *messages_in(parser, content)]
            else:
                self._leave(client)
        return found

    def send(self, content: bytes, now_s: float) -> None:
        """Send to all clients; one that takes nothing for long is let go."""
        del now_s
        for client, (_, unsent) in list(self._clients.items()):
            unsent += content
            try:
                del unsent[: client.send(unsent)]
            except BlockingIOError:
                pass
            except OSError:
                self._leave(client)
                continue
            if len(unsent) > MOST_UNSENT_BYTES:
                self._leave(client)

    def close(self) -> None:
        """Close all sockets."""
        for client in list(self._clients):
            self._leave(client)
        self._server.close()

    def _welcome(self) -> None:
        try:
            client, _ = self._server.accept()
        except OSError:  # nobody, or somebody who has gone again
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients[client] = (_parser(), bytearray())

    def _leave(self, client: socket.socket) -> None:
        self._clients.pop(client, None)
        client.close()


OPEN: dict[str, type[UdpLink] | type[TcpLink]] = {
    "udpout": UdpLink,
    "udpin": UdpLink,
    "tcpin": TcpLink,
}


@contextmanager
def opened(url: Url) -> Iterator[UdpLink | TcpLink]:
    """Open a link, and close it in the end.

    Raises:
        LinkError: its address cannot be used, as when somebody else has it.
    """
    try:
        link = OPEN[url.kind](url)
    except OSError as error:
        raise LinkError(f"{text_of(url)} cannot be opened: {error.strerror or error}") from error
    try:
        yield link
    finally:
        link.close()


def text_of(url: Url) -> str:
    """Return a link's name."""
    local = f"@{url.local_port}" if url.local_port else ""
    return f"{url.kind}:{url.host}:{url.port}{local}"
