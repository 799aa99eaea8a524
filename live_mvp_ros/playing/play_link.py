# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulation's process as the process with the window sees it: it starts, talks, and ends."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

from live_mvp_ros.base.child_processes import end_in_words, start_without_interrupts
from live_mvp_ros.playing.play_messages import Doing, Failed, Frame, Opening, Order
from live_mvp_ros.playing.play_process import Wanted, serve

END_LIMIT_S = 2.0
Message = Doing | Failed | Opening | Frame


class PlayLink:
    """One simulation; it ignores Ctrl-C, and ends when it is closed, or with this process."""

    def __init__(self, wanted: Wanted) -> None:
        """Start it."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(wanted, theirs), daemon=True)
        start_without_interrupts(self.process)
        theirs.close()

    def order(self, order: Order) -> None:
        """Tell it what is wished; one that has ended is told nothing."""
        try:
            self._connection.send(order)
        except OSError:
            return

    def messages(self) -> Iterator[Message]:
        """Yield what it has said since the last call; a ``Failed`` when it has ended.

        An end that it did not announce is told by its exit code.
        """
        try:
            while self._connection.poll():
                yield self._connection.recv()
        except (EOFError, OSError):
            self.process.join(END_LIMIT_S)
            yield Failed(
                f"the simulation has ended {end_in_words(self.process.exitcode)}",
                used_wrongly=False,
            )

    def close(self) -> None:
        """End it."""
        self._connection.close()
        self.process.join(END_LIMIT_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
