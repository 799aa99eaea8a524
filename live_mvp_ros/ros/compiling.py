# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What JAX compiles in this process, in words for somebody who waits for it.

Programs are compiled once for a machine and then loaded from a cache; until then a node gives
nothing and, where it compiles before it spins, says nothing. JAX reports each step of a
compilation to listeners, on the thread that compiles.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import jax.monitoring

from live_mvp_ros.base.kept_programs import FOUND
from live_mvp_ros.base.plurals import counted

LOWERED = "/jax/core/compile/jaxpr_to_mlir_module_duration"
COMPILED = "/jax/core/compile/backend_compile_duration"
LOADED = "/jax/compilation_cache/cache_hits"
LONG_S = 1.0
RECENT_S = 2.0
GARBAGE_S = 0.2
"""What takes so long to compile or to load leaves memory that is worth giving back."""


class Compiling:
    """Counts the programs that are compiled, not loaded, until ``close``; for any thread."""

    def __init__(self, began: Callable[[], None] = lambda: None) -> None:
        """Listen; ``began`` is called on the thread that begins to compile a program."""
        self._began = began
        self._lock = threading.Lock()
        self._since: dict[int, float] = {}
        self._loaded: set[int] = set()
        self._count, self._last = 0, float("-inf")
        self._spent_s = 0.0
        jax.monitoring.register_event_duration_secs_listener(self._lasted)
        jax.monitoring.register_event_listener(self._happened)

    def close(self) -> None:
        """Stop listening; safe to call again."""
        self._began = lambda: None
        try:
            jax.monitoring.unregister_event_duration_listener(self._lasted)
            jax.monitoring.unregister_event_listener(self._happened)
        except (ValueError, AssertionError):  # it has been closed already
            return

    def sentence(self) -> str:
        """Return what is being compiled now, empty for nothing worth a word."""
        now = time.monotonic()
        with self._lock:
            longest_s = max((now - since for since in self._since.values()), default=0.0)
            recent = bool(self._count) and now - self._last < RECENT_S
            if longest_s < LONG_S and not recent:
                return ""
            done = f"{counted(self._count, 'program')} done"
            return f"compiling for this machine, once: {done}" + (
                f", the next takes {longest_s:.0f} s so far" if longest_s >= LONG_S else ""
            )

    def leaves_garbage(self) -> bool:
        """Return, once, that large programs were compiled or loaded, and none is just now."""
        with self._lock:
            garbage = self._spent_s >= GARBAGE_S and not self._since
            if garbage:
                self._spent_s = 0.0
            return garbage

    def _lasted(self, event: str, duration_secs: float, **_: Any) -> None:
        thread = threading.get_ident()
        if event == LOWERED:
            with self._lock:
                self._since[thread] = time.monotonic()
            self._began()
        elif event == COMPILED:
            with self._lock:
                self._since.pop(thread, None)
                self._spent_s += duration_secs
                if thread not in self._loaded:
                    self._count, self._last = self._count + 1, time.monotonic()
                self._loaded.discard(thread)

    def _happened(self, event: str, **_: Any) -> None:
        thread = threading.get_ident()
        if event == LOADED:
            with self._lock:
                self._loaded.add(thread)
        elif event == FOUND:
            with self._lock:
                self._since.pop(thread, None)
