# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where MAVLink bytes come from and go to: udpin, udpout, tcp and serial.

Nothing here knows messages. A write never waits: what the system's buffer does not take is lost,
as a message is on any other link.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
from typing import Any, Protocol

from live_mvp_ros.base.pip_packages import remedy

READ_BYTES = 65536
CONNECT_S = 2.0
SCHEMES = ("udpin", "udpout", "tcp", "serial")
_GONE = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)

Address = tuple[str, int] | None


class UrlError(ValueError):
    """A URL is not usable; the text is one sentence."""


class Endpoint(Protocol):
    """An open connection; read by one thread and written by another."""

    def read(self, timeout_s: float) -> tuple[bytes, Address]:
        """Return bytes and who sent them; none after the time-out.

        Raises:
            OSError: the connection is gone.
        """
        ...

    def write(self, data: bytes, address: Address) -> None:
        """Write bytes to somebody who has been heard.

        Raises:
            OSError: the connection is gone.
        """
        ...

    def close(self) -> None:
        """Close it; who reads meanwhile gets OSError or nothing."""
        ...


def check_url(url: str) -> tuple[str, str, int]:
    """Return scheme, host or device, and port or baud rate.

    Raises:
        UrlError: it is none of ours.
    """
    scheme, _, rest = url.partition(":")
    place, _, number = rest.rpartition(":")
    what = "a baud rate" if scheme == "serial" else "a port"
    if scheme not in SCHEMES or not place or not (number.isascii() and number.isdigit()):
        raise UrlError(
            f"url = {url!r} is not allowed: it must be udpin:HOST:PORT, udpout:HOST:PORT, "
            f"tcp:HOST:PORT or serial:DEVICE:BAUD{_hint(url)}"
        )
    highest = 10_000_000 if scheme == "serial" else 65535
    if not 1 <= int(number) <= highest:
        raise UrlError(f"url = {url!r} is not allowed: {number} is not {what}")
    return scheme, place, int(number)


def _hint(url: str) -> str:
    """Return what may be meant by what others call a URL, empty where nobody knows."""
    scheme, _, rest = url.partition(":")
    host, _, port = rest.strip("/").rpartition(":")
    if scheme == "udp" and port.isdigit():
        here = host or "0.0.0.0"
        return f"; to listen say udpin:{here}:{port}, to speak first udpout:{here}:{port}"
    if scheme in SCHEMES[:3] and not host and port.isdigit():
        return f"; on every address it is {scheme}:0.0.0.0:{port}" if scheme == "udpin" else ""
    if url.startswith("/dev/"):
        return f"; a device is serial:{url}:57600 or what its baud rate is"
    if scheme == "serial" and rest.startswith("/dev/"):
        return f"; with its baud rate it is {url.rstrip(':')}:57600 or the like"
    return ""


def open_endpoint(url: str) -> Endpoint:
    """Open a connection.

    Raises:
        UrlError: the URL is none of ours.
        OSError: it cannot be opened now.
    """
    scheme, place, number = check_url(url)
    if scheme == "serial":
        return _Serial(place, number)
    if scheme == "tcp":
        return _Tcp(place, number)
    return _Udp(place, number, listens=scheme == "udpin")


class _Udp:
    """Listens on a port and answers whom it hears, or speaks to a port first."""

    def __init__(self, host: str, port: int, *, listens: bool) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._to: Address = None if listens else (host, port)
        try:
            if listens:
                self._socket.bind((host, port))
            self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def read(self, timeout_s: float) -> tuple[bytes, Address]:
        if not _readable(self._socket, timeout_s):
            return b"", None
        try:
            data, address = self._socket.recvfrom(READ_BYTES)
        except (BlockingIOError, ConnectionRefusedError):
            return b"", None  # nobody is there yet
        return data, address

    def write(self, data: bytes, address: Address) -> None:
        to = address or self._to
        if to is None:
            return  # nobody was heard yet
        try:
            self._socket.sendto(data, to)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno not in _GONE:
                raise

    def close(self) -> None:
        self._socket.close()


class _Tcp:
    """Connects to a server."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=CONNECT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)

    def read(self, timeout_s: float) -> tuple[bytes, Address]:
        if not _readable(self._socket, timeout_s):
            return b"", None
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return b"", None
        if not data:
            raise ConnectionResetError("the other side has closed the connection")
        return data, None

    def write(self, data: bytes, address: Address) -> None:
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            return
        if sent < len(data):  # half a message would garble the next
            raise ConnectionAbortedError("the connection does not keep up")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class _Serial:
    """A serial line, through pyserial."""

    def __init__(self, device: str, baud: int) -> None:
        try:
            import serial
        except ModuleNotFoundError:
            raise UrlError(
                f"a serial line needs pyserial, which is not installed here: {remedy(['serial'])}"
            ) from None
        self._port: Any = serial.Serial(device, baud, timeout=0.0, write_timeout=0.0)
        self._lost: type[Exception] = serial.SerialTimeoutException

    def read(self, timeout_s: float) -> tuple[bytes, Address]:
        if not _readable(self._port, timeout_s):
            return b"", None
        return bytes(self._port.read(READ_BYTES)), None

    def write(self, data: bytes, address: Address) -> None:
        with contextlib.suppress(self._lost):
            self._port.write(data)

    def close(self) -> None:
        self._port.close()


def _readable(source: Any, timeout_s: float) -> bool:
    try:
        return bool(select.select([source], [], [], timeout_s)[0])
    except ValueError:  # closed meanwhile
        raise ConnectionAbortedError("the connection was closed") from None
