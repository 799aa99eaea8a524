# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A vehicle whose controller is starved: it neither turns over nor falls, and says what is wrong.

Nothing here needs a busy machine: commands are late because the test sends them late, or because
it stops the controller's process now and then.
"""

from __future__ import annotations

import math
import signal
import time

import jax.numpy as jnp
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from std_srvs.srv import SetBool

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control.tracking import hold
from live_mvp_ros.msg import BodyRateThrust, ExplorationStatus, InfoField
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    field_messages,
    grid_messages,
    headers,
    path_messages,
    pose_messages,
    vehicle_messages,
)
from live_mvp_ros.srv import ResetSim, StepSim
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig

START = [2.0, 3.0, 2.0]
FRAMES = ("odom", "map")
SPEC = GridSpec.covering((0.0, 0.0), (10.0, 6.0), 0.1)


def height(message):
    return message.pose.pose.position.z


def lean(message):
    q = message.pose.pose.orientation
    return math.acos(max(-1.0, min(1.0, 1.0 - 2.0 * (q.x * q.x + q.y * q.y))))


def sentences(health, name):
    return [s.message for m in health for s in m.status if s.name == name]


def values(health, name):
    status = [s for m in health for s in m.status if s.name == name][-1]
    return {v.key: v.value for v in status.values}


class LateController:
    """Holds a place 1 m away by what the vehicle was ``late`` messages ago, 100 of them a second.

    It goes on tick by tick: the simulation waits for each of its commands.
    """

    def __init__(self, bench, odom, late, stamped):
        self._bench, self._odom = bench, odom
        self._late, self._stamped = late, stamped
        self._out = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
        bench.wait(lambda: self._out.get_subscription_count() and odom)
        assert bench.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
        self._step = bench.node.create_client(StepSim, "sim/step")

    def fly(self, seconds):
        for _ in range(round(50 * seconds)):
            seen = self._odom[max(0, len(self._odom) - 1 - self._late)]
            state = vehicle_messages.vehicle_state(seen, FRAMES, "base_link")
            place = jnp.array([START[0] + 1.0, START[1], START[2]])
            command = hold(
                BodyConfig(),
                QuadrotorConfig(),
                state.core,
                place,
                jnp.float32(0),
            )
            stamp_ns = state.stamp_ns if self._stamped else 0
            self._out.publish(vehicle_messages.body_rate_thrust(stamp_ns, "base_link", command))
            count = len(self._odom)
            done = self._step.call_async(StepSim.Request(ticks=2))
            self._bench.wait(lambda done=done, c=count: done.done() and len(self._odom) >= c + 1)


@pytest.fixture
def sim(bench):
    """Odometry and diagnostics of a simulator that has started."""
    odom = bench.collect(Odometry, "odom", qos.SENSOR_HISTORY)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("quadrotor_sim", start_position_m=START)
    # one that starts has no values yet
    bench.wait(lambda: odom and any(s.values for m in health for s in m.status))
    return odom, health


def test_commands_that_answer_old_odometry_are_not_flown_and_fresh_ones_are(bench, sim):
    odom, health = sim
    controller = LateController(bench, odom, late=3, stamped=True)
    controller.fly(3.0)
    assert odom[-1].pose.pose.position.x > START[0] + 0.5  # 30 ms late: it goes there

    controller._late = 30  # 0.3 s: flown, this turns it over within a second
    place = odom[-1].pose.pose.position
    late = len(odom)
    controller.fly(4.0)
    assert min(map(height, odom[late:])) > START[2] - 0.3
    assert max(map(lean, odom[late:])) < 0.6
    at = odom[-1].pose.pose.position
    assert math.dist((at.x, at.y, at.z), (place.x, place.y, place.z)) < 0.8
    bench.wait(lambda: values(health, "quadrotor_sim")["holding"] == "true")
    bench.wait(
        lambda: any("the controller is too slow" in s for s in sentences(health, "quadrotor_sim"))
    )


def test_commands_from_the_future_are_not_flown(bench, sim):
    odom, health = sim
    out = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)

    def turn_over():
        stamp_ns = headers.to_ns(odom[-1].header.stamp) + 3_000_000_000
        out.publish(
            vehicle_messages.body_rate_thrust(stamp_ns, "base_link", [9.81, 3.0, 0.0, 0.0])
        )

    def said():
        return any("s in the future" in s for s in sentences(health, "quadrotor_sim"))

    bench.wait(said, during=turn_over)
    assert max(map(lean, odom)) < 0.1


def test_late_commands_without_a_stamp_do_not_turn_it_over(bench, sim):
    odom, _ = sim
    LateController(bench, odom, late=30, stamped=False).fly(6.0)
    assert max(map(lean, odom)) < 1.4  # 1 rad, and what it turns on until it is stopped
    assert min(map(height, odom)) >= 0.0


def test_it_stops_at_the_ground_stays_there_and_can_be_lifted(bench, sim):
    odom, health = sim
    out = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)

    def push(thrust_n):
        return lambda: out.publish(BodyRateThrust(thrust=thrust_n))

    bench.wait(lambda: height(odom[-1]) == 0.0, during=push(0.0))
    bench.wait(lambda: values(health, "quadrotor_sim")["landed"] == "true", during=push(0.0))
    landed = len(odom)
    bench.wait(lambda: len(odom) > landed + 100)  # no command at all any more
    assert {height(m) for m in odom[landed:]} == {0.0}
    last = odom[-1].twist.twist
    assert (last.linear.x, last.linear.z, last.angular.y) == (0.0, 0.0, 0.0)
    assert any("is on the ground" in s for s in sentences(health, "quadrotor_sim"))
    bench.wait(lambda: height(odom[-1]) > 0.5, during=push(12.0))
    bench.wait(lambda: values(health, "quadrotor_sim")["landed"] == "false", during=push(9.9))

    below = ResetSim.Request(pose=pose_messages.pose((1.0, 1.0, -1.0), (1.0, 0.0, 0.0, 0.0)))
    refused = bench.call(ResetSim, "sim/reset", below)
    assert not refused.success
    assert "z = -1 m is below the ground" in refused.message


class Surroundings:
    """Map, field and path of an empty room, stamped by the odometry that came last."""

    def __init__(self, bench, odom):
        self._odom, self._last_ns = odom, 0
        self._map = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
        self._field = bench.publisher(InfoField, "info_field", qos.LATCHED)
        self._path = bench.publisher(Path, "reference_path", qos.LATCHED)
        self._goals = bench.collect(PoseStamped, "exploration/goal", qos.LATCHED)

    def __call__(self):
        if not self._odom:
            return
        stamp = headers.to_ns(self._odom[-1].header.stamp)
        if 0 <= stamp - self._last_ns < 200_000_000:
            return
        self._last_ns = stamp
        self._map.publish(grid_messages.occupancy_grid(stamp, "map", SPEC, np.zeros(SPEC.shape)))
        x, _ = SPEC.centres()
        # Better and better towards the middle of the room, so that it stays in it.
        guidance = np.broadcast_to(-np.abs(x - 5.0)[:, None], SPEC.shape)
        field = field_messages.Field(
            stamp, stamp, SPEC, 0 * guidance, 0 * guidance, guidance, 0.25, np.float32([-3, -2]),
            np.ones((16, 40, 40), np.float32), False, True, 5.0, 0.5, np.float32([8, 3]),
        )  # fmt: skip
        here = pose_messages.pose_arrays(self._odom[-1].pose.pose)[0]
        points = np.linspace(here, [5.0, 3.0, 2.0], 40)
        self._path.publish(path_messages.path(stamp, "map", points, np.zeros(40)))
        self._field.publish(field_messages.info_field("map", field, 2.0, 1.0))


def test_a_controller_that_is_stopped_again_and_again_costs_time_and_nothing_else(bench, sim):
    odom, health = sim
    status = bench.collect(ExplorationStatus, "exploration/status", qos.STATUS)
    around = Surroundings(bench, odom)
    controller = bench.start(
        "imppi_controller",
        use_sim_time=True,
        mppi__num_samples=128,
        mppi__horizon_steps=20,
        lower_m=[0.0, 0.0, 0.5],
        upper_m=[10.0, 6.0, 3.0],
    )

    def flies():
        return status and status[-1].state == ExplorationStatus.EXPLORING

    bench.wait(lambda: flies() and status[-1].speed > 0.5, during=around)
    starved = len(odom)
    for stopped_s, runs_s in [(0.3, 0.05)] * 8 + [(0.15, 0.1)] * 8 + [(1.5, 0.2)]:
        controller.send_signal(signal.SIGSTOP)
        resumed = time.monotonic() + stopped_s
        bench.wait(lambda end=resumed: time.monotonic() > end, during=around)
        controller.send_signal(signal.SIGCONT)
        resumed = time.monotonic() + runs_s
        bench.wait(lambda end=resumed: time.monotonic() > end, during=around)
    assert min(map(height, odom[starved:])) > 1.0
    assert max(map(lean, odom[starved:])) < 1.0
    assert any("it holds" in s for s in sentences(health, "quadrotor_sim"))
    said = len(status)
    bench.wait(lambda: len(status) > said and flies(), during=around)  # and it goes on
    assert all(s.state != ExplorationStatus.FAULT for s in status)
