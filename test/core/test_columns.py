# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sweeps over columns give what a scan gives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.planning.columns import over_columns


@pytest.mark.parametrize("reverse", [False, True])
@settings(max_examples=20, deadline=None)
@given(n=st.sampled_from([1, 2, 7]), m=st.sampled_from([1, 5]), seed=st.integers(0, 99))
def test_it_is_a_scan_whatever_is_carried_and_put_out(reverse, n, m, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, m)).astype(np.float32)
    values[0, 0] = rng.choice([np.nan, np.inf, 1.0])  # the room for results is made of it
    inputs = (jnp.asarray(values), jnp.asarray(rng.integers(0, 9, (n, m)), jnp.uint8))
    start = (jnp.zeros(m), jnp.zeros(m, bool))
    like = {"sum": jnp.zeros(m), "seen": jnp.zeros(m, jnp.uint8)}

    def column(carry, here):
        total, odd = carry
        value, count = here
        total, odd = 0.5 * total + value, odd ^ (count % 2 == 1)
        return (total, odd), {"sum": total, "seen": count + odd.astype(jnp.uint8)}

    found = over_columns(column, start, inputs, like, reverse)
    _, wanted = jax.lax.scan(column, start, inputs, reverse=reverse)
    for name in like:
        assert found[name].dtype == wanted[name].dtype
        np.testing.assert_array_equal(found[name], wanted[name])
