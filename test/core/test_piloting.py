# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A policy flies a quadrotor: its accelerations are reached, its limits and ours are kept."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from analytic_fields import nothing
from fixed_pilot import pilot_that_says

from live_mvp_ros import control
from live_mvp_ros.base.config import replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control.tracking import accelerate_turning
from live_mvp_ros.policy import piloting
from live_mvp_ros.policy.kinematic_body import KinematicConfig
from live_mvp_ros.vehicle import QuadrotorConfig, at_rest, quadrotor
from live_mvp_ros.vehicle.body import STRAY_M, BodyConfig
from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2

PERIOD_S = 0.02
SPEC = GridSpec.covering((-20.0, -20.0), (20.0, 20.0), 0.2)
FAST = BodyConfig(speed_max_m_s=20.0, acceleration_max_m_s2=8.0)
CONFIG = control.ControllerConfig(latency_s=0.0, lower_m=(-20.0, -20.0, 0.0))
VEHICLE = QuadrotorConfig()
simulate = jax.jit(quadrotor.simulate, static_argnums=4)
START = at_rest(jnp.array([0.0, 0.0, 2.0]))
EMPTY = control.build_costmap(SPEC, jnp.zeros(SPEC.shape), jnp.ones(SPEC.shape, bool), 3.0)


STEPS = 300
"""Of every course: one program serves all of them."""


@jax.jit
def flown(config, pilot, start, costmap):
    def step(now, _):
        vehicle, flight = now
        inputs = piloting.PilotInputs(
            vehicle, control.Around(costmap), jnp.zeros(3), jnp.float32(PERIOD_S)
        )
        flight, said = piloting.fly(config, pilot, nothing(), flight, inputs)
        vehicle = simulate(VEHICLE, vehicle, said.command, PERIOD_S, 4)
        return (vehicle, flight), (vehicle, said)

    begin = (start, control.init(config, jax.random.key(0)))
    return jax.lax.scan(step, begin, None, length=STEPS)[1]


def course(command, seconds, config=CONFIG, start=START, costmap=EMPTY):
    """Return the vehicles and what was said of each command, every 20 ms; all of it stacked."""
    both = flown(config, pilot_that_says(command), start, costmap)
    return jax.tree.map(lambda a: np.asarray(a)[: round(seconds / PERIOD_S)], both)


def test_a_command_of_nothing_hovers():
    vehicles, said = course(np.zeros(6), 3.0)
    assert np.max(np.abs(vehicles.position - START.position)) < 1e-3
    np.testing.assert_allclose(said.command[:, 0], VEHICLE.mass_kg * GRAVITY_M_S2, rtol=1e-4)
    assert np.max(np.abs(said.command[:, 1:])) < 1e-3
    assert np.all(said.safety == SafetyCode.CLEAR)


@pytest.mark.parametrize("wanted", [(2.0, 0.0), (0.0, -3.0), (-1.5, 2.0)])
def test_a_constant_acceleration_is_reached(wanted):
    """Within 3 % half a second after it is commanded; 0.05 v is lost to the drag of training."""
    config = replace(CONFIG, body=FAST)
    vehicles, _ = course([*wanted, 0.0, 0.0, 0.0, 0.0], 1.5, config)
    v = np.asarray(vehicles.velocity)
    reached = np.diff(v, axis=0)[25:] / PERIOD_S
    expected = np.asarray(wanted) - 0.05 * v[25:-1, :2]
    assert np.max(np.abs(reached[:, :2] - expected)) < 0.03 * math.hypot(*wanted) + 0.02
    assert np.max(np.abs(reached[:, 2])) < 0.05


def test_the_attitude_loop_alone_reaches_accelerations_up_and_down():
    for up in (-2.0, 3.0):
        vehicle = START
        for _ in range(20):
            asked = jnp.array([0.0, 0.0, up])
            command = accelerate_turning(FAST, VEHICLE, vehicle, asked, jnp.float32(0.0))
            vehicle = simulate(VEHICLE, vehicle, command, PERIOD_S, 4)
        assert float(vehicle.velocity[2]) == pytest.approx(0.4 * up, rel=0.02)


def test_it_turns_as_fast_as_the_trained_body_would_and_rolls_not_at_all():
    vehicles, _ = course([0.0, 0.0, 0.0, 0.9, -0.9, 0.8], 1.5)
    rates = np.asarray(vehicles.body_rates)[50:]
    np.testing.assert_allclose(rates[:, 2], 0.8 * (1.0 - 0.02 * 0.05), rtol=1e-3)
    assert np.max(np.abs(rates[:, :2])) < 1e-3
    faster, _ = course([0.0, 0.0, 0.0, 0.0, 0.0, 99.0], 1.5)
    assert float(faster.body_rates[-1, 2]) == pytest.approx(1.2, rel=2e-3)


def test_accelerations_are_cut_off_as_in_training():
    trained = KinematicConfig(acceleration_max_m_s2=1.0)
    found, _ = piloting.allowed(FAST, VEHICLE, trained, START, jnp.array([9.0, -9, 0, 0, 0, 0]))
    np.testing.assert_allclose(found, [1.0, -1.0, 0.0], atol=1e-6)


def test_it_flies_no_faster_than_it_may():
    vehicles, said = course([3.5, 3.5, 0.0, 0.0, 0.0, 0.0], 6.0)
    speed = np.linalg.norm(vehicles.velocity, axis=1)
    assert np.max(speed) < 1.1 * CONFIG.body.speed_max_m_s
    assert speed[-1] > 0.9 * CONFIG.body.speed_max_m_s
    assert np.all(said.safety == SafetyCode.CLEAR)  # the last filter has nothing to do


@pytest.mark.parametrize("up", [3.5, -3.5])
def test_up_and_down_it_keeps_to_the_band_that_the_map_vouches_for(up):
    vehicles, said = course([1.0, 0.0, up, 0.0, 0.0, 0.0], 5.0)
    off = np.asarray(vehicles.position[:, 2]) - CONFIG.body.altitude_m
    assert np.max(np.abs(off)) < STRAY_M
    assert math.copysign(1.0, up) * off[-1] > 0.8 * piloting.BAND_M  # it flies as far as it may
    assert np.all(said.safety == SafetyCode.CLEAR)


def test_into_a_wall_the_last_filter_stops_it():
    x, _ = SPEC.centres()
    blocked = np.broadcast_to((x > 3.0)[:, None], SPEC.shape)
    costmap = control.build_costmap(SPEC, 1.0 * blocked, jnp.ones(SPEC.shape, bool), 3.0)
    vehicles, said = course([3.5, 0, 0, 0, 0, 0], 6.0, costmap=costmap)
    nearest = 3.0 - float(np.max(vehicles.position[:, 0]))
    assert CONFIG.body.radius_m < nearest < 1.0
    assert np.any(said.safety == SafetyCode.OBSTACLE)
    least = VEHICLE.thrust_ratio_max * VEHICLE.mass_kg * GRAVITY_M_S2
    assert np.all((said.command[:, 0] >= 0.0) & (said.command[:, 0] <= least))


def test_a_network_that_says_no_numbers_hovers_and_says_so():
    vehicles, said = course([math.nan] * 6, 1.0)
    assert np.all(said.code == control.NOT_FINITE)
    assert np.all(np.isfinite(said.command))
    assert np.max(np.abs(vehicles.position - START.position)) < 1e-3


def test_a_hold_after_it_keeps_the_place_where_it_stops():
    vehicles, _ = course([2.0, 0, 0, 0, 0, 0], 0.8)
    vehicle = jax.tree.map(lambda a: jnp.asarray(a[-1]), vehicles)
    flight, around = control.init(CONFIG, jax.random.key(0)), control.Around(EMPTY)
    assert float(vehicle.velocity[0]) > 1.0
    ahead = float(vehicle.position[0])
    stay = jax.jit(control.stay)
    for _ in range(200):
        flight, command = stay(CONFIG, flight, vehicle, PERIOD_S, 0.0, around)
        vehicle = simulate(VEHICLE, vehicle, command, PERIOD_S, 4)
    assert float(jnp.linalg.norm(vehicle.velocity)) < 0.02
    assert ahead < float(vehicle.position[0]) < ahead + 1.0
