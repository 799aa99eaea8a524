# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Leftovers are visited as a tour that ends at the goal, as far as they are worth their time."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros import planning
from live_mvp_ros.base.config import ConfigurationError, replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import expectation, leftovers, tour
from live_mvp_ros.planning.completion import CompletionInputs, completion_report
from live_mvp_ros.planning.completion_report import Reason
from live_mvp_ros.planning.frontiers import Viewpoint

CONFIG = planning.InfoFieldConfig()
SPEC = GridSpec((0.05, 0.05), 0.1, (240, 50))
NEAR, FAR = (slice(60, 66), slice(40, 43)), (slice(200, 206), slice(40, 43))
SPECK = (slice(120, 122), slice(40, 43))


def inputs(*gaps, at=(11.0, 2.5), goal=(5.0, 2.5), yaw=0.0) -> planning.InfoFieldInputs:
    """Return a known corridor, 3 m wide and 20 m long, with unknown gaps in its wall."""
    p, known = np.full(SPEC.shape, 0.99, np.float32), np.ones(SPEC.shape, bool)
    p[20:220, 10:40] = 0.01
    for gap in gaps:
        known[gap] = False
    return planning.InfoFieldInputs(
        p=jnp.asarray(np.where(known, p, 0.5)),
        known=jnp.asarray(known),
        position_m=jnp.array([*at, 2.0]),
        yaw_rad=jnp.float32(yaw),
        goal_m=jnp.array([*goal, 2.0]),
        dt_s=jnp.float32(0.2),
    )


def planned(given, config=CONFIG, plans=3):
    state = planning.init(config, SPEC)
    for _ in range(plans):
        state, out = planning.plan(config, SPEC, state, given)
    return state, out


def test_the_leftover_beside_the_goal_comes_last_although_it_is_nearer():
    """The nearest first would fly to x = 6 m, to 20 m and back to the goal at 5 m."""
    _, out = planned(inputs(NEAR, FAR))
    assert out.target_m[0] > 15.0
    assert list(np.asarray(out.leftover)) == [1, 2]
    _, towards_the_other_end = planned(inputs(NEAR, FAR, goal=(21.0, 2.5)))
    assert towards_the_other_end.target_m[0] < 10.0


def test_what_was_seen_in_passing_is_done():
    state, _ = planned(inputs(NEAR, FAR))
    state, out = planning.plan(CONFIG, SPEC, state, inputs(NEAR, at=(13.0, 2.5)))
    assert out.target_m[0] < 10.0
    assert list(np.asarray(out.leftover)) == [2, 2]
    _, out = planning.plan(CONFIG, SPEC, state, inputs(at=(13.0, 2.5)))
    assert bool(out.nothing_left)
    assert list(np.asarray(out.leftover)) == [0, 0]


def test_the_stop_sees_its_leftover():
    state, out = planned(inputs(FAR))
    i, j = np.asarray(state.leftovers.cell)
    assert bool(np.asarray(out.sources)[i, j])
    assert float(out.gain[i, j]) > 0.0
    assert abs(0.1 * i - 20.3) < 3.0


def test_a_speck_is_believed_to_be_wall(monkeypatch):
    _, out = planned(inputs(SPECK), plans=1)
    assert bool(out.nothing_left)
    monkeypatch.setattr(expectation, "SPECK_M", 0.0)
    config = replace(CONFIG, wall_gap_m=0.0)
    anew = jax.jit(lambda state, given: planning.step(config, SPEC, state, given))
    _, out = anew(planning.init(config, SPEC), inputs(SPECK))
    assert not bool(out.nothing_left)


def end(given, config, state, out) -> CompletionInputs:
    return CompletionInputs(
        p=given.p,
        known=given.known,
        navigable=out.navigable,
        looked_s=state.looked_s,
        progress=state.progress,
        position_m=given.position_m,
        goal_m=given.goal_m,
        nothing_left=bool(out.nothing_left),
        goal_reached=True,
        ended="explored",
        leftovers=state.leftovers,
        doubt=state.doubt,
    )


def test_what_costs_more_time_than_it_may_teach_is_left_and_the_report_says_so():
    """The far leftover is 15 m from the goal: about 17 s there and back for 0.2 m2."""
    config = replace(CONFIG, finish="rate", finish_rate_m2_s=0.05)
    state, out = planned(inputs(NEAR, FAR, at=(7.0, 2.5)), config)
    assert not bool(out.nothing_left)
    assert out.target_m[0] < 10.0
    done = inputs(FAR, at=(6.0, 2.5))
    for _ in range(2):
        state, out = planning.plan(config, SPEC, state, done)
    assert bool(out.nothing_left)
    report = completion_report(config, SPEC, end(done, config, state, out))
    assert not report.explored
    (left,) = (r for r in report.remainders if r.reason is Reason.NOT_WORTH_IT)
    assert left.centroid_m[0] == pytest.approx(20.3, abs=0.3)
    assert 10.0 < left.time_s < 25.0
    assert "not worth the time" in report.in_words()
    generous = replace(config, finish_rate_m2_s=0.001)
    _, out = planned(inputs(FAR, at=(6.0, 2.5)), generous)
    assert not bool(out.nothing_left)


def test_a_share_is_enough_when_it_was_asked_for():
    given = inputs(FAR)
    config = replace(CONFIG, finish="share", finish_share=0.9)
    state, out = planned(given, config, plans=1)
    assert bool(out.nothing_left)
    assert 0.9 <= float(out.explored_fraction) < 1.0
    report = completion_report(config, SPEC, end(given, config, state, out))
    assert not report.explored
    _, out = planned(given, replace(config, finish_share=1.0), plans=1)
    assert not bool(out.nothing_left)


def test_how_far_to_go_is_checked():
    with pytest.raises(ConfigurationError, match="finish = 'soon' is not allowed"):
        planning.InfoFieldConfig(finish="soon")
    with pytest.raises(ConfigurationError, match="finish_rate_m2_s = 0 is not allowed"):
        planning.InfoFieldConfig(finish="rate", finish_rate_m2_s=0.0)
    with pytest.raises(ConfigurationError, match="finish_share = 1.2 is not allowed"):
        planning.InfoFieldConfig(finish="share", finish_share=1.2)


def some_regions(seed: int, n: int):
    rng = np.random.default_rng(seed)
    at = rng.uniform(0.0, 20.0, (n + 2, 2))
    between = np.linalg.norm(at[:, None] - at[None], axis=-1)
    view = Viewpoint((0, 0), 0.0, 0.0, 1)
    found = [leftovers.Region(np.zeros((1, 2), int), view, a) for a in rng.uniform(0.0, 2.0, n)]
    return found, between[0, 2:], between[2:, 2:], between[1, 2:]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(0.0, 0.5))
def test_every_stop_that_is_kept_is_worth_its_detour(seed, n, rate):
    found, start, between, end_s = some_regions(seed, n)
    order = tour.open_tour(start, between, end_s)
    kept, left = leftovers.worth(found, order, start, between, end_s, rate)
    assert sorted([*kept, *(k for k, _ in left)]) == list(range(n))
    whole = tour.length(start, between, kept, end_s) if kept else 0.0
    for stop in kept:
        rest = [k for k in kept if k != stop]
        without = tour.length(start, between, rest, end_s) if rest else 0.0
        assert found[stop].area_m2 >= rate * (whole - without + leftovers.LOOK_S) - 1e-6
    if rate == 0.0:
        assert not left


def test_ways_lead_round_walls():
    free = np.ones((60, 60), bool)
    free[27:34, :50] = False  # no place for the drone within 0.3 m of a wall
    spec = GridSpec((0.05, 0.05), 0.1, (60, 60))
    ways = leftovers._Ways(spec, free)
    way = ways.from_m((10, 10))
    straight = np.hypot(40.0, 0.0) * 0.1
    round_it = (np.hypot(19, 40) + np.hypot(21, 40)) * 0.1
    assert way[50, 10] > 1.5 * straight
    assert way[50, 10] == pytest.approx(round_it, rel=0.12)
    assert way[10, 30] == pytest.approx(2.0, abs=0.35)
    assert np.isinf(way[30, 10])
    there = [(50, 10), (10, 30)]
    np.testing.assert_allclose(
        ways.between_m([(10, 10)], there)[0], way[tuple(np.transpose(there))]
    )
