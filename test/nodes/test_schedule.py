# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Periods by the stamps of the data, and simulated time paced by the wall clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from live_mvp_ros.ros.schedule import Every, Follower, Pacer

MS = 1_000_000


def test_a_regular_raster_is_met_exactly():
    every = Every(5.0)
    due = [t for t in range(0, 2000, 100) if every.due(t * MS)]
    assert due == list(range(0, 2000, 200))


def test_after_a_gap_or_a_jump_back_it_is_due_at_once():
    every = Every(10.0)
    assert every.due(0)
    assert every.due(5_000 * MS)
    assert not every.due(5_050 * MS)
    assert every.due(1_000 * MS)


def simulated(pacer: Pacer, walls_s: list[float], factor: float) -> list[int]:
    """Return the simulated time [ns] after each wall time."""
    now_ns, times = 0, []
    for wall_s in walls_s:
        now_ns += 10 * MS * pacer.due(wall_s, now_ns, factor)
        times.append(now_ns)
    return times


@given(st.sampled_from([0.5, 1.0, 3.0]), st.lists(st.floats(0.001, 0.02), min_size=5, max_size=60))
def test_simulated_time_follows_the_wall_clock_to_half_a_step(factor, gaps_s):
    walls = [0.0]
    for gap_s in gaps_s:
        walls.append(walls[-1] + gap_s)
    for wall_s, now_ns in zip(walls, simulated(Pacer(10 * MS), walls, factor), strict=True):
        assert abs(now_ns - wall_s * factor * 1e9) <= 5.1 * MS


def test_after_a_long_delay_it_slows_down_and_does_not_rush():
    pacer = Pacer(10 * MS, catch_up_steps=10)
    times = simulated(pacer, [0.0, 0.01, 1.0, 1.01, 1.02], 1.0)
    assert times == [0, 10 * MS, 110 * MS, 110 * MS, 120 * MS]


def test_rest_is_not_made_up_for():
    pacer = Pacer(10 * MS)
    assert simulated(pacer, [0.0, 0.05], 1.0)[-1] == 50 * MS
    pacer.rest()
    assert pacer.due(100.0, 50 * MS, 1.0) == 0
    assert pacer.due(100.02, 50 * MS, 1.0) == 2


@given(st.lists(st.integers(0, 900), min_size=1, max_size=30))
def test_a_follower_makes_every_step_that_fits_and_is_never_ahead(gaps_ms):
    follower, clock_ns, now_ns = Follower(10 * MS), 0, 0
    for gap_ms in gaps_ms:
        clock_ns += gap_ms * MS
        start_ns, steps = follower.due(clock_ns, now_ns)
        assert start_ns == now_ns  # nothing is left out
        now_ns += 10 * MS * steps
        assert 0 <= clock_ns - now_ns < 10 * MS


@given(st.one_of(st.integers(-(10**6), -1), st.integers(1011, 10**6)))
def test_a_follower_goes_on_from_where_a_clock_has_jumped_to(jump_ms):
    now_ns = 10**6 * MS
    clock_ns = now_ns + jump_ms * MS
    start_ns, steps = Follower(10 * MS).due(clock_ns, now_ns)
    assert (start_ns + 10 * MS * steps, steps) == (clock_ns, 1)
