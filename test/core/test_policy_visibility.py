# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Soft visibility and the reward of looks against what can be worked out by hand."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from analytic_fields import ball, nothing, wall
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from live_mvp_ros.policy import look_reward, soft_visibility
from live_mvp_ros.policy.map_fields import within
from live_mvp_ros.policy.soft_visibility import look, ranges, transmittance

ORIGIN = jnp.array([0.0, 0.0, 1.6])
AHEAD = jnp.array([[1.0], [0.0], [0.0]])


@settings(deadline=None, max_examples=50)
@given(
    hnp.arrays(np.float32, (12, 3), elements=st.floats(0.0, 60.0, width=32)),
    st.floats(0.01, 1.0),
)
def test_transmittance_never_rises_and_is_a_share(density, step):
    through, alpha = (np.asarray(a) for a in transmittance(jnp.asarray(density), step))
    assert np.all(through[0] == 1.0)
    assert np.all(np.diff(through, axis=0) <= 1e-6)
    # of a fog so dense that light is gone, float32 knows no share above zero
    gone = np.cumsum(density * step, axis=0) > 80.0
    assert np.all((through > 0.0) | np.vstack([gone[:1] & False, gone[:-1]]))
    assert np.all(through <= 1.0)
    assert np.all((alpha >= 0.0) & (alpha <= 1.0))


def test_transmittance_of_an_even_fog_is_an_exponential():
    through, alpha = transmittance(jnp.full((5, 1), 2.0), 0.1)
    np.testing.assert_allclose(through[:, 0], np.exp(-0.2 * np.arange(5)), rtol=1e-6)
    np.testing.assert_allclose(alpha, 1.0 - np.exp(-0.2), rtol=1e-6)


def test_what_is_seen_and_what_passes_add_up_to_all_light():
    hit = look(ball((3.0, 0.0, 1.6), 1.0), ORIGIN, AHEAD)
    t, step = ranges(soft_visibility.SAMPLES)
    distance, _ = ball((3.0, 0.0, 1.6), 1.0)(ORIGIN[:, None] + AHEAD * t)
    passed = np.exp(-step * np.sum(np.log1p(np.exp(-np.asarray(distance) / 0.18))))
    assert hit.seen[0] == pytest.approx(1.0 - passed, rel=1e-5)


def test_the_expected_hit_is_on_the_ray_near_the_wall():
    """The fog before a wall begins at its surface; its middle is the integral of t exp(-tau) dtau.

    A fog of softplus(-d / 0.18) is so thin there that light ends 0.2 to 0.4 m behind the surface.
    """
    t = np.linspace(0.2, 12.0, 200_001)
    for x in (1.5, 3.0, 6.0):
        hit = look(wall(x), ORIGIN, AHEAD)
        density = np.logaddexp(0.0, (t - x) / 0.18)
        depth = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(t))])
        weight = density * np.exp(-depth)
        middle = np.sum(weight * t) / np.sum(weight)
        assert hit.range_m[0] == pytest.approx(middle, abs=0.1)  # steps of 0.18 m
        assert 0.2 < middle - x < 0.4
        assert 0.95 < hit.seen[0] <= 1.0
    spread = jax.random.normal(jax.random.key(0), (3, 50))
    inside = look(ball((2.0, 1.0, 1.0), 0.7), ORIGIN, spread).range_m
    assert np.all((inside >= 0.2) & (inside <= 12.0))


def test_where_surfaces_are_far_away_next_to_nothing_is_seen():
    assert look(nothing(), ORIGIN, AHEAD).seen[0] < 1e-6
    assert np.isfinite(look_reward.reward(nothing(), ORIGIN, AHEAD)[0])


@pytest.mark.parametrize("scale", [1e-3, 0.5, 40.0])
def test_the_length_of_a_direction_changes_nothing(scale):
    directions = jax.random.normal(jax.random.key(1), (3, 20))
    fields = ball((2.0, 1.0, 1.0), 0.7, exposure=0.8)
    for asked in (look_reward.reward, lambda *a: look(*a).range_m):
        np.testing.assert_allclose(
            asked(fields, ORIGIN, scale * directions),
            asked(fields, ORIGIN, directions),
            rtol=2e-4,
            atol=1e-6,
        )


def rewarded(angle_deg: float, range_m: float = 1.5, exposure: float = 0.0) -> float:
    """Return the reward of a look at a wall along a ray, under an angle to its normal."""
    angle = np.radians(angle_deg)
    ray = jnp.array([[np.cos(angle)], [np.sin(angle)], [0.0]])
    return float(look_reward.reward(wall(range_m * np.cos(angle), exposure), ORIGIN, ray)[0])


def test_a_slanting_look_is_worth_more_than_a_straight_and_a_grazing_one():
    assert rewarded(40.0) > 2.0 * rewarded(0.0)
    assert rewarded(40.0) > 10.0 * rewarded(80.0)
    window = look_reward.incidence_window
    assert window(jnp.cos(jnp.radians(40.0))) > window(jnp.float32(1.0))


def test_a_near_look_is_worth_more_than_a_far_one():
    near = [rewarded(40.0, range_m) for range_m in (1.0, 2.0, 3.0, 5.0, 8.0)]
    assert all(before > after for before, after in itertools.pairwise(near))


def test_what_was_seen_already_is_worth_less_and_nothing_in_the_end():
    new = [rewarded(40.0, exposure=q) for q in (0.0, 0.3, 0.7, 0.99, 1.0)]
    assert all(before > after for before, after in itertools.pairwise(new))
    assert new[-1] == 0.0
    assert new[2] / new[0] == pytest.approx(0.3**1.3, rel=1e-4)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.2, 12), st.floats(0, 1))
def test_a_reward_is_a_share(seen, cosine, range_m, exposure):
    value = look_reward.worth(*(jnp.float32(x) for x in (seen, cosine, range_m, exposure)))
    assert 0.0 <= value <= 1.0


def test_a_ray_in_closed_form():
    sigmoid = lambda x: 1.0 / (1.0 + np.exp(-x))  # noqa: E731
    c = np.cos(np.radians(35.0))
    window = sigmoid((np.cos(np.radians(20.0)) - c) / 0.08) * sigmoid((c - 0.5) / 0.08)
    wanted = 0.9 * window * sigmoid((2.5 - 1.7) / 0.8) * 0.6**1.3
    got = look_reward.worth(*(jnp.float32(x) for x in (0.9, c, 1.7, 0.4)))
    assert got == pytest.approx(wanted, rel=1e-5)


def test_what_is_unseen_in_view_in_an_even_fog():
    """Of a fog of density s per metre, exp(-s 11.8 m) passes; the rest is seen by its exposure."""
    for distance_m, exposure in ((0.0, 0.3), (0.2, 0.0), (0.5, 0.9)):

        def fields(points, distance_m=distance_m, exposure=exposure):
            even = jnp.ones(points.shape[1])
            return distance_m * even, exposure * even

        density = np.log1p(np.exp(-distance_m / 0.18))
        wanted = -np.expm1(-density * 11.8) * (1.0 - exposure) ** 1.3
        got = look_reward.unseen_in_view(fields, ORIGIN, AHEAD)
        np.testing.assert_allclose(got, [wanted], rtol=1e-4)


def test_what_is_unseen_in_view_counts_near_and_far_and_under_every_angle():
    unseen = [
        float(look_reward.unseen_in_view(wall(range_m), ORIGIN, AHEAD)[0])
        for range_m in (1.0, 6.0)
    ]
    assert unseen[1] == pytest.approx(unseen[0], rel=0.05)
    assert unseen[0] > 0.9


def test_outside_of_the_volume_there_is_nothing_to_see():
    """A room of 4 m whose fog goes on beyond it: from outside nothing, from within all is seen."""
    inside = within(wall(-10.0), (-2.0, -2.0, 0.0), (2.0, 2.0, 3.0))
    assert look_reward.unseen_in_view(inside, ORIGIN, AHEAD) > 0.9
    beyond = look_reward.unseen_in_view(inside, jnp.array([3.0, 0.0, 1.6]), AHEAD)
    np.testing.assert_allclose(beyond, 0.0, atol=1e-6)
