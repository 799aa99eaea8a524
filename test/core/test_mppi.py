# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The sampling optimiser: what its weights are, and what it does with costs without meaning."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.base.config import replace
from live_mvp_ros.control import mppi

SMALL = mppi.MppiConfig(num_samples=256, horizon_steps=20, temperature=0.05)


def unlimited(commands):
    return commands


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


weigh = jax.jit(mppi.weigh)


def weights(costs, carrying=mppi.CARRYING_SAMPLES, **changes):
    config = replace(SMALL, **changes)
    costs = jnp.asarray(costs, jnp.float32)
    return np.asarray(weigh(config, costs, jnp.zeros(len(costs)), carrying))


COSTS = st.lists(st.floats(0.0, 100.0), min_size=8, max_size=8)


@settings(max_examples=30, deadline=None)
@given(COSTS, st.floats(-50.0, 50.0))
def test_weights_are_a_distribution_that_a_constant_does_not_change(costs, constant):
    plain = weights(costs)
    assert plain.sum() == pytest.approx(1.0, abs=1e-5) and np.all(plain >= 0.0)
    np.testing.assert_allclose(weights(np.add(costs, constant)), plain, atol=2e-3)


@settings(max_examples=30, deadline=None)
@given(COSTS, st.permutations(range(8)))
def test_weights_belong_to_samples_whatever_their_order(costs, order):
    np.testing.assert_allclose(weights(np.take(costs, order)), weights(costs)[order], atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(COSTS)
def test_cheaper_samples_weigh_more_and_enough_samples_carry_the_result(costs):
    found = weights(costs, carrying=3.0)
    assert np.all(np.diff(found[np.argsort(costs)]) <= 1e-6)
    assert float(mppi.effective_samples(jnp.asarray(found))) >= 2.99


def test_a_few_usable_samples_are_told_apart_by_what_they_cost():
    """8 of 1,000, costs 0 to 500: they must not all weigh the same."""
    costs = np.full(1000, np.inf)
    costs[::125] = np.linspace(0.0, 500.0, 8)
    found = weights(costs, num_samples=1000, carrying=20.0)[::125]
    assert float(mppi.effective_samples(jnp.asarray(found))) == pytest.approx(4.0, abs=0.1)
    assert found[0] > 0.3 and found[-1] < 0.02
    assert np.all(np.diff(found) < 0.0)


@pytest.mark.parametrize("usable", [1, 2, 3])
def test_the_last_usable_samples_carry_the_result(usable):
    costs = np.full(1000, np.inf)
    costs[:usable] = 10.0 * np.arange(usable)
    found = weights(costs, num_samples=1000, carrying=20.0)
    assert found[:usable].sum() == pytest.approx(1.0, abs=1e-5)
    assert np.argmax(found) == 0


def test_without_need_weights_are_not_tempered():
    costs = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5])
    expected = np.exp(-costs / SMALL.temperature)
    found = weights(costs, carrying=2.0)
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-5)
