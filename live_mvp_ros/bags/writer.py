# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Writing bags: MCAP files that are complete up to half a second ago at any moment.

Messages are collected in chunks, and a chunk goes to the kernel when it is full or half a second
old. What has gone there survives the death of the process; what is on the disk after ``split`` and
``close`` also survives that of the machine. metadata.yaml is written last: without it, readers
know that the bag was not closed.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mcap.writer import CompressionType, Writer

from live_mvp_ros.bags.bag_types import BagError, Topic
from live_mvp_ros.bags.metadata import FILE_NAME, FileFacts, metadata_text, qos_text
from live_mvp_ros.base.results import write

CHUNK_BYTES = 512 * 1024
FLUSH_PERIOD_S = 0.5
COMPRESSIONS = {"none": CompressionType.NONE, "zstd": CompressionType.ZSTD}


@dataclasses.dataclass(frozen=True)
class Limits:
    """When the next file of a bag begins; 0 means never.

    Attributes:
        file_bytes: size of a file.
        file_s: time between the first message of a file and the first one of the next.
    """

    file_bytes: int = 0
    file_s: float = 0.0


class _File:
    """One MCAP file while it is written."""

    def __init__(self, path: Path, compression: CompressionType) -> None:
        self.path = path
        self.stream: IO[bytes] = path.open("xb")
        self.writer = Writer(self.stream, chunk_size=CHUNK_BYTES, compression=compression)
        self.writer.start(profile="ros2", library="live_mvp_ros")
        self.channels: dict[str, int] = {}
        self.schemas: dict[str, int] = {}
        self.count, self.start_ns, self.end_ns = 0, 0, 0

    def channel(self, topic: Topic) -> int:
        """Return the channel of a topic, registered when it is first used."""
        if topic.name not in self.channels:
            if topic.type not in self.schemas:
                self.schemas[topic.type] = self.writer.register_schema(
                    topic.type, "ros2msg" if topic.definition else "", topic.definition.encode()
                )
            self.channels[topic.name] = self.writer.register_channel(
                topic.name,
                "cdr",
                self.schemas[topic.type],
                {"offered_qos_profiles": qos_text(topic), "topic_type_hash": topic.digest},
            )
        return self.channels[topic.name]

    def facts(self) -> FileFacts:
        """Return what the file holds."""
        return FileFacts(self.path.name, self.count, self.start_ns, self.end_ns)


class BagWriter:
    """Writes one bag; every method must be called from one thread.

    Raises:
        BagError: the folder exists already or cannot be written; also of every method.
    """

    def __init__(
        self, folder: Path, compression: str = "none", limits: Limits | None = None
    ) -> None:
        """Create the folder and its first file.

        Args:
            folder: of the bag; must not exist.
            compression: ``none`` or ``zstd`` (of chunks, inside of the MCAP format).
            limits: when to begin another file.
        """
        self.folder = folder
        self._compression = COMPRESSIONS[compression]
        self._limits = limits or Limits()
        self._topics: dict[str, Topic] = {}
        self._counts: dict[str, int] = {}
        self._closed: list[FileFacts] = []
        self._flushed_at = time.monotonic()
        try:
            folder.mkdir(parents=True)
            self._file: _File | None = self._next_file()
        except FileExistsError as error:
            raise BagError(f"cannot write the bag {folder}: it exists already") from error
        except OSError as error:
            raise self._refusal(error) from error

    def add(self, topic: Topic) -> None:
        """Take a topic into the bag, in place of one of that name without messages."""
        if not self._counts.get(topic.name):
            self._topics[topic.name], self._counts[topic.name] = topic, 0

    def write(
        self, name: str, time_ns: int, data: bytes, sent_ns: int = 0, sequence: int = 0
    ) -> None:
        """Write a serialized message of a topic that was added.

        Args:
            name: of the topic.
            time_ns: when it was received.
            data: CDR, with its encapsulation header.
            sent_ns: when it was sent; 0 if that is not known.
            sequence: its number at the publisher; 0 if that is not known.
        """
        assert self._file is not None
        try:
            self._split_if_due(time_ns)
            file = self._file
            file.writer.add_message(
                file.channel(self._topics[name]), time_ns, data, sent_ns or time_ns, sequence
            )
        except OSError as error:
            raise self._refusal(error) from error
        file.start_ns = min(file.start_ns, time_ns) if file.count else time_ns
        file.end_ns = max(file.end_ns, time_ns)
        file.count += 1
        self._counts[name] += 1

    def flush(self) -> None:
        """Hand over what is half a second old; to be called several times in that time."""
        if self._file is None or time.monotonic() - self._flushed_at < FLUSH_PERIOD_S:
            return
        self._flushed_at = time.monotonic()
        try:
            self._file.writer.flush()
        except OSError as error:
            raise self._refusal(error) from error

    def close(self, custom: Mapping[str, str] | None = None) -> None:
        """Complete the bag; ``custom`` goes to metadata.yaml. Safe to call again."""
        if self._file is None:
            return
        try:
            self._finish_file()
            topics = {name: (topic, self._counts[name]) for name, topic in self._topics.items()}
            text = metadata_text(topics, self._closed, custom or {})
            write(self.folder / FILE_NAME, text.encode())
        except OSError as error:
            raise self._refusal(error) from error

    def _next_file(self) -> _File:
        name = f"{self.folder.name}_{len(self._closed)}.mcap"
        return _File(self.folder / name, self._compression)

    def _split_if_due(self, time_ns: int) -> None:
        file, limits = self._file, self._limits
        assert file is not None
        if not file.count:
            return
        full = limits.file_bytes and file.stream.tell() >= limits.file_bytes
        old = limits.file_s and time_ns - file.start_ns >= 1e9 * limits.file_s
        if full or old:
            self._finish_file()
            self._file = self._next_file()

    def _finish_file(self) -> None:
        file, self._file = self._file, None
        assert file is not None
        file.writer.finish()
        file.stream.flush()
        os.fsync(file.stream.fileno())
        file.stream.close()
        self._closed.append(file.facts())

    def _refusal(self, error: OSError) -> BagError:
        return BagError(f"cannot write the bag {self.folder}: {error.strerror or error}")


def free_folder(wanted: Path) -> Path:
    """Return ``wanted``, or with -2, -3, ... at its end, so that it does not exist."""
    candidates = (wanted, *(wanted.with_name(f"{wanted.name}-{n}") for n in range(2, 1000)))
    return next(folder for folder in candidates if not folder.exists())
