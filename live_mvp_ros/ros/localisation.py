# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a vehicle is in the map: its odometry, and where the odometry frame lies.

``map_to_odom`` is published by ``live_map``: it aligns scans with the map while odometry is
expected to drift, and where somebody else says on tf where the odometry frame lies, it says so
again. Until it does, and where nobody does, both frames are the same.
"""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry

from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import pose_messages, vehicle_messages
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.frame_jumps import Jump, jump_between
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError

TOPIC = "map_to_odom"


class Localisation:
    """Listens where the odometry frame of one vehicle lies.

    Attributes:
        jumped: the farthest jump of the vehicle in the map since ``settled`` was called.
    """

    def __init__(self, node: GraphNode, frames: Frames) -> None:
        """Take both frames for the same until somebody says otherwise."""
        self._frames = frames
        self._T_map_odom: np.ndarray | None = None
        self._at: np.ndarray | None = None
        self.jumped = Jump(0.0, 0.0)
        node.listen(TransformStamped, TOPIC, qos.LATCHED, self._on_transform)

    def vehicle_state(self, message: Odometry) -> VehicleState:
        """Return the state of the vehicle in the map.

        Raises:
            InvalidMessageError: it is not usable, or describes another body.
        """
        state = self._frames.vehicle_state(message)
        if message.header.frame_id == MAP:
            self._at = None
            return state
        self._at = state.position
        if self._T_map_odom is None:
            return state
        return vehicle_messages.moved(state, self._T_map_odom)

    def settled(self) -> None:
        """Forget how far the vehicle has jumped."""
        self.jumped = Jump(0.0, 0.0)

    def _on_transform(self, message: TransformStamped) -> None:
        parent, child = message.header.frame_id, message.child_frame_id
        if (parent, child) != (MAP, self._frames.odom):
            raise InvalidMessageError(
                f"it leads from {parent!r} to {child!r} instead of {MAP} to {self._frames.odom}"
            )
        before, self._T_map_odom = self._T_map_odom, pose_messages.transform_arrays(message)
        if before is not None and self._at is not None:
            jump = jump_between(before, self._T_map_odom, self._at)
            self.jumped = max(self.jumped, jump)
