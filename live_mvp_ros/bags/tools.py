# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ``live-mvp bag`` does: tell what is in a bag, and complete one that was not closed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from live_mvp_ros.bags.metadata import FILE_NAME
from live_mvp_ros.bags.reader import Bag, open_bag, scan
from live_mvp_ros.bags.types import BagError
from live_mvp_ros.bags.writer import BagWriter
from live_mvp_ros.results import rounded


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

    The bag is written anew beside itself and takes its place when that is done.

    Raises:
        BagError: nothing in it can be read, or it cannot be written.
    """
    bag = open_bag(path)
    if bag.complete:
        return bag
    folder = path if path.is_dir() else path.with_suffix("")
    if folder != path and folder.exists():
        raise BagError(f"cannot write the bag {folder}: it exists already")
    fresh = folder.with_name(f".{folder.name}.reindexed")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _copy(bag, fresh)
        _rename_files(fresh, folder.name)
        if path.is_dir():
            old = folder.with_name(f".{folder.name}.old")
            folder.rename(old)
            fresh.rename(folder)
            shutil.rmtree(old)
        else:
            fresh.rename(folder)
    except OSError as error:
        raise BagError(f"cannot write the bag {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return open_bag(folder)


def _copy(bag: Bag, folder: Path) -> None:
    writer = BagWriter(folder, "zstd")
    for topic in bag.topics.values():
        writer.add(topic)
    for file in bag.files:
        for topic, message in scan(file):
            writer.write(
                topic.name, message.log_time, message.data, message.publish_time, message.sequence
            )
    writer.close()


def _rename_files(folder: Path, name: str) -> None:
    """Give the files of a bag the name that they would have in a folder called ``name``."""
    metadata = folder / FILE_NAME
    text = metadata.read_text(encoding="utf-8")
    for file in folder.glob("*.mcap"):
        fitting = f"{name}_{file.stem.rsplit('_', 1)[-1]}.mcap"
        text = text.replace(file.name, fitting)
        file.rename(folder / fitting)
    metadata.write_text(text, encoding="utf-8")
