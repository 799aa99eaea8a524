# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The controller alone: waits, flies, holds on every fault, obeys requests, ends the action."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from rclpy.action import ActionClient
from std_srvs.srv import Trigger

from live_mvp_ros.action import Explore
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.msg import (
    ActionPacket,
    BodyRateThrust,
    ContextPacket,
    ExplorationStatus,
    InfoField,
)
from live_mvp_ros.ros import convert, convert_sensors, qos

SPEC = GridSpec.covering((0.0, 0.0), (10.0, 6.0), 0.1)
SMALL = {
    "mppi__num_samples": 128,
    "mppi__horizon_steps": 20,
    "lower_m": [0.0, 0.0, 0.5],
    "upper_m": [10.0, 6.0, 3.0],
    "goal_m": [8.0, 3.0, 2.0],
}


class World:
    """Publishes odometry of a vehicle that stands in an empty known room, map, field and path.

    The field answers the goal that was heard last, as a planner does; ``answers`` False keeps it
    from hearing of another.
    """

    def __init__(self, bench):
        out = bench.publisher
        self._odom = out(Odometry, "odom", qos.SENSOR)
        self._map = out(OccupancyGrid, "map", qos.LATCHED)
        self._field = out(InfoField, "info_field", qos.LATCHED)
        self._path = out(Path, "reference_path", qos.LATCHED)
        self._node = bench.node
        self.goals = bench.collect(PoseStamped, "exploration/goal", qos.LATCHED)
        self.goal, self.answers = PoseStamped(), True
        self.ahead_s = 0.0
        self.position = [2.0, 3.0, 2.0]
        self.odometry = self.map = self.field = True
        self.nothing_left = False
        self.explored = 0.5
        self.tick = 0

    def __call__(self):
        self.tick += 1
        stamp, zero = self._node.get_clock().now().nanoseconds, np.zeros(3, np.float32)
        stamp += round(1e9 * self.ahead_s)
        state = convert.VehicleState(
            stamp, np.float32(self.position), zero, np.float32([1, 0, 0, 0]), zero
        )
        if self.odometry:
            self._odom.publish(convert.odometry(state, "odom", "base_link"))
        if self.map and self.tick % 10 == 0:
            grid = convert.occupancy_grid(stamp, "map", SPEC, np.zeros(SPEC.shape))
            self._map.publish(grid)
        if self.field and self.tick % 10 == 0:
            self._publish_field(stamp)

    def _publish_field(self, stamp):
        if self.answers and self.goals:
            self.goal = self.goals[-1]
        at = self.goal.pose.position
        x, _ = SPEC.centres()
        guidance = np.broadcast_to(x[:, None], SPEC.shape)  # better and better towards +x
        field = convert_sensors.Field(
            stamp, stamp, SPEC, 0 * guidance, 0 * guidance, guidance, 0.25, np.float32([-3, -2]),
            np.ones((16, 40, 40), np.float32), self.nothing_left, True, 5.0, self.explored,
            np.float32([8, 3]), np.array([at.x, at.y, at.z]),
            convert.to_ns(self.goal.header.stamp),
        )  # fmt: skip
        points = np.array(self.position) + np.outer(np.arange(40), [0.1, 0.0, 0.0])
        self._path.publish(convert.path(stamp, "map", points, np.zeros(40)))
        self._field.publish(convert_sensors.info_field("map", field, 2.0, 1.0))


class Watched:
    """The controller under test with everything that it publishes."""

    def __init__(self, bench, **parameters):
        self.bench, self.world = bench, World(bench)
        self.commands = bench.collect(BodyRateThrust, "cmd/body_rates", qos.COMMAND_IN)
        self.status = bench.collect(ExplorationStatus, "exploration/status", qos.STATUS)
        self.process = bench.start("imppi_controller", **(SMALL | parameters))

    def until(self, state, reason=""):
        def there():
            return self.status and (
                self.status[-1].state == state and reason in self.status[-1].reason
            )

        self.bench.wait(there, during=self.world)


def pitches(commands):
    return [c.body_rates.y for c in commands]


@pytest.fixture
def flying(bench):
    watched = Watched(bench)
    watched.until(ExplorationStatus.EXPLORING)
    return watched


def test_waits_then_flies_forward_at_its_rate_and_holds_on_faults(flying, bench, ends_cleanly):
    contexts = bench.collect(ContextPacket, "packets/context")
    actions = bench.collect(ActionPacket, "packets/action")
    plans = bench.collect(Path, "mppi/plan", qos.DEBUG)
    flying.commands.clear()
    bench.wait(lambda: len(flying.commands) > 100 and plans and actions, during=flying.world)
    assert all(math.isfinite(c.thrust) and c.thrust >= 0.0 for c in flying.commands)
    assert flying.commands[-1].header.frame_id == "base_link"
    # The vehicle stands still and is asked to go to +x: the nose must go down, on average.
    assert np.mean(pitches(flying.commands[-80:])) > 0.02
    assert plans[-1].poses[-1].pose.position.x > 2.2
    assert contexts[-1].length == 1024
    assert len(actions[-1].motor) == 4

    world = flying.world
    world.odometry = False
    flying.until(ExplorationStatus.HOLDING, "no odometry for")
    world.odometry = True
    flying.until(ExplorationStatus.EXPLORING)
    world.map = False
    flying.until(ExplorationStatus.HOLDING, "the map is")
    world.map = True
    flying.until(ExplorationStatus.EXPLORING)
    world.position = [math.nan, 3.0, 2.0]
    flying.until(ExplorationStatus.HOLDING, "no odometry for")  # what is not finite is no odometry
    world.position = [2.0, 3.0, 2.0]
    flying.until(ExplorationStatus.EXPLORING)
    assert ends_cleanly(flying.process)


def test_goes_to_the_goal_when_nothing_is_left_and_is_done_there(flying):
    flying.world.nothing_left = True
    flying.until(ExplorationStatus.GOING_TO_GOAL)
    flying.world.position = [7.9, 3.0, 2.0]
    flying.until(ExplorationStatus.DONE)
    assert flying.status[-1].goal_reached


def test_obeys_pause_start_and_stop(flying, bench):
    def call(name):
        client = bench.node.create_client(Trigger, f"explore/{name}")
        bench.wait(client.service_is_ready, during=flying.world)
        future = client.call_async(Trigger.Request())
        bench.wait(future.done, during=flying.world)
        return future.result()

    assert call("pause").success
    flying.until(ExplorationStatus.HOLDING, "paused on request")
    assert call("start").message == "resumed"
    flying.until(ExplorationStatus.EXPLORING)
    assert call("stop").success
    flying.until(ExplorationStatus.DONE, "stopped on request")
    assert not call("pause").success
    assert call("start").message == "started"
    flying.until(ExplorationStatus.EXPLORING)


def test_the_action_reports_and_ends_with_the_target(bench):
    watched = Watched(bench, autostart=False)
    watched.until(ExplorationStatus.HOLDING, "waiting to be started")
    client, feedback = ActionClient(bench.node, Explore, "explore"), []
    bench.wait(client.server_is_ready, during=watched.world)
    sending = client.send_goal_async(
        Explore.Goal(target_explored_fraction=0.9), feedback_callback=feedback.append
    )
    bench.wait(sending.done, during=watched.world)
    assert sending.result().accepted
    watched.until(ExplorationStatus.EXPLORING)
    second = client.send_goal_async(Explore.Goal())
    bench.wait(second.done, during=watched.world)
    assert not second.result().accepted  # one mission at a time
    finished = sending.result().get_result_async()
    watched.world.explored = 0.95
    bench.wait(finished.done, during=watched.world)
    result = finished.result().result
    assert result.success
    assert result.reason == "90% is explored, as asked for"
    assert result.metrics.explored_fraction == pytest.approx(0.95)
    assert math.isnan(result.metrics.time_to_99_s)
    assert feedback


def test_the_action_can_be_cancelled(bench):
    watched = Watched(bench)
    watched.until(ExplorationStatus.EXPLORING)
    client = ActionClient(bench.node, Explore, "explore")
    bench.wait(client.server_is_ready, during=watched.world)
    sending = client.send_goal_async(Explore.Goal())
    bench.wait(sending.done, during=watched.world)
    finished = sending.result().get_result_async()
    cancelling = sending.result().cancel_goal_async()
    bench.wait(lambda: cancelling.done() and finished.done(), during=watched.world)
    assert not finished.result().result.success
    watched.until(ExplorationStatus.DONE, "stopped on request")
