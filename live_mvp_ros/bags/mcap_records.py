# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The records of MCAP files, up to the first that does not fit: https://mcap.dev/spec."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Chunk
from mcap.stream_reader import get_chunk_data_stream

MAGIC = b"\x89MCAP0\r\n"
_LARGEST_CHUNK = 1 << 31
HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")
_BROKEN = (  # what ``mcap`` and its decompressors raise on damaged bytes; lz4: a RuntimeError
    McapError,
    struct.error,
    zstandard.ZstdError,
    ValueError,
    OverflowError,
    MemoryError,
    RuntimeError,
)
_Record = TypeVar("_Record")


class BrokenChunkError(ValueError):
    """The bytes of a chunk are not those that were written."""


def raw_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield opcode and content of all that can be read of a file, chunks unpacked.

    These are schemas, channels, messages, attachments and metadata, as they were written.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        for opcode, _, content in framed(stream, stream.seek(0, io.SEEK_END)):
            if opcode == Opcode.DATA_END:
                return
            if opcode != Opcode.CHUNK:
                yield opcode, content
                continue
            try:
                yield from records(chunk_content(content))
            except BrokenChunkError:
                continue


def message_fields(content: bytes) -> tuple[int, int, int, int, bytes] | None:
    """Return channel, sequence, log time, publish time and data of a record, None for none."""
    if len(content) < _MESSAGE.size:
        return None
    number, sequence, log_ns, publish_ns = _MESSAGE.unpack_from(content)
    return number, sequence, log_ns, publish_ns, content[_MESSAGE.size :]


def parsed(kind: Callable[[ReadDataStream], _Record], content: bytes) -> _Record | None:
    """Return a record from its content, None for bytes that are none."""
    try:
        return kind(ReadDataStream(io.BytesIO(content)))
    except _BROKEN:
        return None


def framed(stream: BinaryIO, size: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield opcode, offset and content of the records of a file, up to the first broken one."""
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        return
    while len(head := stream.read(HEAD.size)) == HEAD.size:
        opcode, length = HEAD.unpack(head)
        offset = stream.tell() - HEAD.size
        if not opcode or length > size - stream.tell():
            return
        yield opcode, offset, stream.read(length)


def records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield opcode and content of the records in a chunk, up to the first broken one."""
    at = 0
    while at + HEAD.size <= len(content):
        opcode, length = HEAD.unpack_from(content, at)
        at += HEAD.size
        if length > len(content) - at:
            return
        yield opcode, content[at : at + length]
        at += length


def chunk_content(content: bytes) -> bytes:
    """Return the records of a chunk.

    Raises:
        BrokenChunkError: they are not those that were written.
    """
    chunk = parsed(Chunk.read, content)
    if chunk is None or chunk.uncompressed_size > _LARGEST_CHUNK:
        raise BrokenChunkError
    try:
        stream, size = get_chunk_data_stream(chunk, validate_crc=True)
        data = stream.read(size)
    except _BROKEN as error:
        raise BrokenChunkError from error
    if size != chunk.uncompressed_size:
        raise BrokenChunkError
    return data
