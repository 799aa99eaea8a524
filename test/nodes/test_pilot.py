# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The commands between two plans: the right part of the right plan, or a hold."""

from __future__ import annotations

import dataclasses
import threading
from unittest.mock import Mock

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import control
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import ControllerConfig
from live_mvp_ros.nodes.imppi_controller.command_sender import CommandSender
from live_mvp_ros.nodes.imppi_controller.pilot import Pilot
from live_mvp_ros.nodes.imppi_controller.ready_plan import Plan
from live_mvp_ros.nodes.imppi_controller.sent_commands import SentCommands
from live_mvp_ros.ros.convert import headers
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.steering.latest_odometry import LatestOdometry
from live_mvp_ros.ros.steering.pace import Pace
from live_mvp_ros.vehicle import hover_command

CONFIG = ControllerConfig(
    mppi=control.MppiConfig(num_samples=16, horizon_steps=20),
    lower_m=(-9.0, -9.0, 0.5),
    upper_m=(9.0, 9.0, 3.0),
)
MS = 1_000_000
HOVER = np.asarray(hover_command(CONFIG.vehicle))


def at(stamp_ms: float, x: float = 0.0) -> VehicleState:
    zero = np.zeros(3, np.float32)
    level = np.float32([1, 0, 0, 0])
    return VehicleState(round(stamp_ms * MS), np.float32([x, 0, 2]), zero, level, zero)


def plan(pilot: Pilot, stamp_ms: float, thrust_n: np.ndarray) -> Plan:
    """Return a plan that turns at 0.1 rad/s and pushes so hard in each step of the horizon."""
    commands = np.zeros((20, 4), np.float32)
    commands[:, 0], commands[:, 3] = thrust_n, 0.1
    flight = pilot._first.flight
    ours = flight.controller._replace(nominal=jnp.asarray(commands))
    return Plan(flight._replace(controller=ours), round(stamp_ms * MS))


@pytest.fixture(scope="module")
def compiled() -> Pilot:
    return Pilot(CONFIG, 0)


@pytest.fixture
def pilot(compiled: Pilot) -> Pilot:
    compiled.latest = compiled.too_late = None
    compiled._rest, compiled._rests, compiled._outdated = compiled._first, False, None
    compiled.sent = SentCommands(compiled._first.flight)
    return compiled


@pytest.mark.parametrize("late_ms", [0.0, 15.0, 20.0, 40.0, 65.0])
def test_it_goes_on_with_the_part_of_the_plan_whose_time_has_come(pilot, late_ms):
    ramp = 9.0 + np.arange(20)
    pilot.latest = plan(pilot, 1000.0, ramp)
    followed, command = pilot.bridge(CONFIG, at(1000.0 + late_ms), 0.1)
    assert followed is pilot.latest
    steps = late_ms / (1e3 * CONFIG.mppi.step_s)  # both commands act as long after their odometry
    np.testing.assert_allclose(command[[0, 3]], [9.0 + steps, 0.1], atol=1e-3)


def test_without_a_plan_or_with_an_old_one_it_holds(pilot):
    for made in (None, plan(pilot, 1000.0, np.full(20, 12.0)), plan(pilot, 1900.0, 12.0)):
        pilot.latest = made
        followed, command = pilot.bridge(CONFIG, at(1200.0), 0.1)
        assert followed is None
        np.testing.assert_allclose(command, HOVER, atol=0.02)


def test_a_plan_from_before_a_hold_is_not_flown_after_it(pilot):
    pilot.latest = plan(pilot, 1000.0, np.full(20, 12.0))
    pilot.hold(CONFIG, at(1020.0))
    followed, command = pilot.bridge(CONFIG, at(1040.0), 0.1)
    assert followed is None
    np.testing.assert_allclose(command, HOVER, atol=0.02)
    assert pilot.hand_over() is not None
    pilot.latest = plan(pilot, 1040.0, np.full(20, 12.0))
    followed, command = pilot.bridge(CONFIG, at(1060.0), 0.1)
    assert followed is pilot.latest
    assert command[0] == pytest.approx(12.0)
    assert pilot.hand_over() is None


def test_a_hold_keeps_its_place_from_the_first_moment_on(pilot):
    pilot.hold(CONFIG, at(0.0, x=1.0))
    pushed = pilot.hold(CONFIG, at(500.0, x=1.5))
    assert pushed[2] < -0.1  # the nose goes up: back to x = 1 m
    assert float(pilot.hand_over().flight.anchor_m[0]) == pytest.approx(1.0)


def test_the_next_hold_is_where_the_vehicle_has_flown_to_not_where_it_held_before(pilot):
    """Every plan was in time, so that nothing had to be bridged in between."""
    pilot.hold(CONFIG, at(0.0, x=1.0))
    pilot.goes_on()  # nothing has been planned since: the hold goes on
    assert float(pilot.hand_over().flight.anchor_m[0]) == pytest.approx(1.0)
    pilot.latest = plan(pilot, 100.0, np.full(20, 12.0))
    pilot.goes_on()
    assert pilot.hand_over() is None
    command = pilot.hold(CONFIG, at(2000.0, x=3.0))
    np.testing.assert_allclose(command, HOVER, atol=0.02)
    assert float(pilot.hand_over().flight.anchor_m[0]) == pytest.approx(3.0)


def test_a_command_always_belongs_to_the_plan_that_it_is_said_to_be_of(pilot):
    plans = [plan(pilot, 1000.0 + k, np.full(20, 9.0 + 0.01 * k)) for k in range(100)]
    pilot.latest = plans[0]
    ended = threading.Event()

    def replace() -> None:
        while not ended.is_set():
            for each in plans:
                pilot.latest = each

    worker = threading.Thread(target=replace)
    worker.start()
    try:
        for _ in range(300):
            followed, command = pilot.bridge(CONFIG, at(1100.0), 1.0)
            k = followed.stamp_ns / MS - 1000.0
            assert command[0] == pytest.approx(9.0 + 0.01 * k, abs=2e-3)
    finally:
        ended.set()
        worker.join()


def test_nothing_is_compiled_again_once_it_flies(pilot):
    sizes = [part.count for part in (pilot._stay, pilot._proceed)]
    pilot.hold(CONFIG, at(0.0))
    pilot.hold(CONFIG, at(20.0))
    pilot.proceed(CONFIG, Plan(pilot.hand_over().flight, 0), at(40.0))
    assert [part.count for part in (pilot._stay, pilot._proceed)] == sizes


def test_with_a_map_nothing_is_compiled_but_by_the_worker_and_its_filter_says_what_it_changes():
    spec = GridSpec((-8.95, -8.95), 0.1, (180, 180))
    known = jnp.broadcast_to(jnp.arange(180)[:, None] < 110, spec.shape)  # up to x = 2 m
    costmap = control.build_costmap(spec, jnp.zeros(spec.shape), known, 1.5)
    flat, look = jnp.zeros(spec.shape), jnp.zeros((8, 20, 20))
    guide = control.prepare_field(
        spec, flat, look, jnp.zeros(2), 0.2, jnp.zeros((30, 3)), jnp.zeros(30)
    )
    pilot = Pilot(CONFIG, 0)
    pilot.prepare(CONFIG, at(0.0), costmap, guide)
    parts = (pilot._fly, pilot._stay, pilot._proceed)
    sizes = [part.count for part in parts]
    pilot.hold(CONFIG, at(20.0))
    pilot.hold(CONFIG, at(40.0))
    made, _ = pilot.plan(CONFIG, at(60.0), costmap, guide, pilot.hand_over(), 1.0, 0.0, 0.0)
    pilot.goes_on()
    pilot.bridge(CONFIG, at(80.0), 0.1)
    assert pilot.interventions() == []
    pilot.look_around(costmap, 0.5)
    rushing = at(100.0, x=1.0)._replace(velocity=np.float32([2.0, 0.0, 0.0]))
    pilot.proceed(CONFIG, made, rushing)
    assert pilot.interventions() == [SafetyCode.OBSTACLE]
    assert pilot.interventions() == []
    assert [part.count for part in parts] == sizes


def test_late_is_what_takes_too_long_until_something_is_in_time():
    pace = Pace(late_periods=3, period_s=0.02)
    seen = []
    for tick, busy in enumerate([0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0]):
        pace.tick(round(20 * tick * MS), bool(busy))
        seen.append(pace.late)
    assert seen == [False] * 7 + [True, True, True, False, False]


def test_a_machine_that_does_not_let_the_ticks_come_starves_it():
    pace = Pace(late_periods=3, period_s=0.02)
    starved = []
    for stamp_ms in (0, 20, 40, 140, 160):
        pace.tick(stamp_ms * MS, False)
        starved.append(pace.starved(stamp_ms * MS))
    assert starved == [False, False, False, True, False]
    assert not pace.late
    assert pace.starved(300 * MS)  # and no tick has come since


@pytest.mark.parametrize("latency_s", [0.0, 0.015, 0.2])
@pytest.mark.parametrize("late_ms", [10.0, 50.0])
def test_the_lean_of_a_plan_is_made_up_for_where_it_was_not_flown(pilot, late_ms, latency_s):
    """It rolls at 1 rad/s from its start on, and the vehicle hovers, half of it behind."""
    config = dataclasses.replace(CONFIG, latency_s=latency_s)
    made = plan(pilot, 1000.0, np.full(20, HOVER[0]))
    rolling = made.flight.controller.nominal.at[:, 1].set(1.0)
    start = made.flight.start._replace(body_rates=np.float32([1.0, 0.0, 0.0]))
    ours = made.flight.controller._replace(nominal=rolling)
    pilot.latest = made._replace(flight=made.flight._replace(controller=ours, start=start))
    rolled = 1e-3 * late_ms
    leaning = np.float32([np.cos(0.25 * rolled), np.sin(0.25 * rolled), 0.0, 0.0])
    vehicle = at(1000.0 + late_ms)._replace(attitude=leaning)
    _, command = pilot.bridge(config, vehicle, 0.1)
    missing = CONFIG.vehicle.attitude_gain_per_s * 0.5 * rolled
    np.testing.assert_allclose(command[1:3], [1.0 + missing, 0.0], atol=2e-3)


def test_the_plan_goes_on_though_no_odometry_comes(pilot):
    pilot.latest = plan(pilot, 1000.0, 9.0 + np.arange(20))
    for age_ms in (0.0, 20.0, 40.0):
        _, command = pilot.bridge(CONFIG, at(1020.0), 0.1, 1e-3 * age_ms)
        assert command[0] == pytest.approx(9.0 + (20.0 + age_ms) / 50.0, abs=1e-3)


@pytest.mark.parametrize("late_periods", [1, 3, 100])
def test_no_plan_is_gone_on_with_for_longer_than_it_can_be_followed(pilot, late_periods):
    sent, odometry = [], LatestOdometry()
    node, mission = Mock(), Mock()
    node.publisher.return_value.publish = sent.append
    pace = Pace(late_periods, period_s=0.02)
    sender = CommandSender(node, "base_link", mission, odometry, pilot, pace)
    for late_ms in range(20, 500, 20):
        pilot.latest = plan(pilot, 1000.0, np.full(20, 12.0))
        odometry.take(at(1000.0 + late_ms))
        sender.answer(CONFIG, odometry.seen, 0.0)
        assert (sent[-1].thrust > 11.9) == (late_ms <= min(40 * late_periods, 300))


def test_what_it_goes_on_with_answers_the_odometry_of_now(pilot):
    sent, odometry = [], LatestOdometry()
    node, mission = Mock(), Mock()
    node.publisher.return_value.publish = sent.append
    pace = Pace(late_periods=3, period_s=0.02)
    sender = CommandSender(node, "base_link", mission, odometry, pilot, pace)
    pilot.latest = plan(pilot, 1000.0, np.full(20, 12.0))
    for late_ms, thrust_n in ((40, 12.0), (100, 12.0), (140, HOVER[0])):
        odometry.take(at(1000.0 + late_ms))
        sender.answer(CONFIG, odometry.seen, 0.0)
        assert headers.to_ns(sent[-1].header.stamp) == (1000 + late_ms) * MS
        assert sent[-1].thrust == pytest.approx(thrust_n, abs=0.2)
    mission.log.commanded.assert_called_once()  # a plan that is gone on with has no latency
