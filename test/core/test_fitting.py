# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the drone fits and can go is what the controller's own clearance lets it fly through."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from live_mvp_ros import control
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control.tables import interpolate
from live_mvp_ros.planning import fitting, geodesy, guidance
from live_mvp_ros.vehicle import BodyConfig

BODY = BodyConfig()
FINE = 10  # samples per cell
SLACK_M = 1e-4


def clearances(spec: GridSpec, free: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return what the controller takes for the clearance at points [n, 2]."""
    p = jnp.where(jnp.asarray(free), 0.01, 0.99)
    costmap = control.build_costmap(spec, p, jnp.ones(spec.shape, bool), 1.5)
    x, y = jnp.asarray(points, jnp.float32).T
    return np.asarray(interpolate(costmap.clearance, x, y))


def reached_by_flying(spec: GridSpec, free: np.ndarray, start: tuple[int, int]) -> np.ndarray:
    """Return the cells [nx, ny] that a flood over fine samples of the clearance enters.

    The samples of a cell are those within it and at its edge, ``FINE`` to its side.
    """
    n = [FINE * (size - 1) + 1 for size in spec.shape]
    x, y = (spec.origin_m[k] + spec.resolution_m / FINE * np.arange(n[k]) for k in (0, 1))
    points = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    open_ = clearances(spec, free, points).reshape(n) >= BODY.fits_from_m - SLACK_M
    labels, _ = ndimage.label(open_)
    half = FINE // 2
    cells = np.zeros(spec.shape, bool)
    i, j = (FINE * k for k in start)
    wanted = np.unique(labels[max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1])
    within = np.isin(labels, wanted[wanted > 0])
    for u in range(spec.shape[0]):
        for v in range(spec.shape[1]):
            a, b = FINE * u, FINE * v
            cells[u, v] = within[
                max(a - half, 0) : a + half + 1, max(b - half, 0) : b + half + 1
            ].any()
    return cells


def posts(seed: int, share: float, shape: tuple[int, int]) -> np.ndarray:
    free = np.random.default_rng(seed).random(shape) >= share
    free[2:9, 2:9] = True
    return free


@pytest.mark.parametrize(("resolution_m", "share"), [(0.1, 0.02), (0.1, 0.03), (0.2, 0.06)])
def test_among_thin_posts_the_planner_goes_where_the_controller_can(resolution_m, share):
    spec = GridSpec((0.0, 0.0), resolution_m, (48, 48))
    start = (5, 5)
    seed_xy = jnp.asarray([resolution_m * k for k in start])
    for seed in range(10):
        free = posts(seed, share, spec.shape)
        got = np.asarray(fitting.navigable_cells(~free, spec, BODY.fits_from_m, seed_xy))
        flown = reached_by_flying(spec, free, start)
        assert not (got & ~flown).any(), seed  # never where it cannot go
        assert (flown & ~got).sum() <= 0.03 * flown.sum(), seed  # and nearly everywhere it can


def test_two_cells_that_touch_are_no_way_if_there_is_no_room_between():
    spec = GridSpec((0.0, 0.0), 0.2, (12, 12))
    free = np.ones(spec.shape, bool)
    free[6, 5] = free[8, 9] = False
    got = np.asarray(fitting.navigable_cells(~free, spec, BODY.fits_from_m, jnp.array([0.4, 0.4])))
    flown = reached_by_flying(spec, free, (2, 2))
    assert not (got & ~flown).any()


def test_room_at_places_is_interpolated_between_centres():
    gap = jnp.asarray([[0.0, 0.2, 0.4], [0.4, 0.6, 0.0]])
    got = fitting.room_at_places(gap)
    expected = [[0.0, 0.1, 0.2, 0.3, 0.4], [0.2, 0.3, 0.4, 0.3, 0.2], [0.4, 0.5, 0.6, 0.3, 0.0]]
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_a_cell_has_the_places_at_its_edges():
    places = jnp.zeros((5, 5), bool).at[1, 2].set(True)  # between the cells (0, 1) and (1, 1)
    got = np.asarray(fitting.cells_of(places))
    assert got.sum() == 2
    assert got[0, 1] and got[1, 1]


@pytest.mark.parametrize("n", [(1, 1), (1, 7), (7, 1)])
def test_maps_one_cell_wide_have_places_too(n):
    places = fitting.fitting_places(jnp.zeros(n, bool), GridSpec((0.0, 0.0), 0.1, n), 0.02)
    assert places.shape == (2 * n[0] - 1, 2 * n[1] - 1)
    assert np.asarray(fitting.joined_cells(places, jnp.zeros(n, bool).at[0, 0].set(True))).all()


@pytest.mark.parametrize("off_cells", [1, 2, 3])
def test_in_an_alcove_the_way_is_out_of_it_and_not_through_a_slit(off_cells):
    """0.5 m wide; behind its back wall, with a slit of a cell, lies a large room."""
    spec = GridSpec((0.05, 0.05), 0.1, (80, 60))
    free = np.zeros(spec.shape, bool)
    free[5:25, 10:50] = True  # the side it came from
    free[25:33, 28:33] = True  # the alcove
    free[33:35, 30] = True  # the slit in the wall behind
    free[35:75, 5:55] = True
    at = jnp.asarray([0.05 + 0.1 * (33 - off_cells), 0.05 + 0.1 * 30])
    got = np.asarray(guidance.navigable_now(BODY, spec, jnp.asarray(free), at))
    assert not got[35:].any()
    near = jnp.asarray([0.05 + 0.1 * 27, 0.05 + 0.1 * 30])  # within a metre of where it fits
    got = np.asarray(guidance.navigable_now(BODY, spec, jnp.asarray(free), near))
    assert got[8:20, 15:45].all()
    assert not got[35:].any()


@pytest.mark.parametrize("side", [1, 2, 3])
def test_squares_within_a_mask_are_an_opening(side):
    mask = np.random.default_rng(side).random((20, 30)) < 0.8
    got = np.asarray(geodesy.within_squares(jnp.asarray(mask), side))
    expected = np.zeros_like(mask)
    for i in range(20 - side + 1):
        for j in range(30 - side + 1):
            if mask[i : i + side, j : j + side].all():
                expected[i : i + side, j : j + side] = True
    np.testing.assert_array_equal(got, expected)
