# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The packets of who steers: what it is about (context), and what it commands (action)."""

from __future__ import annotations

import numpy as np

from live_mvp_ros.msg import ActionPacket, ContextPacket
from live_mvp_ros.packets.explorer import context_packet, motor_action
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import pose_messages
from live_mvp_ros.ros.convert.packet_messages import to_message
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.schedule import Every
from live_mvp_ros.vehicle import QuadrotorConfig
from live_mvp_ros.vehicle.quadrotor import GRAVITY_M_S2

PACKET_RATE_HZ = 10.0


class PacketOutputs:
    """Publishers of context and action packets."""

    def __init__(self, node: GraphNode, vehicle: QuadrotorConfig, body_frame: str) -> None:
        """Publish for ``node``; motor actions are scaled by the limits of ``vehicle``."""
        self._thrust_max_n = vehicle.thrust_ratio_max * vehicle.mass_kg * GRAVITY_M_S2
        self._rate_max_rad_s = vehicle.body_rate_max_rad_s
        self._body_frame, self._tick = body_frame, 0
        self._due = Every(PACKET_RATE_HZ)
        self._context_out = node.publisher(ContextPacket, "packets/context", qos.SENSOR)
        self._action_out = node.publisher(ActionPacket, "packets/action", qos.SENSOR)

    def publish(self, vehicle: VehicleState, command: np.ndarray) -> bool:
        """Publish both for a command [4] that answers an odometry, if they are due."""
        if not self._due.due(vehicle.stamp_ns):
            return False
        speed = float(np.linalg.norm(vehicle.velocity))
        yaw = pose_messages.yaw_of(vehicle.attitude)
        context = context_packet(vehicle.stamp_ns, self._tick, yaw, speed, exploring=True)
        limits = (self._thrust_max_n, self._rate_max_rad_s)
        action = motor_action(vehicle.stamp_ns, self._body_frame, self._tick, command, *limits)
        self._context_out.publish(to_message(context))
        self._action_out.publish(to_message(action))
        self._tick += 1
        return True
