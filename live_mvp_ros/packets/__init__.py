# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets: what an agent senses, knows, is and does, as plain data, and environments of them.

``Environment`` is the whole of it for a learner: ``reset`` and ``step``, without ROS.
"""

from typing import TYPE_CHECKING

from live_mvp_ros.base.late_imports import names_of
from live_mvp_ros.packets.packet_types import (
    PACKETS,
    ActionPacket,
    BeliefPacket,
    BodyPose,
    CameraIntrinsics,
    ChartPoint,
    ColumnObservation,
    ColumnPose,
    ContextPacket,
    EvalRecord,
    FacetRecord,
    ObservationPacket,
    PacketError,
    Patch,
    PosePacket,
    StepInfo,
)

if TYPE_CHECKING:
    from live_mvp_ros.packets.env_config import EnvConfig
    from live_mvp_ros.packets.env_errors import EnvAssetError, EnvBackendError
    from live_mvp_ros.packets.env_hooks import Hooks
    from live_mvp_ros.packets.packet_environment import Environment

__all__ = [
    "PACKETS",
    "ActionPacket",
    "BeliefPacket",
    "BodyPose",
    "CameraIntrinsics",
    "ChartPoint",
    "ColumnObservation",
    "ColumnPose",
    "ContextPacket",
    "EnvAssetError",
    "EnvBackendError",
    "EnvConfig",
    "Environment",
    "EvalRecord",
    "FacetRecord",
    "Hooks",
    "ObservationPacket",
    "PacketError",
    "Patch",
    "PosePacket",
    "StepInfo",
]

__getattr__ = names_of(
    __name__,
    {
        "env_config": ("EnvConfig",),
        "env_errors": ("EnvAssetError", "EnvBackendError"),
        "env_hooks": ("Hooks",),
        "packet_environment": ("Environment",),
    },
)
