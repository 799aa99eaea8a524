# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bag that is written on a thread of its own, from a backlog of bounded size.

A slow disk delays nobody: what comes meanwhile waits in memory. What comes when
the limit is reached is lost, and counted. Threads: one that offers, and the writing one, which
alone touches the bag; the lock guards what lies between them.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import NamedTuple

from live_mvp_ros.bags.bag_types import BagError, Topic
from live_mvp_ros.bags.writer import BagWriter
from live_mvp_ros.base.threads import KeepingThread

OVERHEAD_BYTES = 500  # of a message in memory, besides its data
LONGEST_WAIT_S = 0.1  # so that the bag is flushed also while nothing comes


class Waiting(NamedTuple):
    """A serialized message that waits to be written, see BagWriter.write."""

    topic: str
    time_ns: int
    data: bytes
    sent_ns: int
    sequence: int

    @property
    def size_bytes(self) -> int:
        """Return what the message takes of memory."""
        return len(self.data) + OVERHEAD_BYTES


class Recording:
    """Writes a bag from a backlog of at most ``limit_bytes``; a larger message needs all of it."""

    def __init__(self, bag: BagWriter, limit_bytes: int) -> None:
        """Take the bag over and start to write."""
        self.folder = bag.folder
        self.dropped: Counter[str] = Counter()
        """Messages that found no place, by topic; of the thread that offers."""
        self._bag, self._limit_bytes = bag, limit_bytes
        self._changed = threading.Condition()
        self._backlog: deque[Topic | Waiting] = deque()
        self._bytes = 0
        self._custom: Mapping[str, str] | None = None
        self._error: BagError | None = None
        self._thread = KeepingThread(self._run, "bag", self._failed)
        self._thread.start()

    @property
    def error(self) -> BagError | None:
        """What has ended the recording before its time."""
        with self._changed:
            return self._error

    @property
    def waiting_bytes(self) -> int:
        """How much waits to be written."""
        with self._changed:
            return self._bytes

    def add(self, topic: Topic) -> None:
        """Take a topic into the bag."""
        with self._changed:
            self._backlog.append(topic)
            self._changed.notify()

    def offer(self, message: Waiting) -> bool:
        """Have a message written; False, and counted, if there is no place for it."""
        with self._changed:
            full = self._bytes and self._bytes + message.size_bytes > self._limit_bytes
            if full or self._error is not None:
                self.dropped[message.topic] += 1
                return False
            self._backlog.append(message)
            self._bytes += message.size_bytes
            self._changed.notify()
        return True

    def close(self, custom: Mapping[str, str]) -> None:
        """Write what waits and complete the bag, see BagWriter.close; nothing is offered then.

        Raises:
            BagError: the bag cannot be written.
        """
        with self._changed:
            self._custom = custom
            self._changed.notify()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while self._write_some():
            self._bag.flush()
        self._bag.close(self._custom)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, BagError):
            error = BagError(f"cannot write the bag {self.folder}: {error!r}")
        with self._changed:
            self._error = error
            self._backlog.clear()
            self._bytes = 0

    def _write_some(self) -> bool:
        """Write one thing that waits, if there is one; return whether more may come."""
        with self._changed:
            if not self._backlog and self._custom is None:
                self._changed.wait(LONGEST_WAIT_S)
            if not self._backlog:
                return self._custom is None
            item = self._backlog.popleft()
        if isinstance(item, Topic):
            self._bag.add(item)
            return True
        self._bag.write(item.topic, item.time_ns, item.data, item.sent_ns, item.sequence)
        with self._changed:  # until then it is in memory
            self._bytes -= item.size_bytes
        return True
