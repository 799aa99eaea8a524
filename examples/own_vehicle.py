# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A vehicle and a depth camera of one's own in place of the simulator, as a plain rclpy node.

It flies thrust and body rates in an empty room of 6 x 5 x 3 m and sees its walls. Start it beside

    live-mvp explore --vehicle none --world examples/room.yaml
"""

import array
import contextlib

import numpy as np
import rclpy
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import PointCloud2, PointField
from tf2_msgs.msg import TFMessage

from live_mvp_ros.msg import BodyRateThrust

MASS_KG, PERIOD_S, GRAVITY_M_S2 = 1.0, 0.01, np.array([0.0, 0.0, -9.81])
ROOM_M = np.array([[0.0, 0.0, 0.0], [6.0, 5.0, 3.0]])
FIELDS = [
    PointField(name=name, offset=4 * i, datatype=PointField.FLOAT32, count=1)
    for i, name in enumerate("xyz")
]
MOUNT = Rotation.from_quat([-0.5, 0.5, -0.5, 0.5])  # optical (x right, y down, z ahead) to FLU
U, V = np.meshgrid(np.linspace(-0.84, 0.84, 64), np.linspace(-0.41, 0.41, 48))
RAYS = np.stack([U, V, np.ones_like(U)], axis=-1).reshape(-1, 3)  # optical, 1 m ahead


class OwnVehicle(Node):
    def __init__(self):
        super().__init__("own_vehicle")
        namespace = self.get_namespace().strip("/")
        self.prefix = f"{namespace}/" if namespace else ""  # of every frame but map
        self.position, self.velocity = np.array([1.5, 2.5, 1.5]), np.zeros(3)
        self.attitude, self.command, self.ticks = Rotation.identity(), None, 0
        self.odom_out = self.create_publisher(Odometry, "odom", qos_profile_sensor_data)
        self.cloud_out = self.create_publisher(
            PointCloud2, "depth/points", qos_profile_sensor_data
        )
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.fixed_out = self.create_publisher(TFMessage, "tf_static", latched)
        mount = TransformStamped(child_frame_id=f"{self.prefix}depth_camera_optical_frame")
        mount.header.frame_id = f"{self.prefix}base_link"
        put(mount.transform.rotation, "xyzw", MOUNT.as_quat())
        self.fixed_out.publish(TFMessage(transforms=[mount]))
        self.create_subscription(BodyRateThrust, "cmd/body_rates", self.on_command, 1)
        self.create_timer(PERIOD_S, self.fly)

    def on_command(self, message):
        self.command = message

    def fly(self):
        rates = np.zeros(3)
        if self.command is not None:  # until then it hovers
            rates = np.array([getattr(self.command.body_rates, axis) for axis in "xyz"])
            thrust = self.attitude.apply([0.0, 0.0, self.command.thrust / MASS_KG])
            self.velocity = self.velocity + PERIOD_S * (thrust + GRAVITY_M_S2)
            self.position = np.clip(self.position + PERIOD_S * self.velocity, *ROOM_M)
            self.attitude = self.attitude * Rotation.from_rotvec(PERIOD_S * rates)
        stamp = self.get_clock().now().to_msg()
        odom = Odometry(child_frame_id=f"{self.prefix}base_link")
        odom.header.stamp, odom.header.frame_id = stamp, f"{self.prefix}odom"
        put(odom.pose.pose.position, "xyz", self.position)
        put(odom.pose.pose.orientation, "xyzw", self.attitude.as_quat())
        put(odom.twist.twist.linear, "xyz", self.attitude.inv().apply(self.velocity))
        put(odom.twist.twist.angular, "xyz", rates)
        self.odom_out.publish(odom)
        self.ticks += 1
        if self.ticks % 10 == 0:
            self.look(stamp)

    def look(self, stamp):
        ahead = (self.attitude * MOUNT).apply(RAYS) + 1e-9
        walls = np.where(ahead > 0.0, ROOM_M[1], ROOM_M[0])
        depth = ((walls - self.position) / ahead).min(axis=1, keepdims=True)
        cloud = PointCloud2(height=48, width=64, fields=FIELDS, point_step=12, row_step=12 * 64)
        cloud.header.stamp = stamp
        cloud.header.frame_id = f"{self.prefix}depth_camera_optical_frame"
        cloud.data = array.array("B", (depth * RAYS).astype(np.float32).tobytes())
        self.cloud_out.publish(cloud)


def put(into, names, values):
    for name, value in zip(names, values, strict=True):
        setattr(into, name, float(value))


if __name__ == "__main__":
    rclpy.init()
    with contextlib.suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(OwnVehicle())
