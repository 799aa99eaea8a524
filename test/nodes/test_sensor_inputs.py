# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The map of sensors that people have: depth images, loose clouds, gimbals, a SLAM beside it."""

from __future__ import annotations

import math

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import OccupancyGrid, Odometry
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tf2_msgs.msg import TFMessage

from live_mvp_ros.msg import MapStatus
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    cloud_messages,
    grid_messages,
    pose_messages,
    vehicle_messages,
)

LINK_TO_OPTICAL = (0.5, -0.5, 0.5, -0.5)
SMALL = {
    "lower_m": [-1.0, -3.0, 0.0],
    "upper_m": [5.0, 3.0, 3.0],
    "table_size_log2": 10,
    "levels": 2,
    "keyframes": 2,
    "body__altitude_m": 1.5,
}
WALL_M = 3.0


class Hovering:
    """A vehicle at (0, 0, 1.5) that looks along +x at a wall 3 m ahead; each call is 20 ms."""

    def __init__(self, bench):
        self._odom = bench.publisher(Odometry, "odom", qos.SENSOR)
        self._tf = bench.publisher(TFMessage, "tf", qos.TRANSFORM)
        self._fixed = bench.publisher(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
        self.tick = 0
        self.send = lambda stamp_ns: None
        """Called with a stamp, ten times a second."""
        self.transforms = lambda stamp_ns: []
        """Returns what goes to tf, fifty times a second."""

    @property
    def stamp_ns(self):
        return self.tick * 20_000_000

    def mount(self, child, xyz=(0.0, 0.0, 0.0), wxyz=(1.0, 0.0, 0.0, 0.0)):
        fixed = pose_messages.transform(0, "base_link", child, xyz, wxyz)
        self._fixed.publish(TFMessage(transforms=[fixed]))

    def __call__(self):
        self.tick += 1
        zero = np.zeros(3, np.float32)
        state = vehicle_messages.VehicleState(
            self.stamp_ns, np.float32([0.0, 0.0, 1.5]), zero, np.float32([1, 0, 0, 0]), zero
        )
        moving = self.transforms(self.stamp_ns)
        if moving:
            self._tf.publish(TFMessage(transforms=moving))
        if self.tick % 5 == 0:
            self.send(self.stamp_ns)
        self._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))


def probability(message, x_m, y_m=0.05):
    grid = grid_messages.probability_grid(message, "map")
    cell = [
        round((v - o) / grid.spec.resolution_m)
        for v, o in zip((x_m, y_m), grid.spec.origin_m, strict=True)
    ]
    return float(grid.p[*cell]) if grid.known[*cell] else None


def there(maps, x_m):
    """Return whether the newest map has a wall at x, with free space before it."""
    if not maps:
        return False
    at, before = probability(maps[-1], x_m), probability(maps[-1], x_m - 0.5)
    return at is not None and at > 0.6 and before is not None and before < 0.4


def values(health):
    return {v.key: v.value for v in health[-1].status[0].values} if health else {}


def test_a_depth_image_waits_for_its_camera_and_is_mapped(bench):
    maps = bench.collect(OccupancyGrid, "map", qos.LATCHED)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    images = bench.publisher(Image, "depth/image", qos.SENSOR)
    infos = bench.publisher(CameraInfo, "depth/camera_info", qos.SENSOR)
    bench.start("live_map", input="depth_image", **SMALL)
    vehicle = Hovering(bench)
    vehicle.mount("camera", wxyz=LINK_TO_OPTICAL)
    depth = cloud_messages.depth_image(0, "camera", np.full((240, 320), WALL_M, np.float32))
    depth.encoding, depth.step = "16UC1", 640
    depth.data = np.full((240, 320), 1000 * WALL_M, np.uint16).tobytes()
    info = cloud_messages.camera_info(0, "camera", (320, 240), (200.0, 200.0), (159.5, 119.5))

    def send(stamp_ns):
        depth.header.stamp.sec, depth.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        images.publish(depth)

    vehicle.send = send
    wanted = "nothing has come on depth/camera_info"
    bench.wait(lambda: wanted in values(health).get("invalid depth/image", ""), during=vehicle)
    assert bench.log("live_map").read_text().count(wanted) == 1  # said once

    def both(stamp_ns):
        infos.publish(info)
        send(stamp_ns)

    vehicle.send = both
    bench.wait(lambda: there(maps, WALL_M + 0.05), during=vehicle)


def test_loose_clouds_on_a_gimbal_are_one_wall_and_compile_once(bench):
    """The gimbal turns by 30 degrees to and fro; clouds have another size each time."""
    maps = bench.collect(OccupancyGrid, "map", qos.LATCHED)
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    clouds = bench.publisher(PointCloud2, "depth/points", qos.SENSOR)
    bench.start("live_map", **SMALL)
    vehicle = Hovering(bench)
    rng = np.random.default_rng(0)
    y, z = np.meshgrid(np.linspace(-2.0, 2.0, 60), np.linspace(-1.0, 1.0, 40))
    wall = np.stack([np.full_like(y, WALL_M), y, z], axis=-1).reshape(-1, 3)

    def yaw_at(stamp_ns):
        return 0.5 * math.sin(2.0 * 1e-9 * stamp_ns)

    def gimbal(stamp_ns):
        turn = pose_messages.yaw_rotation(yaw_at(stamp_ns))
        return [pose_messages.transform(stamp_ns, "base_link", "gimbal", (0, 0, 0), turn)]

    def send(stamp_ns):
        taken_ns = stamp_ns - 7_000_000  # between two transforms
        c, s = math.cos(yaw_at(taken_ns)), math.sin(yaw_at(taken_ns))
        points = rng.permutation(wall)[: rng.integers(1500, 2400)] @ [
            [c, -s, 0],
            [s, c, 0],
            [0, 0, 1],
        ]
        clouds.publish(cloud_messages.cloud(taken_ns, "gimbal", points[None], ("x", "y", "z")))

    vehicle.transforms, vehicle.send = gimbal, send
    bench.wait(lambda: status and status[-1].ticks >= 15 and there(maps, 3.05), during=vehicle)
    for y_m in (-1.05, 0.05, 1.05):
        for x_m in (2.55, 2.75):
            assert probability(maps[-1], x_m, y_m) < 0.4
    assert "of shape" not in values(health).get("invalid depth/points", "")
    vehicle.transforms = lambda stamp_ns: []  # the gimbal falls silent
    bench.wait(
        lambda: "'gimbal' ends" in values(health).get("invalid depth/points", ""), during=vehicle
    )


def test_a_slam_says_where_odometry_lies_and_its_jump_keeps_the_map(bench):
    maps = bench.collect(OccupancyGrid, "map", qos.LATCHED)
    frames = bench.collect(TransformStamped, "map_to_odom", qos.LATCHED)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    clouds = bench.publisher(PointCloud2, "depth/points", qos.SENSOR)
    bench.start("live_map", frames__map_to_odom="external", **SMALL)
    vehicle = Hovering(bench)
    vehicle.mount("lidar")
    y, z = np.meshgrid(np.linspace(-2.0, 2.0, 64), np.linspace(-1.0, 1.0, 48))
    wall = np.stack([np.full_like(y, WALL_M), y, z], axis=-1)
    vehicle.send = lambda stamp_ns: clouds.publish(
        cloud_messages.cloud(stamp_ns, "lidar", wall, ("x", "y", "z"))
    )
    wanted = "no transform leads from map to 'odom'"
    bench.wait(lambda: wanted in values(health).get("invalid depth/points", ""), during=vehicle)
    assert not maps

    def slam(x_m):
        turn = (1.0, 0.0, 0.0, 0.0)
        return lambda stamp: [pose_messages.transform(stamp, "map", "odom", (x_m, 0, 0), turn)]

    vehicle.transforms = slam(0.5)
    bench.wait(lambda: there(maps, WALL_M + 0.55) and frames, during=vehicle)
    assert frames[-1].transform.translation.x == 0.5
    vehicle.transforms = slam(-0.2)
    bench.wait(lambda: frames[-1].transform.translation.x == -0.2, during=vehicle)
    bench.wait(lambda: there(maps, WALL_M - 0.15), during=vehicle)
    assert probability(maps[-1], WALL_M + 0.55) > 0.6  # what was there stays
    assert "map -> odom has jumped by 0.70 m and 0.0 deg" in bench.log("live_map").read_text()
    bench.wait(lambda: values(health)["map_to_odom_jumps"].startswith("1, the last by 0.70 m"))
