# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Members of a batch side by side: compiled programs of several run on several cores.

Threads: those of a crew call programs, and nothing else; whoever owns it waits for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import jax

Item = TypeVar("Item")
Done = TypeVar("Done")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


class Crew:
    """Threads that call one program for many members.

    Attributes:
        threads: how many there are.
    """

    def __init__(self, count: int) -> None:
        """Have at most ``count`` threads, and no more than cores."""
        self.threads = min(count, cores())
        self._pool: ThreadPoolExecutor | None = None
        self._known: set[str] = set()

    def each(
        self, name: str, function: Callable[[Item], Done], items: Sequence[Item]
    ) -> list[Done]:
        """Return what a function makes of each item, in their order.

        The first call of a name is for compiling, on the caller's thread alone.

        Args:
            name: of the programs that the function calls.
            function: of an item; what it returns is computed when this returns.
            items: of the members.
        """
        if self.threads == 1 or len(items) == 1 or name not in self._known:
            self._known.add(name)
            return [function(item) for item in items]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads, "member")
        return list(self._pool.map(lambda item: jax.block_until_ready(function(item)), items))

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
