# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What one file of a bag holds, which topics are understood, and what could not be read.

The readers of both storages decide here, and nowhere else, what is read, what is left out, and
what is damage.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import zstandard

from live_mvp_ros.bags.bag_types import Message, Topic
from live_mvp_ros.base.plurals import counted

END_OF_TIME_NS = 2**31 * 10**9
"""First time that builtin_interfaces/msg/Time cannot say: its seconds are int32."""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
LARGEST_MESSAGE = 1 << 30
_SCHEMAS = {"", "ros2msg", "ros2idl"}


@dataclasses.dataclass(frozen=True)
class Contents:
    """What a file holds, without its messages.

    Attributes:
        topics: that are understood, by name.
        counts: of their messages.
        start_ns: time of the first of these; 0 without any.
        end_ns: time of the last.
        closed: the file is whole, with all that its format puts at its end.
        notes: sentences about what of it is left out.
    """

    topics: Mapping[str, Topic]
    counts: Mapping[str, int]
    start_ns: int
    end_ns: int
    closed: bool
    notes: tuple[str, ...] = ()


class Damage:
    """Collects what could not be read of a bag, for one sentence at the end."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._counted: Counter[tuple[str, str]] = Counter()
        self._others: list[str] = []

    def add(self, what: str, why: str, count: int = 1) -> None:
        """Count things, such as messages, that were left out or taken although ``why``."""
        self._counted[what, why] += count

    def other(self, words: str) -> None:
        """Note anything else, once."""
        if words not in self._others:
            self._others.append(words)

    def sentence(self) -> str:
        """Return what was noted, empty for nothing."""
        counted = [
            f"{count} {what if count == 1 else what + 's'} {why}"
            for (what, why), count in self._counted.items()
        ]
        return "; ".join([*counted, *self._others])


class Source(NamedTuple):
    """Messages in order of time, which can be opened when their time comes."""

    start_ns: int
    open: Callable[[], Iterator[Message]]


class StorageFile(Protocol):
    """One file of a bag."""

    path: Path
    storage: str
    contents: Contents

    def first_bytes(self) -> bytes:
        """Return the first message as it is stored."""

    def sources(
        self, topics: frozenset[str], start_ns: int, end_ns: int, damage: Damage
    ) -> Iterable[Source]:
        """Return the messages of some topics from start to before end."""


def in_order(sources: Iterable[Source]) -> Iterator[Message]:
    """Yield the messages of all sources in the order of their times."""
    waiting = deque(sorted(sources, key=lambda source: source.start_ns))
    heap: list[tuple[int, int, Message, Iterator[Message]]] = []
    opened = 0
    while waiting or heap:
        while waiting and (not heap or waiting[0].start_ns <= heap[0][0]):
            messages = waiting.popleft().open()
            opened += 1
            for first in messages:
                heapq.heappush(heap, (first.time_ns, opened, first, messages))
                break
        if not heap:
            continue
        _, order, message, messages = heap[0]
        yield message
        for following in messages:
            heapq.heapreplace(heap, (following.time_ns, order, following, messages))
            break
        else:
            heapq.heappop(heap)


def why_left_out(encoding: str, schema_encoding: str) -> str:
    """Return why messages of an encoding are not understood, empty if they are."""
    if encoding != "cdr":
        return f"its messages are encoded as {encoding or 'nothing'}, not as cdr"
    if schema_encoding not in _SCHEMAS:
        return f"its type is described in {schema_encoding}, not as ros2msg or ros2idl"
    return ""


def note_of(topic: str, count: int | None, why: str) -> str:
    """Return the sentence about a topic that is left out."""
    number = "" if count is None else f" with {counted(count, 'message')}"
    return f"the topic {topic}{number} is left out: {why}"


def is_time(time_ns: object) -> bool:
    """Return whether ROS can say a time."""
    return isinstance(time_ns, int) and 0 <= time_ns < END_OF_TIME_NS


def unpacked(data: bytes, said: bool, damage: Damage) -> bytes | None:
    """Return a message that may be compressed by itself, None for one that is broken.

    Serialized messages begin with a zero, compressed ones never do: so their first bytes decide,
    and metadata that says (``said``) something else about them is noted.
    """
    if not data.startswith(ZSTD_MAGIC):
        if said:
            damage.add("message", "not compressed, as metadata.yaml says, and taken as they are")
        return data
    try:
        if zstandard.frame_content_size(data) <= LARGEST_MESSAGE:
            return zstandard.decompress(data, LARGEST_MESSAGE)
    except (zstandard.ZstdError, MemoryError):
        pass
    damage.add("message", "not to be decompressed")
    return None


def merged_topics(parts: Iterable[Mapping[str, Topic]]) -> dict[str, Topic]:
    """Return topics of several places by name, with what all their publishers offered."""
    topics: dict[str, Topic] = {}
    for part in parts:
        for name, topic in part.items():
            known = topics.setdefault(name, topic)
            more = tuple(qos for qos in topic.qos if qos not in known.qos)
            topics[name] = dataclasses.replace(known, qos=known.qos + more)
    return topics
