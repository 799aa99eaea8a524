# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Child processes by ``multiprocessing``: that ignore Ctrl-C, and whose end is told in words."""

from __future__ import annotations

import signal
import threading
from multiprocessing.process import BaseProcess


def start_without_interrupts(process: BaseProcess) -> None:
    """Start a process that ignores Ctrl-C from its first instruction on."""
    if threading.current_thread() is not threading.main_thread():
        process.start()  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)


def end_in_words(code: int | None) -> str:
    """Return how a process ended, by its exit code."""
    if code is None:
        return "its connection"
    return f"with signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
