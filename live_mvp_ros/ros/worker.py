# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One thread that computes: the latest input wins, and what it replaces is counted as dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from live_mvp_ros.base.threads import KeepingThread

T = TypeVar("T")


class Worker(Generic[T]):
    """Run ``work(item)`` for the latest submitted item, one at a time, off the executor's thread.

    An exception in ``work`` ends the thread, is kept in ``error`` and reported once through
    ``on_error``; it is never lost.
    """

    def __init__(
        self, name: str, work: Callable[[T], None], on_error: Callable[[BaseException], None]
    ) -> None:
        """Start the thread; ``on_error`` is called on it."""
        self._work = work
        self._changed = threading.Condition()
        self._waiting: list[T] = []
        self._busy = False
        self._begun_s = 0.0
        self._stopping = False
        self.dropped = 0
        self._thread = KeepingThread(self._run, name, on_error)
        self._thread.start()

    @property
    def error(self) -> BaseException | None:
        """What has ended the thread; None while it works."""
        return self._thread.error

    @property
    def busy(self) -> bool:
        """Whether something is being computed or waits to be."""
        with self._changed:
            return self._busy or bool(self._waiting)

    @property
    def busy_s(self) -> float:
        """For how long [s] the current item has been computed, 0 while there is none."""
        with self._changed:
            return time.monotonic() - self._begun_s if self._busy else 0.0

    def submit(self, item: T) -> bool:
        """Give the worker its next input; returns False if that replaced one not yet begun."""
        with self._changed:
            replaced = bool(self._waiting)
            self.dropped += replaced
            self._waiting = [item]
            self._changed.notify_all()
        return not replaced

    def stop(self, timeout_s: float) -> bool:
        """End after the current item; returns whether that was in time."""
        with self._changed:
            self._stopping = True
            self._waiting = []
            self._changed.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._next()) is not None:
            self._work(item[0])

    def _next(self) -> list[T] | None:
        with self._changed:
            self._busy = False
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            if self._stopping:
                return None
            item, self._waiting = self._waiting, []
            self._busy, self._begun_s = True, time.monotonic()
            return item
