# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Space that a look would show for the first time: closed forms, brute force, slopes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.policy.new_space import new_in_view, unseen_around
from live_mvp_ros.policy.soft_visibility import ranges

SHAPE, SIZE_M = (70, 20, 20), 0.2
LOW = jnp.array([-2.0, -2.0, -2.0])
AHEAD = jnp.array([[1.0], [0.0], [0.0]])


def air(points):
    """Return a place without matter."""
    return jnp.full(points.shape[1], 10.0), jnp.zeros(points.shape[1])


def wall_at(x):
    """Return matter beyond a plane."""
    return lambda points: (x - points[0], jnp.zeros(points.shape[1]))


def seen_up_to(x):
    """Return voxels of which those with middles below x were seen."""
    middles = LOW[0] + (np.arange(SHAPE[0]) + 0.5) * SIZE_M
    return jnp.asarray(np.broadcast_to((middles < x)[:, None, None], SHAPE))


def new(fields, seen, origin=(0.0, 0.0, 0.0), direction=AHEAD, samples=240):
    place = (jnp.array(origin), direction, samples)
    return float(new_in_view(fields, unseen_around(seen), LOW, SIZE_M, *place)[0])


def test_all_of_an_unseen_map_is_new_and_nothing_of_a_seen_one_or_beyond():
    t = ranges(240)[0]
    assert new(air, seen_up_to(-9.0)) == pytest.approx(np.mean(t < 12.0 - 0.5 * SIZE_M), abs=0.01)
    assert new(air, seen_up_to(99.0)) == 0.0
    back = new(air, seen_up_to(-9.0), direction=-AHEAD)
    assert back == pytest.approx(np.mean(t < 2.0 - 0.5 * SIZE_M), abs=0.01)


@pytest.mark.parametrize("x", [1.0, 3.0, 7.0])
def test_what_is_beyond_what_was_seen_is_new(x):
    t = ranges(240)[0]
    wanted = np.mean((t > x) & (t < 12.0 - 0.5 * SIZE_M))
    assert new(air, seen_up_to(x)) == pytest.approx(wanted, abs=0.01)


def test_what_is_behind_a_wall_is_not():
    t = ranges(240)[0]
    open_share, behind = new(air, seen_up_to(1.0)), new(wall_at(3.0), seen_up_to(1.0))
    assert behind < open_share
    assert behind == pytest.approx(np.mean((t > 1.0) & (t < 3.0)), abs=0.04)
    assert new(wall_at(3.0), seen_up_to(5.0)) == pytest.approx(0.0, abs=1e-3)


def test_scaling_a_direction_changes_nothing():
    seen = seen_up_to(2.0)
    assert new(air, seen, direction=7.0 * AHEAD) == pytest.approx(new(air, seen), rel=1e-6)


def test_around_a_voxel_is_the_mean_of_27():
    seen = np.random.default_rng(0).random((5, 4, 3)) < 0.5
    wide = np.pad(1.0 - seen, 1, mode="edge")
    wanted = np.array(
        [
            [[wide[i : i + 3, j : j + 3, k : k + 3].mean() for k in range(3)] for j in range(4)]
            for i in range(5)
        ]
    )
    np.testing.assert_allclose(unseen_around(jnp.asarray(seen)), wanted, atol=1e-6)


def test_the_slope_is_that_of_finite_differences():
    with jax.enable_x64(True):
        unseen = unseen_around(seen_up_to(3.03)).astype(jnp.float64)
        low, ahead = LOW.astype(jnp.float64), AHEAD.astype(jnp.float64)

        def value(x):
            origin = jnp.array([x, 0.013, 0.027])
            return new_in_view(wall_at(6.0), unseen, low, SIZE_M, origin, ahead, 24)[0]

        for x in (0.011, 0.173, 0.402):
            step = 1e-6
            wanted = (value(x + step) - value(x - step)) / (2.0 * step)
            assert float(jax.grad(value)(x)) == pytest.approx(float(wanted), rel=1e-4, abs=1e-9)
