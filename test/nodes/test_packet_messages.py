# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets survive the way through their messages, serialised, without a change."""

from __future__ import annotations

import dataclasses
from typing import get_args

import numpy as np
import pytest
from any_packet import packet_of
from hypothesis import HealthCheck, given, settings
from rclpy.serialization import deserialize_message, serialize_message

from live_mvp_ros import msg, packets
from live_mvp_ros.packets.packet_fields import types_of
from live_mvp_ros.packets.packet_json import from_json, to_json
from live_mvp_ros.packets.packet_types import PACKETS
from live_mvp_ros.ros.convert.packet_messages import from_message, to_message
from live_mvp_ros.ros.refusals import InvalidMessageError

PARTS = (
    packets.CameraIntrinsics,
    packets.ChartPoint,
    packets.ColumnObservation,
    packets.ColumnPose,
)
KNOWN = {
    **dict.fromkeys(("uint64", "uint32", "uint8"), "int"),
    "sequence<uint32>": "sequence<int>",
}
POINT, OTHER = packets.ChartPoint(0.25, 0.5), packets.ChartPoint(0.75, 0.125)
PATCH = packets.Patch(("depth", "r"), np.arange(12, dtype=np.float32).reshape(2, 3, 2))
POSE = packets.BodyPose((1.0, 2.0, 3.0), (0.5, 0.5, -0.5, 0.5))
INFO = packets.StepInfo(
    1, "", 2, False, True, True, True, True, "cup", "it fell", extrinsic_reward=0.1
)
BELIEF = packets.BeliefPacket(1, "", 2, ("cup", "can"), (0.3, 0.7))
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
    packets.ActionPacket(9, "base_link", 10, "motor", "col0", motor=(0.5, -0.5)),
    packets.ActionPacket(9, "base_link", 10, "move", dx=0.1, dy=-2.0),
    packets.ActionPacket(9, "base_link", 10, "jump_to", u=0.1, v=0.2),
    packets.ActionPacket(9, "base_link", 10, "switch_object", object_id="cup"),
    packets.ActionPacket(9, "base_link", 10, "rotate", dyaw=0.1, dpitch=0.2),
    packets.ActionPacket(9, "base_link", 10, "zoom", dz=0.1),
    packets.ActionPacket(9, "base_link", 10, "focus", df=0.1),
    INFO,
    packets.FacetRecord(1, "map", 2, "cup", "col0", (0.1, 0.2, 0.3), (0.0, 0.6, 0.8), 2.5, 2),
    BELIEF,
    packets.EvalRecord(
        1,
        "map",
        2,
        "explorer",
        3,
        4,
        "office",
        packets.ActionPacket(9, "", 10),
        INFO,
        BELIEF,
        0.25,
        1.5,
    ),
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


@pytest.mark.parametrize("kind", PACKETS, ids=lambda kind: kind.__name__)
def test_dataclass_message_and_json_hold_the_same_without_loss(kind):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(packet_of(kind))
    def check_one(packet):
        message = to_message(packet)
        received = deserialize_message(serialize_message(message), type(message))
        back = from_message(kind, received)
        assert repr(to_json(back)) == repr(to_json(packet))
        again = to_message(from_json(kind, to_json(packet)))
        assert serialize_message(again) == serialize_message(message)

    check_one()


@pytest.mark.parametrize("kind", [*PACKETS, *PARTS], ids=lambda kind: kind.__name__)
def test_a_message_has_the_fields_of_its_dataclass_in_their_types(kind):
    message = getattr(msg, kind.__name__)
    expected = {name: message_type(hint, name) for name, hint in types_of(kind).items()}
    if "stamp_ns" in expected:
        del expected["stamp_ns"], expected["frame_id"]
        expected["header"] = "std_msgs/Header"
    found = message.get_fields_and_field_types()
    assert {name: KNOWN.get(value, value) for name, value in found.items()} == expected
    if kind in PACKETS:
        assert message().type == kind.type


def message_type(hint, name):
    """Return the type of a message's field for a dataclass's."""
    if hint is packets.BodyPose:
        return "geometry_msgs/Pose"
    if name in ("point", "normal"):
        return "geometry_msgs/Point" if name == "point" else "geometry_msgs/Vector3"
    if dataclasses.is_dataclass(hint):
        return f"live_mvp_ros/{hint.__name__}"
    if get_args(hint):
        return f"sequence<{message_type(get_args(hint)[0], name)}>"
    return {float: "double", int: "int", str: "string", bool: "boolean"}[hint]


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
