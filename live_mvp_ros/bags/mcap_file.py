# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading MCAP files, whole or not, so that no damaged byte hides what is good.

A file whose index is whole is not read through to be opened. Any other one, such as that of a
killed recorder, is read from its beginning up to the first record that does not fit. Chunks whose
checksum is wrong are left out. The format: https://mcap.dev/spec.
"""

from __future__ import annotations

import dataclasses
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mcap.opcode import Opcode
from mcap.records import Channel, ChunkIndex, Footer, Schema, Statistics

from live_mvp_ros.bags.bag_types import Message, Topic
from live_mvp_ros.bags.contents import (
    Contents,
    Damage,
    Source,
    is_time,
    merged_topics,
    note_of,
    unpacked,
    why_left_out,
)
from live_mvp_ros.bags.mcap_records import (
    HEAD,
    MAGIC,
    BrokenChunkError,
    chunk_content,
    framed,
    message_fields,
    parsed,
    raw_records,
    records,
)
from live_mvp_ros.bags.metadata import parse_qos

_FOOTER_BYTES = 29
_BLOCK_BYTES = 1 << 20  # of messages outside of chunks that are read at once


class _Block(NamedTuple):
    """Messages that lie together: a chunk, or some outside of chunks."""

    start_ns: int
    end_ns: int
    offset: int
    length: int
    channels: frozenset[int]
    """Of the messages; empty if that is not known."""
    chunked: bool


@dataclasses.dataclass
class _Index:
    """Where what is."""

    closed: bool
    channels: dict[int, Channel] = dataclasses.field(default_factory=dict)
    schemas: dict[int, Schema] = dataclasses.field(default_factory=dict)
    counts: Counter[int] = dataclasses.field(default_factory=Counter)
    blocks: list[_Block] = dataclasses.field(default_factory=list)
    broken_chunks: int = 0
    times: list[int] = dataclasses.field(default_factory=list)
    """First and last one of all messages, as the index has them."""
    spans: dict[int, tuple[int, int]] = dataclasses.field(default_factory=dict)
    """First and last time by channel, of a file that was read through."""
    ended_at: int | None = None
    """Where a file that was closed cannot be read further."""


class McapFile:
    """One MCAP file, see ``StorageFile``."""

    storage = "mcap"

    def __init__(self, path: Path, shown: Path, packed_messages: bool = False) -> None:
        """Open a file and find out what it holds.

        Args:
            path: of the file.
            shown: what it is called in sentences.
            packed_messages: metadata.yaml says that each message is compressed.

        Raises:
            OSError: it cannot be read.
        """
        self.path, self.plain, self._packed = shown, path, packed_messages
        with path.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            index = _indexed(stream, size) or _scanned(stream, size)
            self._topics, notes = _understood(index)
            times = _times(stream, index, frozenset(self._topics))
        self._index = index
        names: Counter[str] = Counter()
        for number, topic in self._topics.items():
            names[topic.name] += index.counts[number]
        self.contents = Contents(
            topics=merged_topics({topic.name: topic} for topic in self._topics.values()),
            counts=names,
            start_ns=min(times, default=0),
            end_ns=max(times, default=0),
            closed=index.closed,
            notes=notes,
        )

    @property
    def is_damaged(self) -> bool:
        """Return whether bytes inside of it, not only at its end, are known to be broken."""
        return self._index.broken_chunks > 0 or self._index.ended_at is not None

    def first_bytes(self) -> bytes:
        """Return the first message as it is stored."""
        for opcode, content in raw_records(self.plain):
            message = message_fields(content) if opcode == Opcode.MESSAGE else None
            if message is not None:
                return message[-1]
        return b""

    def sources(
        self, topics: frozenset[str], start_ns: int, end_ns: int, damage: Damage
    ) -> Iterable[Source]:
        """Return the messages of some topics from start to before end."""
        index = self._index
        if index.broken_chunks:
            damage.add("chunk", f"of {self.path.name} not to be read", index.broken_chunks)
        if index.ended_at is not None:
            damage.other(f"{self.path.name} cannot be read beyond byte {index.ended_at}")
        wanted = {number for number, topic in self._topics.items() if topic.name in topics}
        for block in index.blocks:
            concerned = not block.channels or block.channels & wanted
            if concerned and block.start_ns < end_ns and block.end_ns >= start_ns:
                yield Source(
                    block.start_ns, self._opener(block, wanted, (start_ns, end_ns), damage)
                )

    def _opener(
        self, block: _Block, wanted: set[int], span: tuple[int, int], damage: Damage
    ) -> Callable[[], Iterator[Message]]:
        def read() -> Iterator[Message]:
            found = list(self._messages(block, wanted, span, damage))
            return iter(sorted(found, key=lambda message: message.time_ns))

        return read

    def _messages(
        self, block: _Block, wanted: set[int], span: tuple[int, int], damage: Damage
    ) -> Iterator[Message]:
        with self.plain.open("rb") as stream:
            stream.seek(block.offset)
            content = stream.read(block.length)
        try:
            content = chunk_content(content[HEAD.size :]) if block.chunked else content
        except BrokenChunkError:
            damage.add("chunk", f"of {self.path.name} not to be read")
            return
        for opcode, record in records(content):
            message = message_fields(record) if opcode == Opcode.MESSAGE else None
            if message is None:
                continue
            number, _, time_ns, _, raw = message
            if number not in self._index.channels:
                damage.add("message", f"of {self.path.name} of no topic")
            elif number in wanted and not is_time(time_ns):
                damage.add("message", f"of {self.path.name} at a time that ROS cannot say")
            elif number in wanted and span[0] <= time_ns < span[1]:
                data = unpacked(raw, self._packed, damage)
                if data is not None:
                    yield Message(self._topics[number].name, time_ns, data)


def _indexed(stream: BinaryIO, size: int) -> _Index | None:
    """Return what the index at the end of a file says, None where it says too little."""
    closing = _closing(stream, size)
    if closing is None:
        return None
    index = _Index(closed=True)
    statistics: Statistics | None = None
    for opcode, content in records(closing):
        if opcode == Opcode.STATISTICS:
            statistics = parsed(Statistics.read, content)
        elif opcode == Opcode.CHUNK_INDEX and (chunk := parsed(ChunkIndex.read, content)):
            start, end = chunk.message_start_time, chunk.message_end_time
            ids = frozenset(chunk.message_index_offsets)
            block = _Block(start, end, chunk.chunk_start_offset, chunk.chunk_length, ids, True)
            index.blocks.append(block)
        else:
            _describe(index, opcode, content)
    if statistics is None or not _agree(index, statistics, size):
        return None
    index.counts.update(statistics.channel_message_counts)
    if statistics.message_count:
        index.times += [statistics.message_start_time, statistics.message_end_time]
    return index


def _closing(stream: BinaryIO, size: int) -> bytes | None:
    """Return the records behind the data of a closed file, None where they are not whole."""
    at = size - _FOOTER_BYTES - len(MAGIC)
    if at < len(MAGIC):
        return None
    stream.seek(at)
    tail = stream.read()
    footer = parsed(Footer.read, tail[HEAD.size :])
    is_footer = tail[: HEAD.size] == HEAD.pack(Opcode.FOOTER, 20) and tail.endswith(MAGIC)
    if footer is None or not is_footer or not len(MAGIC) <= footer.summary_start <= at:
        return None
    stream.seek(footer.summary_start)
    closing = stream.read(at - footer.summary_start)
    checksum = zlib.crc32(tail[: _FOOTER_BYTES - 4], zlib.crc32(closing))
    return closing if footer.summary_crc in (0, checksum) else None


def _agree(index: _Index, statistics: Statistics, size: int) -> bool:
    """Return whether an index is complete, and nothing in it contradicts the rest."""
    counts = statistics.channel_message_counts
    times = (statistics.message_start_time, statistics.message_end_time)
    return (
        sum(counts.values()) == statistics.message_count
        and (bool(index.blocks) or not statistics.message_count)
        and len(index.blocks) == statistics.chunk_count
        and len(index.channels) == statistics.channel_count
        and set(counts) <= set(index.channels)
        and all(c.schema_id in (0, *index.schemas) for c in index.channels.values())
        and is_time(times[0])
        and is_time(times[1])
        and times[0] <= times[1]
        and all(
            len(MAGIC) <= block.offset <= size - block.length
            and block.channels <= set(index.channels)
            for block in index.blocks
        )
    )


def _scanned(stream: BinaryIO, size: int) -> _Index:
    """Return what a file holds whose index cannot be used, from its beginning on."""
    stream.seek(max(0, size - len(MAGIC)))
    was_closed = stream.read() == MAGIC
    index, ended = _Index(closed=False), False
    at = 0
    for opcode, offset, content in framed(stream, size):
        at = offset + HEAD.size + len(content)
        if opcode == Opcode.DATA_END:
            ended = True
            break
        if opcode == Opcode.CHUNK:
            try:
                inside = chunk_content(content)
            except BrokenChunkError:
                index.broken_chunks += 1
                continue
            found = _take(index, records(inside))
            index.blocks += [_Block(*span, offset, at - offset, ids, True) for span, ids in found]
        else:
            for span, ids in _take(index, [(opcode, content)]):
                _add_loose(index.blocks, _Block(*span, offset, at - offset, ids, False))
    index.closed = was_closed and ended and not index.broken_chunks
    index.ended_at = at if was_closed and not ended and at else None
    return index


def _take(
    index: _Index, found: Iterable[tuple[int, bytes]]
) -> list[tuple[tuple[int, int], frozenset[int]]]:
    """Count records into an index; return times and channels of their messages, if any."""
    times, ids = [], set()
    for opcode, content in found:
        message = message_fields(content) if opcode == Opcode.MESSAGE else None
        if message is None:
            _describe(index, opcode, content)
            continue
        number, _, time_ns, _, _ = message
        ids.add(number)
        times.append(time_ns)
        if is_time(time_ns):
            index.counts[number] += 1
            first, last = index.spans.get(number, (time_ns, time_ns))
            index.spans[number] = min(first, time_ns), max(last, time_ns)
    return [((min(times), max(times)), frozenset(ids))] if times else []


def _add_loose(blocks: list[_Block], block: _Block) -> None:
    """Add a message outside of chunks to the block before it, if they lie together."""
    last = blocks[-1] if blocks else None
    if (
        last is None
        or last.chunked
        or last.offset + last.length != block.offset
        or last.length > _BLOCK_BYTES
    ):
        blocks.append(block)
        return
    blocks[-1] = _Block(
        min(last.start_ns, block.start_ns),
        max(last.end_ns, block.end_ns),
        last.offset,
        last.length + block.length,
        last.channels | block.channels,
        False,
    )


def _times(stream: BinaryIO, index: _Index, channels: frozenset[int]) -> list[int]:
    """Return the first and the last time of the messages of some channels, with others between.

    An index says them of all channels together; what others have is read where it matters.
    """
    if index.spans or not index.times:
        return [
            time_ns for number in channels & set(index.spans) for time_ns in index.spans[number]
        ]
    if all(number in channels for number, count in index.counts.items() if count):
        return index.times
    found: list[int] = []
    for block in sorted(index.blocks, key=lambda block: block.start_ns):
        if found and block.start_ns >= min(found):
            break
        found += _block_times(stream, block, channels)
    for block in sorted(index.blocks, key=lambda block: -block.end_ns):
        if found and block.end_ns <= max(found):
            break
        found += _block_times(stream, block, channels)
    return found


def _block_times(stream: BinaryIO, block: _Block, channels: frozenset[int]) -> list[int]:
    """Return times of messages of some channels in a chunk, the first and the last among them."""
    if block.channels and block.channels <= channels:
        return [block.start_ns, block.end_ns]
    stream.seek(block.offset)
    try:
        content = chunk_content(stream.read(block.length)[HEAD.size :])
    except BrokenChunkError:
        return []
    messages = (message_fields(c) for opcode, c in records(content) if opcode == Opcode.MESSAGE)
    return [m[2] for m in messages if m is not None and m[0] in channels and is_time(m[2])]


def _describe(index: _Index, opcode: int, content: bytes) -> None:
    """Take a schema or a channel into an index; the first of a number counts."""
    if opcode == Opcode.SCHEMA and (schema := parsed(Schema.read, content)):
        index.schemas.setdefault(schema.id, schema)
    elif opcode == Opcode.CHANNEL and (channel := parsed(Channel.read, content)):
        index.channels.setdefault(channel.id, channel)


def _understood(index: _Index) -> tuple[dict[int, Topic], tuple[str, ...]]:
    """Return the topics that are understood by channel, and sentences about the others."""
    topics: dict[int, Topic] = {}
    types: dict[str, str] = {}
    notes = []
    for number, channel in index.channels.items():
        schema = index.schemas.get(channel.schema_id)
        if schema is None:
            why = "its type is not described"
        elif types.setdefault(channel.topic, schema.name) != schema.name:
            why = f"it has also the type {types[channel.topic]}, which is taken"
        else:
            why = why_left_out(channel.message_encoding, schema.encoding)
        if why or schema is None:
            notes.append(note_of(channel.topic, index.counts[number], why))
        else:
            topics[number] = _topic_of(channel, schema)
    return topics, tuple(notes)


def _topic_of(channel: Channel, schema: Schema) -> Topic:
    return Topic(
        channel.topic,
        schema.name,
        schema.data.decode(errors="replace") if schema.encoding == "ros2msg" else "",
        channel.metadata.get("topic_type_hash", ""),
        parse_qos(channel.metadata.get("offered_qos_profiles", "")),
    )
