# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The driver as a process: a scripted vehicle on a socket, a controller over DDS."""

from __future__ import annotations

import socket
import time

import pytest

pytest.importorskip("pymavlink")

from fake_autopilot import OURS, PILOTS, PX4, FakeAutopilot
from nav_msgs.msg import Odometry
from patience import PATIENCE_S
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage

from live_mvp_ros.msg import AutopilotState, BodyRateThrust
from live_mvp_ros.ros import qos
from live_mvp_ros.srv import CheckVehicle


class Behind:
    """A scripted vehicle that speaks UDP, in the time of the wall; stepped while a bench waits."""

    def __init__(self) -> None:
        self.vehicle = FakeAutopilot(PX4)
        self.vehicle.half_way_ns = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._last_s = time.monotonic()

    def step(self) -> None:
        now_s = time.monotonic()
        dt_s, self._last_s = min(now_s - self._last_s, 0.05), now_s
        while True:
            try:
                self.vehicle.write(self._socket.recv(4096))
            except (BlockingIOError, ConnectionRefusedError):
                break
        for data in self.vehicle.wire_step(dt_s):
            self._socket.sendto(data, ("127.0.0.1", self.port))


def started(bench, **parameters):
    behind = Behind()
    process = bench.start(
        "mavlink_driver",
        url=f"udpin:127.0.0.1:{behind.port}",
        odometry_rate_hz=20.0,
        command_timeout_s=0.2,
        autopilot_timeout_s=2.0,
        settle_s=0.5,
        **parameters,
    )
    return behind, process


def test_a_vehicle_is_checked_armed_flown_taken_over_and_given_back(bench, ends_cleanly):
    behind, process = started(bench, origin_m=[1.0, 2.0, 0.0])
    odom = bench.collect(Odometry, "odom")
    states = bench.collect(AutopilotState, "vehicle/state", qos.KEPT)
    fixed = bench.collect(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
    command_out = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    vehicle, answered = behind.vehicle, [0]

    def during() -> None:
        behind.step()
        if len(odom) > answered[0]:  # a controller that answers each odometry
            answered[0] = len(odom)
            command = BodyRateThrust(thrust=9.81)
            command.header.stamp = odom[-1].header.stamp
            command_out.publish(command)

    def becomes(phase: int) -> None:
        bench.wait(lambda: states and states[-1].phase == phase, during=during)

    def call(kind, name):
        client = bench.node.create_client(kind, name)
        bench.wait(client.service_is_ready, during=during)
        future = client.call_async(kind.Request())
        bench.wait(future.done, during=during)
        return future.result()

    bench.wait(lambda: len(odom) > 20, during=during)
    p, v = odom[-1].pose.pose.position, odom[-1].pose.covariance
    assert (p.x, p.y, p.z) == pytest.approx((1.0, 2.0, 0.0), abs=1e-6)
    assert (odom[-1].header.frame_id, odom[-1].child_frame_id) == ("odom", "base_link")
    assert all(v[i] > 0.0 for i in range(0, 36, 7))
    assert fixed[0].transforms[0].child_frame_id == "odom"
    assert not call(Trigger, "vehicle/arm").success  # nobody has checked it

    end = time.monotonic() + PATIENCE_S
    while not (report := call(CheckVehicle, "vehicle/check")).success:
        assert time.monotonic() < end, report.message
    assert len(report.passed) == 10
    assert not report.failed
    while not (answer := call(Trigger, "vehicle/arm")).success:
        assert time.monotonic() < end, answer.message  # a busy machine may have missed a moment
    becomes(AutopilotState.ARMED)
    assert not vehicle.setpoints
    assert call(Trigger, "vehicle/takeoff").success
    becomes(AutopilotState.HOLDING)
    while not (answer := call(Trigger, "vehicle/fly")).success:
        assert time.monotonic() < end, answer.message
    becomes(AutopilotState.FLYING)
    bench.wait(lambda: len(vehicle.setpoints) > 5, during=during)
    assert vehicle.mode == OURS[PX4]

    vehicle.switch(PILOTS[PX4])
    becomes(AutopilotState.HANDED_OVER)
    silent = len(vehicle.setpoints)
    bench.spin(1.0, during=during)
    assert len(vehicle.setpoints) == silent
    assert states[-1].reason == "somebody has switched it to POSCTL"
    assert states[-1].stale_commands_sent == 0
    assert states[-1].commands_sent >= silent - states[-1].own_holds_sent
    assert ends_cleanly(process)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"url": "udp:nowhere"}, "url = 'udp:nowhere' is not allowed"),
        ({"autopilot": "kk2"}, "autopilot = 'kk2' is not allowed: it must be one of px4"),
        ({"use_sim_time": True}, "an autopilot flies in the time of the system"),
        ({"fleet": "drone2=udpin:127.0.0.1:14541"}, "fleet = 'drone2=udpin"),
    ],
)
def test_what_is_given_wrongly_is_a_sentence_and_exit_code_2(bench, parameters, words):
    process = bench.start("mavlink_driver", **parameters)
    assert process.wait(timeout=PATIENCE_S) == 2
    said = bench.log("mavlink_driver").read_text()
    assert words in said
    bench.processes.clear()
