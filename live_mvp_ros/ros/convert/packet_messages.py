# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets to messages and back, field by field: names are the same on both sides.

Only four things differ: ``stamp_ns`` and ``frame_id`` are a message's header, a BodyPose is a
Pose with its quaternion in the other order, points and normals are a Point or a Vector3, and a
Patch carries its shape in the array.
"""

from __future__ import annotations

import array
import dataclasses
import math
from typing import Any, TypeVar, get_args

import numpy as np
from geometry_msgs.msg import Point, Vector3

from live_mvp_ros import msg, packets
from live_mvp_ros.packets.packet_fields import PacketError, types_of
from live_mvp_ros.ros.convert import headers, pose_messages
from live_mvp_ros.ros.refusals import InvalidMessageError

T = TypeVar("T")


def to_message(packet: Any) -> Any:
    """Return a packet, or a part of one, as the message of the same name."""
    if isinstance(packet, packets.BodyPose):
        return pose_messages.pose(packet.position_m, packet.quaternion)
    if isinstance(packet, packets.Patch):
        return _patch_message(packet)
    message = getattr(msg, type(packet).__name__)()
    for field in dataclasses.fields(packet):
        value = getattr(packet, field.name)
        if field.name == "stamp_ns":
            message.header.stamp = headers.to_time(value)
        elif field.name == "frame_id":
            message.header.frame_id = value
        else:
            setattr(message, field.name, _message_value(value, getattr(message, field.name)))
    return message


def from_message(kind: type[T], message: Any) -> T:
    """Return the packet, or the part, of type ``kind`` that a message holds.

    Raises:
        InvalidMessageError: a size does not fit, a pose is not usable, a value is not allowed, a
            stamp is no time.
    """
    try:
        return _packet(kind, message)
    except PacketError as error:
        raise InvalidMessageError(str(error)) from None


def _packet(kind: type[T], message: Any) -> T:
    if kind is packets.BodyPose:
        pose_messages.pose_arrays(message)  # refuses; its arrays are of 32 bits
        p, q = message.position, message.orientation
        return kind((p.x, p.y, p.z), (q.w, q.x, q.y, q.z))  # type: ignore[call-arg]
    if kind is packets.Patch:
        return _patch(message)  # type: ignore[return-value]
    values: dict[str, Any] = {}
    types = types_of(kind)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name == "stamp_ns":
            values[field.name] = headers.to_ns(message.header.stamp)
        elif field.name == "frame_id":
            values[field.name] = message.header.frame_id
        else:
            values[field.name] = _packet_value(types[field.name], getattr(message, field.name))
    return kind(**values)


def _message_value(value: Any, default: Any) -> Any:
    """Return a field's value in exactly the message's type: rclpy does not survive another one."""
    if dataclasses.is_dataclass(value):
        return to_message(value)
    if isinstance(default, Point | Vector3):
        return type(default)(**dict(zip("xyz", map(float, value), strict=True)))
    if isinstance(value, tuple):
        numbers = float if isinstance(default, array.array) and default.typecode == "d" else None
        return [numbers(item) if numbers else _message_value(item, None) for item in value]
    return float(value) if isinstance(default, float) else value


def _packet_value(hint: Any, value: Any) -> Any:
    if isinstance(value, Point | Vector3):
        return value.x, value.y, value.z
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_message(hint, value)
    if isinstance(value, list | array.array | np.ndarray):
        inner = get_args(hint)[0]
        if dataclasses.is_dataclass(inner):
            part: Any = inner
            return tuple(from_message(part, item) for item in value)
        return tuple(inner(item) for item in value)
    return value


def _patch_message(patch: packets.Patch) -> Any:
    values = np.ascontiguousarray(patch.data, np.float32)
    return msg.Patch(
        height=values.shape[0],
        width=values.shape[1],
        channels=list(patch.channels),
        data=array.array("f", values.tobytes()),
    )


def _patch(message: Any) -> packets.Patch:
    shape = (int(message.height), int(message.width), len(message.channels))
    values = np.frombuffer(message.data, np.float32) if len(message.data) else np.zeros(0, "f")
    if values.size != math.prod(shape):
        raise InvalidMessageError(
            f"a patch of {values.size} values does not fit the shape {shape}"
        )
    return packets.Patch(tuple(message.channels), values.reshape(shape))
