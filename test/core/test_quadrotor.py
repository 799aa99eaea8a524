# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The quadrotor obeys the closed-form solutions of its equations."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.vehicle import (
    QuadrotorConfig,
    at_rest,
    clip_command,
    hover_command,
    rk4_step,
    simulate,
)

CONFIG = QuadrotorConfig()
fly = jax.jit(simulate, static_argnames="substeps")


def test_hover_is_a_fixed_point():
    start = at_rest(jnp.array([1.0, 2.0, 3.0]), 0.7)
    end = fly(CONFIG, start, hover_command(CONFIG), 10.0, substeps=2000)
    for before, after in zip(start, end, strict=True):
        np.testing.assert_allclose(after, before, atol=1e-4)


def test_free_fall_is_a_parabola():
    start = at_rest(jnp.array([0.0, 0.0, 50.0]))
    end = fly(CONFIG, start, jnp.zeros(4), 2.0, substeps=100)
    np.testing.assert_allclose(end.position, [0, 0, 50 - 0.5 * 9.81 * 4], rtol=1e-5)
    np.testing.assert_allclose(end.velocity, [0, 0, -9.81 * 2], rtol=1e-5)


def test_body_rate_approaches_its_command_exponentially():
    command = hover_command(CONFIG).at[3].set(1.0)
    end = fly(CONFIG, at_rest(jnp.zeros(3)), command, 0.1, substeps=40)
    np.testing.assert_allclose(end.body_rates[2], 1.0 - np.exp(-0.1 / 0.05), rtol=1e-4)
    yaw = 0.1 - 0.05 * (1.0 - np.exp(-0.1 / 0.05))
    np.testing.assert_allclose(quaternion.yaw(end.attitude), yaw, rtol=1e-3)


def test_yaw_has_a_time_constant_of_its_own():
    config = QuadrotorConfig(yaw_time_constant_s=0.4)
    command = hover_command(config).at[1:].set(1.0)
    end = fly(config, at_rest(jnp.zeros(3)), command, 0.1, substeps=40)
    wanted = 1.0 - np.exp(-0.1 / np.array([0.05, 0.05, 0.4]))
    np.testing.assert_allclose(end.body_rates, wanted, rtol=1e-4)


def test_nose_down_accelerates_forwards_and_roll_right_side_down_to_the_right():
    pitch = fly(
        CONFIG, at_rest(jnp.zeros(3)), hover_command(CONFIG).at[2].set(0.5), 0.3, substeps=60
    )
    assert pitch.velocity[0] > 0.1 and abs(pitch.velocity[1]) < 1e-5
    roll = fly(
        CONFIG, at_rest(jnp.zeros(3)), hover_command(CONFIG).at[1].set(0.5), 0.3, substeps=60
    )
    assert roll.velocity[1] < -0.1 and abs(roll.velocity[0]) < 1e-5


def test_drag_gives_a_terminal_velocity():
    config = QuadrotorConfig(drag_per_s=2.0)
    end = fly(config, at_rest(jnp.zeros(3)), jnp.zeros(4), 10.0, substeps=2000)
    np.testing.assert_allclose(end.velocity[2], -9.81 / 2.0, rtol=1e-3)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=4, max_size=4))
def test_attitude_stays_unit_and_commands_stay_within_limits(values):
    command = jnp.array(values)
    end = fly(CONFIG, at_rest(jnp.zeros(3)), command, 1.0, substeps=200)
    assert np.isclose(np.linalg.norm(end.attitude), 1.0, atol=1e-5)
    clipped = np.asarray(clip_command(CONFIG, command))
    assert 0.0 <= clipped[0] <= 4 * 9.81 + 1e-4
    assert np.all(np.abs(clipped[1:]) <= 10.0)


def test_a_batch_equals_single_vehicles():
    keys = jax.random.split(jax.random.key(0), 2)
    commands = hover_command(CONFIG)[:, None] + jax.random.normal(keys[0], (4, 5))
    one = at_rest(jnp.array([0.0, 0.0, 2.0]), 0.3)
    many = jax.tree.map(lambda leaf: jnp.repeat(leaf[:, None], 5, axis=1), one)
    batch = rk4_step(CONFIG, many, commands, 0.05)
    for k in range(5):
        single = rk4_step(CONFIG, one, commands[:, k], 0.05)
        for a, b in zip(single, batch, strict=True):
            np.testing.assert_allclose(a, b[:, k], atol=1e-5)


def test_a_massless_vehicle_is_refused():
    with pytest.raises(ConfigurationError, match="mass_kg = 0.0 is not allowed"):
        QuadrotorConfig(mass_kg=0.0)
