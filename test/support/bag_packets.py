# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The packets in a bag, each held to its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rclpy.serialization import deserialize_message

from live_mvp_ros import packets
from live_mvp_ros.bags.reader import open_bag
from live_mvp_ros.packets.packet_json import to_json
from live_mvp_ros.packets.packet_schema import check
from live_mvp_ros.ros.convert.packet_messages import from_message
from live_mvp_ros.ros.taps import message_class


def packets_of(folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield topic and packet of every message on a topic of packets.

    Raises:
        PacketError: one of them breaks its schema.
    """
    bag = open_bag(folder)
    names = frozenset(name for name in bag.topics if "/packets/" in name)
    for message in bag.messages(names):
        kind = message_class(bag.topics[message.topic].type)
        packet = from_message(
            getattr(packets, kind.__name__), deserialize_message(message.data, kind)
        )
        check(to_json(packet))
        yield message.topic, packet
