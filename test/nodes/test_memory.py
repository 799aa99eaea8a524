# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A controller that is killed and started again: it goes on with what it was doing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geometry_msgs.msg import Point, PoseStamped
from hypothesis import given
from hypothesis import strategies as st
from nav_msgs.msg import OccupancyGrid, Odometry
from rclpy.action import ActionClient
from std_srvs.srv import Trigger

from live_mvp_ros.action import Explore
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control import MissionDecision
from live_mvp_ros.msg import BodyRateThrust, CompletionReport, ExplorationStatus, InfoField
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import grid_messages, vehicle_messages
from live_mvp_ros.ros.mission_memory import memory_of, replaces
from live_mvp_ros.ros.mission_requests import Limits, Memory, Mission
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.steering.exploration import status_message

SPEC = GridSpec.covering((0.0, 0.0), (8.0, 6.0), 0.1)
SHORT = {"range_m": 1.5, "n_directions": 16}
SMALL = {
    "mppi__num_samples": 128,
    "mppi__horizon_steps": 20,
    "lower_m": [0.0, 0.0, 0.5],
    "upper_m": [8.0, 6.0, 3.0],
    "goal_m": [6.5, 1.5, 2.0],
}
FLYING = (ExplorationStatus.EXPLORING, ExplorationStatus.GOING_TO_GOAL)


class Room:
    """A vehicle that stands at (2, 3, 2) in a room of which half is known: odometry and map."""

    def __init__(self, bench):
        self._node = bench.node
        self._map = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
        self._odom = bench.publisher(Odometry, "odom", qos.SENSOR)
        self.tick = 0

    def __call__(self):
        self.tick += 1
        stamp, zero = self._node.get_clock().now().nanoseconds, np.zeros(3, np.float32)
        at = np.float32([2.0, 3.0, 2.0])
        state = vehicle_messages.VehicleState(stamp, at, zero, np.float32([1, 0, 0, 0]), zero)
        self._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))
        if self.tick % 10 == 0:
            x, y = SPEC.centres()
            inside = (x[:, None] > 0.2) & (x[:, None] < 7.8) & (y > 0.2) & (y < 5.8)
            cells = np.where(x[:, None] < 4.0, np.where(inside, 0, 100), -1)
            self._map.publish(grid_messages.occupancy_grid(stamp, "map", SPEC, cells))


class Pair:
    """The real planner and the real controller, of which the latter can be killed."""

    def __init__(self, bench):
        self.bench, self.room = bench, Room(bench)
        self.status = bench.collect(ExplorationStatus, "exploration/status", qos.STATUS)
        self.fields = bench.collect(InfoField, "info_field", qos.LATCHED)
        self.goals = bench.collect(PoseStamped, "exploration/goal", qos.LATCHED)
        self.commands = bench.collect(BodyRateThrust, "cmd/body_rates", qos.COMMAND_IN)
        bench.start("info_field", goal_m=SMALL["goal_m"], **SHORT)
        # So that a machine that starves this test itself makes no odometry stale.
        self.parameters = {**SMALL, "mission__odom_timeout_s": 5.0, "late_periods": 100}
        bench.start("imppi_controller", **self.parameters)

    def wait(self, condition):
        self.bench.wait(condition, during=self.room)

    def until(self, state, reason=""):
        self.wait(
            lambda: (
                self.status
                and self.status[-1].state == state
                and self.status[-1].in_charge
                and reason in self.status[-1].reason
            )
        )

    def call(self, name):
        client = self.bench.node.create_client(Trigger, f"explore/{name}")
        self.wait(client.service_is_ready)
        future = client.call_async(Trigger.Request())
        self.wait(future.done)
        return future.result()

    def ask(self, **goal):
        """Give a goal to the action."""
        client = ActionClient(self.bench.node, Explore, "explore")
        self.wait(client.server_is_ready)
        sending = client.send_goal_async(Explore.Goal(**goal))
        self.wait(sending.done)
        assert sending.result().accepted

    def kill_and_restart(self):
        """Return the last status before; what comes after begins an empty list."""
        self.bench.kill("imppi_controller")
        last = self.status[-1]
        self.bench.spin(0.3, during=self.room)  # what was on its way
        self.status.clear()
        self.goals.clear()
        self.bench.start("imppi_controller", **self.parameters)
        return last


@pytest.fixture
def pair(bench):
    return Pair(bench)


def test_it_takes_up_pause_goal_limits_and_time_and_begins_nothing_anew(pair):
    pair.until(ExplorationStatus.EXPLORING)
    at = Point(x=1.5, y=4.5, z=2.0)
    asked = {"time_limit_s": 500.0, "target_explored_fraction": 0.9375}
    pair.ask(use_goal_position=True, goal_position=at, **asked)
    pair.until(ExplorationStatus.EXPLORING)
    pair.wait(lambda: pair.goals[-1].pose.position == at and pair.status[-1].elapsed_s > 1.0)
    goal_stamp = pair.goals[-1].header.stamp
    assert pair.call("pause").success

    before = pair.kill_and_restart()  # at once after the answer
    pair.until(ExplorationStatus.HOLDING, "paused on request")
    now = pair.status[-1]
    assert not any(status.state in FLYING for status in pair.status)
    assert now.elapsed_s == pytest.approx(before.elapsed_s, abs=0.25)
    assert (now.time_limit_s, now.target_explored_fraction, now.has_goal) == (500.0, 0.9375, True)
    pair.wait(lambda: pair.goals)
    assert [goal.pose.position for goal in pair.goals] == [at]  # never that of the parameter
    assert pair.goals[-1].header.stamp == goal_stamp

    assert pair.call("start").message == "resumed"
    pair.until(ExplorationStatus.EXPLORING)
    pair.wait(lambda: pair.status[-1].elapsed_s > now.elapsed_s + 1.0)
    before = pair.kill_and_restart()  # in flight
    pair.until(ExplorationStatus.EXPLORING)
    known = [status for status in pair.status if status.in_charge]
    assert known[0].elapsed_s >= before.elapsed_s - 0.25
    assert known[0].time_limit_s == 500.0

    assert pair.call("stop").success
    pair.until(ExplorationStatus.DONE, "stopped on request")
    before = pair.kill_and_restart()
    pair.until(ExplorationStatus.DONE, "stopped on request")
    count = len(pair.fields)
    pair.wait(lambda: len(pair.fields) > count + 5)
    assert not any(status.state in FLYING for status in pair.status)
    assert pair.status[-1].state == ExplorationStatus.DONE
    assert pair.call("start").message == "started"
    pair.until(ExplorationStatus.EXPLORING)
    assert pair.status[-1].time_limit_s == 0.0


def test_what_is_asked_before_it_knows_is_asked_of_what_it_takes_up(pair):
    pair.until(ExplorationStatus.EXPLORING)
    pair.ask(time_limit_s=500.0)
    pair.wait(lambda: pair.status[-1].time_limit_s == 500.0)
    room, pair.room = pair.room, lambda: None
    pair.kill_and_restart()
    pair.wait(lambda: pair.status)  # it lives, and has heard of nothing yet
    assert not pair.status[-1].in_charge
    assert pair.call("pause").success
    pair.room = room
    pair.until(ExplorationStatus.HOLDING, "paused on request")
    assert pair.status[-1].time_limit_s == 500.0
    assert not any(status.state in FLYING for status in pair.status)


def test_the_planner_remembers_who_was_in_charge_and_reports_the_end_once(bench):
    reports = bench.collect(CompletionReport, "exploration/completion", qos.LATCHED)
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    statuses = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    bench.start("info_field", **SHORT)
    room = Room(bench)
    bench.wait(lambda: fields, during=room)
    assert not fields[-1].mission.in_charge
    done = ExplorationStatus(
        state=ExplorationStatus.DONE, reason="all seen", in_charge=True, elapsed_s=12.5
    )
    bench.wait(
        lambda: fields[-1].mission.in_charge and reports,
        during=lambda: (statuses.publish(done), room()),
    )
    new = ExplorationStatus(state=ExplorationStatus.WAITING_FOR_MAP, reason="just started")
    count = len(fields)
    bench.wait(lambda: len(fields) > count + 5, during=lambda: (statuses.publish(new), room()))
    assert fields[-1].mission == done
    count = len(fields)
    bench.wait(lambda: len(fields) > count + 5, during=lambda: (statuses.publish(done), room()))
    assert sum(report.final for report in reports) == 1


unknown_or_share = st.floats(0.0, 1.0, width=32) | st.just(math.nan)
seconds = st.floats(0.0, 1e6)


@given(
    st.builds(Limits, seconds, st.floats(0.0, 1.0, width=32), st.booleans()),
    st.sampled_from(sorted(MissionState)),
    st.lists(st.tuples(st.floats(0.01, 0.9), st.floats(-9.0, 9.0), st.booleans()), max_size=9),
    st.lists(st.booleans(), max_size=9),
    unknown_or_share,
    st.booleans(),
    st.booleans(),
    seconds,
)
def test_what_a_status_tells_is_what_is_taken_up(
    limits, state, steps, plans, share, paused, enough, stalled_s
):
    first = Mission(autostart=True)
    first.begin(limits)
    time_s, first.stalled_s = 100.0, stalled_s
    for step_s, x, parked in steps:
        time_s += step_s
        first.log.advance(time_s, (x, 0.0, 2.0), True, parked)
    for safe in plans:
        first.log.planned(safe)
    first.log.explored(share)
    first.log.clear(0.5)
    decision = MissionDecision(state, "because", paused, enough)
    kept = Memory(limits, decision, first.log, False, paused, enough, stalled_s)

    second = Mission(autostart=True)
    second.take_up(kept)
    second.decision = decision
    told = status_message(None, second, math.nan, second.decision.reason)
    found = memory_of(told)
    assert found is not None
    assert found.limits == limits
    assert found.decision == decision
    assert (found.paused, found.share_explored, found.waiting) == (paused, enough, False)
    assert found.stalled_s == stalled_s
    for name in ("elapsed_s", "exploring_s", "plans", "deadlines_missed", "safety_interventions"):
        assert getattr(found.log, name) == getattr(first.log, name)
    for name in (
        "distance_m",
        "explored_fraction",
        "min_clearance_m",
        "unsafe_plan_fraction",
        "parked_fraction",
    ):
        expected = getattr(first.log, name)
        assert getattr(found.log, name) == pytest.approx(expected, rel=1e-5, nan_ok=True)


def test_only_a_controller_in_charge_or_at_work_replaces_what_is_remembered():
    at_work = ExplorationStatus(state=ExplorationStatus.EXPLORING)
    ours = ExplorationStatus(state=ExplorationStatus.HOLDING, in_charge=True)
    new = ExplorationStatus(state=ExplorationStatus.WAITING_FOR_ODOM)
    assert replaces(new, ExplorationStatus())
    assert replaces(ours, new) and replaces(ours, ours)
    assert not replaces(new, ours)
    assert replaces(at_work, ours)  # of another make, which knows nothing of this
    assert memory_of(new) is None and memory_of(at_work) is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("state", 77, "state = 77 is unknown"),
        ("elapsed_s", math.nan, "elapsed_s = nan is not allowed"),
        ("time_limit_s", -1.0, "time_limit_s = -1 is not allowed"),
        ("target_explored_fraction", 1.5, "target_explored_fraction = 1.5 is not allowed"),
        ("parked_fraction", 2.0, "parked_fraction = 2 is not allowed"),
    ],
)
def test_a_mission_that_cannot_be_is_refused_by_name(name, value, words):
    status = ExplorationStatus(in_charge=True, **{name: value})
    with pytest.raises(InvalidMessageError, match=words):
        memory_of(status)
