# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets: observation, context, pose and action of an agent, as plain data without ROS."""

from live_mvp_ros.packets.packet_types import (
    ActionPacket,
    BodyPose,
    CameraIntrinsics,
    ChartPoint,
    ColumnObservation,
    ColumnPose,
    ContextPacket,
    ObservationPacket,
    Patch,
    PosePacket,
)

__all__ = [
    "ActionPacket",
    "BodyPose",
    "CameraIntrinsics",
    "ChartPoint",
    "ColumnObservation",
    "ColumnPose",
    "ContextPacket",
    "ObservationPacket",
    "Patch",
    "PosePacket",
]
