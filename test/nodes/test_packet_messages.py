# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets survive the way through their messages, serialised, without a change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message

from live_mvp_ros import packets
from live_mvp_ros.ros.convert.packet_messages import from_message, to_message
from live_mvp_ros.ros.refusals import InvalidMessageError

POINT, OTHER = packets.ChartPoint(0.25, 0.5), packets.ChartPoint(0.75, 0.125)
PATCH = packets.Patch(("depth", "r"), np.arange(12, dtype=np.float32).reshape(2, 3, 2))
POSE = packets.BodyPose((1.0, 2.0, 3.0), (0.5, 0.5, -0.5, 0.5))
EXAMPLES = [
    packets.ObservationPacket(
        123_456_789_012,
        "camera",
        4,
        "office",
        packets.CameraIntrinsics(1.5, 2.5, 3.5, 4.5, 3, 2),
        (packets.ColumnObservation("col0", PATCH, POINT, OTHER),),
    ),
    packets.PosePacket(
        5,
        "map",
        6,
        0.05,
        (packets.ColumnPose("col0", POINT, OTHER, 1.5, -2.5),),
        True,
        POSE,
        packets.BodyPose(),
        True,
        "cup",
        OTHER,
    ),
    packets.ContextPacket(7, "", 8, 1024, (1, 5, 1023), ("metronome", "intent")),
    packets.ActionPacket(9, "base_link", 10, "motor", "col0", "cup", *range(1, 9), (0.5, -0.5)),
]


def plain(value):
    """Return a packet as nested tuples that can be compared, arrays included."""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes())
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


@pytest.mark.parametrize("packet", EXAMPLES, ids=lambda p: type(p).__name__)
def test_packets_survive_their_messages(packet):
    message = to_message(packet)
    received = deserialize_message(serialize_message(message), type(message))
    assert plain(from_message(type(packet), received)) == plain(packet)


def test_a_quaternion_is_turned_into_message_order():
    orientation = to_message(EXAMPLES[1]).body_pose.orientation
    assert (orientation.w, orientation.x, orientation.y, orientation.z) == POSE.quaternion


def test_a_packet_that_breaks_its_rules_is_refused():
    message = to_message(EXAMPLES[2])
    message.indices = [5, 1]
    with pytest.raises(InvalidMessageError, match="they must be ascending"):
        from_message(packets.ContextPacket, message)
    message = to_message(EXAMPLES[0])
    message.columns[0].patch.height = 9
    with pytest.raises(InvalidMessageError, match="does not fit the shape"):
        from_message(packets.ObservationPacket, message)
