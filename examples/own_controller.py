# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A controller of one's own in place of imppi_controller, as a plain rclpy node.

It climbs to 2.5 m over its start and stays there. Start it beside

    live-mvp explore --controller none
"""

import contextlib

import numpy as np
import rclpy
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from scipy.spatial.transform import Rotation

from live_mvp_ros.msg import BodyRateThrust

MASS_KG, GRAVITY_M_S2, ALTITUDE_M = 1.0, 9.81, 2.5


class OwnController(Node):
    def __init__(self):
        super().__init__("own_controller")
        self.wanted = None
        self.command_out = self.create_publisher(BodyRateThrust, "cmd/body_rates", 1)
        self.create_subscription(Odometry, "odom", self.on_odometry, qos_profile_sensor_data)

    def on_odometry(self, odom):
        at, turned, moves = odom.pose.pose.position, odom.pose.pose.orientation, odom.twist.twist
        attitude = Rotation.from_quat([turned.x, turned.y, turned.z, turned.w])
        velocity = attitude.apply([moves.linear.x, moves.linear.y, moves.linear.z])
        position = np.array([at.x, at.y, at.z])
        if self.wanted is None:
            self.wanted = np.array([at.x, at.y, ALTITUDE_M])
        force = 2.0 * (self.wanted - position) - 2.5 * velocity + [0.0, 0.0, GRAVITY_M_S2]
        up = attitude.inv().apply(force / np.linalg.norm(force))  # wanted thrust axis, body frame
        command = BodyRateThrust()
        command.header.stamp = odom.header.stamp  # of the odometry that it answers
        command.header.frame_id = odom.child_frame_id
        command.thrust = float(MASS_KG * max(force @ attitude.apply([0.0, 0.0, 1.0]), 0.0))
        command.body_rates.x, command.body_rates.y = -8.0 * up[1], 8.0 * up[0]
        self.command_out.publish(command)


if __name__ == "__main__":
    rclpy.init()
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(OwnController())
