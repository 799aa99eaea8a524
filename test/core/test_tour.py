# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Open tours against all permutations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.planning import tour


def places(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of random places in the plane from a start and from each other."""
    at = np.random.default_rng(seed).uniform(0.0, 10.0, (n + 1, 2))
    between = np.linalg.norm(at[:, None] - at[None], axis=-1)
    return between[0, 1:], between[1:, 1:]


def shortest(start: np.ndarray, between: np.ndarray) -> float:
    return min(
        start[order[0]] + sum(between[a, b] for a, b in itertools.pairwise(order))
        for order in itertools.permutations(range(len(start)))
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_few_places_are_visited_in_the_shortest_order(seed, n):
    start, between = places(seed, n)
    order = tour.open_tour(start, between)
    assert sorted(order) == list(range(n))
    assert tour.length(start, between, order) == pytest.approx(shortest(start, between))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.booleans())
def test_a_tour_that_ends_somewhere_is_the_shortest_that_does(seed, n, exactly):
    start, between = places(seed, n)
    end = np.random.default_rng(seed + 1).uniform(0.0, 10.0, n)
    best = min(
        tour.length(start, between, list(order), end) for order in itertools.permutations(range(n))
    )
    order = tour.open_tour(start, between, end) if exactly else tour._improved(start, between, end)
    assert sorted(order) == list(range(n))
    found = tour.length(start, between, order, end)
    assert found == pytest.approx(best) if exactly else best - 1e-9 <= found <= 1.3 * best


def test_where_it_ends_decides_in_which_direction_a_tour_goes():
    at = np.array([-2.0, 3.0])
    start, between = np.abs(at), np.abs(at[:, None] - at)
    assert tour.open_tour(start, between) == [0, 1]
    assert tour.open_tour(start, between, np.abs(at + 5.0)) == [1, 0]


def test_an_order_that_only_pays_later_is_found():
    # The nearest place first would leave the far one on the other side for last.
    at = np.array([1.0, -1.5, 4.0, 8.0])
    order = tour.open_tour(np.abs(at), np.abs(at[:, None] - at))
    assert order == [1, 0, 2, 3]  # 1.5 + 2.5 + 3 + 4 instead of 1 + 3 + 4 + 9.5


@pytest.mark.parametrize("seed", range(8))
def test_many_places_are_visited_once_and_hardly_longer_than_in_the_best_order(seed):
    start, between = places(seed, tour.EXACT_UP_TO)
    best = tour.length(start, between, tour.open_tour(start, between))
    improved = tour._improved(start, between)
    assert sorted(improved) == list(range(len(start)))
    # Local optima of 2-opt and moves are a few per cent longer.
    assert best - 1e-9 <= tour.length(start, between, improved) <= 1.15 * best


def test_a_long_tour_cannot_be_improved_by_reversing_a_part_of_it():
    start, between = places(3, 25)
    order = tour.open_tour(start, between)
    assert sorted(order) == list(range(25))
    found = tour.length(start, between, order)
    for i, j in itertools.combinations(range(26), 2):
        other = order[:i] + order[i:j][::-1] + order[j:]
        assert tour.length(start, between, other) >= found - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 14), st.data())
def test_places_that_cannot_be_reached_come_last_and_no_place_twice(seed, n, data):
    start, between = places(seed, n)
    islands = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    nothing = data.draw(st.sampled_from([np.inf, np.nan]))
    start[islands > 0] = nothing
    between[islands[:, None] != islands[None]] = nothing
    end = np.where(islands > 0, nothing, 1.0) if data.draw(st.booleans()) else None
    order = tour.open_tour(start, between, end)
    assert sorted(order) == list(range(n))
    reached = np.flatnonzero(islands == 0)
    first = order[: len(reached)]
    assert set(first) == set(reached)
    alone = tour.open_tour(
        start[reached], between[np.ix_(reached, reached)], None if end is None else end[reached]
    )
    assert first == [reached[k] for k in alone]


def test_a_wall_between_two_places_is_gone_around_by_a_third():
    start = np.array([1.0, 2.0, 3.0])
    between = np.array([[0.0, 1.0, np.inf], [1.0, 0.0, 1.0], [np.inf, 1.0, 0.0]])
    assert tour.open_tour(start, between) == [0, 1, 2]
    many = np.abs(np.subtract.outer(np.arange(12.0), np.arange(12.0)))
    many[many > 1.5] = np.inf  # a chain: each place leads to its neighbours alone
    assert tour.open_tour(np.where(np.arange(12) == 0, 1.0, np.inf), many) == list(range(12))


def test_no_place_and_one_place():
    assert tour.open_tour(np.zeros(0), np.zeros((0, 0))) == []
    assert tour.open_tour(np.ones(1), np.zeros((1, 1))) == [0]
