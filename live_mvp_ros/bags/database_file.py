# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading the SQLite databases of ``ros2 bag record``, without changing a byte of them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from live_mvp_ros.bags.bag_types import Message, Topic
from live_mvp_ros.bags.contents import (
    END_OF_TIME_NS,
    Contents,
    Damage,
    Source,
    merged_topics,
    note_of,
    unpacked,
    why_left_out,
)
from live_mvp_ros.bags.metadata import parse_qos

MAGIC = b"SQLite format 3\0"
LOGS = ("-wal", "-journal")
"""Endings of files beside a database in which a killed recorder may have left messages."""
_GOOD = (
    "typeof(timestamp) = 'integer' AND timestamp >= 0"
    f" AND timestamp < {END_OF_TIME_NS} AND typeof(data) = 'blob'"
)


class DatabaseFile:
    """One database, see ``StorageFile``.

    Attributes:
        bad: how many of its messages have no topic, or a time or bytes that are none.
    """

    storage = "sqlite3"

    def __init__(
        self, path: Path, shown: Path, packed_messages: bool = False, logged: bool = False
    ) -> None:
        """Open a file and find out what it holds.

        Args:
            path: of the file.
            shown: what it is called in sentences.
            packed_messages: metadata.yaml says that each message is compressed.
            logged: it is a copy, with logs beside it, which may be worked into it.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        self.path, self._file, self._packed, self._logged = shown, path, packed_messages, logged
        with contextlib.closing(self._connect()) as base:
            self._topics, notes = _described(base)
            counts: Counter[str] = Counter()
            self.bad = 0
            times = []
            query = (
                f"SELECT topic_id, {_GOOD}, COUNT(*), MIN(timestamp), MAX(timestamp)"
                " FROM messages GROUP BY 1, 2"
            )
            for number, good, count, first, last in base.execute(query):
                if not good or number not in self._topics:
                    self.bad += count if not good or number not in notes else 0
                    continue
                counts[self._topics[number].name] += count
                times += [first, last]
        self.contents = Contents(
            topics=merged_topics({topic.name: topic} for topic in self._topics.values()),
            counts={topic.name: counts[topic.name] for topic in self._topics.values()},
            start_ns=min(times, default=0),
            end_ns=max(times, default=0),
            closed=True,
            notes=tuple(notes.values()),
        )

    def first_bytes(self) -> bytes:
        """Return the first message as it is stored."""
        with contextlib.closing(self._connect()) as base:
            query = f"SELECT data FROM messages WHERE {_GOOD} LIMIT 1"
            return next((bytes(data) for (data,) in base.execute(query)), b"")

    def sources(
        self, topics: frozenset[str], start_ns: int, end_ns: int, damage: Damage
    ) -> Iterable[Source]:
        """Return the messages of some topics from start to before end."""
        if self.bad:
            why = f"of {self.path.name} without a topic, or whose time or bytes are none"
            damage.add("message", why, self.bad)
        wanted = [number for number, topic in self._topics.items() if topic.name in topics]
        contents = self.contents
        if wanted and contents.start_ns < end_ns and contents.end_ns >= start_ns:
            opener = self._opener(wanted, (start_ns, end_ns), damage)
            yield Source(max(contents.start_ns, start_ns), opener)

    def _opener(
        self, wanted: list[int], span: tuple[int, int], damage: Damage
    ) -> Callable[[], Iterator[Message]]:
        return lambda: self._messages(wanted, span, damage)

    def _messages(
        self, wanted: list[int], span: tuple[int, int], damage: Damage
    ) -> Iterator[Message]:
        marks = ", ".join("?" * len(wanted))
        query = (
            f"SELECT topic_id, timestamp, data FROM messages WHERE topic_id IN ({marks})"
            f" AND {_GOOD} AND timestamp >= ? AND timestamp < ? ORDER BY timestamp, id"
        )
        with contextlib.closing(self._connect()) as base:
            try:
                for number, time_ns, packed in base.execute(query, (*wanted, *span)):
                    data = unpacked(packed, self._packed, damage)
                    if data is not None:
                        yield Message(self._topics[number].name, time_ns, data)
            except (sqlite3.Error, ValueError) as error:
                damage.other(f"{self.path.name} cannot be read further ({error})")

    def _connect(self) -> sqlite3.Connection:
        """Return a connection that writes nothing, except into a copy with its logs."""
        mode = "mode=rw" if self._logged else "mode=ro&immutable=1"
        address = f"{self._file.absolute().as_uri()}?{mode}"
        base = sqlite3.connect(address, uri=True, check_same_thread=False)
        base.text_factory = lambda text: text.decode(errors="replace")
        return base


def _described(base: sqlite3.Connection) -> tuple[dict[int, Topic], dict[int, str]]:
    """Return the topics that are understood, and sentences about the others, by number.

    Raises:
        sqlite3.Error: the database is none of a bag.
    """
    names = {name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if not {"topics", "messages"} <= names:
        raise sqlite3.DatabaseError("it has no tables of topics and messages")
    columns = [column[1] for column in base.execute("PRAGMA table_info(topics)")]
    definitions = _definitions(base) if "message_definitions" in names else {}
    topics: dict[int, Topic] = {}
    notes: dict[int, str] = {}
    types: dict[str, str] = {}
    for values in base.execute("SELECT * FROM topics ORDER BY id"):
        row = dict(zip(columns, values, strict=True))
        number, name, kind = row.get("id"), row.get("name"), row.get("type")
        if not isinstance(number, int):
            continue
        encoding, text = definitions.get(str(kind), ("", ""))
        if not isinstance(name, str) or not isinstance(kind, str):
            why = "its name or type is no text"
        elif types.setdefault(name, kind) != kind:
            why = f"it has also the type {types[name]}, which is taken"
        else:
            why = why_left_out(str(row.get("serialization_format")), encoding)
        if why:
            notes[number] = note_of(str(name), None, why)
            continue
        topics[number] = Topic(
            str(name),
            str(kind),
            text if encoding == "ros2msg" else "",
            str(row.get("type_description_hash") or ""),
            parse_qos(row.get("offered_qos_profiles")),
        )
    return topics, notes


def _definitions(base: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Return encoding and text of the descriptions of types."""
    query = "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
    return {
        str(kind): (str(encoding or ""), str(text or ""))
        for kind, encoding, text in base.execute(query)
    }
