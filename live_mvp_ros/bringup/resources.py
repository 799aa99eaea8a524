# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Memory of the processes of a graph, sampled on a thread of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable

import psutil

PERIOD_S = 1.0
_MIB = 1024.0 * 1024.0


def resident_mib(pids: Iterable[int]) -> float:
    """Return the resident memory of some processes, pages shared among them counted in each."""
    total = 0
    for pid in pids:
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            total += psutil.Process(pid).memory_info().rss
    return total / _MIB


class MemoryWatch:
    """Keeps the largest sum of resident memory until ``stop``."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        """Start to watch the processes that ``pids`` names at each sample."""
        self.peak_mib = 0.0
        self._pids = pids
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; safe to call again."""
        self._stop.set()
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            self.peak_mib = max(self.peak_mib, resident_mib(self._pids()))
