# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The trail of the viewer: the way that was flown, in bounded memory and a small file."""

from __future__ import annotations

import numpy as np
import pytest

from live_mvp_ros.viewing.trail import MOST_POINTS, RECENT_POINTS, STEP_M, Trail


def spiral(count: int) -> np.ndarray:
    """Return positions [count, 3] about 0.05 m apart."""
    turns = np.sqrt(np.arange(count) * 0.01)
    return np.stack([turns * np.cos(5 * turns), turns * np.sin(5 * turns), 1 + 0 * turns], axis=1)


def flown(positions: np.ndarray) -> tuple[Trail, int]:
    """Return the trail and how many points were drawn, as the scene draws them."""
    trail, drawn = Trail(), 0
    for here in positions.tolist():
        if trail.add(tuple(here)):
            drawn += len(trail.recent)
            drawn += len(trail.past) if len(trail.recent) == 1 else 0
    return trail, drawn


def line(count: int) -> np.ndarray:
    """Return steps of 0.1 m along x."""
    return np.stack([np.arange(count) * 0.1000001, np.zeros(count), np.ones(count)], axis=1)


def test_the_two_lines_are_the_way_without_a_gap():
    trail, _ = flown(line(500))
    np.testing.assert_array_equal(trail.past[-1], trail.recent[0])
    way = np.concatenate([trail.past, trail.recent[1:]])
    np.testing.assert_allclose(way, line(500))


def test_a_hover_draws_nothing():
    trail, drawn = flown(np.tile([[1.0, 2.0, 3.0]], (10_000, 1)) + 0.01)
    assert (len(trail.past), len(trail.recent), drawn) == (0, 1, 1)


@pytest.mark.parametrize("count", [3_000, 40_000])
def test_memory_is_bounded_and_every_position_is_near_the_line(count):
    positions = spiral(count)
    trail, _ = flown(positions)
    assert len(trail.past) <= MOST_POINTS
    assert len(trail.recent) <= RECENT_POINTS
    way = np.concatenate([trail.past, trail.recent[1:]])
    np.testing.assert_array_equal(way[0], positions[0])
    gaps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert gaps.max() <= 2.0 * trail.step_m + STEP_M
    at = np.linspace(0, count - 1, 200).astype(int)
    away = [np.linalg.norm(way - positions[i], axis=1).min() for i in at]
    assert max(away) <= 2.0 * trail.step_m


def test_what_is_drawn_grows_with_the_logarithm_of_the_distance():
    """The first 2048 points cost about 100,000 drawn ones, each doubling another 57,000."""
    drawn = [flown(line(MOST_POINTS * factor))[1] for factor in (1, 2, 4, 8)]
    np.testing.assert_allclose(drawn, [100e3, 157e3, 214e3, 271e3], rtol=0.1)
