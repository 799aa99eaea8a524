# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The watch over progress and its ladder: what progress is, and what is done without it."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import progress
from live_mvp_ros.planning.progress import Rung
from live_mvp_ros.vehicle import BodyConfig

SPEC = GridSpec((0.05, 0.05), 0.1, (60, 40))
CONFIG = progress.ProgressConfig(patience_s=2.0)
BODY = BodyConfig()
X, Y = SPEC.centres()
TARGET = np.hypot(X[:, None] - 4.0, Y[None, :] - 2.0) <= 0.75
NO, YES = jnp.array(False), jnp.array(True)


def known(cells):
    return jnp.asarray((np.arange(60 * 40) < cells).reshape(60, 40))


def watched(
    state,
    seconds,
    *,
    cells=500,
    xy=(1.0, 1.0),
    potential=9.0,
    target=(4.0, 2.0),
    arrived=NO,
    goal=NO,
    dt=0.2,
    body=BODY,
):
    """Fly on for some seconds, at 5 Hz."""
    for _ in range(round(seconds * 5)):
        state = progress.observe(state, known(cells), jnp.asarray(xy), jnp.float32(dt))
        state = progress.judge(
            CONFIG,
            body,
            state,
            jnp.float32(potential),
            jnp.asarray(target),
            jnp.asarray(TARGET),
            arrived,
            goal,
        )
    return state


def begun(**how):
    """Return the watch after the first step, which learns everything that is known."""
    return watched(progress.init(SPEC), 0.2, **how)


@pytest.mark.parametrize("limits", [{"speed_max_m_s": 0.2}, {"yaw_rate_max_rad_s": 0.15}])
def test_a_vehicle_that_must_be_slow_is_given_the_time_it_needs(limits):
    """Ten times slower than usual: rungs come after 20 s instead of 2 s."""
    slow = BodyConfig(**limits)
    state = begun(body=slow)
    assert int(watched(state, 19.8, body=slow).rung) == progress.Rung.NONE
    assert int(watched(state, 20.4, body=slow).rung) == progress.Rung.ANOTHER_TARGET


def test_a_way_at_a_low_limit_is_progress():
    """At 0.2 m/s it comes 0.1 m nearer in half a second, for half a minute."""
    slow, state, potential = BodyConfig(speed_max_m_s=0.2), begun(), 9.0
    for _ in range(60):
        potential -= 0.1
        state = watched(state, 0.5 + 0.1, potential=potential, body=slow)
    assert int(state.taken.sum()) == 0


def test_the_ladder_is_climbed_in_order_and_ends_at_its_top():
    state = begun()
    state = watched(state, 1.8)
    assert int(state.rung) == Rung.NONE  # the patience has not run out yet
    state = watched(state, 0.6)
    assert int(state.rung) == Rung.ANOTHER_TARGET
    np.testing.assert_array_equal(state.set_aside, TARGET)
    state = watched(state, 2.4)
    assert int(state.rung) == Rung.BACK_OFF
    assert 0.0 < float(state.manoeuvre_s) <= progress.BACK_OFF_S
    state = watched(state, progress.BACK_OFF_S + 2.4)  # the manoeuvre's time does not count
    assert int(state.rung) == Rung.REPLAN
    assert not np.any(state.set_aside)
    state = watched(state, progress.HOVER_S + 2.4)
    assert int(state.rung) == Rung.GIVE_UP
    np.testing.assert_array_equal(state.given_up, TARGET)
    state = watched(state, 2.4)
    assert int(state.rung) == Rung.GIVE_UP
    np.testing.assert_array_equal(state.taken, [1, 1, 1, 2])


def test_learning_puts_the_vehicle_back_before_the_first_rung():
    state = watched(begun(), 5.0)
    assert int(state.rung) == Rung.BACK_OFF
    state = watched(state, 0.2, cells=520)
    assert int(state.rung) == Rung.NONE
    assert float(state.manoeuvre_s) == 0.0
    np.testing.assert_array_equal(state.taken, [1, 1, 0, 0])  # history is not forgotten


def test_coming_nearer_to_the_target_is_progress_and_going_to_and_fro_is_not():
    state = begun(potential=20.0)
    for k in range(20):
        state = watched(state, 1.0, potential=20.0 - 0.3 * k)
    assert int(state.rung) == Rung.NONE
    for k in range(6):
        state = watched(state, 0.4, potential=(16.0, 15.0)[k % 2])
    assert int(state.rung) == Rung.ANOTHER_TARGET


def test_a_farther_target_is_given_the_time_that_its_way_takes():
    state = watched(begun(), 1.0, potential=1.0)
    for k in range(30):  # the target has changed: 1 m/s towards it
        state = watched(state, 1.0, potential=30.0 - k, target=(5.0, 3.0))
    assert int(state.rung) == Rung.NONE


def test_changing_between_targets_without_learning_is_no_progress_for_ever():
    state, seconds = begun(potential=5.0), 0.0
    while int(state.rung) == Rung.NONE and seconds < 60.0:
        for target in ((4.0, 2.0), (1.0, 3.0)):  # always nearer, and never there
            for potential in (5.0, 4.5, 4.0):
                state = watched(state, 0.4, potential=potential, target=target)
                seconds += 0.4
    assert 10.0 < seconds < 30.0


def test_turning_to_the_goal_begins_anew():
    state = watched(begun(potential=0.3), 6.0, potential=0.3)
    assert int(state.rung) > Rung.NONE
    state = watched(state, 0.2, potential=17.0, goal=YES)
    assert int(state.rung) == Rung.NONE
    for k in range(15):
        state = watched(state, 1.0, potential=17.0 - k, goal=YES)
    assert not bool(state.goal_given_up)
    assert int(state.rung) == Rung.NONE


def test_at_the_target_neither_flying_back_nor_a_fresh_field_is_tried():
    state = watched(begun(), 2.4, arrived=YES)
    assert int(state.rung) == Rung.ANOTHER_TARGET
    state = watched(state, 2.4, arrived=YES)
    np.testing.assert_array_equal(state.taken, [1, 0, 0, 1])


def test_flying_back_leads_along_the_flown_path():
    state = progress.init(SPEC)
    for k in range(30):  # along +x, 0.1 m per step
        state = watched(state, 0.2, xy=(0.1 * k, 1.0), potential=20.0 - 0.3 * k)
    state = watched(state, 4.6, xy=(2.9, 1.0), potential=20.0)
    assert int(state.rung) == Rung.BACK_OFF
    flown_back = 2.9 - float(state.manoeuvre_m[0])
    assert abs(flown_back - progress.BACK_OFF_M) <= 0.6
    assert float(state.manoeuvre_m[1]) == 1.0


def test_the_way_to_the_goal_is_given_up_in_the_end_but_no_cell_with_it():
    state = begun(goal=YES)
    state = watched(state, 2.4, goal=YES)
    assert int(state.rung) == Rung.BACK_OFF  # there is no other goal
    assert not bool(state.goal_given_up)
    state = watched(state, progress.BACK_OFF_S + progress.HOVER_S + 5.4, goal=YES)
    assert bool(state.goal_given_up)
    assert not np.any(state.given_up)


def test_much_learned_elsewhere_opens_what_was_set_aside_but_not_what_was_given_up():
    state = watched(begun(), 2.4)
    much = 500 + progress.RETRY_CELLS
    state = watched(state, 0.2, cells=much - 20)
    assert np.any(state.set_aside)  # that is not enough
    state = watched(state, 0.2, cells=much + 10)
    assert not np.any(state.set_aside)
    state = watched(state, 18.0, cells=much + 10)
    state = watched(state, 0.2, cells=2000)
    np.testing.assert_array_equal(state.given_up, TARGET)


def test_time_that_does_not_count_changes_nothing():
    state = watched(begun(), 40.0, dt=0.0)
    np.testing.assert_array_equal(state.taken, 0)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0.0, 20.0)), min_size=20, max_size=60))
def test_rungs_are_never_more_than_the_time_without_progress_allows(steps):
    state, cells = begun(cells=100), 100
    for learned, potential in steps:
        cells = min(cells + learned, 2400)
        state = watched(state, 0.2, cells=cells, potential=potential)
    assert int(np.sum(state.taken)) <= 0.2 * len(steps) / CONFIG.patience_s
    assert int(state.rung) in list(Rung)
