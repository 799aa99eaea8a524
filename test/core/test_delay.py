# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports that come late: as late as asked for, in their order, with the age that they have."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.vehicle import at_rest, delay
from live_mvp_ros.vehicle.odometry import OdometryConfig


def at(x: float):
    return at_rest(jnp.array([x, 0.0, 0.0]))


def heard(config: OdometryConfig, period_s: float, steps: int, seed: int = 0):
    """Return which step's report is heard at each step, and how old it is said to be [steps]."""

    def advance(state, now):
        state, report, age = delay.step(config, period_s, state, at(now))
        return state, (report.position[0], age)

    first = delay.init(config, period_s, at(0.0), jax.random.key(seed))
    x, age = jax.lax.scan(advance, first, 1.0 + jnp.arange(steps))[1]
    return np.asarray(x), np.asarray(age)


def test_prompt_reports_are_heard_at_once():
    assert OdometryConfig().prompt
    x, age = heard(OdometryConfig(), 0.01, 10)
    np.testing.assert_array_equal(x, 1.0 + np.arange(10))
    np.testing.assert_array_equal(age, 0)


@pytest.mark.parametrize(
    ("latency_s", "period_s", "late"),
    [(0.04, 0.01, 4), (0.04, 0.02, 2), (0.04, 0.05, 1), (0.041, 0.02, 3), (0.15, 0.05, 3)],
)
def test_a_report_is_heard_as_late_as_asked_for(latency_s, period_s, late):
    """In whole steps, rounded up; before the first has arrived, the one of the start is heard."""
    config = OdometryConfig(latency_s=latency_s)
    assert config.exact and not config.prompt
    x, age = heard(config, period_s, 12)
    now = 1 + np.arange(12)
    np.testing.assert_array_equal(x, np.maximum(now - late, 0))
    np.testing.assert_array_equal(age, now - x)


@settings(max_examples=20, deadline=None)
@given(
    st.floats(0.0, 0.1),
    st.floats(0.001, 0.1),
    st.sampled_from([0.01, 0.02, 0.05]),
    st.integers(0, 100),
)
def test_jitter_stays_within_its_bounds_and_nothing_overtakes(latency_s, jitter_s, period_s, seed):
    config = OdometryConfig(latency_s=latency_s, jitter_s=jitter_s)
    x, age = heard(config, period_s, 60, seed)
    now = 1 + np.arange(60)
    np.testing.assert_array_equal(x, now - age)
    assert np.all(np.diff(x) >= 0)
    least, most = (math.ceil(late / period_s - 1e-3) for late in (latency_s, latency_s + jitter_s))
    settled = age[most:]
    assert settled.min() >= least
    assert settled.max() <= most


def test_with_jitter_some_reports_are_later_than_others():
    _, age = heard(OdometryConfig(latency_s=0.02, jitter_s=0.05), 0.01, 200)
    assert len(set(age[10:])) > 2
