# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scores of flights through worlds small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.evaluation import metrics
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.worlds import load_world

UNIT = GridSpec((0.5, 0.5), 1.0, (7, 5))


def grid(*rows: str) -> np.ndarray:
    """Return cells [ix, iy] of a drawing whose top row has the largest y."""
    return np.array([[cell == "#" for cell in row] for row in rows]).T[:, ::-1]


ROOMS = grid(
    "#######",
    "#  #  #",
    "#  #  #",
    "#  #  #",
    "#######",
)


def test_navigable_cells_stay_on_the_side_of_the_start():
    left = metrics.navigable_mask(ROOMS, UNIT, 0.5, (1.5, 2.5))
    right = metrics.navigable_mask(ROOMS, UNIT, 0.5, (5.5, 2.5))
    assert left.sum() == right.sum() == 6
    assert left[1:3, 1:4].all()
    assert right[4:6, 1:4].all()


def test_navigable_cells_are_not_nearer_than_the_radius_to_occupied_ones():
    empty = grid("       ", "       ", "   #   ", "       ", "       ")
    mask = metrics.navigable_mask(empty, UNIT, 1.1, (0.5, 0.5))
    blocked = {(3, 2), (2, 2), (4, 2), (3, 1), (3, 3)}
    assert {tuple(map(int, cell)) for cell in np.argwhere(~mask)} == blocked
    mask = metrics.navigable_mask(empty, UNIT, 1.0, (0.5, 0.5))
    assert {tuple(map(int, cell)) for cell in np.argwhere(~mask)} == {(3, 2)}


def test_a_start_without_room_has_no_navigable_cells():
    assert not metrics.navigable_mask(ROOMS, UNIT, 5.0, (1.5, 2.5)).any()
    assert not metrics.navigable_mask(ROOMS, UNIT, 0.5, (3.5, 2.5)).any()


def test_the_office_has_the_cells_that_are_known_of_it():
    truth = metrics.ground_truth(load_world("office"), range_m=4.0)
    assert truth.free.sum() == 9669
    assert truth.observable.sum() == pytest.approx(9448, rel=0.02)
    assert not (truth.observable & truth.occupied).any()
    assert (truth.observable | ~truth.navigable).all()


def test_the_drone_fits_where_a_finer_look_at_the_office_finds_room():
    truth, body = metrics.ground_truth(load_world("office")), BodyConfig()
    fine = np.kron(np.pad(truth.occupied, 5), np.ones((10, 10), bool))  # cells of 1 cm
    room = 0.01 * ndimage.distance_transform_edt(~fine) - 0.005
    most = room.reshape(150, 10, 130, 10).max(axis=(1, 3))[5:-5, 5:-5]
    assert most[truth.navigable].min() > body.radius_m
    labels, _ = ndimage.label(most > body.fits_from_m + 0.01)
    reached = labels == labels[15, 50]
    assert reached.sum() > 5000
    assert np.mean(truth.navigable[reached]) > 0.999


def test_the_explored_fraction_counts_observable_cells_only():
    truth = metrics.GroundTruth(UNIT, ROOMS, ~ROOMS, ~ROOMS)  # 12 observable cells
    known = np.zeros(UNIT.shape, bool)
    assert metrics.explored_fraction(known, UNIT, truth) == 0.0
    known[1:3, 1:4] = True
    known[0] = True  # walls may be known as well, they earn nothing
    assert metrics.explored_fraction(known, UNIT, truth) == 0.5
    assert metrics.explored_fraction(np.ones(UNIT.shape, bool), UNIT, truth) == 1.0


def test_a_map_with_another_grid_is_looked_up_by_position():
    half = GridSpec((1.25, 0.25), 0.5, (4, 4))  # covers x 1..3, y 0..2
    target = metrics.resample(np.ones(half.shape, bool), half, UNIT)
    expected = np.zeros(UNIT.shape, bool)
    expected[1:3, 0:2] = True
    np.testing.assert_array_equal(target, expected)


def test_times_to_fractions_are_the_first_crossing_or_none():
    result = metrics.exploration([1.0, 2.0, 3.0, 4.0], [0.2, 0.6, 0.4, 0.93])
    assert result.time_to_s == (2.0, 4.0, None, None)
    assert result.final == pytest.approx(0.93)


def test_without_a_map_nothing_was_explored():
    result = metrics.exploration([], [])
    assert result.time_to_s == (None, None, None, None)
    assert result.final == 0.0


@pytest.mark.parametrize(
    ("clearance", "episodes"),
    [
        ([], 0),
        ([1.0, 0.5, 1.0], 0),
        ([1.0, 0.3, 1.0], 0),  # touching is not yet a collision
        ([1.0, 0.2, 0.1, 0.2, 1.0], 1),
        ([0.1, 1.0, 0.1], 2),
        ([1.0, -0.1], 1),
    ],
)
def test_collisions_are_episodes_below_the_radius(clearance, episodes):
    assert metrics.collision_episodes(np.array(clearance), 0.3) == episodes


def test_clearance_in_the_seed_world_is_the_distance_to_its_ball():
    scene = load_world("seed").scene
    above = np.array([[3.0, 0.0, 3.5], [3.0, 0.0, 5.0]])  # the ball's top is at z = 2
    result = metrics.clearance(scene, np.repeat(above, 3000, axis=0))
    assert result.shape == (6000,)
    np.testing.assert_allclose(result[[0, -1]], [1.5, 3.0], atol=0.01)


def test_safety_of_a_flight_into_a_wall_and_back():
    scene = load_world("office").scene
    x = np.concatenate([np.linspace(1.5, 1.1, 20), np.linspace(1.1, 1.5, 20)])
    positions = np.stack([x, np.full(40, 5.0), np.full(40, 2.0)], axis=1)  # the wall ends at x = 1
    result = metrics.safety(scene, positions, 0.3)
    assert result.collisions == 1
    assert result.min_clearance_m == pytest.approx(0.1, abs=1e-3)


def test_safety_of_no_flight():
    result = metrics.safety(load_world("office").scene, np.zeros((0, 3)), 0.3)
    assert result.collisions == 0
    assert result.min_clearance_m is None


def test_path_length_of_a_square():
    square = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0], [0, 0, 0]], float)
    assert metrics.path_length(square) == pytest.approx(8.0)
    assert metrics.path_length(square[:1]) == 0.0
