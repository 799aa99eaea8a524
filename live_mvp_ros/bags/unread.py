# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How much of a damaged bag cannot be read: found by reading it through."""

from __future__ import annotations

import dataclasses
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from mcap.opcode import Opcode

from live_mvp_ros.bags.contents import is_time
from live_mvp_ros.bags.database_file import DatabaseFile
from live_mvp_ros.bags.mcap_file import McapFile
from live_mvp_ros.bags.mcap_records import (
    HEAD,
    MAGIC,
    BrokenChunkError,
    chunk_content,
    framed,
)
from live_mvp_ros.bags.reader import Bag
from live_mvp_ros.base.plurals import counted
from live_mvp_ros.base.results import rounded

_TIMES = struct.Struct("<QQ")  # what a chunk begins with: those of its first and last message
_ENTRIES = struct.Struct("<HI")  # what its index begins with: channel, and bytes that follow
_ENTRY_BYTES = 16  # of the index of a chunk, per message
_FOOTER_BYTES = 29 + len(MAGIC)


@dataclasses.dataclass(frozen=True)
class Piece:
    """Bytes that lie together in one file and cannot be read.

    Attributes:
        bytes: how many.
        messages: in them; None where nothing says how many.
        times_ns: of the first and the last of these; None where nothing says that.
    """

    bytes: int
    messages: int | None = None
    times_ns: tuple[int, int] | None = None


def unread(bag: Bag) -> list[dict[str, Any]]:
    """Return what of each file cannot be read, as it goes into JSON; nothing of a whole bag.

    ``messages`` are those that the rest of the file tells of, ``all_counted`` says whether that is
    all of them; times are in seconds of the bag, null where nothing tells them.

    Raises:
        OSError: a file cannot be read at all.
    """
    found = []
    for part in bag.parts:
        if isinstance(part, McapFile):
            pieces = list(pieces_of(part.plain))
        else:
            bad = part.bad if isinstance(part, DatabaseFile) else 0
            pieces = [Piece(0, bad)] if bad else []
        if pieces:
            found.append(_summed(part.path.name, pieces, bag.start_ns))
    for file in bag.files:
        if file.name in bag.unreadable:
            found.append(_summed(file.name, [Piece(file.stat().st_size)], bag.start_ns))
    return found


def sentence(entry: dict[str, Any]) -> str:
    """Return an entry of ``unread`` in words."""
    least = "" if entry["all_counted"] else "at least "
    messages = (
        f"{least}{counted(entry['messages'], 'message')}" if entry["messages"] else "messages"
    )
    size = f" ({entry['bytes']} bytes)" if entry["bytes"] else ""
    start_s, end_s = entry["start_s"], entry["end_s"]
    span = "" if start_s is None else f", from {start_s:.3f} to {end_s:.3f} s"
    return f"damaged: {messages}{size} of {entry['file']} cannot be read{span}"


def pieces_of(path: Path) -> Iterator[Piece]:
    """Yield what cannot be read of an MCAP file.

    Raises:
        OSError: it cannot be read at all.
    """
    with path.open("rb") as stream:
        size, at = stream.seek(0, io.SEEK_END), len(MAGIC)
        for opcode, offset, content in framed(stream, size):
            at = offset + HEAD.size + len(content)
            if opcode == Opcode.DATA_END:
                return
            if opcode == Opcode.CHUNK and not _is_whole(content):
                yield Piece(len(content), _messages_after(stream, at, size), _times(content))
                stream.seek(at)
        stream.seek(size - len(MAGIC))
        closing = _FOOTER_BYTES if stream.read() == MAGIC else 0
        if size - closing > at:
            yield Piece(size - closing - at)


def _is_whole(content: bytes) -> bool:
    try:
        chunk_content(content)
    except BrokenChunkError:
        return False
    return True


def _messages_after(stream: BinaryIO, at: int, size: int) -> int | None:
    """Return how many messages the indexes count that follow the chunk before ``at``."""
    stream.seek(at)
    counts = []
    while len(head := stream.read(HEAD.size)) == HEAD.size:
        opcode, length = HEAD.unpack(head)
        if opcode != Opcode.MESSAGE_INDEX or length > size - stream.tell():
            break
        content = stream.read(length)
        if length >= _ENTRIES.size and _ENTRIES.unpack_from(content)[1] == length - _ENTRIES.size:
            counts.append((length - _ENTRIES.size) // _ENTRY_BYTES)
    return sum(counts) if counts else None


def _times(content: bytes) -> tuple[int, int] | None:
    if len(content) < _TIMES.size:
        return None
    start_ns, end_ns = _TIMES.unpack_from(content)
    return (start_ns, end_ns) if is_time(start_ns) and start_ns <= end_ns else None


def _summed(name: str, pieces: list[Piece], start_ns: int) -> dict[str, Any]:
    times = [time_ns for piece in pieces if piece.times_ns for time_ns in piece.times_ns]
    span = [rounded(1e-9 * (t - start_ns), 3) for t in (min(times), max(times))] if times else None
    return {
        "file": name,
        "places": len(pieces),
        "bytes": sum(piece.bytes for piece in pieces),
        "messages": sum(piece.messages or 0 for piece in pieces),
        "all_counted": all(piece.messages is not None for piece in pieces),
        "start_s": span[0] if span else None,
        "end_s": span[1] if span else None,
    }
