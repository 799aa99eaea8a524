# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ``live-mvp bag`` does: tell what is in a bag, and complete one that was not closed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.completing import complete_file
from live_mvp_ros.bags.contents import ZSTD_MAGIC
from live_mvp_ros.bags.mcap_file import McapFile
from live_mvp_ros.bags.metadata import (
    FILE_MODE,
    FILE_NAME,
    LOST_KEY,
    MESSAGE_MODE,
    FileFacts,
    metadata_text,
)
from live_mvp_ros.bags.reader import Bag, open_bag
from live_mvp_ros.bags.writer import free_folder
from live_mvp_ros.base.results import rounded, write


def summary(bag: Bag) -> dict[str, Any]:
    """Return the facts of a bag; ``lost`` is null where nobody counted."""
    duration_s = bag.duration_s
    return {
        "path": str(bag.path),
        "storage": bag.storage,
        "complete": bag.complete,
        "files": [{"name": f.name, "bytes": f.stat().st_size} for f in bag.files],
        "start_ns": bag.start_ns,
        "end_ns": bag.end_ns,
        "duration_s": rounded(duration_s, 6),
        "message_count": sum(bag.counts.values()),
        "notes": list(bag.notes),
        "lost": sum(bag.lost.values()) if bag.lost else None,
        "topics": [
            {
                "name": name,
                "type": bag.topics[name].type,
                "count": bag.counts[name],
                "rate_hz": rounded(bag.counts[name] / duration_s, 3) if duration_s else None,
                "lost": bag.lost.get(name),
            }
            for name in sorted(bag.topics)
        ],
    }


def reindex(path: Path) -> Bag:
    """Complete a bag that was not closed, so that every tool can open it; return it.

    Files that are whole stay as they are. An MCAP file without an end is written anew, record by
    record, also those that are not understood, and takes the place of the old one when it is
    whole; the old one is kept under another name if bytes inside of it are damaged. A single file
    is completed in a folder of its own.

    Raises:
        BagError: nothing in it can be read, or it cannot be written.
    """
    bag = open_bag(path)
    if bag.complete:
        return bag
    if bag.unreadable:
        raise BagError(f"the bag {path} cannot be completed: {bag.unreadable[0]} cannot be read")
    folder = path if path.is_dir() else path.with_suffix("")
    if folder == path and not path.is_dir():
        raise BagError(f"the bag {path} has no suffix to leave out: call it {path.name}.mcap")
    if folder != path and folder.exists():
        raise BagError(f"cannot write the bag {folder}: it exists already")
    try:
        if folder != path:
            folder.mkdir()
        for part in bag.parts:
            if isinstance(part, McapFile) and not part.contents.closed:
                complete_file(part, folder)
        _describe(bag, folder)
    except (OSError, BagError) as error:
        if folder != path:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, BagError):
            raise
        raise BagError(f"cannot write the bag {folder}: {error.strerror or error}") from error
    return open_bag(folder)


def _describe(bag: Bag, folder: Path) -> None:
    """Write metadata.yaml; one that was there and says something else is kept beside it."""
    there = folder / FILE_NAME
    topics = {name: (topic, bag.counts[name]) for name, topic in bag.topics.items()}
    facts = [
        FileFacts(part.path.name, sum(c.counts.values()), c.start_ns, c.end_ns)
        for part in bag.parts
        for c in [part.contents]
    ]
    packed_files = all(part.path.suffix == ".zstd" for part in bag.parts)
    packed_messages = any(part.first_bytes().startswith(ZSTD_MAGIC) for part in bag.parts)
    mode = FILE_MODE if packed_files else MESSAGE_MODE if packed_messages else ""
    custom = {LOST_KEY: json.dumps(dict(bag.lost))} if bag.lost else {}
    text = metadata_text(topics, facts, custom, bag.storage, mode)
    if there.exists() and there.stat().st_size:
        there.rename(free_folder(there.with_name(f"{FILE_NAME}.old")))
    write(there, text.encode())
