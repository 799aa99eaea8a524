# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The controller alone: waits, flies, holds on every fault, obeys requests, ends the action."""

from __future__ import annotations

import math
import statistics
import time

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Point, PoseStamped, TransformStamped
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from rclpy.action import ActionClient
from std_srvs.srv import Trigger

from live_mvp_ros.action import Explore
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import (
    ActionPacket,
    BodyRateThrust,
    ContextPacket,
    ExplorationStatus,
    InfoField,
)
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    field_messages,
    grid_messages,
    headers,
    path_messages,
    pose_messages,
    vehicle_messages,
)

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
        self.sent_s = {}
        self.position = [2.0, 3.0, 2.0]
        self.odometry = self.map = self.field = True
        self.nothing_left = self.blocked = False
        self.explored = 0.5
        self.tick = 0

    def __call__(self):
        self.tick += 1
        stamp, zero = self._node.get_clock().now().nanoseconds, np.zeros(3, np.float32)
        stamp += round(1e9 * self.ahead_s)
        state = vehicle_messages.VehicleState(
            stamp, np.float32(self.position), zero, np.float32([1, 0, 0, 0]), zero
        )
        if self.odometry:
            self.sent_s[stamp] = time.monotonic()
            self._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))
        if self.map and self.tick % 10 == 0:
            cells = np.full(SPEC.shape, 100 if self.blocked else 0)
            grid = grid_messages.occupancy_grid(stamp, "map", SPEC, cells)
            self._map.publish(grid)
        if self.field and self.tick % 10 == 0:
            self._publish_field(stamp)

    def _publish_field(self, stamp):
        if self.answers and self.goals:
            self.goal = self.goals[-1]
        at = self.goal.pose.position
        x, _ = SPEC.centres()
        guidance = np.broadcast_to(x[:, None], SPEC.shape)  # better and better towards +x
        field = field_messages.Field(
            stamp, stamp, SPEC, 0 * guidance, 0 * guidance, guidance, 0.25, np.float32([-3, -2]),
            np.ones((16, 40, 40), np.float32), self.nothing_left, True, 5.0, self.explored,
            np.float32([8, 3]), np.array([at.x, at.y, at.z]),
            headers.to_ns(self.goal.header.stamp), settled=self.nothing_left,
        )  # fmt: skip
        points = np.array(self.position) + np.outer(np.arange(40), [0.1, 0.0, 0.0])
        self._path.publish(path_messages.path(stamp, "map", points, np.zeros(40)))
        self._field.publish(field_messages.info_field("map", field, 2.0, 1.0))


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

    def call(self, name):
        """Call one of the services explore/..."""
        client = self.bench.node.create_client(Trigger, f"explore/{name}")
        self.bench.wait(client.service_is_ready, during=self.world)
        future = client.call_async(Trigger.Request())
        self.bench.wait(future.done, during=self.world)
        return future.result()

    def send(self, **goal):
        """Send a goal of the action; returns its handle and the future of its result."""
        client = ActionClient(self.bench.node, Explore, "explore")
        self.bench.wait(client.server_is_ready, during=self.world)
        sending = client.send_goal_async(Explore.Goal(**goal))
        self.bench.wait(sending.done, during=self.world)
        handle = sending.result()
        assert handle.accepted
        return handle, handle.get_result_async()


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
    assert flying.status[-1].unsafe_plan_fraction == 0.0
    world.blocked = True  # suddenly nowhere is room
    bench.wait(lambda: flying.status[-1].unsafe_plan_fraction > 0.1, during=world)
    assert flying.status[-1].unsafe_plan_fraction < 1.0
    assert flying.status[-1].parked_fraction == 1.0  # its odometry has never moved
    assert ends_cleanly(flying.process)


def test_goes_to_the_goal_when_nothing_is_left_and_is_done_there(flying):
    flying.world.nothing_left = True
    flying.until(ExplorationStatus.GOING_TO_GOAL)
    flying.world.position = [7.9, 3.0, 2.0]
    flying.until(ExplorationStatus.DONE)
    assert flying.status[-1].goal_reached


def test_obeys_pause_start_and_stop(flying, bench):
    call = flying.call
    assert call("pause").success
    flying.until(ExplorationStatus.HOLDING, "paused on request")
    assert call("start").message == "resumed"
    flying.until(ExplorationStatus.EXPLORING)
    assert call("stop").success
    flying.until(ExplorationStatus.DONE, "stopped on request")
    assert not call("pause").success
    assert call("start").message == "started"
    flying.until(ExplorationStatus.EXPLORING)


def test_a_jump_of_the_map_holds_until_it_is_started_again(flying, bench):
    frames = bench.publisher(TransformStamped, "map_to_odom", qos.KEPT)

    def move(x_m):
        frames.publish(pose_messages.transform(0, "map", "odom", (x_m, 0, 0), (1.0, 0, 0, 0)))

    move(0.0)
    seen = len(flying.status)
    bench.wait(lambda: len(flying.status) > seen + 3, during=flying.world)
    move(0.4)  # a loop that was closed
    seen = len(flying.status)
    bench.wait(lambda: len(flying.status) > seen + 5, during=flying.world)
    assert flying.status[-1].state == ExplorationStatus.EXPLORING
    move(2.4)
    flying.until(ExplorationStatus.HOLDING, "map -> odom has jumped by 2.00 m and 0.0 deg")
    assert "jump_limit_m is 1 m: explore/start goes on" in flying.status[-1].reason
    assert flying.call("start").success
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


def test_a_slow_solve_delays_no_command(bench):
    """A solve takes many periods on any machine; what is sent meanwhile takes none of its time."""
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    solves = bench.collect(ActionPacket, "packets/action")
    slow = {"mppi__num_samples": 65536, "mppi__horizon_steps": 100}
    # So that a machine that starves this test itself makes no odometry stale.
    watched = Watched(bench, mission__odom_timeout_s=5.0, **slow)
    watched.until(ExplorationStatus.HOLDING, "the controller is too slow")
    arrived = []

    def take(message):
        stamp_ns = headers.to_ns(message.header.stamp)
        sent_s = watched.world.sent_s.get(stamp_ns)
        arrived.append(math.nan if sent_s is None else time.monotonic() - sent_s)

    bench.node.create_subscription(BodyRateThrust, "cmd/body_rates", take, qos.COMMAND_IN)
    before = len(solves)
    bench.wait(lambda: len(solves) >= before + 8, during=watched.world)
    health.clear()
    bench.wait(lambda: any("imppi_controller" in s.name for m in health for s in m.status))
    (status,) = [s for m in health for s in m.status if "imppi_controller" in s.name][-1:]
    solve_s = 1e-3 * float({v.key: v.value for v in status.values}["latency_ms_p50"])
    assert len(arrived) > 4 * (len(solves) - before)
    assert all(map(math.isfinite, arrived))  # each answers one of the odometries
    # A command that waited for the solve would take half of it on average.
    assert statistics.median(arrived) < 0.2 * solve_s


def test_ten_new_goals_are_never_answered_by_the_field_for_the_old_one(bench):
    watched = Watched(bench, autostart=False)
    watched.until(ExplorationStatus.HOLDING, "waiting to be started")
    world = watched.world
    world.nothing_left = True
    bench.wait(lambda: world.goals)
    at = world.goals[-1].pose.position  # the configured one is published too
    assert (at.x, at.y) == (8.0, 3.0)
    for k in range(10):
        x = 2.0 if k % 2 else 8.0  # the vehicle stands at the goal before
        world.answers = False
        handle, result = watched.send(use_goal_position=True, goal_position=Point(x=x, y=3.0))
        watched.until(ExplorationStatus.WAITING_FOR_MAP, "no information field for the new goal")
        bench.wait(lambda h=handle: h.status == GoalStatus.STATUS_EXECUTING, during=world)
        assert not result.done()
        world.answers = True
        watched.until(ExplorationStatus.GOING_TO_GOAL)
        assert not result.done()
        world.position = [x, 3.0, 2.0]
        bench.wait(result.done, during=world)
        assert result.result().status == GoalStatus.STATUS_SUCCEEDED
        assert result.result().result.success
        watched.until(ExplorationStatus.DONE, result.result().result.reason)
        assert watched.status[-1].success

    # RViz's 2D Goal Pose, and a share with a goal: both must hold.
    wish = PoseStamped()
    wish.header.frame_id = "map"
    wish.pose = pose_messages.pose((5.0, 5.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    wishes = bench.publisher(PoseStamped, "goal_pose", qos.STATUS)
    bench.wait(wishes.get_subscription_count, during=world)
    wishes.publish(wish)
    bench.wait(lambda: world.goals[-1].pose.position.y == 5.0, during=world)
    late = bench.collect(PoseStamped, "exploration/goal", qos.LATCHED)
    bench.wait(lambda: late and late[-1].pose.position.y == 5.0, during=world)

    world.nothing_left, world.explored = False, 0.2
    goal = {"use_goal_position": True, "goal_position": Point(x=8.0, y=3.0)}
    _, result = watched.send(target_explored_fraction=0.3, **goal)
    watched.until(ExplorationStatus.EXPLORING)
    world.explored = 0.31
    watched.until(ExplorationStatus.GOING_TO_GOAL, "30% is explored, as asked for")
    assert watched.status[-1].to_goal_now
    assert watched.status[-1].goal_tolerance_m == 1.5
    assert not result.done()
    world.position = [7.5, 3.0, 2.0]
    bench.wait(result.done, during=world)
    assert result.result().result.success
    assert result.result().result.metrics.goal_reached
    watched.until(ExplorationStatus.DONE, result.result().result.reason)


def test_the_status_says_why_there_is_no_map_as_the_node_says_that_makes_it(bench):
    watched = Watched(bench, autostart=False)
    world = watched.world
    world.map = world.field = False
    out = bench.publisher(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    level = DiagnosticStatus.WARN
    told = DiagnosticArray(
        status=[
            DiagnosticStatus(name="live_map", level=level, message="no transform leads to 'eye'"),
            DiagnosticStatus(name="info_field", level=level, message="waiting for map"),
            DiagnosticStatus(name="two/live_map", level=level, message="of another drone"),
        ]
    )
    watched.send()
    bench.wait(
        lambda: (
            watched.status
            and watched.status[-1].reason == "no map yet: live_map: no transform leads to 'eye'"
        ),
        during=lambda: (world(), out.publish(told)),
    )
    assert watched.status[-1].state == ExplorationStatus.WAITING_FOR_MAP


def test_before_anything_has_arrived_a_limit_a_cancellation_and_a_stop_end_the_mission(bench):
    watched = Watched(bench, autostart=False)
    world = watched.world
    world.odometry = world.map = world.field = False
    bench.wait(lambda: watched.status, during=world)
    handle, result = watched.send(time_limit_s=1.0)
    bench.wait(result.done, during=world)
    assert result.result().result.reason == "time limit of 1 s: no odometry yet"
    assert not result.result().result.success
    watched.until(ExplorationStatus.DONE, "time limit of 1 s: no odometry yet")

    handle, result = watched.send()
    watched.until(ExplorationStatus.WAITING_FOR_ODOM)
    cancelling = handle.cancel_goal_async()
    bench.wait(lambda: cancelling.done() and result.done(), during=world)
    assert result.result().status == GoalStatus.STATUS_CANCELED
    watched.until(ExplorationStatus.DONE, result.result().result.reason)

    assert watched.call("start").message == "started"
    watched.until(ExplorationStatus.WAITING_FOR_ODOM)
    assert watched.call("stop").success
    watched.until(ExplorationStatus.DONE, "stopped on request")
    assert not watched.call("stop").success


def test_what_does_not_pass_by_itself_is_a_fault_and_data_from_the_future_is_stale(flying):
    world = flying.world
    world.ahead_s = 3.2
    flying.until(ExplorationStatus.HOLDING, "in the future")
    world.ahead_s = 0.0
    flying.until(ExplorationStatus.EXPLORING)
    world.position = [2.0, math.nan, 2.0]
    flying.until(ExplorationStatus.FAULT, "no odometry can be used: the pose holds a value")
    world.position = [2.0, 3.0, 2.0]
    assert flying.call("start").message == "started"
    flying.until(ExplorationStatus.EXPLORING)
    world.position = [2.0, 3.0, 0.0]  # it fell
    flying.until(ExplorationStatus.FAULT, "m outside of its geofence")
    assert not flying.status[-1].success
