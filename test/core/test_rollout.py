# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The model inside the optimiser is the vehicle's model, number by number."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.control import rollout
from live_mvp_ros.vehicle import QuadrotorConfig, QuadrotorState, at_rest, hover_command, rk4_step

advance = jax.jit(rollout.advance, static_argnums=(0, 3))


def tumbling(count, seed=0):
    rng = np.random.default_rng(seed)
    attitude = rng.normal(size=(4, count))
    state = QuadrotorState(
        *(rng.normal(size=(3, count)), rng.normal(size=(3, count))),
        attitude / np.linalg.norm(attitude, axis=0),
        3.0 * rng.normal(size=(3, count)),
    )
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), state)


def motion(state):
    return rollout.Motion(*(tuple(field) for field in state))


@pytest.mark.parametrize("drag_per_s", [0.0, 0.7])
@pytest.mark.parametrize("dt_s", [0.02, 0.05, 0.1])
def test_one_step_equals_the_vehicles_own(drag_per_s, dt_s):
    config = QuadrotorConfig(drag_per_s=drag_per_s, mass_kg=1.3, yaw_time_constant_s=0.4)
    state = tumbling(20)
    command = hover_command(config)[:, None] + np.random.default_rng(1).normal(size=(4, 20))
    expected = rk4_step(config, state, jnp.asarray(command, jnp.float32), dt_s)
    found = advance(config, motion(state), tuple(jnp.asarray(command, jnp.float32)), dt_s)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.stack(ours), theirs, atol=1e-5)


@pytest.mark.parametrize("drag_per_s", [0.0, 0.7])
def test_a_disturbance_pushes_all_samples_as_it_does_the_vehicle(drag_per_s):
    config, push = QuadrotorConfig(drag_per_s=drag_per_s), jnp.array([0.8, -0.5, -1.2])
    state = at_rest(jnp.array([1.0, 2.0, 3.0]))._replace(velocity=jnp.array([1.0, 0.0, -0.5]))
    commands = jnp.tile(jnp.array([11.0, 0.4, -0.3, 0.2])[None, :, None], (10, 1, 3))
    path = jax.jit(rollout.trajectory, static_argnums=3)(config, state, commands, 0.05, push)
    for position in path:  # [3, samples]
        state = rk4_step(config, state, commands[0, :, 0], 0.05, push)
        np.testing.assert_allclose(position, np.tile(state.position, (3, 1)).T, atol=2e-5)
    # by hand, without drag and as far as gravity and the push go
    calm = jax.jit(rollout.trajectory, static_argnums=3)(
        config, at_rest(jnp.zeros(3)), commands, 0.05
    )
    pushed = rollout.trajectory(config, at_rest(jnp.zeros(3)), commands, 0.05, push)
    if not drag_per_s:
        np.testing.assert_allclose(
            (pushed - calm)[-1, :, 0], 0.5 * np.asarray(push) * 0.5**2, atol=1e-4
        )


def test_hover_is_a_fixed_point():
    config = QuadrotorConfig()
    vehicle = at_rest(jnp.array([1.0, 2.0, 3.0]), 0.7)
    commands = jnp.tile(hover_command(config)[:, None], (200, 1, 2))
    path = rollout.trajectory(config, vehicle, commands, 0.05)
    np.testing.assert_allclose(
        path, np.broadcast_to([[1.0], [2.0], [3.0]], (200, 3, 2)), atol=1e-4
    )


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_the_quaternion_stays_unit_and_the_energy_sane(seed):
    """The change of energy is the work of the lift T z along the way."""
    rng = np.random.default_rng(seed)
    thrust, rates = rng.uniform(0, 20, 5), rng.uniform(-5, 5, (3, 5))
    command = tuple(jnp.asarray(c, jnp.float32) for c in (thrust, *rates))
    state, work = motion(tumbling(5, seed)), np.zeros(5)
    before = energy(state)
    for _ in range(50):
        after = advance(QuadrotorConfig(), state, command, 0.02)
        push = 0.5 * thrust * (axis_z(state) + axis_z(after))
        work += np.sum(push * (np.stack(after.position) - np.stack(state.position)), axis=0)
        state = after
        np.testing.assert_allclose(np.linalg.norm(state.attitude, axis=0), 1.0, atol=1e-5)
    scale = 1.0 + np.abs(before) + np.abs(work)
    assert np.all(np.abs(energy(state) - before - work) < 0.02 * scale)


def energy(m):
    kinetic = 0.5 * np.sum(np.asarray(m.velocity, float) ** 2, axis=0)
    return kinetic + 9.81 * np.asarray(m.position[2], float)


def axis_z(m):
    w, x, y, z = (np.asarray(c, float) for c in m.attitude)
    return np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
