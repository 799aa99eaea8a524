# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Giving an MCAP file the end that its writer could not write.

Every record that can be read is written anew as it is, also of topics that nobody here
understands; the old file stays until the new one is whole.
"""

from __future__ import annotations

import os
from pathlib import Path

from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Header, Metadata, Schema
from mcap.writer import Writer

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.mcap_file import McapFile
from live_mvp_ros.bags.mcap_records import message_fields, parsed, raw_records
from live_mvp_ros.bags.writer import CHUNK_BYTES, COMPRESSIONS, free_folder


def complete_file(part: McapFile, folder: Path) -> None:
    """Write a file that has no end into a folder as a whole one, in place of the old one.

    The old one is kept under another name if bytes inside of it are damaged.

    Raises:
        BagError: it is compressed as a whole.
        OSError: it cannot be written; then nothing is changed.
    """
    if part.path != part.plain and part.path.suffix == ".zstd":
        raise BagError(f"{part.path} is not whole: decompress it first (zstd -d)")
    target = folder / part.path.name
    fresh = target.with_name(f".{target.name}.reindexed")
    try:
        fresh.unlink(missing_ok=True)
        _rewrite(part.plain, fresh)
        if McapFile(fresh, fresh).contents.counts != part.contents.counts:
            raise OSError("what was written is not what was read")
        if part.is_damaged and target == part.path:
            os.link(part.path, free_folder(target.with_name(f"{target.name}.damaged")))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _rewrite(old: Path, new: Path) -> None:
    with new.open("xb") as stream:
        writer = Writer(stream, chunk_size=CHUNK_BYTES, compression=COMPRESSIONS["zstd"])
        records = raw_records(old)
        opcode, content = next(records, (Opcode.HEADER, b""))
        header = parsed(Header.read, content) if opcode == Opcode.HEADER else None
        writer.start(header.profile if header else "", library="live_mvp_ros")
        copier = _Copier(writer)
        for opcode, content in records:
            copier.take(opcode, content)
        writer.finish()
        stream.flush()
        os.fsync(stream.fileno())


class _Copier:
    """Writes records into another file, where schemas and channels have other numbers."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._schemas: dict[int, int] = {}
        self._channels: dict[int, int] = {}

    def take(self, opcode: int, content: bytes) -> None:
        """Write one record."""
        writer = self._writer
        if opcode == Opcode.MESSAGE and (message := message_fields(content)):
            number, sequence, log_ns, publish_ns, data = message
            if number in self._channels:
                writer.add_message(self._channels[number], log_ns, data, publish_ns, sequence)
        elif opcode == Opcode.SCHEMA and (schema := parsed(Schema.read, content)):
            if schema.id not in self._schemas:
                number = writer.register_schema(schema.name, schema.encoding, schema.data)
                self._schemas[schema.id] = number
        elif opcode == Opcode.CHANNEL and (channel := parsed(Channel.read, content)):
            self._add_channel(channel)
        elif opcode == Opcode.ATTACHMENT and (item := parsed(Attachment.read, content)):
            writer.add_attachment(
                item.create_time, item.log_time, item.name, item.media_type, item.data
            )
        elif opcode == Opcode.METADATA and (entry := parsed(Metadata.read, content)):
            writer.add_metadata(entry.name, entry.metadata)

    def _add_channel(self, channel: Channel) -> None:
        if channel.id not in self._channels:
            self._channels[channel.id] = self._writer.register_channel(
                channel.topic,
                channel.message_encoding,
                self._schemas.get(channel.schema_id, 0),
                channel.metadata,
            )
