# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading bags of rosbag2, complete or not: whole ones through ``rosbags``, the rest by a scan.

A bag whose writer was killed has no metadata.yaml, its last file has no index, and its last
chunk may be cut off: such files are read from their beginning up to the first damage.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import zstandard
from mcap.exceptions import McapError
from mcap.records import Channel, Schema
from mcap.records import Message as McapMessage
from mcap.stream_reader import StreamReader
from rosbags.interfaces import ConnectionExtRosbag2
from rosbags.rosbag2 import Reader, ReaderError

from live_mvp_ros.bags.metadata import FILE_NAME, parse_qos
from live_mvp_ros.bags.types import BagError, Message, OfferedQos, Topic

LOST_KEY = "lost"
_DAMAGE = (
    McapError, struct.error, zstandard.ZstdError, ValueError, OverflowError, KeyError
)  # fmt: skip
_UNREADABLE = (ReaderError, OSError, ValueError, AssertionError, struct.error, EOFError)


@dataclasses.dataclass(frozen=True)
class Bag:
    """What is known of a bag without its messages.

    Attributes:
        path: folder, or one file.
        files: of the storage.
        storage: ``mcap`` or ``sqlite3``.
        complete: it was closed properly and can be read by anyone.
        topics: by name.
        counts: of messages, by topic.
        start_ns: time of the first message; 0 in an empty bag.
        end_ns: time of the last one.
        lost: messages that were sent and did not come, by topic, as far as the recorder knew.
    """

    path: Path
    files: tuple[Path, ...]
    storage: str
    complete: bool
    topics: Mapping[str, Topic]
    counts: Mapping[str, int]
    start_ns: int
    end_ns: int
    lost: Mapping[str, int]

    @property
    def duration_s(self) -> float:
        """Return the time between the first and the last message."""
        return 1e-9 * (self.end_ns - self.start_ns)

    def messages(
        self, topics: frozenset[str] | None = None, start_ns: int = 0, end_ns: int = 2**63 - 1
    ) -> Iterator[Message]:
        """Yield the messages of some topics (default: all) received from start to before end.

        Raises:
            BagError: a file that seemed whole turns out to be damaged.
        """
        wanted = frozenset(self.topics) if topics is None else topics & frozenset(self.topics)
        if not wanted:
            return
        if not self.complete:
            yield from self._scanned(wanted, start_ns, end_ns)
            return
        try:
            with Reader(self.path) as reader:
                connections = [c for c in reader.connections if c.topic in wanted]
                for connection, time_ns, data in reader.messages(connections, start_ns, end_ns):
                    yield Message(connection.topic, time_ns, bytes(data))
        except _UNREADABLE as error:
            raise BagError(f"the bag {self.path} is damaged: {_words(error)}") from error

    def _scanned(self, wanted: frozenset[str], start_ns: int, end_ns: int) -> Iterator[Message]:
        for file in self.files:
            for topic, message in scan(file):
                inside = start_ns <= message.log_time < end_ns
                if inside and topic.name in wanted:
                    yield Message(topic.name, message.log_time, message.data)


def open_bag(path: Path) -> Bag:
    """Return what is known of a bag.

    Raises:
        BagError: there is none, nothing in it can be read, or it holds no message.
    """
    if not path.exists():
        raise BagError(f"there is no bag at {path}")
    files = storage_files(path)
    if not files:
        raise BagError(_no_files(path))
    bag = _whole(path, files)
    if bag is None:
        bag = _recovered(path, files)
    if not sum(bag.counts.values()):
        raise BagError(f"the bag {path} is empty: it holds no message")
    return bag


def _no_files(path: Path) -> str:
    if (path / FILE_NAME).is_file():
        return f"the bag {path} has lost its messages: beside {FILE_NAME} is no .mcap or .db3 file"
    if (path / "bag").is_dir():
        return f"{path} is no bag: name the bag inside of it, {path / 'bag'}"
    return f"{path} is no bag: it has neither {FILE_NAME} nor files that end in .mcap or .db3"


def storage_files(path: Path) -> tuple[Path, ...]:
    """Return the storage files of a bag in the order of their numbers."""
    if path.is_file():
        return (path,)
    found = [*path.glob("*.mcap"), *path.glob("*.db3"), *path.glob("*.zstd")]
    return tuple(sorted(found, key=lambda file: (_number(file), file.name)))


def scan(file: Path) -> Iterator[tuple[Topic, McapMessage]]:
    """Yield the messages of an MCAP file in order, up to its end or the first damage."""
    schemas: dict[int, Schema] = {}
    topics: dict[int, Topic] = {}
    with file.open("rb") as stream, contextlib.suppress(*_DAMAGE):
        for record in StreamReader(stream, validate_crcs=True).records:
            if isinstance(record, Schema):
                schemas[record.id] = record
            elif isinstance(record, Channel):
                topics[record.id] = _topic_of(record, schemas[record.schema_id])
            elif isinstance(record, McapMessage):
                yield topics[record.channel_id], record


def _topic_of(channel: Channel, schema: Schema) -> Topic:
    return Topic(
        channel.topic,
        schema.name,
        schema.data.decode() if schema.encoding == "ros2msg" else "",
        channel.metadata.get("topic_type_hash", ""),
        parse_qos(channel.metadata.get("offered_qos_profiles", "")),
    )


def _whole(path: Path, files: tuple[Path, ...]) -> Bag | None:
    """Return a bag as ``rosbags`` reads it, or None where it cannot."""
    if path.is_dir() and not (path / FILE_NAME).exists():
        if files[0].suffix != ".db3" or len(files) > 1:
            return None
        path = files[0]  # a database holds what metadata.yaml says
    try:
        with Reader(path) as reader:
            topics, counts = {}, dict[str, int]()
            for connection in reader.connections:
                topics[connection.topic] = _connected(connection)
                counts[connection.topic] = counts.get(connection.topic, 0) + connection.msgcount
            empty = not reader.message_count
            return Bag(
                path=path,
                files=files,
                storage="sqlite3" if files[0].name.split(".")[-1] == "db3" else "mcap",
                complete=True,
                topics=topics,
                counts=counts,
                start_ns=0 if empty else reader.start_time,
                end_ns=0 if empty else reader.end_time - 1,  # it says the time after the last
                lost=_lost(path),
            )
    except _UNREADABLE as error:
        if files[0].suffix == ".mcap":
            return None
        raise BagError(
            f"the bag {path} cannot be read: it is empty, cut off or of another format "
            f"({_words(error)})"
        ) from error


def _connected(connection: Any) -> Topic:
    extension = connection.ext
    profiles = extension.offered_qos_profiles if _is_ros2(extension) else ()
    qos = tuple(
        OfferedQos(
            depth=item.depth,
            reliable=item.reliability.name == "RELIABLE",
            latched=item.durability.name == "TRANSIENT_LOCAL",
            deadline_ns=_finite_ns(item.deadline),
        )
        for item in profiles
    )
    return Topic(
        connection.topic, connection.msgtype, connection.msgdef.data, connection.digest, qos
    )


def _is_ros2(extension: Any) -> bool:
    return isinstance(extension, ConnectionExtRosbag2)


def _finite_ns(time: Any) -> int | None:
    total_ns = time.sec * 1_000_000_000 + time.nsec
    return total_ns if time.sec + time.nsec > 0 and time.sec < 9_223_372_036 else None


def _lost(path: Path) -> dict[str, int]:
    """Return what our recorder wrote down about losses; nothing in bags of others."""
    import yaml

    try:
        values = yaml.safe_load((path / FILE_NAME).read_text(encoding="utf-8"))
        custom = values["rosbag2_bagfile_information"].get("custom_data") or {}
        return {str(name): int(count) for name, count in json.loads(custom[LOST_KEY]).items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError):
        return {}


def _recovered(path: Path, files: tuple[Path, ...]) -> Bag:
    """Return a bag that was not closed, as far as it can be read.

    Raises:
        BagError: nothing of it can.
    """
    topics: dict[str, Topic] = {}
    counts: dict[str, int] = {}
    times: list[int] = []
    for file in files:
        for topic, message in scan(file):
            topics[topic.name] = topic
            counts[topic.name] = counts.get(topic.name, 0) + 1
            times.append(message.log_time)
    if not times:
        raise BagError(f"the bag {path} cannot be read: it is empty, cut off or of another format")
    return Bag(path, files, "mcap", False, topics, counts, min(times), max(times), {})


def _number(file: Path) -> int:
    """Return the number before the suffix of a file such as ``flight_12.mcap``, else 0."""
    last = file.name.split(".")[0].rsplit("_", 1)[-1]
    return int(last) if last.isdecimal() else 0


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
