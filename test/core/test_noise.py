# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The optimiser's noise is normal, independent over samples, places and keys, and repeatable."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy import stats

from live_mvp_ros.control.noise import normal

SHAPE = (11, 4, 1000)
draw = jax.jit(normal, static_argnums=1)


@pytest.fixture(scope="module")
def many():
    keys = jax.random.split(jax.random.key(5), 24)
    return np.stack([np.asarray(draw(key, SHAPE), float) for key in keys])


def test_it_is_normal(many):
    flat = many.ravel()
    assert stats.kstest(flat[:200000], "norm").pvalue > 1e-3
    error = 1.0 / np.sqrt(flat.size)
    moments = [flat.mean(), (flat**2).mean() - 1.0, (flat**3).mean(), (flat**4).mean() - 3.0]
    spreads = np.sqrt([1.0, 2.0, 15.0, 96.0])
    assert np.all(np.abs(moments) < 4.0 * spreads * error)
    beyond = (np.abs(flat) > 4.0).mean()
    assert beyond == pytest.approx(2 * stats.norm.sf(4.0), rel=0.6)
    assert np.all(np.isfinite(flat)) and np.abs(flat).max() < 5.3


def test_neighbours_and_keys_are_independent(many):
    flat = many.reshape(24, -1)
    limit = 4.5 / np.sqrt(flat.shape[1])
    for lag in (1, 2, 3, 4, 7, 8, 16, 250, 1000, 2000, 4000):
        for part in (flat[0], np.abs(flat[1]), np.sign(flat[2])):
            assert abs(np.corrcoef(part[:-lag], part[lag:])[0, 1]) < limit, lag
    between = np.corrcoef(flat)[np.triu_indices(24, 1)]
    assert np.abs(between).max() < limit


def test_sums_along_the_horizon_have_the_variance_of_independent_numbers(many):
    sums = many.sum(axis=1).ravel()
    assert sums.var() == pytest.approx(11.0, rel=4 * np.sqrt(2 / sums.size))


def test_one_key_gives_one_set_of_numbers():
    first, again, other = (draw(jax.random.key(seed), SHAPE) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.any(np.asarray(first) == np.asarray(other)) or np.mean(first == other) < 1e-3
