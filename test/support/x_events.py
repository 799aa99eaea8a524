# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A screen in memory, and what a keyboard and a window manager send to windows on it."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

_PRESS, _RELEASE, _CLIENT = 2, 3, 33
_MASKS = {_PRESS: 1, _RELEASE: 2, _CLIENT: 0}


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """Yield the name of a screen in memory; skip the test where there is none to be had."""
    if shutil.which("Xvfb") is None:
        pytest.skip("needs a screen in memory: apt install xvfb")
    read, write = os.pipe()
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(write),
            "-screen",
            "0",
            "1600x900x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ],
        pass_fds=(write,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as said:
            number = said.readline().strip()
        if not number:
            pytest.skip("Xvfb is installed and does not start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


class _Any(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
    ]


class _Key(ctypes.Structure):
    _fields_ = [
        *_Any._fields_,
        ("root", ctypes.c_ulong),
        ("subwindow", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
        *[(name, ctypes.c_int) for name in ("x", "y", "x_root", "y_root")],
        ("state", ctypes.c_uint),
        ("keycode", ctypes.c_uint),
        ("same_screen", ctypes.c_int),
    ]


class _Client(ctypes.Structure):
    _fields_ = [
        *_Any._fields_,
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
    ]


class _Event(ctypes.Union):
    _fields_ = [("any", _Any), ("key", _Key), ("client", _Client), ("pad", ctypes.c_long * 24)]


class Sender:
    """Sends events to one window."""

    def __init__(self, screen_name: str, window: int) -> None:
        """Connect to a screen."""
        name = ctypes.util.find_library("X11")
        if name is None:
            pytest.skip("needs libX11")
        self._x, self._window = ctypes.CDLL(name), window
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XInternAtom.restype = ctypes.c_ulong
        self._x.XStringToKeysym.restype = ctypes.c_ulong
        self._x.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(screen_name.encode()))

    def key(self, name: str, down: bool) -> None:
        """Send that a key goes down or up."""
        event = _Event()
        event.key.type = _PRESS if down else _RELEASE
        symbol = self._x.XStringToKeysym(name.encode())
        event.key.keycode = self._x.XKeysymToKeycode(self._display, symbol)
        event.key.same_screen = 1
        self._send(event)

    def close(self) -> None:
        """Send what a window manager sends when its cross is clicked."""
        event = _Event()
        event.client.type, event.client.format = _CLIENT, 32
        event.client.message_type = self._atom("WM_PROTOCOLS")
        event.client.data[0] = self._atom("WM_DELETE_WINDOW")
        self._send(event)

    def _atom(self, name: str) -> int:
        return int(self._x.XInternAtom(self._display, name.encode(), 0))

    def _send(self, event: _Event) -> None:
        event.any.window, event.any.send_event = self._window, 1
        mask = _MASKS[event.any.type]
        window = ctypes.c_ulong(self._window)
        self._x.XSendEvent(self._display, window, 0, ctypes.c_long(mask), ctypes.byref(event))
        self._x.XFlush(self._display)
