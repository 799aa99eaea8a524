# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The attitude and hold controllers: hover is a fixed point, upsets end level, limits hold."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from live_mvp_ros.base import quaternion
from live_mvp_ros.control import tracking
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    QuadrotorState,
    at_rest,
    hover_command,
    simulate,
)

VEHICLE, BODY = QuadrotorConfig(), BodyConfig()
HERE = jnp.array([1.0, -2.0, 2.0])
STEPS = 500


@jax.jit
def held(state, position, yaw, key):
    """Hold for 10 s; returns the states and commands of every control period.

    The worst upset below leads 6 m away, and the way back is flown at no more than 1 m/s.
    """

    def step(state, _):
        command = tracking.hold(BODY, VEHICLE, state, position, yaw)
        after = simulate(VEHICLE, state, command, 0.02, 4)
        return after, (after, command)

    return jax.lax.scan(step, state, None, length=STEPS)[1]


def level(state):
    """Cosine of the lean."""
    _, x, y, _ = np.asarray(state.attitude).T
    return 1.0 - 2.0 * (x**2 + y**2)


@pytest.mark.parametrize("yaw", [0.0, 1.0, -3.0])
def test_hovering_where_it_should_be_is_a_fixed_point(yaw):
    states, commands = held(at_rest(HERE, yaw), HERE, yaw, 0)
    np.testing.assert_allclose(commands, np.tile(hover_command(VEHICLE), (STEPS, 1)), atol=2e-4)
    np.testing.assert_allclose(states.position[-1], HERE, atol=1e-4)
    np.testing.assert_allclose(states.attitude[-1], quaternion.from_yaw(yaw), atol=1e-4)


@settings(max_examples=15, deadline=None)
@given(
    st.floats(0.0, 1.4),
    st.floats(-math.pi, math.pi),
    st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6),
)
@example(1.0, 2.0, [3.0, 0.0, -3.0, 0.0, 0.0, 0.0])
@example(1.4, 0.0, [-3.0, 3.0, 3.0, 3.0, 3.0, 3.0])
def test_every_upset_ends_level_at_rest_and_within_the_limits(lean, direction, values):
    axis = (math.cos(direction), math.sin(direction), 0.0)
    attitude = [math.cos(lean / 2), *(math.sin(lean / 2) * a for a in axis)]
    state = QuadrotorState(HERE, jnp.array(values[:3]), jnp.array(attitude), jnp.array(values[3:]))
    states, commands = held(state, HERE, 0.5, 0)
    assert level(states)[-1] > 0.9999
    np.testing.assert_allclose(states.position[-1], HERE, atol=0.05)
    np.testing.assert_allclose(np.linalg.norm(states.attitude, axis=1), 1.0, atol=1e-5)
    commands = np.asarray(commands)
    assert commands[:, 0].min() >= 0.0 and commands[:, 0].max() <= 4 * 9.81 + 1e-3
    assert np.abs(commands[:, 3]).max() <= BODY.yaw_rate_max_rad_s + 1e-6


@pytest.mark.parametrize(("lag_s", "yaw_lag_s"), [(0.02, 0.02), (0.1, 0.45), (0.25, 1.0)])
def test_a_sluggish_vehicle_comes_to_rest_without_swinging(lag_s, yaw_lag_s):
    """One that answers rates late: steered as hard as a quick one it would swing for ever."""
    vehicle = QuadrotorConfig(rate_time_constant_s=lag_s, yaw_time_constant_s=yaw_lag_s)

    @jax.jit
    def flown(state):
        def step(state, _):
            command = tracking.hold(BODY, vehicle, state, HERE, 0.5)
            after = simulate(vehicle, state, command, 0.02, 4)
            return after, after

        return jax.lax.scan(step, state, None, length=1000)[1]

    start = at_rest(HERE + jnp.array([3.0, 0.0, 0.0]), 2.0)
    states = flown(start._replace(velocity=jnp.array([-1.5, 1.0, 0.0])))
    np.testing.assert_allclose(states.position[-1], HERE, atol=0.02)
    np.testing.assert_allclose(states.velocity[-1], np.zeros(3), atol=0.02)
    assert np.asarray(states.position[:, 0]).min() > HERE[0] - 0.25  # it hardly overshoots
    yaw = np.asarray(jax.vmap(quaternion.yaw)(states.attitude))
    assert yaw[-1] == pytest.approx(0.5, abs=0.02)
    assert yaw.min() > 0.5 - 0.25


def test_an_aligned_vehicle_gets_the_thrust_of_the_wanted_acceleration():
    state = at_rest(HERE)
    command = tracking.accelerate(BODY, VEHICLE, state, jnp.array([0.0, 0.0, 2.0]), 0.0)
    np.testing.assert_allclose(command, [9.81 + 2.0, 0.0, 0.0, 0.0], atol=1e-4)


def test_forwards_leans_nose_down_and_left_leans_left():
    def rates(x, y):
        wanted = jnp.array([x, y, 0.0])
        return np.asarray(tracking.accelerate(BODY, VEHICLE, at_rest(HERE), wanted, 0.0))[1:]

    assert rates(1.0, 0.0)[1] > 0.5 and abs(rates(1.0, 0.0)[0]) < 1e-5
    assert rates(0.0, 1.0)[0] < -0.5 and abs(rates(0.0, 1.0)[1]) < 1e-5


def test_it_never_wants_to_flip_to_fall_faster():
    command = tracking.accelerate(BODY, VEHICLE, at_rest(HERE), jnp.array([0.0, 0.0, -50.0]), 0.0)
    np.testing.assert_allclose(command, [0.2 * 9.81, 0.0, 0.0, 0.0], atol=1e-4)


def test_it_turns_the_short_way_round():
    state = at_rest(HERE, 3.0)
    command = tracking.hold(BODY, VEHICLE, state, HERE, jnp.float32(-3.0))
    assert 0.0 < float(command[3]) <= 2.0 * (2 * math.pi - 6.0) + 1e-4


@pytest.mark.parametrize("speed", [0.3, 1.8])
def test_a_path_is_followed_no_faster_than_asked(speed):
    path = jnp.column_stack([jnp.linspace(1.0, 5.0, 40), jnp.full(40, -2.0), jnp.full(40, 2.0)])
    velocity, carrot = tracking.towards(at_rest(HERE), path, speed)
    assert int(carrot) == 4
    assert float(jnp.linalg.norm(velocity)) <= speed + 1e-5
    assert float(velocity[0]) > 0.0
    at_end, carrot = tracking.towards(at_rest(path[-1]), path, speed)
    assert int(carrot) == 39
    np.testing.assert_allclose(at_end, 0.0, atol=1e-6)
