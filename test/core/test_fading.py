# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The way that evidence fades by, and how much of it is left, against hand-computed values."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.mapping import fading


def flown(positions: np.ndarray) -> fading.Way:
    way = fading.no_way(positions.shape[1])
    for position in positions:
        way = fading.continued(way, jnp.asarray(position, jnp.float32))
    return way


@pytest.mark.parametrize("dimensions", [2, 3])
def test_way_is_the_length_flown(dimensions: int) -> None:
    x = np.linspace(0.0, 7.0, 36)  # 0.2 m a look
    line = np.pad(x[:, None], ((0, 0), (0, dimensions - 1)))
    assert float(flown(line).flown_m) == pytest.approx(6.8, abs=1e-4)  # 17 times two steps
    there_and_back = np.concatenate([line, line[::-1]])
    assert float(flown(there_and_back).flown_m) == pytest.approx(14.0, abs=0.5)


def test_hovering_is_no_way_however_noisy_the_pose() -> None:
    noise = np.random.default_rng(0).uniform(-0.05, 0.05, (1000, 3))
    assert float(flown(np.array([3.0, 2.0, 1.0]) + noise).flown_m) == 0.0


def test_jumps_and_positions_that_are_nowhere_are_not_flown() -> None:
    other_drone = np.array([[0.0, 0.0, 1.0], [5.0, 0.0, 1.0]] * 20)
    assert float(flown(other_drone).flown_m) == 0.0
    way = flown(np.array([[0.0, 0.0, 1.0], [np.nan] * 3, [1e5] * 3, [0.0, 0.0, 1.0], [1, 0, 1]]))
    assert float(way.flown_m) == pytest.approx(1.0)


def test_stamps_tell_the_way_since_even_when_they_begin_anew() -> None:
    for before_m in (0.0, 100.0, 16383.0):
        early = fading.Way(jnp.float32(before_m), jnp.zeros(3))
        late = fading.Way(jnp.float32(before_m + 12.5), jnp.zeros(3))
        assert float(fading.flown_since_m(late, fading.stamp(early))) == 12.5
        assert float(fading.flown_since_m(late, fading.stamp(late))) == 0.0


def test_evidence_shrinks_towards_nothing_and_keeps_its_sign() -> None:
    old = jnp.array([-2.0, 0.0, 3.5])
    np.testing.assert_array_equal(fading.faded(old, jnp.float32(0.0)), old)
    left = np.asarray(fading.faded(old, jnp.float32(10.0)))
    np.testing.assert_allclose(left, np.array([-2.0, 0.0, 3.5]) / np.e, rtol=1e-6)
    far = np.asarray(fading.faded(old, jnp.float32(1e4)))
    assert np.all(np.abs(far) < 1e-6) and np.all(np.isfinite(far))
    # by the weights of one look: an obstacle of 20 m ago goes with two misses, a free place of
    # 10 m ago is an obstacle with one hit
    assert float(fading.faded(jnp.float32(3.5), jnp.float32(20.0))) - 2 * 0.4 < 0.0
    assert float(fading.faded(jnp.float32(-2.0), jnp.float32(10.0))) + 0.85 > 0.0
