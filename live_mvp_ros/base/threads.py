# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Threads that do not die in silence: what ends one with an error is kept for whoever looks."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable
from types import TracebackType


class KeepingThread(threading.Thread):
    """A thread that keeps the error that has ended it, instead of writing it to the terminal.

    Attributes:
        error: what has ended the thread; None while it runs and after a good end. Written by the
            thread, once, before it tells ``on_error``.
    """

    def __init__(
        self,
        work: Callable[[], None],
        name: str,
        on_error: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        """Prepare; it ends with the process. ``on_error`` is called on it."""
        super().__init__(name=name, daemon=True)
        self._work, self._on_error = work, on_error
        self.error: BaseException | None = None

    def run(self) -> None:
        """Work."""
        with contextlib.ExitStack() as stack:
            stack.push(self._keep)
            self._work()

    def check(self) -> None:
        """Raise the error that has ended the thread, if one has."""
        if self.error is not None:
            raise self.error

    def _keep(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Take how the work has ended, as the end of a ``with``; an error goes no further."""
        if error is None:
            return False
        self.error = error
        self._on_error(error)
        return True


def traceback_of(error: BaseException) -> str:
    """Return an error with the calls that led to it."""
    return "".join(traceback.format_exception(error))
