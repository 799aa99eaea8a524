# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM of a node's process, from its first moment on.

Imports the standard library only: a node's own imports take seconds, and a signal that comes
meanwhile would be a traceback, or be lost.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Protocol

EXIT_OK = 0
_RELIEVED = b"\0"  # no signal has this number


class Ending(Protocol):
    """What a signal ends."""

    def end(self) -> None:
        """Be told to end, by any thread."""


class Signals:
    """SIGINT and SIGTERM end the node between two callbacks, never inside of one.

    A handler of rclpy's own would invalidate the context while the worker publishes or the node is
    being built, which crashes in native code. A Python handler has to wait until native code gives
    control back, which may be a long compilation. So the number of a signal is written to a pipe,
    and a thread reads it. Before the node spins there is nothing to clean up: the process ends.
    A second object relieves the first one.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        """Take the signals over; must be called from the main thread."""
        self._lock = threading.Lock()
        self._node: Ending | None = None
        self._pipe, into = os.pipe()
        os.set_blocking(into, False)
        for number in self.NUMBERS:
            signal.signal(number, lambda *_: None)
        before = signal.set_wakeup_fd(into)
        if before >= 0:
            os.write(before, _RELIEVED)
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def hand_to(self, node: Ending) -> None:
        """From now on a signal ends ``node``."""
        with self._lock:
            self._node = node

    def _wait(self) -> None:
        while os.read(self._pipe, 1) != _RELIEVED:
            with self._lock:
                if self._node is None:
                    os._exit(EXIT_OK)
                self._node.end()
