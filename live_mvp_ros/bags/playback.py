# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is played when: the messages of a bag in order, with pause, step, seek, loop and any rate.

A ``Tape`` yields messages; a ``Pace`` says when each one is due. Neither publishes them.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator

from live_mvp_ros.bags.bag_types import BagDamagedError, BagError, Message
from live_mvp_ros.bags.reader import Bag

CLOCK = "/clock"
CLOCK_PERIOD_NS = 10_000_000


@dataclasses.dataclass(frozen=True)
class Selection:
    """What of a bag is played.

    Attributes:
        topics: fully qualified names.
        makes_clock: /clock is made from the times of the bag, because it is not among them.
    """

    topics: frozenset[str]
    makes_clock: bool


def select(bag: Bag, wanted: tuple[str, ...] | None) -> Selection:
    """Return what is played of a bag when some topics (None: all) are wanted.

    Raises:
        BagError: one of them is not in the bag, or there is no message of any.
    """
    there = ", ".join(sorted(bag.topics))
    for topic in wanted or ():
        if topic not in bag.topics:
            raise BagError(f"the bag {bag.path} has no topic {topic}: it has {there}")
    topics = frozenset(bag.topics if wanted is None else wanted)
    if not any(bag.counts[topic] for topic in topics):
        raise BagError(f"the bag {bag.path} holds no message of {', '.join(sorted(topics))}")
    return Selection(topics, makes_clock=CLOCK not in topics or not bag.counts[CLOCK])


class Tape:
    """The messages of a selection in order, from any time on."""

    def __init__(self, bag: Bag, selection: Selection) -> None:
        """Stand at the beginning."""
        self._bag, self._selection = bag, selection
        self._latched = frozenset(
            name for name in selection.topics if any(q.latched for q in bag.topics[name].qos)
        )
        self.seek(0.0)

    @property
    def duration_s(self) -> float:
        """Return the time from the first to the last message of the bag."""
        return self._bag.duration_s

    def seek(self, time_s: float) -> None:
        """Go to a time after the first message of the bag.

        What a late subscriber would be given there, the latest messages of latched topics, comes
        first, as if it were sent at that time.
        """
        self._start_ns = self._bag.start_ns + round(1e9 * max(0.0, time_s))
        self._messages = self._from_here()

    def __iter__(self) -> Iterator[Message]:
        """Yield the messages from where the tape stands."""
        return self._messages

    def _from_here(self) -> Iterator[Message]:
        yield from self._standing()
        next_ns = self._start_ns
        for message in self._bag.messages(self._selection.topics, self._start_ns):
            while self._selection.makes_clock and next_ns <= message.time_ns:
                yield Message(CLOCK, next_ns, clock_bytes(next_ns))
                next_ns += CLOCK_PERIOD_NS
            yield message

    def _standing(self) -> list[Message]:
        """Return the latest latched messages before here, all of tf_static."""
        if self._start_ns <= self._bag.start_ns:
            return []
        latest: dict[tuple[str, bytes], Message] = {}
        with contextlib.suppress(BagDamagedError):  # of what is not played
            for message in self._bag.messages(self._latched, 0, self._start_ns):
                many = message.topic.endswith("/tf_static")
                latest[(message.topic, message.data if many else b"")] = message
        return [message._replace(time_ns=self._start_ns) for message in latest.values()]


def clock_bytes(time_ns: int) -> bytes:
    """Return a serialized rosgraph_msgs/msg/Clock (CDR, little endian)."""
    sec, nanosec = divmod(time_ns, 1_000_000_000)
    return (
        b"\0\1\0\0"
        + sec.to_bytes(4, "little", signed=True)
        + nanosec.to_bytes(4, "little", signed=False)
    )


class Pace:
    """When messages are due: bag time runs at ``rate`` times wall time, unless it is paused."""

    def __init__(self, rate: float, paused: bool = False) -> None:
        """Run from the first message that is asked for."""
        self.rate, self.paused = rate, paused
        self._anchor: tuple[float, int] | None = None

    def rest(self) -> None:
        """Begin anew with the next message, after a pause or a jump."""
        self._anchor = None

    def delay_s(self, time_ns: int, wall_s: float) -> float:
        """Return how long to wait at a steady wall time until a message of ``time_ns`` is due."""
        if self._anchor is None:
            self._anchor = (wall_s, time_ns)
        wall_0, time_0 = self._anchor
        return wall_0 + 1e-9 * (time_ns - time_0) / self.rate - wall_s
