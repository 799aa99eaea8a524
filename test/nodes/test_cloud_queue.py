# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds get the pose of their own time, however late odometry comes, and within bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.mapping import SensorRays
from live_mvp_ros.nodes.live_map.cloud_queue import Backlog, Cloud, CloudQueue, Pair, Use
from live_mvp_ros.nodes.live_map.pose_buffer import PoseBuffer
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.transforms import NoTransformError

MS = 1_000_000
GAP_NS = 100 * MS
WAIT_NS = 300 * MS


def state(stamp_ns, position=(0, 0, 0), yaw_rad=0.0, velocity=(0, 0, 0)):
    attitude = (math.cos(0.5 * yaw_rad), 0.0, 0.0, math.sin(0.5 * yaw_rad))
    arrays = (np.float32(v) for v in (position, velocity, attitude, (0.1, 0.2, 0.3)))
    return VehicleState(stamp_ns, *arrays)


def moving(stamp_ns):
    """Fly at 2 m/s along x and turn at 1.5 rad/s."""
    t = 1e-9 * stamp_ns
    return state(stamp_ns, (2.0 * t, 1.0, 2.0), 1.5 * t, (2.0, 0, 0))


def cloud(stamp_ns, points=12):
    rays = SensorRays(*np.zeros((2, points, 3), np.float32), np.zeros(points, bool))
    return Cloud(stamp_ns, "cam", rays)


def fixed(_, vehicle):
    """The mount is fixed, and the vehicle is where its odometry says."""
    return vehicle, np.eye(4)


# --- poses ---------------------------------------------------------------------------------------


def test_between_two_odometries_the_pose_is_interpolated():
    poses = PoseBuffer()
    poses.add(state(100 * MS, (1, 2, 3), yaw_rad=math.radians(170)))
    poses.add(state(140 * MS, (2, 4, 3), yaw_rad=math.radians(-170)))  # 20 degrees on
    found = poses.at(110 * MS, GAP_NS)
    assert found.stamp_ns == 110 * MS
    assert np.allclose(found.position, (1.25, 2.5, 3.0))
    yaw = 2.0 * math.atan2(found.attitude[3], found.attitude[0])
    assert math.degrees(yaw) % 360 == pytest.approx(175.0, abs=1e-3)
    assert np.linalg.norm(found.attitude) == pytest.approx(1.0, abs=1e-6)


def test_the_sign_of_a_quaternion_is_no_rotation():
    poses = PoseBuffer()
    first, second = state(0, yaw_rad=0.3), state(40 * MS, yaw_rad=0.3)
    poses.add(first)
    poses.add(second._replace(attitude=-second.attitude))
    found = poses.at(20 * MS, GAP_NS).attitude
    assert np.allclose(np.abs(found @ first.attitude), 1.0, atol=1e-6)


def test_nothing_is_extrapolated_or_interpolated_across_a_gap():
    poses = PoseBuffer()
    assert poses.at(0, GAP_NS) is None
    poses.add(state(100 * MS))
    assert poses.at(100 * MS, 0).stamp_ns == 100 * MS
    assert poses.at(99 * MS, GAP_NS) is None
    assert poses.at(101 * MS, GAP_NS) is None
    poses.add(state(201 * MS))
    assert poses.at(150 * MS, GAP_NS) is None
    assert poses.at(150 * MS, 101 * MS) is not None


def test_a_stamp_that_comes_twice_changes_nothing():
    poses = PoseBuffer()
    for stamp_ns in (100, 100, 200, 200, 100, 300, 300):
        assert not poses.add(state(stamp_ns * MS, (stamp_ns, 0, 0)))
    assert poses.at(150 * MS, GAP_NS).position[0] == pytest.approx(150)
    assert poses.at(250 * MS, GAP_NS).position[0] == pytest.approx(250)


def test_a_state_that_comes_late_is_put_in_its_place():
    poses = PoseBuffer()
    for stamp_ns in (100, 300, 200, 400):
        assert not poses.add(state(stamp_ns * MS, (stamp_ns, 0, 0)))
    assert poses.latest_ns == 400 * MS
    assert poses.at(250 * MS, GAP_NS).position[0] == pytest.approx(250)


def test_a_clock_that_was_reset_forgets_everything():
    poses = PoseBuffer()
    for stamp_ns in (5000, 5100, 5200):
        poses.add(state(stamp_ns * MS))
    assert poses.add(state(100 * MS))
    assert poses.latest_ns == 100 * MS
    assert poses.at(5100 * MS, GAP_NS) is None


def test_only_so_many_poses_are_kept():
    poses = PoseBuffer(size=10)
    for i in range(100):
        poses.add(state(i * MS))
    assert poses.at(89 * MS, GAP_NS) is None
    assert poses.at(90 * MS, GAP_NS) is not None


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(12)), st.integers(0, 11 * 20 * MS))
def test_the_order_of_arrival_does_not_matter(order, stamp_ns):
    poses = PoseBuffer()
    for i in order:
        poses.add(moving(i * 20 * MS))
    found = poses.at(stamp_ns, GAP_NS)
    assert np.allclose(found.position, moving(stamp_ns).position, atol=1e-5)
    assert abs(float(found.attitude @ moving(stamp_ns).attitude)) == pytest.approx(1.0, abs=1e-6)


# --- clouds --------------------------------------------------------------------------------------


def flown(odometry_hz, cloud_hz, lag_ms, jitter=0.0, seconds=10.0, twice=False):
    """Return (clouds, pairs) of a flight whose odometry arrives ``lag_ms`` after its stamp."""
    rng = np.random.default_rng(0)
    events = []
    for i in range(int(seconds * odometry_hz)):
        stamp = round(i * 1e9 / odometry_hz)
        arrival = stamp + lag_ms * MS + round(jitter * MS * rng.random())
        events += [(arrival, 0, stamp)] * (2 if twice else 1)
    count = int((seconds - 1.0) * cloud_hz)
    for i in range(count):
        stamp = round((i + 0.37) * 1e9 / cloud_hz)
        events.append((stamp + 2 * MS, 1, stamp))
    queue, pairs = CloudQueue(), []
    for _, is_cloud, stamp in sorted(events):
        if is_cloud:
            assert queue.add_cloud(cloud(stamp)) == 0
        else:
            assert queue.add_state(moving(stamp)) == 0
        settled = queue.settle(GAP_NS, WAIT_NS, fixed)
        pairs += settled.pairs
    return count, pairs


@pytest.mark.parametrize(
    ("odometry_hz", "cloud_hz", "lag_ms"),
    [(100, 30, 34), (50, 30, 0), (30, 30, 34), (20, 30, 120), (100, 30, 900), (250, 90, 500)],
)
@pytest.mark.parametrize("twice", [False, True])
def test_odometry_that_lags_costs_no_cloud(odometry_hz, cloud_hz, lag_ms, twice):
    count, pairs = flown(odometry_hz, cloud_hz, lag_ms, twice=twice)
    assert len(pairs) >= count - 1  # the first may be before the first odometry
    stamps = [pair.cloud.stamp_ns for pair in pairs]
    assert stamps == sorted(set(stamps))
    for vehicle, taken, _ in pairs:
        assert vehicle.stamp_ns == taken.stamp_ns
        truth = moving(taken.stamp_ns)
        assert np.allclose(vehicle.position, truth.position, atol=1e-4)
        assert abs(float(vehicle.attitude @ truth.attitude)) == pytest.approx(1.0, abs=1e-6)


def test_odometry_that_comes_in_any_order_costs_no_cloud():
    count, pairs = flown(100, 30, 34, jitter=60.0)
    assert len(pairs) >= count - 1


def test_clouds_that_wait_are_bounded_in_number_and_bytes():
    queue = CloudQueue(most=3)
    assert [queue.add_cloud(cloud(i)) for i in range(5)] == [0, 0, 0, 1, 1]
    queue.add_state(state(0))
    queue.add_state(state(10))
    assert [pair.cloud.stamp_ns for pair in queue.settle(GAP_NS, WAIT_NS, fixed).pairs] == [
        2,
        3,
        4,
    ]
    heavy = CloudQueue(most_bytes=2 * cloud(0).nbytes)
    assert [heavy.add_cloud(cloud(i)) for i in range(3)] == [0, 0, 1]
    assert heavy.add_cloud(cloud(9, points=1000)) == 2  # one is always taken
    assert len(heavy) == 1


def test_a_cloud_that_odometry_does_not_surround_is_given_back():
    queue = CloudQueue()
    for stamp in (50, 150, 600):
        queue.add_cloud(cloud(stamp * MS))
    for stamp in (100, 200, 500, 900):
        queue.add_state(state(stamp * MS))
    settled = queue.settle(GAP_NS, WAIT_NS, fixed)
    assert [pair.cloud.stamp_ns for pair in settled.pairs] == [150 * MS]
    assert [c.stamp_ns for c in settled.unpaired] == [50 * MS, 600 * MS]
    assert len(queue) == 0


def test_a_cloud_waits_for_its_transforms_for_a_while_only():
    queue, known = CloudQueue(), []

    def place(taken, vehicle):
        if taken.stamp_ns in known:
            return vehicle, np.eye(4)
        never = taken.frame == "gone"
        raise NoTransformError(f"nothing at {taken.stamp_ns // MS} ms", later=not never)

    for stamp in (100, 200):
        queue.add_cloud(cloud(stamp * MS))
    queue.add_cloud(cloud(210 * MS)._replace(frame="gone"))
    for stamp in range(0, 401, 50):
        queue.add_state(state(stamp * MS))
    first = queue.settle(GAP_NS, WAIT_NS, place)
    assert (first.pairs, first.astray) == ([], ["nothing at 210 ms"])
    assert len(queue) == 2  # 300 and 200 ms behind the newest odometry
    known.append(200 * MS)
    queue.add_state(state(450 * MS))
    second = queue.settle(GAP_NS, WAIT_NS, place)
    assert [pair.cloud.stamp_ns for pair in second.pairs] == [200 * MS]
    assert second.astray == ["nothing at 100 ms"]
    assert len(queue) == 0


def test_a_reset_clock_gives_up_what_waits_and_goes_on():
    queue = CloudQueue()
    queue.add_state(state(9000 * MS))
    queue.add_cloud(cloud(9050 * MS))
    assert queue.add_state(state(10 * MS)) == 1
    queue.add_cloud(cloud(15 * MS))
    queue.add_state(state(20 * MS))
    assert len(queue.settle(GAP_NS, WAIT_NS, fixed).pairs) == 1


def test_a_cloud_of_another_clock_is_told_from_one_that_waits():
    queue = CloudQueue()
    assert queue.ahead_s(10**18) == 0.0  # nothing to compare with
    queue.add_state(state(0))
    assert queue.ahead_s(4_000 * MS) == 0.0
    assert queue.ahead_s(3_600_000 * MS) == pytest.approx(3600.0)


def test_the_lag_is_told():
    queue = CloudQueue()
    assert queue.lag_s == 0.0
    queue.add_cloud(cloud(500 * MS))
    assert queue.lag_s == math.inf
    queue.add_state(state(300 * MS))
    assert queue.lag_s == pytest.approx(0.2)


def test_the_backlog_keeps_a_burst_and_gives_up_what_is_old():
    backlog = Backlog(reach_ns=300 * MS)

    def add(stamp_ms):
        return backlog.add(Pair(state(stamp_ms * MS), cloud(stamp_ms * MS), np.eye(4)))

    assert [add(t) for t in (0, 100, 200, 300)] == [0, 0, 0, 0]
    assert add(450) == 2
    assert [backlog.take().cloud.stamp_ns for _ in range(3)] == [200 * MS, 300 * MS, 450 * MS]
    assert backlog.take() is None
    add(9000)
    assert add(10) == 1  # a reset clock
    heavy = Backlog(most_bytes=2 * cloud(0).nbytes)
    assert [heavy.add(Pair(state(i), cloud(i), np.eye(4))) for i in range(4)] == [0, 0, 1, 1]


def test_clouds_that_come_in_vain_are_noticed():
    use = Use(patience_s=2.0)
    assert use.starved_s(100.0) == 0.0
    for t in (100.0, 101.0, 102.0):
        use.arrived(t)
        assert use.starved_s(t) == 0.0
    use.arrived(103.0)
    assert use.starved_s(103.0) == pytest.approx(3.0)
    use.used()
    assert use.starved_s(103.0) == 0.0
    use.arrived(104.0)
    assert use.starved_s(109.0) == 0.0  # none comes any more: that is another fault
