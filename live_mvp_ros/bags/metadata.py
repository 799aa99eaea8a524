# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""metadata.yaml of a bag and the offered quality of service in it (rosbag2 format, version 9)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from live_mvp_ros.bags.types import OfferedQos, Topic

VERSION = 9
FILE_NAME = "metadata.yaml"
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


def parse_qos(text: str) -> tuple[OfferedQos, ...]:
    """Return the profiles in a channel's metadata; text that says nothing gives none."""
    try:
        entries = yaml.safe_load(text) or []
        return tuple(_offered(entry) for entry in entries)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError):
        return ()


def _offered(entry: Mapping[str, Any]) -> OfferedQos:
    deadline = entry.get("deadline") or _INFINITE
    total_ns = int(deadline["sec"]) * _NS_PER_S + int(deadline["nsec"])
    finite = 0 < total_ns < _INFINITE["sec"] * _NS_PER_S
    return OfferedQos(
        depth=int(entry["depth"]),
        reliable=entry["reliability"] in ("reliable", 1),  # numbers: versions before 9
        latched=entry["durability"] in ("transient_local", 1),
        deadline_ns=total_ns if finite else None,
    )


def metadata_text(
    topics: Mapping[str, tuple[Topic, int]], files: Sequence[FileFacts], custom: Mapping[str, str]
) -> str:
    """Return the content of metadata.yaml; ``topics`` gives each topic and its message count."""
    filled = [file for file in files if file.count]
    start_ns = min((file.start_ns for file in filled), default=0)
    end_ns = max((file.end_ns for file in filled), default=0)
    values = {
        "version": VERSION,
        "storage_identifier": "mcap",
        "relative_file_paths": [file.name for file in files],
        "duration": {"nanoseconds": end_ns - start_ns},
        "starting_time": {"nanoseconds_since_epoch": start_ns},
        "message_count": sum(file.count for file in files),
        "topics_with_message_count": [_topic(*item) for item in topics.values()],
        "compression_format": "",
        "compression_mode": "",
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
    return str(yaml.safe_dump({"rosbag2_bagfile_information": values}, sort_keys=False))


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
