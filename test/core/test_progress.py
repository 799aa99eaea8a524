# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The watch over progress: what gives a target up, what does not, and when it is tried again."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.grid import GridSpec
from live_mvp_ros.planning import progress

SPEC = GridSpec((0.05, 0.05), 0.1, (60, 40))
CONFIG = progress.ProgressConfig(stalled_patience_s=2.0, idle_patience_s=5.0, retry_cells=50)
TARGET = jnp.array([4.0, 2.0])


def watched(state, cells, xy, seconds):
    """Fly on for some seconds, at 5 Hz, with so many known cells."""
    known = jnp.asarray((np.arange(60 * 40) < cells).reshape(60, 40))
    for _ in range(round(seconds * 5)):
        state = progress.observe(CONFIG, state, known, jnp.asarray(xy), jnp.float32(0.2))
        state = progress.judge(CONFIG, SPEC, state, TARGET)
    return state


def test_staying_without_learning_gives_the_surroundings_of_the_target_up():
    state = watched(progress.init(SPEC), 500, (1.0, 1.0), 1.9)
    assert int(state.targets_given_up) == 0
    state = watched(state, 500, (1.2, 1.0), 0.6)  # a small move is staying
    assert int(state.targets_given_up) == 1
    x, y = SPEC.centres()
    distance = np.hypot(x[:, None] - 4.0, y[None, :] - 2.0)
    np.testing.assert_array_equal(state.given_up, distance <= CONFIG.give_up_radius_m)


def test_moving_or_learning_keeps_the_target_for_a_while():
    state = progress.init(SPEC)
    for k in range(6):  # 4.2 s on the move, each leg shorter than the patience
        state = watched(state, 500, (0.6 * k, 1.0), 0.7)
    assert int(state.targets_given_up) == 0
    for k in range(10):
        state = watched(state, 520 + 20 * k, (3.0, 1.0), 1.0)  # learning at one place
    assert int(state.targets_given_up) == 0


def test_moving_for_long_without_learning_gives_up_too():
    state = watched(progress.init(SPEC), 500, (0.0, 1.0), 0.2)
    for k in range(10):
        state = watched(state, 500, (0.6 * k, 1.0), 0.7)
    assert int(state.targets_given_up) == 1


def test_much_learned_elsewhere_opens_the_target_again():
    state = watched(progress.init(SPEC), 500, (1.0, 1.0), 3.0)
    assert bool(jnp.any(state.given_up))
    state = watched(state, 530, (1.0, 1.0), 0.2)
    assert bool(jnp.any(state.given_up))  # 30 new cells are not enough
    state = watched(state, 560, (1.0, 1.0), 0.2)
    assert not bool(jnp.any(state.given_up))


def test_time_that_does_not_count_gives_nothing_up():
    state = watched(progress.init(SPEC), 500, (1.0, 1.0), 0.2)
    known = jnp.ones(SPEC.shape, bool)
    for _ in range(200):
        state = progress.observe(CONFIG, state, known, jnp.array([1.0, 1.0]), jnp.float32(0.0))
        state = progress.judge(CONFIG, SPEC, state, TARGET)
    assert int(state.targets_given_up) == 0
