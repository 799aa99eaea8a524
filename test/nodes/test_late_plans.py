# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Flights with plans that take long: the vehicle goes where they lead, or stays where it is.

Time is simulated, and a plan is there when the test says so: nothing here needs a slow machine.
"""

from __future__ import annotations

import dataclasses
import functools
from types import SimpleNamespace
from unittest.mock import Mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import control
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import ControllerConfig
from live_mvp_ros.nodes.imppi_controller.command_sender import CommandSender
from live_mvp_ros.nodes.imppi_controller.pilot import Pilot
from live_mvp_ros.nodes.imppi_controller.sent_commands import SentCommands
from live_mvp_ros.nodes.quadrotor_sim.simulated_vehicle import SimulatedVehicle
from live_mvp_ros.nodes.quadrotor_sim.simulator_parameters import SimConfig
from live_mvp_ros.ros.convert import headers, vehicle_messages
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.steering.latest_odometry import LatestOdometry
from live_mvp_ros.ros.steering.pace import Pace

MS = 1_000_000
CONFIG = ControllerConfig(lower_m=(0.0, 0.0, 0.5), upper_m=(12.0, 6.0, 3.0))
SPEC = GridSpec.covering((0.0, 0.0), (12.0, 6.0), 0.1)
START_M, GOAL_M = (2.0, 3.0, 2.0), np.array([9.0, 3.0])
ODOMETRY_MS, TICK_MS = 10, 20


class LateFlight:
    """The controller's two threads as one, with plans that are ready so many ms later."""

    def __init__(self, config, costmap, guide, plan_ms, odometry_ms, way_ms) -> None:
        self._odometry_ms, self._way_ms = odometry_ms, way_ms
        self._reports, self._under_way = [], []
        self._config, self.pilot = config, Pilot(config, 0)
        self._costmap, self._guide = costmap, guide
        self._plan_ms = plan_ms
        self._sim = SimConfig()
        self._now_ms, self._odometry = 1000, LatestOdometry()
        upright = np.float32([1.0, 0.0, 0.0, 0.0])
        self._vehicle = SimulatedVehicle(self._sim, ODOMETRY_MS * MS, START_M, upright)
        self._pace = Pace(3, 1e-3 * TICK_MS)
        mission = Mock()
        mission.decision.flies = True
        node = Mock()
        node.publisher.return_value.publish = self._take
        node.get_clock.return_value.now = lambda: SimpleNamespace(nanoseconds=self._now_ms * MS)
        self._sender = CommandSender(
            node, "base_link", mission, self._odometry, self.pilot, self._pace
        )
        self._work = None
        self._goes_on = False
        self.positions, self.leans = [], []

    def _take(self, message) -> None:
        command = vehicle_messages.command_array(message)
        answers_ns = headers.to_ns(message.header.stamp)
        self._under_way.append((self._now_ms + self._way_ms, command, answers_ns))

    def fly(self, seconds: float) -> None:
        for _ in range(round(1000 * seconds / ODOMETRY_MS)):
            self._reports.append(VehicleState(self._now_ms * MS, *self._vehicle.true))
            if self._now_ms < 1000 + self._odometry_ms:
                self._odometry.take(self._reports[0])
            else:
                self._odometry.take(self._reports[-1 - self._odometry_ms // ODOMETRY_MS])
            if self._work is not None and self._now_ms >= self._work[0]:
                self._finish()
            if self._now_ms % TICK_MS == 0:
                self._tick()
            if self._work is not None and self._work[0] - self._now_ms < ODOMETRY_MS:
                self._finish()  # before the next odometry
            while self._under_way and self._under_way[0][0] <= self._now_ms:
                _, command, answers_ns = self._under_way.pop(0)
                self._vehicle.take(command, self._now_ms * MS, answers_ns)
            self._vehicle.advance(self._sim, self._now_ms * MS)
            self._now_ms += ODOMETRY_MS
            self.positions.append(np.array(self._vehicle.true[0]))
            _, x, y, _ = self._vehicle.true[2]
            self.leans.append(float(np.arccos(1 - 2 * (x * x + y * y))))

    def _tick(self) -> None:
        busy, seen = self._work is not None, self._odometry.seen
        age_s = 1e-9 * (self._now_ms * MS - seen.vehicle.stamp_ns)
        self._pace.tick(self._now_ms * MS, busy)
        if not busy:
            rest = None if self._goes_on else self.pilot.hand_over()
            self._work = (
                self._now_ms + self._plan_ms(),
                *self._planned(seen.vehicle, rest, age_s),
            )
        self._goes_on = True
        if busy:
            self._sender.answer(self._config, seen, age_s)
        else:
            self.pilot.goes_on()

    def _planned(self, vehicle, rest, age_s):
        """Return a plan and its output; nobody knows of it until it is finished."""
        before = self.pilot.latest
        made = self.pilot.plan(self._config, vehicle, self._costmap, self._guide, rest, 1.0, age_s)
        self.pilot.latest = before
        return made

    def _finish(self) -> None:
        _, plan, output = self._work
        self._work, self.pilot.latest = None, plan
        self._sender.send_plan(self._config, plan, output)
        self.pilot.look_around(self._costmap, 0.0)


def room():
    """Return the cost map of a room that is known, with walls, and what leads to its far end."""
    free = np.zeros(SPEC.shape, bool)
    free[3:-3, 3:-3] = True
    p = jnp.asarray(np.where(free, 0.02, 0.98), jnp.float32)
    costmap = control.build_costmap(SPEC, p, jnp.ones(SPEC.shape, bool), 1.5)
    x, y = SPEC.centres()
    to_goal = -np.hypot(x[:, None] - GOAL_M[0], y[None] - GOAL_M[1])
    guide = control.prepare_field(
        SPEC,
        jnp.asarray(to_goal, jnp.float32),
        jnp.zeros((8, 20, 20)),
        jnp.zeros(2),
        0.2,
        jnp.zeros((30, 3)),
        jnp.zeros(30),
    )
    return costmap, guide


@pytest.fixture(scope="module")
def around():
    return room()


@pytest.fixture(scope="module")
def flown(around):
    """Return a function that flies 6 s with plans that take so long, each kind once."""

    @functools.cache
    def fly(plan_ms, odometry_ms=0, way_ms=0, latency_s=CONFIG.latency_s):
        random = np.random.default_rng(3)
        takes = functools.partial(random.uniform, *plan_ms)
        config = dataclasses.replace(CONFIG, latency_s=latency_s)
        flight = LateFlight(config, *around, takes, odometry_ms, way_ms)
        flight.fly(6.0)
        return flight

    return fly


EVERY = [(8, 8), (28, 28), (48, 48), (88, 88), (8, 50), (20, 90), (40, 80), (10, 150)]


@pytest.mark.parametrize("plan_ms", [(8, 8), (28, 28), (48, 48), (8, 50)])
def test_plans_of_up_to_three_periods_lead_to_the_end_of_the_room(flown, plan_ms):
    """7 m at 2 m/s, from rest, are 4.5 s."""
    assert np.hypot(*(flown(plan_ms).positions[-1][:2] - GOAL_M)) < 0.3


@pytest.mark.parametrize("plan_ms", [(20, 90), (40, 80)])
def test_with_plans_that_now_and_then_take_longer_it_is_slower(flown, plan_ms):
    assert flown(plan_ms).positions[-1][0] > START_M[0] + 0.5


@pytest.mark.parametrize(
    "how",
    [
        *((plan_ms,) for plan_ms in EVERY),
        ((8, 8), 40, 40),
        ((20, 50), 40, 40),
        ((20, 90), 20, 40),
        ((20, 90), 40, 40),
        ((8, 8), 20, 30, 0.045),
        ((20, 90), 20, 30, 0.045),
        ((20, 90), 0, 190, 0.2),
    ],
)
def test_however_long_they_take_it_flies_where_they_lead_and_nowhere_else(flown, how):
    """Odometry may be old, too, which is known, and commands late, of which some may be known."""
    flight = flown(*how)
    x, y, z = np.transpose(flight.positions)
    assert np.min(x) > START_M[0] - 0.01
    assert np.max(x) < GOAL_M[0] + 0.2
    assert np.max(np.abs(y - START_M[1])) < 0.2
    assert np.max(np.abs(z - START_M[2])) < 0.2
    assert np.max(flight.leans) < 0.5


def test_where_every_plan_comes_too_late_it_stays_in_its_place(flown):
    away_m = np.linalg.norm(np.array(flown((88, 88)).positions) - START_M, axis=1)
    assert np.max(away_m) < 0.01


def command(thrust_n):
    return np.float32([thrust_n, 0.0, 0.0, 0.0])


@pytest.fixture
def sent():
    state = control.init(CONFIG, jax.random.key(0))
    return SentCommands(state), state


def test_what_answers_older_odometry_than_what_was_sent_is_not_sent(sent):
    commands, state = sent
    published = []
    for stamp_ms, goes in ((1000, True), (1040, True), (1020, False), (1040, True), (100, False)):
        publish = functools.partial(published.append, stamp_ms)
        began_s = 1e-3 * stamp_ms
        assert commands.send_in_order(publish, stamp_ms * MS, command(stamp_ms), began_s) is goes
    assert published == [1000, 1040, 1040]
    known = commands.known_to(state, 1.06, 0.0).observer
    np.testing.assert_array_equal(known.commands[:3, 0], [1040, 1040, 1000])
    np.testing.assert_allclose(known.since_s[:3], [0.02, 0.02, 0.06], atol=1e-5)


def test_after_a_clock_was_set_back_commands_are_sent_and_reckoned_with(sent):
    commands, state = sent
    commands.send(Mock(), 5000 * MS, command(12.0), 5.0)
    publish = Mock()
    commands.send(publish, 4700 * MS, command(7.0), 4.7)  # what answers the newest odometry
    assert commands.send_in_order(publish, 4700 * MS, command(8.0), 4.7)
    assert publish.call_count == 2
    known = commands.known_to(state, 4.72, 0.0).observer
    np.testing.assert_array_equal(known.commands[:2, 0], [8.0, 7.0])
    np.testing.assert_array_equal(known.commands[2:], state.observer.commands[2:])


def test_what_is_sent_later_acts_though_it_was_begun_before(sent):
    """A plan of 1 ms ago was begun long before the command that was sent 2 ms ago."""
    commands, state = sent
    commands.send(Mock(), 5000 * MS, command(12.0), 5.04)
    commands.send_in_order(Mock(), 5000 * MS, command(7.0), 5.0)
    known = commands.known_to(state, 5.05, 0.0).observer
    np.testing.assert_allclose(known.since_s[:2], [0.05, 0.05], atol=1e-5)
    assert np.all(np.diff(known.since_s) >= 0.0)


def test_who_plans_next_knows_what_was_sent_and_when(sent):
    """The observer adds what has passed since the planning before."""
    commands, state = sent
    commands.send(Mock(), 5000 * MS, command(12.0), 5.0)
    known = commands.known_to(state, 5.07, 0.02).observer
    assert known.since_s[0] == pytest.approx(0.05, abs=1e-5)
    assert jax.tree.structure(known) == jax.tree.structure(state.observer)
    commands.forget()
    hover = commands.known_to(state, 5.07, 0.0).observer.commands
    np.testing.assert_array_equal(hover, state.observer.commands)
