# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The sampling optimiser: it finds known optima, and its mixture weights are unbiased."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.config import ConfigurationError
from live_mvp_ros.control import mppi

SMALL = mppi.MppiConfig(num_samples=256, horizon_steps=20, temperature=0.05)


def unlimited(commands):
    return commands


def test_it_drives_a_double_integrator_to_its_target():
    """Component 0 is an acceleration; the target is the origin, at rest."""
    dt = SMALL.step_s

    def cost(start, commands):
        def advance(state, a):
            velocity = state[1] + dt * a
            return (state[0] + dt * velocity, velocity), (state[0], velocity)

        position = jnp.full(commands.shape[-1], start[0])
        velocity = jnp.full(commands.shape[-1], start[1])
        _, (x, v) = jax.lax.scan(advance, (position, velocity), commands[:, 0])
        return jnp.sum(x**2 + 0.1 * v**2, axis=0), None

    @jax.jit
    def control(key, nominal, state):
        shifted = mppi.shift(nominal, 1.0)
        found = mppi.optimise(SMALL, key, shifted, shifted, unlimited, lambda u: cost(state, u))
        return found.commands

    nominal, state = jnp.zeros((20, 4)), np.array([2.0, 0.0])
    for key in jax.random.split(jax.random.key(3), 150):
        nominal = control(key, nominal, jnp.asarray(state))
        velocity = state[1] + dt * float(nominal[0, 0])
        state = np.array([state[0] + dt * velocity, velocity])
    assert abs(state[0]) < 0.1 and abs(state[1]) < 0.2


def test_the_optimum_of_a_quadratic_is_the_gaussian_posterior_mean():
    """Prior N(0, I) on the support points and cost |v - c|^2 / 2 give the posterior mean c / 2."""
    config = mppi.MppiConfig(
        num_samples=60000,
        horizon_steps=2,
        support_spacing_steps=1,
        temperature=1.0,
        thrust_std_n=1.0,
        body_rate_std_rad_s=(1.0, 1.0, 1.0),
        reference_share=0.5,
    )
    wanted = jnp.array([[1.0, -0.5, 0.0, 0.3], [0.2, 0.0, 0.4, -0.6]])

    def cost(commands):
        return 0.5 * jnp.sum((commands - wanted[..., None]) ** 2, axis=(0, 1)), None

    # Wherever the reference samples are drawn, the corrected mean must stay the same.
    for reference in (jnp.zeros((2, 4)), 0.8 * jnp.ones((2, 4)), wanted):
        found = mppi.optimise(
            config, jax.random.key(1), jnp.zeros((2, 4)), reference, unlimited, cost
        )
        np.testing.assert_allclose(found.commands, wanted / 2, atol=0.04)


def test_samples_of_infinite_cost_carry_no_weight_and_all_infinite_keeps_the_plan():
    nominal = jnp.ones((20, 4))

    def partly(commands):
        return jnp.where(commands[0, 0] > 1.0, jnp.nan, 0.0), None

    found = mppi.optimise(SMALL, jax.random.key(0), nominal, nominal, unlimited, partly)
    assert bool(found.finite) and float(found.commands[0, 0]) < 1.0

    def never(commands):
        return jnp.full(commands.shape[-1], jnp.inf), None

    found = mppi.optimise(SMALL, jax.random.key(0), nominal, nominal, unlimited, never)
    assert not bool(found.finite)
    np.testing.assert_allclose(found.commands, nominal, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 5.0))
def test_shifting_a_ramp_moves_it_by_the_elapsed_time(elapsed):
    ramp = jnp.arange(20.0)[:, None] * jnp.ones(4)
    shifted = mppi.shift(ramp, jnp.float32(elapsed))
    expected = np.minimum(np.arange(20.0) + elapsed, 19.0)
    np.testing.assert_allclose(shifted[:, 2], expected, atol=1e-4)


@pytest.mark.parametrize("wrong", [{"horizon_steps": 0}, {"temperature": 0.0}, {"num_samples": 1}])
def test_settings_without_meaning_are_refused(wrong):
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        mppi.MppiConfig(**wrong)
