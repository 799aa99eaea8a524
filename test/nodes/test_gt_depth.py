# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth camera alone: what it sees from a pose, its stamps, its frames."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from nav_msgs.msg import Odometry
from patience import PATIENCE_S
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tf2_msgs.msg import TFMessage

from live_mvp_ros import packets
from live_mvp_ros.msg import ObservationPacket
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import cloud_messages, headers, vehicle_messages
from live_mvp_ros.ros.convert.packet_messages import from_message
from live_mvp_ros.ros.frames import Frames
from live_mvp_ros.ros.transforms import TransformBuffer, add_all

OPTICAL = "depth_camera_optical_frame"


def odometry(tick: int, xyz=(0.0, 0.0, 2.0), wxyz=(1.0, 0.0, 0.0, 0.0)) -> Odometry:
    zero = np.zeros(3, np.float32)
    state = vehicle_messages.VehicleState(
        tick * 10_000_000, np.float32(xyz), zero, np.float32(wxyz), zero
    )
    return vehicle_messages.odometry(state, "odom", "base_link")


def test_sees_the_sphere_of_the_seed_world_at_its_true_distance(bench, ends_cleanly):
    points = bench.collect(PointCloud2, "depth/points")
    images, infos = (
        bench.collect(Image, "depth/image"),
        bench.collect(CameraInfo, "depth/camera_info"),
    )
    fixed = bench.collect(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
    observations = bench.collect(ObservationPacket, "packets/observation")
    process = bench.start("gt_depth", world="seed", camera__width_px=65, camera__height_px=49)
    out = bench.publisher(Odometry, "odom", qos.SENSOR)
    tick = iter(range(100, 10**6))
    # The sphere of the seed world: centre (3, 0, 1), radius 1; the camera is 5 cm ahead.
    bench.wait(
        lambda: len(points) > 3 and images and infos and fixed and observations,
        during=lambda: out.publish(odometry(next(tick), (0.0, 0.0, 1.0))),
    )
    cloud = cloud_messages.cloud_points(points[-1], OPTICAL)
    assert cloud.shape == (49, 65, 3)
    # The centre pixel looks along +x; the smooth union moves the surface out by a little.
    assert cloud[24, 32, 2] == pytest.approx(1.95, abs=0.03)
    assert np.allclose(cloud[24, 32, :2], 0.0, atol=1e-3)
    stamps = [headers.to_ns(m.header.stamp) for m in points]
    assert all(stamp % 10_000_000 == 0 for stamp in stamps)  # stamps of odometry
    gaps = [b - a for a, b in itertools.pairwise(stamps)]
    assert min(gaps) >= 90_000_000  # 10 Hz
    depth = np.frombuffer(images[-1].data, np.float32).reshape(49, 65)
    assert images[-1].encoding == "32FC1"
    assert depth[24, 32] == pytest.approx(1.95, abs=0.03)
    assert infos[-1].k[2] == pytest.approx(32.0)  # centre of 65 columns
    transforms = TransformBuffer()
    assert not add_all(transforms, fixed[-1].transforms, fixed=True)
    mount = transforms.lookup(Frames().base_link, OPTICAL, 0)
    assert np.allclose(mount @ [0.0, 0.0, 1.0, 1.0], [1.05, 0.0, 0.0, 1.0], atol=1e-6)
    packet = from_message(packets.ObservationPacket, observations[-1])
    assert packet.object_id == "seed"
    assert packet.columns[0].patch.data.shape == (49, 65, 1)
    assert ends_cleanly(process)


def test_an_unknown_world_ends_it_with_one_sentence(bench):
    process = bench.start("gt_depth", world="atlantis")
    assert process.wait(timeout=PATIENCE_S) == 2
    text = bench.log("gt_depth").read_text()
    assert "atlantis" in text
    assert "office" in text
    assert "Traceback" not in text
