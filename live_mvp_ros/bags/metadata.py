# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""metadata.yaml of a bag and the offered quality of service in it (written: version 9)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from live_mvp_ros.bags.bag_types import OfferedQos, Topic

VERSION = 9
FILE_NAME = "metadata.yaml"
LOST_KEY = "lost"
"""Of the custom data: messages that were lost, by topic, as JSON."""
FILE_MODE, MESSAGE_MODE = "FILE", "MESSAGE"
DEEPEST = 10_000
"""Longest history that a publisher is believed to have offered."""
_ROOT = "rosbag2_bagfile_information"
_NO_VALUES = (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError)
_INFINITE = {"sec": 9223372036, "nsec": 854775807}
_NS_PER_S = 1_000_000_000


@dataclasses.dataclass(frozen=True)
class FileFacts:
    """What one file of a bag holds."""

    name: str
    count: int
    start_ns: int
    end_ns: int


def qos_entry(qos: OfferedQos) -> dict[str, Any]:
    """Return one offered profile as rosbag2 writes it."""
    deadline = _INFINITE
    if qos.deadline_ns is not None:
        deadline = {"sec": qos.deadline_ns // _NS_PER_S, "nsec": qos.deadline_ns % _NS_PER_S}
    return {
        "history": "keep_last",
        "depth": qos.depth,
        "reliability": "reliable" if qos.reliable else "best_effort",
        "durability": "transient_local" if qos.latched else "volatile",
        "deadline": dict(deadline),
        "lifespan": dict(_INFINITE),
        "liveliness": "automatic",
        "liveliness_lease_duration": dict(_INFINITE),
        "avoid_ros_namespace_conventions": False,
    }


def qos_text(topic: Topic) -> str:
    """Return the offered profiles of a topic as the YAML text of a channel's metadata."""
    return str(yaml.safe_dump([qos_entry(q) for q in topic.qos], sort_keys=False)).strip()


def parse_qos(given: Any) -> tuple[OfferedQos, ...]:
    """Return the profiles in a channel's metadata, YAML text or its values; none of nonsense."""
    try:
        entries = yaml.safe_load(given) if isinstance(given, str) else given
        return tuple(_offered(entry) for entry in entries or ())
    except (yaml.YAMLError, RecursionError, *_NO_VALUES):
        return ()


def _offered(entry: Mapping[str, Any]) -> OfferedQos:
    deadline = entry.get("deadline") or _INFINITE
    total_ns = int(deadline["sec"]) * _NS_PER_S + int(deadline["nsec"])
    finite = 0 < total_ns < _INFINITE["sec"] * _NS_PER_S
    return OfferedQos(
        depth=min(max(int(entry["depth"]), 1), DEEPEST),
        reliable=entry["reliability"] in ("reliable", 1),  # numbers: versions before 9
        latched=entry["durability"] in ("transient_local", 1),
        deadline_ns=total_ns if finite else None,
    )


@dataclasses.dataclass(frozen=True)
class Said:
    """What metadata.yaml says that the files of a bag do not say themselves.

    Attributes:
        files: names of the storage files, in their order.
        packed_messages: each message is compressed by itself.
        topics: by name, also those without any message.
        lost: messages that our recorder knew to be lost, by topic.
    """

    files: tuple[str, ...]
    packed_messages: bool
    topics: Mapping[str, Topic]
    lost: Mapping[str, int]


def read_metadata(path: Path) -> Said | None:
    """Return what a metadata.yaml says, None where there is none or it says nothing."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))[_ROOT]
        files = tuple(Path(str(name)).name for name in values["relative_file_paths"])
    except (OSError, yaml.YAMLError, RecursionError, *_NO_VALUES):
        return None
    packed = str(values.get("compression_mode") or "").upper() == MESSAGE_MODE
    return Said(files, packed, _said_topics(values), _lost(values))


def _said_topics(values: Mapping[str, Any]) -> dict[str, Topic]:
    topics = {}
    try:
        for item in values["topics_with_message_count"]:
            said = item["topic_metadata"]
            if said.get("serialization_format") == "cdr":
                name, kind = str(said["name"]), str(said["type"])
                digest = str(said.get("type_description_hash") or "")
                qos = parse_qos(said.get("offered_qos_profiles"))
                topics[name] = Topic(name, kind, "", digest, qos)
    except _NO_VALUES:
        return {}
    return topics


def _lost(values: Mapping[str, Any]) -> dict[str, int]:
    """Return what our recorder wrote down about losses; nothing in bags of others."""
    try:
        lost = json.loads((values.get("custom_data") or {})[LOST_KEY])
        return {str(name): int(count) for name, count in lost.items()}
    except (RecursionError, *_NO_VALUES):
        return {}


def metadata_text(
    topics: Mapping[str, tuple[Topic, int]],
    files: Sequence[FileFacts],
    custom: Mapping[str, str],
    storage: str = "mcap",
    compression_mode: str = "",
) -> str:
    """Return the content of metadata.yaml.

    Args:
        topics: each topic and its message count, by name.
        files: the storage files in their order.
        custom: what else is to be said.
        storage: ``mcap`` or ``sqlite3``.
        compression_mode: ``FILE`` or ``MESSAGE`` (zstd), empty for neither.
    """
    filled = [file for file in files if file.count]
    start_ns = min((file.start_ns for file in filled), default=0)
    end_ns = max((file.end_ns for file in filled), default=0)
    values = {
        "version": VERSION,
        "storage_identifier": storage,
        "relative_file_paths": [file.name for file in files],
        "duration": {"nanoseconds": end_ns - start_ns},
        "starting_time": {"nanoseconds_since_epoch": start_ns},
        "message_count": sum(file.count for file in files),
        "topics_with_message_count": [_topic(*item) for item in topics.values()],
        "compression_format": "zstd" if compression_mode else "",
        "compression_mode": compression_mode,
        "files": [
            {
                "path": file.name,
                "starting_time": {"nanoseconds_since_epoch": file.start_ns},
                "duration": {"nanoseconds": file.end_ns - file.start_ns},
                "message_count": file.count,
            }
            for file in files
        ],
        "custom_data": dict(custom),
        "ros_distro": "jazzy",
    }
    return str(yaml.safe_dump({_ROOT: values}, sort_keys=False))


def _topic(topic: Topic, count: int) -> dict[str, Any]:
    return {
        "topic_metadata": {
            "name": topic.name,
            "type": topic.type,
            "serialization_format": "cdr",
            "offered_qos_profiles": [qos_entry(qos) for qos in topic.qos],
            "type_description_hash": topic.digest,
        },
        "message_count": count,
    }
