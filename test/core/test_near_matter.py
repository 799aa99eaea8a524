# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What just misses matter ends in it, and nothing else is moved: held against plain loops."""

import math

import hypothesis.extra.numpy as arrays
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.base.grid import LOG_ODDS_HIT
from live_mvp_ros.mapping.near_matter import OFF_M, onto_matter

LOWER_M, SIZE_M = (-1.0, 2.0, 0.0), 0.1
SHAPE = (6, 5, 3)
UPPER_M = [low + SIZE_M * n for low, n in zip(LOWER_M, SHAPE, strict=True)]


@jax.jit
def onto(log_odds, ends):
    def at(points):
        cell = jnp.floor((points - jnp.array(LOWER_M)) / SIZE_M).astype(int)
        inside = jnp.all((cell >= 0) & (cell < jnp.array(SHAPE)), axis=1)
        return jnp.where(inside, log_odds[tuple(cell.T)], 0.0)

    return onto_matter(at, LOWER_M, SIZE_M, ends)


def moved(log_odds, ends):
    return np.asarray(onto(jnp.asarray(log_odds), jnp.asarray(ends, jnp.float32)))


def by_hand(log_odds, end):
    """Return the cell in which a ray ends: its own, or the surest one across a near face."""
    own = tuple(math.floor((end[k] - LOWER_M[k]) / SIZE_M) for k in range(3))
    best, least = own, max(log_odds[own], 0.0) + LOG_ODDS_HIT
    for axis in (0, 1):
        part_m = end[axis] - LOWER_M[axis] - SIZE_M * own[axis]
        for side, gap_m in ((-1, part_m), (1, SIZE_M - part_m)):
            cell = list(own)
            cell[axis] += side
            near = gap_m < OFF_M and 0 <= cell[axis] < SHAPE[axis]
            if near and log_odds[tuple(cell)] > least:
                best, least = tuple(cell), log_odds[tuple(cell)]
    return best


@settings(max_examples=200, deadline=None)
@given(
    arrays.arrays(np.float32, SHAPE, elements=st.floats(-3.5, 3.5, width=32)),
    st.lists(st.tuples(*[st.integers(0, 999)] * 3), min_size=4, max_size=4),
)
def test_an_end_is_where_a_plain_search_puts_it(log_odds, parts):
    ends = np.array(LOWER_M) + np.array(parts) / 1000.0 * (np.array(UPPER_M) - LOWER_M)
    steps = (ends - LOWER_M) / SIZE_M
    to_face_m = np.abs(steps - np.round(steps)) * SIZE_M
    clear = (to_face_m > 1e-3) & (np.abs(to_face_m - OFF_M) > 1e-3)  # rounding decides the others
    got = moved(log_odds, ends)
    for end, found, sure in zip(ends, got, clear.all(axis=1), strict=True):
        if sure:
            cell = tuple(np.floor((found - np.array(LOWER_M)) / SIZE_M).astype(int))
            assert cell == by_hand(log_odds, end)
        assert found[2] == np.float32(end[2])
        assert np.abs(found - end).max() < OFF_M + 2e-3


def test_past_the_corner_of_a_box_the_free_cell_stays_free():
    log_odds = np.full(SHAPE, -2.0, np.float32)
    log_odds[2, 1:4] = 3.0  # a box, seen often; free beside it
    past = [[-0.695, 2.25, 0.15], [-0.66, 2.25, 0.15], [math.nan] * 3]
    found = moved(log_odds, past)
    np.testing.assert_allclose(found[0], [-0.701, 2.25, 0.15], atol=1e-5)
    np.testing.assert_array_equal(found[1:], np.float32(past[1:]))


def test_nothing_is_moved_to_what_is_unknown_or_no_surer():
    log_odds = np.zeros(SHAPE, np.float32)
    end = [[-0.695, 2.25, 0.15]]
    np.testing.assert_array_equal(moved(log_odds, end), np.float32(end))
    log_odds[2:4, 2] = 3.0  # a wall two cells thick
    np.testing.assert_array_equal(moved(log_odds, end), np.float32(end))
