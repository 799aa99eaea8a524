# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulator alone: time, hold, commands, pause, step, reset, parameters, end."""

from __future__ import annotations

import math
import signal

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from nav_msgs.msg import Odometry
from patience import PATIENCE_S
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rosgraph_msgs.msg import Clock
from std_srvs.srv import SetBool
from tf2_msgs.msg import TFMessage

from live_mvp_ros import packets
from live_mvp_ros.msg import BodyRateThrust, ObservationPacket, PosePacket
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import headers, pose_messages
from live_mvp_ros.ros.convert.packet_messages import to_message
from live_mvp_ros.srv import ResetSim, StepSim


def stamps(messages):
    return [headers.to_ns(m.header.stamp) for m in messages]


def values_of(health):
    """Return the values of the last diagnostics; a node that does not spin yet has none."""
    return {v.key: v.value for v in health[-1].status[0].values} if health else {}


def test_holds_its_start_pose_and_publishes_time_frames_and_packets(bench, ends_cleanly):
    clock, odom = bench.collect(Clock, "/clock"), bench.collect(Odometry, "odom")
    moving = bench.collect(TFMessage, "tf", qos.TRANSFORM)
    fixed = bench.collect(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
    poses = bench.collect(PosePacket, "packets/pose")
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    process = bench.start("quadrotor_sim", start_position_m=[1.0, 2.0, 3.0], start_yaw_rad=1.0)
    bench.wait(lambda: len(odom) > 150 and poses and fixed and values_of(health))
    steps = {b - a for a, b in zip(stamps(odom), stamps(odom)[1:], strict=False)}
    assert min(steps) == 10_000_000  # 100 Hz of simulated time; best effort may lose some
    last = odom[-1]
    assert (last.header.frame_id, last.child_frame_id) == ("odom", "base_link")
    p = last.pose.pose.position
    assert math.dist((p.x, p.y, p.z), (1.0, 2.0, 3.0)) < 0.01
    _, attitude = pose_messages.pose_arrays(last.pose.pose)
    assert pose_messages.yaw_of(attitude) == pytest.approx(1.0, abs=0.01)
    assert set(stamps(odom)) & {headers.to_ns(c.clock) for c in clock}
    assert (fixed[0].transforms[0].header.frame_id, fixed[0].transforms[0].child_frame_id) == (
        "map",
        "odom",
    )
    assert moving[-1].transforms[0].child_frame_id == "base_link"
    assert poses[-1].columns[0].pose.u == pytest.approx(1.0 / (2 * math.pi), abs=0.01)
    values = values_of(health)
    assert health[-1].status[0].name == "quadrotor_sim"
    assert values["holding"] == "true"
    assert float(values["real_time_factor"]) > 0.0
    assert ends_cleanly(process)


def test_says_what_the_last_observation_looked_at(bench):
    poses = bench.collect(PosePacket, "packets/pose")
    observations = bench.publisher(ObservationPacket, "packets/observation", qos.SENSOR)
    bench.start("quadrotor_sim", start_position_m=[1.0, 2.0, 3.0])
    bench.wait(lambda: poses)
    assert not poses[-1].has_interest
    point = packets.ChartPoint(0.0, 0.5)
    patch = packets.Patch(("depth",), np.full((3, 3, 1), 4.0, np.float32))
    column = packets.ColumnObservation("col0", patch, point, point)
    camera = packets.CameraIntrinsics(1.0, 1.0, 1.0, 1.0, 3, 3)

    def look():
        stamp = headers.to_ns(poses[-1].header.stamp)
        seen = packets.ObservationPacket(stamp, "c", 0, "office", camera, (column,))
        observations.publish(to_message(seen))

    bench.wait(lambda: poses[-1].has_interest, during=look)
    found = poses[-1]
    assert found.interest_object_id == "office"
    azimuth = math.atan2(2.0, 1.0 + 4.0)  # 4 m ahead of (1, 2, 3)
    assert found.interest.u == pytest.approx(azimuth / (2 * math.pi), abs=0.002)
    rise = math.atan2(3.0, math.hypot(2.0, 5.0))
    assert found.interest.v == pytest.approx(0.5 + rise / math.pi, abs=0.002)
    bench.wait(lambda: not poses[-1].has_interest)  # it has grown old


def test_flies_a_command_and_holds_when_commands_stop(bench):
    odom = bench.collect(Odometry, "odom")
    commands = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    bench.start("quadrotor_sim", start_position_m=[0.0, 0.0, 2.0])
    bench.wait(lambda: odom)

    def climb():
        commands.publish(BodyRateThrust(thrust=9.81 + 2.0))

    bench.wait(lambda: odom[-1].twist.twist.linear.z > 1.0, during=climb)
    assert odom[-1].pose.pose.position.z > 2.1
    bench.wait(lambda: abs(odom[-1].twist.twist.linear.z) < 0.02)
    left = odom[-1].pose.pose.position
    assert math.hypot(left.x, left.y) < 0.05


def test_refuses_a_command_that_is_not_finite(bench):
    odom = bench.collect(Odometry, "odom")
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    commands = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    bench.start("quadrotor_sim")
    bench.wait(lambda: odom)

    def invalid():
        return values_of(health).get("invalid", "0") != "0"

    bench.wait(invalid, during=lambda: commands.publish(BodyRateThrust(thrust=math.nan)))
    assert math.isfinite(odom[-1].pose.pose.position.z)
    assert "the command holds a value that is not finite" in bench.log("quadrotor_sim").read_text()


def test_a_command_whose_stamp_is_no_time_is_not_flown(bench):
    odom = bench.collect(Odometry, "odom")
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    commands = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    bench.start("quadrotor_sim", start_position_m=[0.0, 0.0, 2.0])
    bench.wait(lambda: odom)
    climb = BodyRateThrust(thrust=19.0)
    climb.header.stamp.nanosec = headers.NS_PER_S

    def refused():
        return int(values_of(health).get("invalid", "0")) > 20

    bench.wait(refused, during=lambda: commands.publish(climb))
    highest = max(message.pose.pose.position.z for message in odom)
    assert highest == pytest.approx(2.0, abs=0.01)


def test_pause_step_and_reset(bench):
    odom = bench.collect(Odometry, "odom")
    bench.start("quadrotor_sim")
    bench.wait(lambda: odom)
    refused = bench.call(StepSim, "sim/step", StepSim.Request(ticks=3))
    assert not refused.success and refused.message == "the simulation is not paused"
    assert bench.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    before = bench.call(StepSim, "sim/step", StepSim.Request(ticks=1))
    after = bench.call(StepSim, "sim/step", StepSim.Request(ticks=25))
    assert headers.to_ns(after.stamp) - headers.to_ns(before.stamp) == 250_000_000
    bench.wait(lambda: stamps(odom)[-1] == headers.to_ns(after.stamp))
    bench.spin(0.3)
    assert stamps(odom)[-1] == headers.to_ns(after.stamp)  # time stands still

    request = ResetSim.Request(
        pose=pose_messages.pose((4.0, 5.0, 1.0), pose_messages.yaw_rotation(0.5))
    )
    assert bench.call(ResetSim, "sim/reset", request).success
    bench.wait(lambda: odom[-1].pose.pose.position.x == pytest.approx(4.0, abs=0.01))
    bad = ResetSim.Request(pose=pose_messages.pose((4.0, 5.0, 1.0), (0.0, 0.0, 0.0, 0.0)))
    response = bench.call(ResetSim, "sim/reset", bad)
    assert not response.success
    assert (
        response.message == "the pose is not usable: the quaternion has length 0.000 instead of 1"
    )


def test_a_step_of_any_length_leaves_the_simulator_answering(bench, ends_cleanly):
    odom = bench.collect(Odometry, "odom")
    process = bench.start("quadrotor_sim", start_paused=True)
    step = bench.node.create_client(StepSim, "sim/step")
    bench.wait(step.service_is_ready)
    none = bench.call(StepSim, "sim/step", StepSim.Request(ticks=0))
    assert not none.success and "ticks = 0" in none.message
    endless = step.call_async(StepSim.Request(ticks=2**32 - 1))
    bench.wait(lambda: len(odom) > 200)
    assert not endless.done()
    second = bench.call(StepSim, "sim/step", StepSim.Request(ticks=1))
    assert not second.success and second.message == "another step is under way"
    before = stamps(odom)[-1]
    assert bench.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    bench.wait(endless.done)
    assert not endless.result().success
    assert "sim/pause ended the step after" in endless.result().message
    ended = headers.to_ns(endless.result().stamp)
    assert ended >= before
    third = bench.call(StepSim, "sim/step", StepSim.Request(ticks=7))
    assert third.success and third.message == ""
    assert headers.to_ns(third.stamp) == ended + 70_000_000
    step.call_async(StepSim.Request(ticks=2**32 - 1))
    count = len(odom)
    bench.wait(lambda: len(odom) > count + 100)
    assert ends_cleanly(process)


def test_a_second_vehicle_follows_the_time_of_the_first(bench):
    clock = bench.collect(Clock, "/clock", qos.CLOCK)
    odom = bench.collect(Odometry, "two/odom")
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)

    def status(name):
        return [s for m in health for s in m.status if s.name == name][-1:]

    follower = ("-r", "__ns:=/two", "-p", "follow_clock:=true")
    bench.run("quadrotor_sim", "--ros-args", *follower, label="follower")
    bench.wait(
        lambda: any("no simulator publishes" in s.message for s in status("two/quadrotor_sim"))
    )
    assert not odom  # nobody says what time it is
    assert bench.node.count_publishers("/clock") == 0

    bench.start("quadrotor_sim", real_time_factor=0.3)
    bench.wait(lambda: len(odom) > 50)
    bench.wait(lambda: status("two/quadrotor_sim")[0].message == "ok")
    bench.wait(lambda: bench.node.count_publishers("/clock") == 1)
    assert min(b - a for a, b in zip(stamps(odom), stamps(odom)[1:], strict=False)) == 10_000_000

    assert bench.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    bench.spin(0.3)
    stepped = bench.call(StepSim, "sim/step", StepSim.Request(ticks=40))
    bench.wait(lambda: stamps(odom)[-1] == headers.to_ns(stepped.stamp))
    bench.wait(lambda: headers.to_ns(clock[-1].clock) >= headers.to_ns(stepped.stamp))
    assert set(stamps(odom)[-30:]) <= {headers.to_ns(c.clock) for c in clock}  # both listen by now

    bench.kill("quadrotor_sim")
    later = stamps(odom)[-1]
    bench.start("quadrotor_sim")  # its time has gone on meanwhile, by much
    bench.wait(lambda: len(odom) > 100 and stamps(odom)[-1] > later + 1_000_000_000)
    p = odom[-1].pose.pose.position
    assert math.dist((p.x, p.y, p.z), (1.5, 5.0, 2.0)) < 0.01


def test_two_owners_of_the_clock_are_reported(bench):
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("quadrotor_sim")
    bench.publisher(Clock, "/clock", qos.CLOCK)
    bench.wait(lambda: any("/clock" in s.message for s in health[-1].status) if health else False)
    (status,) = health[-1].status
    assert status.level == DiagnosticStatus.WARN
    assert status.message == "2 nodes publish /clock: all simulators but one need follow_clock"


def test_parameters_are_described_changed_and_refused_over_dds(bench):
    bench.start("quadrotor_sim")
    described = bench.call(
        DescribeParameters,
        "quadrotor_sim/describe_parameters",
        DescribeParameters.Request(names=["real_time_factor", "vehicle.mass_kg"]),
    )
    factor, mass = described.descriptors
    assert factor.floating_point_range[0].to_value == 100.0
    assert (factor.read_only, mass.read_only) == (False, True)
    assert mass.description == "Take-off mass. [kg]"

    def change(name, value):
        parameter = Parameter(name=name, value=ParameterValue(type=3, double_value=value))
        request = SetParameters.Request(parameters=[parameter])
        return bench.call(SetParameters, "quadrotor_sim/set_parameters", request).results[0]

    assert change("real_time_factor", 0.5).successful
    refused = change("real_time_factor", 1000.0)
    assert not refused.successful
    assert refused.reason == (
        "real_time_factor = 1000.0 is not allowed: it must be between 0.01 and 100"
    )
    fixed = change("vehicle.mass_kg", 2.0)
    assert "it can only be given at the start" in fixed.reason


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--ros-args", "-p", "real_time_factor:=-1.0"),
            "real_time_factor = -1.0 is not allowed: it must be between 0.01 and 100",
        ),
        (
            ("--ros-args", "-p", "start_position_m:=[1.0, 2.0]"),
            "start_position_m = [1.0, 2.0] is not allowed: it must be a list of 3 numbers",
        ),
        (
            ("--ros-args", "-p", "follow_clock:=true", "-p", "real_time_factor:=0.5"),
            "real_time_factor = 0.5 is not allowed with follow_clock",
        ),
        (
            ("--ros-args", "-p", "follow_clock:=true", "-p", "start_paused:=true"),
            "start_paused is not allowed with follow_clock",
        ),
        (("--ros-args", "-p", "mass:=2.0"), "mass is not a parameter of quadrotor_sim"),
        (("--ros-args", "--params-file", "/does/not/exist.yaml"), "Error opening YAML file"),
    ],
)
def test_wrong_start_values_end_with_one_sentence(bench, arguments, sentence):
    process = bench.run("quadrotor_sim", *arguments)
    assert process.wait(timeout=PATIENCE_S) == 2
    text = bench.log("quadrotor_sim").read_text()
    assert sentence in text
    assert "Traceback" not in text


def test_sigterm_ends_it_cleanly(bench, ends_cleanly):
    odom = bench.collect(Odometry, "odom")
    process = bench.start("quadrotor_sim")
    bench.wait(lambda: odom)
    assert ends_cleanly(process, signal.SIGTERM)


def test_where_the_odometry_frame_lies_may_be_for_others_to_say(bench):
    odom, fixed = (
        bench.collect(Odometry, "odom"),
        bench.collect(TFMessage, "tf_static", qos.TRANSFORM_STATIC),
    )
    bench.start("quadrotor_sim", frames__map_to_odom="external")
    bench.wait(lambda: len(odom) > 50)
    assert not [t for m in fixed for t in m.transforms if t.header.frame_id == "map"]


def test_odometry_drifts_from_the_true_pose_and_takes_the_transforms_along(bench):
    odom, truth = bench.collect(Odometry, "odom"), bench.collect(Odometry, "ground_truth/odom")
    moving = bench.collect(TFMessage, "tf", qos.TRANSFORM)
    commands = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    bench.start(
        "quadrotor_sim", start_position_m=[0.0, 0.0, 2.0], odometry__drift_m_per_m=0.1, seed=3
    )
    bench.wait(lambda: odom and truth and moving)

    def at(message):
        p = message.pose.pose.position
        return p.x, p.y, p.z

    def together():
        """Return the latest true and believed position of one moment, and the transform's."""
        true = {headers.to_ns(m.header.stamp): at(m) for m in truth}
        frames = {headers.to_ns(t.header.stamp): t for m in moving for t in m.transforms}
        both = [s for s in stamps(odom) if s in true and s in frames]
        believed = {headers.to_ns(m.header.stamp): at(m) for m in odom}
        t = frames[both[-1]].transform.translation
        return true[both[-1]], believed[both[-1]], (t.x, t.y, t.z)

    bench.wait(
        lambda: truth[-1].pose.pose.position.z > 4.0,
        during=lambda: commands.publish(BodyRateThrust(thrust=9.81 + 4.0)),
    )
    true, believed, transform = together()
    assert truth[-1].header.frame_id == "map"
    assert believed == pytest.approx(transform)
    assert believed[2] == pytest.approx(true[2], abs=1e-3)  # a height does not drift
    # straight up: the way is the height gained, and its tenth is the error in the plane
    off_m = math.dist(true[:2], believed[:2])
    assert off_m == pytest.approx(0.1 * (true[2] - 2.0), abs=0.01)

    request = ResetSim.Request(use_default=True)
    assert bench.call(ResetSim, "sim/reset", request).success
    bench.wait(lambda: at(truth[-1])[2] == pytest.approx(2.0, abs=0.01))
    true, believed, _ = together()
    assert believed == pytest.approx(true, abs=0.01)  # a new flight begins without error


def test_odometry_that_comes_late_keeps_the_time_that_it_is_of(bench):
    clock = bench.collect(Clock, "/clock", qos.CLOCK)
    odom, truth = bench.collect(Odometry, "odom"), bench.collect(Odometry, "ground_truth/odom")
    commands = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    bench.start("quadrotor_sim", start_position_m=[0.0, 0.0, 2.0], odometry__latency_s=0.1)
    bench.wait(lambda: odom and truth and clock)

    def climb():
        """Answer odometry that is 0.1 s old by the time it comes: it is flown."""
        up = BodyRateThrust(thrust=9.81 + 4.0)
        up.header.stamp = odom[-1].header.stamp
        commands.publish(up)

    bench.wait(lambda: odom[-1].pose.pose.position.z > 4.0, during=climb)
    true = {headers.to_ns(m.header.stamp): m.pose.pose.position.z for m in truth}
    both = [m for m in odom if headers.to_ns(m.header.stamp) in true]
    assert len(both) > 20
    for message in both:
        assert message.pose.pose.position.z == true[headers.to_ns(message.header.stamp)]
    # what is published together comes in this order: truth, odometry, clock
    request = StepSim.Request(ticks=20)
    assert bench.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    now_ns = headers.to_ns(bench.call(StepSim, "sim/step", request).stamp)
    bench.wait(lambda: stamps(odom)[-1] == now_ns - 100_000_000)
    bench.spin(0.3)
    assert stamps(odom)[-1] == now_ns - 100_000_000


def test_in_wind_it_holds_its_place_until_somebody_flies_it(bench):
    odom = bench.collect(Odometry, "odom")
    commands = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    bench.start(
        "quadrotor_sim",
        start_position_m=[0.0, 0.0, 2.0],
        disturbances__wind_m_s=[5.0, 0.0, 0.0],
        disturbances__drag_per_s=0.3,
        disturbances__thrust_error=0.1,
    )
    bench.wait(lambda: len(odom) > 300)
    at = odom[-1].pose.pose.position
    assert math.dist((at.x, at.y, at.z), (0.0, 0.0, 2.0)) < 0.05
    # it leans against the wind, and yet climbs: 9.81 N are a tenth more than its weight
    bench.wait(
        lambda: odom[-1].pose.pose.position.z > 3.0,
        during=lambda: commands.publish(BodyRateThrust(thrust=9.81)),
    )
