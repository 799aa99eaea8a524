# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Grid distances against scipy, and the office against its published cell counts."""

from __future__ import annotations

import heapq
import itertools
import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

import live_mvp_ros
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import fitting, geodesy
from live_mvp_ros.planning.observable import observable_cells

SHAPE = (50, 40)
SPEC = GridSpec((0.05, 0.05), 0.1, SHAPE)


def office() -> tuple[GridSpec, np.ndarray]:
    """Rasterise the floor plan of the package's office."""
    path = Path(live_mvp_ros.__file__).parent / "worlds/data/office.json"
    plan = json.loads(path.read_text(encoding="utf-8"))
    spec = GridSpec.covering((0.0, 0.0), tuple(plan["size"]), 0.1)
    x, y = spec.centres()
    occupied = np.zeros(spec.shape, bool)
    for x0, y0, x1, y1 in plan["occupied"]:
        occupied |= ((x > x0) & (x < x1))[:, None] & ((y > y0) & (y < y1))[None]
    return spec, occupied


def to_squares(mask: np.ndarray) -> np.ndarray:
    """Return the distance in cells of every centre to the nearest square of the mask."""
    i, j = np.indices(mask.shape)
    away = np.full(mask.shape, np.inf)
    for k, m in np.argwhere(mask):
        beyond = [np.maximum(np.abs(a - b) - 0.5, 0.0) for a, b in ((i, k), (j, m))]
        away = np.minimum(away, np.hypot(*beyond))
    return away


def random_mask(seed: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random(SHAPE) < share


@pytest.mark.parametrize(("seed", "share"), [(0, 0.001), (1, 0.02), (2, 0.3)])
def test_distance_transform_is_exact(seed, share):
    mask = random_mask(seed, share)
    mask[7, 9] = True
    expected = np.minimum(0.1 * to_squares(mask), 2.0)
    got = geodesy.distance_transform(jnp.asarray(mask), 0.1, 2.0)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_distance_saturates_without_any_target():
    got = geodesy.distance_transform(jnp.zeros(SHAPE, bool), 0.1, 1.5)
    np.testing.assert_allclose(got, 1.5)


@pytest.mark.parametrize("radius", [0, 1, 2, 5])
@pytest.mark.parametrize(("seed", "share"), [(0, 0.0), (1, 0.05), (2, 0.5), (3, 1.0)])
def test_gaps_are_closed_as_by_scipy(seed, share, radius):
    mask = random_mask(seed, share)
    square = np.ones((2 * radius + 1, 2 * radius + 1), bool)
    grown = ndimage.binary_dilation(mask, square)
    expected = ndimage.binary_erosion(grown, square, border_value=1)
    got = geodesy.with_gaps_closed(jnp.asarray(mask), radius)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("seed", "steps"), [(0, 0), (1, 1), (2, 4), (3, 9)])
def test_the_highest_value_within_some_steps_is_that_of_brute_force(seed, steps):
    rng = np.random.default_rng(seed)
    passable = rng.random((23, 17)) < 0.7
    value = rng.random(passable.shape)
    expected = np.where(passable, value, 0.0)
    for cell in np.argwhere(passable):
        start = np.zeros(passable.shape, bool)
        start[tuple(cell)] = True
        eight = np.ones((3, 3), bool)
        if steps:  # no steps mean as many as there are to scipy
            start = ndimage.binary_dilation(start, eight, iterations=steps, mask=passable)
        expected[tuple(cell)] = value[start].max()
    got = geodesy.highest_within(jnp.asarray(value), jnp.asarray(passable), steps)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_gaps_up_to_twice_the_radius_are_closed():
    wall = np.zeros(SHAPE, bool)
    wall[10:30, 20] = True
    wall[14:18, 20] = wall[22:27, 20] = False
    got = np.asarray(geodesy.with_gaps_closed(jnp.asarray(wall), 2))
    assert got[10:22, 20].all() and got[27:30, 20].all()
    assert got.sum() == 15


@pytest.mark.parametrize("widest", [1, 2, 4])
@pytest.mark.parametrize(("seed", "share"), [(0, 0.02), (1, 0.1), (2, 0.3)])
def test_narrow_clusters_are_those_of_labelling_unless_others_are_near(seed, share, widest):
    mask = random_mask(seed, share)
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    narrow, alone = np.zeros((2, *mask.shape), bool)
    for number, area in enumerate(ndimage.find_objects(labels), start=1):
        cluster = labels == number
        if max(part.stop - part.start for part in area) <= widest:
            narrow |= cluster
            square = np.ones((2 * widest + 1, 2 * widest + 1), bool)
            around = ndimage.binary_dilation(cluster, square) & mask
            alone |= cluster & (around == cluster).all()
    got = np.asarray(geodesy.narrow_clusters(jnp.asarray(mask), widest))
    assert not (got & ~narrow).any()
    assert not (alone & ~got).any()
    assert count > 0


def test_gaps_along_a_wall_are_narrow_one_by_one():
    gaps = np.zeros((30, 30), bool)
    gaps[0, 0:4] = gaps[0, 5:7] = gaps[0, 8] = gaps[0, 10:15] = True  # one cell of wall between
    gaps[20, 10:13] = gaps[21, 13] = True  # a slanted one
    got = np.asarray(geodesy.narrow_clusters(jnp.asarray(gaps), 4))
    assert got[0, 0:9].tolist() == gaps[0, 0:9].tolist()
    assert not got[0, 9:].any()
    assert got[20:22].sum() == 4
    assert not np.asarray(geodesy.narrow_clusters(jnp.asarray(gaps), 0)).any()


def edges_without_corner_cutting(free: np.ndarray):
    index = np.arange(free.size).reshape(free.shape)
    for di, dj in ((1, 0), (0, 1), (1, 1), (1, -1)):
        for i in range(free.shape[0] - di):
            for j in range(max(0, -dj), free.shape[1] - max(0, dj)):
                a, b = (i, j), (i + di, j + dj)
                if free[a] and free[b] and free[i + di, j] and free[i, j + dj]:
                    yield index[a], index[b], np.hypot(di, dj)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_geodesic_distance_follows_free_paths(seed):
    free = ~random_mask(seed, 0.25)
    free[20:30, 15:25] = True
    rows, columns, lengths = zip(*edges_without_corner_cutting(free), strict=True)
    graph = coo_matrix((lengths, (rows, columns)), (free.size, free.size)).tocsr()
    source = int(np.ravel_multi_index((25, 20), SHAPE))
    octile = dijkstra(graph, directed=False, indices=source).reshape(SHAPE) * 0.1
    start = np.full(SHAPE, geodesy.FAR, np.float32)
    start[25, 20] = 0.0
    got = np.asarray(geodesy.geodesic_distance(jnp.asarray(free), jnp.asarray(start), 0.1))
    np.testing.assert_array_equal(got < geodesy.FAR / 2, np.isfinite(octile))
    reached = np.isfinite(octile) & (octile > 0)
    # a path may leave the eight headings: never longer, at most 8.3 % shorter (1/cos(pi/8))
    assert np.all(got[reached] <= octile[reached] + 1e-4)
    assert np.all(got[reached] >= octile[reached] * np.cos(np.pi / 8) - 1e-4)
    same = geodesy.connected_cells(jnp.asarray(free), jnp.asarray(start == 0.0))
    np.testing.assert_array_equal(same, np.isfinite(octile))


def test_geodesic_distance_is_euclidean_in_the_open():
    start = np.full(SHAPE, geodesy.FAR, np.float32)
    start[10, 12] = 0.0
    got = geodesy.geodesic_distance(jnp.ones(SHAPE, bool), jnp.asarray(start), 0.1)
    i, j = np.indices(SHAPE)
    expected = 0.1 * np.hypot(i - 10, j - 12)
    # first order: the error grows with the logarithm of the distance, a fraction of a cell here
    np.testing.assert_allclose(got, expected, atol=0.1)


def test_weighted_sources_compete():
    start = np.full(SHAPE, geodesy.FAR, np.float32)
    start[0, 5], start[40, 5] = 0.0, 3.0
    got = np.asarray(geodesy.geodesic_distance(jnp.ones(SHAPE, bool), jnp.asarray(start), 0.1))
    assert got[40, 5] == pytest.approx(3.0, abs=1e-3)
    assert got[38, 5] == pytest.approx(3.2, abs=0.01)
    assert got[30, 5] == pytest.approx(3.0, abs=0.01)


def test_diagonal_walls_are_tight():
    free = ~np.eye(40, dtype=bool)
    start = np.full((40, 40), geodesy.FAR, np.float32)
    start[5, 30] = 0.0
    got = np.asarray(geodesy.geodesic_distance(jnp.asarray(free), jnp.asarray(start), 0.1))
    assert (got[np.tril_indices(40)] > geodesy.FAR / 2).all()
    assert not np.asarray(geodesy.connected_cells(jnp.asarray(free), jnp.asarray(start == 0.0)))[
        np.tril_indices(40)
    ].any()


def test_continuation_takes_the_nearest_side():
    value = np.zeros(SHAPE, np.float32)
    value[25:] = 100.0
    valid = np.ones(SHAPE, bool)
    valid[20:30] = False
    got = np.asarray(geodesy.continued(jnp.asarray(value), jnp.asarray(valid), 0.1, 2.0))
    assert got[22, 10] == pytest.approx(0.0 + 0.3 * 2.0, abs=1e-5)
    assert got[28, 10] == pytest.approx(100.0 + 0.2 * 2.0, abs=1e-4)


def test_navigable_cells_agree_with_labelling():
    unsafe = random_mask(5, 0.01)
    seed_xy = jnp.array([2.55, 2.05])
    got = np.asarray(fitting.navigable_cells(jnp.asarray(unsafe), SPEC, 0.25, seed_xy))
    gap = np.pad(0.1 * to_squares(np.pad(unsafe, 1, constant_values=True))[1:-1, 1:-1], 1, "edge")
    fits = np.zeros(SHAPE, bool)
    for di, dj in itertools.product((-0.5, 0.0, 0.5), repeat=2):  # of the cell, by linear steps
        rows = ndimage.map_coordinates(
            gap, np.indices(SHAPE) + np.array([1 + di, 1 + dj])[:, None, None], order=1
        )
        fits |= rows >= 0.25 - 1e-6
    i, j = np.argwhere(fits)[np.argmin(np.hypot(*(np.argwhere(fits) - [25, 20]).T))]
    labels, _ = ndimage.label(fits)
    assert got.sum() > 100
    # scipy's four-neighbour labels lack only diagonal steps, which here need both sides free
    np.testing.assert_array_equal(got, labels == labels[i, j])


def test_nothing_is_navigable_far_from_any_room():
    unsafe = np.ones(SHAPE, bool)
    unsafe[40:, 30:] = False
    got = fitting.navigable_cells(jnp.asarray(unsafe), SPEC, 0.2, jnp.array([0.5, 0.5]))
    assert not np.asarray(got).any()


def test_office_has_its_published_counts():
    """Published: centres at least 0.3 m from occupied centres, which is 0.25 m from edges."""
    spec, occupied = office()
    assert (~occupied).sum() == 9669
    fits = geodesy.clearance(jnp.asarray(occupied), 0.1, 1.0) >= 0.25 - 1e-6
    seed = fitting.seed_cell(fits, spec, jnp.array([1.5, 5.0]), 1.0)
    navigable = geodesy.connected_cells(fits, seed)
    assert int(navigable.sum()) == 6605
    observable = observable_cells(jnp.asarray(occupied), navigable, 40)
    # the published 9,448 cut lines of sight another way
    assert int(observable.sum()) == pytest.approx(9448, rel=0.01)


def test_views_do_not_leak_through_diagonal_walls():
    blocked = np.eye(40, dtype=bool)
    eye = np.zeros((40, 40), bool)
    eye[5, 30] = True
    got = np.asarray(observable_cells(jnp.asarray(blocked), jnp.asarray(eye), 40))
    assert got[np.triu_indices(40, 1)].sum() > 500
    assert not got[np.tril_indices(40)].any()


def test_slowness_scales_distance_and_makes_the_wide_way_the_shorter_one():
    passable = np.ones((30, 21), bool)
    sources = np.full((30, 21), geodesy.FAR, np.float32)
    sources[0, 10] = 0.0
    plain = geodesy.geodesic_distance(passable, sources, 0.1)
    double = geodesy.geodesic_distance(passable, sources, 0.1, np.full((30, 21), 2.0, np.float32))
    np.testing.assert_allclose(double, 2.0 * np.asarray(plain), rtol=1e-4)
    # A straight slow lane against a way around it: 2.9 m at 4 per metre, or 1 m aside and back.
    slow = np.ones((30, 21), np.float32)
    slow[5:25, 2:19] = 4.0
    around = float(geodesy.geodesic_distance(passable, sources, 0.1, slow)[29, 10])
    assert 2.9 < around < 2.9 + 2.0


def serpentine(corridors: int, length: int) -> np.ndarray:
    """Corridors of two cells side by side, joined at alternating ends."""
    free = np.zeros((3 * corridors + 1, length + 2), bool)
    for k in range(corridors):
        free[3 * k + 1 : 3 * k + 3, 1:-1] = True
        if k + 1 < corridors:
            free[3 * k + 3, -3:-1] = k % 2 == 0
            free[3 * k + 3, 1:3] = k % 2 == 1
    return free


def by_heap(free: np.ndarray, source: tuple[int, int]) -> np.ndarray:
    """The same triangles, cell by cell in the order of their distance; in cells."""
    u = np.full(free.shape, np.inf)
    u[source], heap = 0.0, [(0.0, source)]
    ways = [((1, 0), (0, 1)), ((1, 0), (0, -1)), ((-1, 0), (0, 1)), ((-1, 0), (0, -1))]

    def arrival(i: int, j: int) -> float:
        best = np.inf
        for a, b in [pair for way in ways for pair in (way, way[::-1])]:
            side, corner = (i + a[0], j + a[1]), (i + a[0] + b[0], j + a[1] + b[1])
            if not free[side]:
                continue
            best = min(best, u[side] + 1.0)
            if free[i + b[0], j + b[1]] and free[corner] and u[corner] < u[side]:
                slope = u[side] - u[corner]
                through = u[corner] + np.sqrt(2.0)
                if slope < np.sqrt(0.5):
                    through = u[side] + np.sqrt(1.0 - slope**2)
                best = min(best, through)
        return best

    while heap:
        value, (i, j) = heapq.heappop(heap)
        if value > u[i, j]:
            continue
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                at = (i + di, j + dj)
                if free[at] and (new := arrival(*at)) < u[at] - 1e-9:
                    u[at] = new
                    heapq.heappush(heap, (new, at))
    return u


def test_a_serpentine_of_a_hundred_corridors_is_exact():
    free = serpentine(100, 60)
    start = np.full(free.shape, geodesy.FAR, np.float32)
    start[1, 1] = 0.0
    found = geodesy.geodesic(jnp.asarray(free), jnp.asarray(start), 0.1)
    assert bool(found.settled)
    expected = 0.1 * by_heap(free, (1, 1))
    assert np.isfinite(expected[free]).all()
    np.testing.assert_allclose(np.asarray(found.distance_m)[free], expected[free], rtol=1e-4)
    reached = geodesy.connected_cells(jnp.asarray(free), jnp.asarray(start == 0.0))
    np.testing.assert_array_equal(reached, free)


def test_too_few_rounds_are_said():
    free = serpentine(100, 60)
    start = np.full(free.shape, geodesy.FAR, np.float32)
    start[1, 1] = 0.0
    found = geodesy.geodesic(jnp.asarray(free), jnp.asarray(start), 0.1, max_rounds=10)
    assert not bool(found.settled)
    assert (np.asarray(found.distance_m)[free] > geodesy.FAR / 2).any()


def test_what_is_not_a_number_neither_spreads_nor_lasts():
    free = np.ones((20, 30), bool)
    start = np.full(free.shape, geodesy.FAR, np.float32)
    start[3, 3], start[10, 10] = 0.0, np.nan
    slow = np.ones(free.shape, np.float32)
    slow[5, 20] = np.nan
    found = geodesy.geodesic(jnp.asarray(free), jnp.asarray(start), 0.1, jnp.asarray(slow))
    assert bool(found.settled)
    distance = np.asarray(found.distance_m)
    assert np.isfinite(distance).all()
    assert distance[5, 20] == geodesy.FAR
    assert distance[10, 10] == pytest.approx(0.1 * np.hypot(7, 7), abs=0.05)
