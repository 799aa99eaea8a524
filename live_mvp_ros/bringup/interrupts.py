# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Signals that ask a flight to end: the first one is a wish, the second one an order."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from live_mvp_ros.bringup.errors import FAILED


class Interrupts:
    """Counts SIGINT, SIGTERM and SIGHUP; the second one calls ``emergency`` and leaves.

    The first one calls ``at_once``, for what cannot wait until the main thread asks. It is
    acknowledged by another thread, since the main one may be inside of an import for long.
    """

    def __init__(self, acknowledge: Callable[[], None] = lambda: None) -> None:
        """Take the signals over; must be called in the main thread.

        ``acknowledge`` is called once, on a thread of its own, as soon as the wish is there.
        """
        self.at_once: Callable[[], None] = lambda: None
        self.emergency: Callable[[], None] = lambda: None
        self._asked = threading.Event()
        self._woken = threading.Event()
        self._acknowledge = acknowledge
        threading.Thread(target=self._speak, name="interrupts", daemon=True).start()
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }

    @property
    def asked(self) -> bool:
        """Whether somebody wants the end."""
        return self._asked.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the wish to end; return whether it came."""
        return self._asked.wait(timeout_s)

    def restore(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._woken.set()

    def _speak(self) -> None:
        self._woken.wait()
        if self.asked:
            self._acknowledge()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            self.emergency()
            os._exit(FAILED)
        self._asked.set()
        self._woken.set()
        self.at_once()
