# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The swept gain against beams cast one by one, and lookups in it."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from compiling import SOON
from scipy import ndimage

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import fsmi, sweep
from live_mvp_ros.planning.interpolation import interp2d

SHAPE = (50, 40)
PLAN = sweep.SweepPlan.of(24, 20.0)


def soon(function, static):
    return jax.jit(function, static_argnums=static, compiler_options=SOON)


GAIN = soon(sweep.directional_gain, (0, 2, 3))
GAIN_AT = soon(sweep.directional_gain_at, (0, 2))
POSES = soon(fsmi.poses_information, 1)
SIGHT = soon(sweep.in_sight, (0, 3))
HIT = soon(sweep.first_hit, 0)
LINES = soon(sweep.line_cells, (0, 1))
BEAM = soon(fsmi.beam_information, (1, 2))


def accuracy() -> ModuleType:
    """The benchmark that compares the sweep with Theorem 1."""
    folder = Path(__file__).parents[2] / "bench"
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("accuracy")
    finally:
        sys.path.remove(str(folder))


def random_map(seed: int, spread: int = 3) -> np.ndarray:
    """Smooth blobs of free, unknown and occupied cells."""
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=SHAPE), spread)
    low, high = np.quantile(noise, [0.7, 0.88])
    return np.where(noise < low, 0.03, np.where(noise < high, 0.5, 0.95)).astype(np.float32)


@pytest.mark.parametrize("world", ["office", "maze", "cave"])
def test_looks_agree_with_exact_fsmi_in_flown_maps(world):
    """What is required, on fewer poses than the benchmark's 1,000."""
    for kind in ("cells", "places"):
        row = accuracy().compare(world, kind, 240, 48)
        assert row["error"] <= 0.05, row
        assert row["correlation"] >= 0.99 - 0.005, row  # a quarter of the poses scatters more
        assert abs(row["bias"]) <= 0.01, row


@pytest.mark.parametrize(("sigma", "free"), [(1.5, 0.12), (1.5, 0.02), (0.0, 0.02), (3.0, 0.02)])
def test_the_end_of_the_range_is_unbiased(sigma, free):
    """Along an axis, averaged over where in its cell a beam starts and the unknown begins."""
    length, n = 20, 160
    plan = sweep.SweepPlan.of(8, length)
    rows = np.full((n, n), free, np.float32)
    for row in range(n):
        rows[60 + row % 40 :, row] = 0.5  # the unknown begins 0 ... 39 cells ahead of column 60
    d = int(np.argmin(np.abs(plan.angles())))
    got = np.asarray(GAIN(plan, jnp.asarray(rows), sigma, 0.5))[d, 60, :40]
    # half of the starts in a cell are nearer to the next one and reach one cell farther
    nearer, farther = (
        [
            float(BEAM(jnp.asarray(rows[60 + k : 60 + k + length, row]), sigma, 1.0))
            for row in range(40)
        ]
        for k in (0, 1)
    )
    expected = 0.5 * np.add(nearer, farther)
    assert got.mean() == pytest.approx(expected.mean(), rel=0.015 if sigma < 2.0 else 0.04)
    # single beams whose unknown begins within the band at the end are off by part of a hit
    assert np.abs(got - expected).max() <= 0.5 * expected.max()
    far = np.arange(40) > length + 4 * sigma + 1
    np.testing.assert_allclose(got[far], expected[far], rtol=0.05)


def test_reports_from_before_the_start_do_not_count():
    """In the middle of equal cells nothing is approximated but the start."""
    plan = sweep.SweepPlan.of(8, 12.0)
    for p in (0.05, 0.12, 0.5, 0.9):
        swept = np.asarray(GAIN(plan, jnp.full((40, 40), p), 1.5, 0.5))
        expected = float(np.mean([BEAM(jnp.full(n, p), 1.5, 1.0) for n in (12, 13)]))
        axes = np.isclose(plan.angles() % (np.pi / 2), 0.0)
        np.testing.assert_allclose(swept[axes, 20, 20], expected, rtol=0.02)


def test_blobs_agree_with_beams_cast_one_by_one():
    """A hard map: unknown cells are as often small blobs as frontiers, and the range is short."""
    p = random_map(0)
    spec = GridSpec((0.0, 0.0), 1.0, SHAPE)
    swept = np.asarray(GAIN(PLAN, jnp.asarray(p), 1.5, 0.5))
    rng = np.random.default_rng(0)
    clear = ndimage.distance_transform_cdt(p < 0.1) > 4  # poses stand in known free space
    poses = rng.choice(np.argwhere(clear), 60)
    yaw_index = rng.integers(16, size=60)
    looks = sweep.yaw_weights(PLAN, math.radians(80), 12, 16)[yaw_index]
    fan = fsmi.SensorConfig(
        n_beams=24, fov_rad=math.radians(80), range_m=20.0, step_m=1.0, noise_sigma_m=1.5
    )
    yaw = -np.pi + 2 * np.pi * yaw_index / 16
    single = 0.5 * np.asarray(
        POSES(fan, spec, jnp.asarray(p), jnp.asarray(poses), jnp.asarray(yaw))
    )
    mine = np.sum(looks * swept[:, poses[:, 0], poses[:, 1]].T, axis=1)
    assert np.corrcoef(single, mine)[0, 1] >= 0.98
    assert np.abs(single - mine).mean() <= 0.07 * np.mean(single)


def test_line_cells_are_those_of_the_sweep():
    """A target is where the sweep says it is: at the end of the line, that many steps away."""
    target = np.zeros(SHAPE, bool)
    target[[5, 30, 44], [30, 8, 35]] = True
    found = np.asarray(HIT(PLAN, jnp.asarray(target), jnp.zeros(SHAPE, bool)))
    steps = np.tile(PLAN.steps(), 4)
    for cell in [(25, 20), (3, 3), (48, 11)]:
        ix, iy, inside = (np.asarray(a) for a in LINES(PLAN, SHAPE, jnp.array(cell)))
        for d in range(PLAN.n_directions):
            hits = np.flatnonzero(target[ix[d], iy[d]] & inside[d])
            distance = found[d, cell[0], cell[1]]
            if hits.size:
                assert distance == pytest.approx(hits[0] * steps[d], rel=1e-4)
            else:
                assert distance > 19.0


@pytest.mark.parametrize("turn", range(4))
def test_axis_directions_are_exact_with_range_limit(turn):
    """Along the axes no cell is cut, so sweep and Theorem 1 agree to rounding."""
    p = random_map(3)
    swept = np.asarray(GAIN(PLAN, jnp.asarray(p), 0.0, 0.5))
    gap = (PLAN.angles() - turn * np.pi / 2 + np.pi) % (2 * np.pi) - np.pi
    d = int(np.argmin(np.abs(gap)))
    outside = np.pad(p, 25, constant_values=0.5)
    dx, dy = [(1, 0), (0, 1), (-1, 0), (0, -1)][turn]
    for i, j in [(0, 5), (10, 20), (25, 33), (49, 39)]:
        cells = [outside[25 + i + k * dx, 25 + j + k * dy] for k in range(21)]
        # from the middle of the first cell, 20 cells end in the middle of the last one
        both = [float(fsmi.uniform_beam_information(jnp.asarray(cells[:n]))) for n in (20, 21)]
        assert swept[d, i, j] == pytest.approx(np.mean(both), rel=1e-3)


def test_directions_are_those_asked_for():
    wanted = 2 * np.pi * np.arange(24) / 24
    got = np.sort(PLAN.angles() % (2 * np.pi))
    gap = np.abs((got[:, None] - wanted + np.pi) % (2 * np.pi) - np.pi).min(axis=0)
    assert gap.max() < math.radians(1.5)  # rational slopes of a 20-cell range


def test_a_wall_outside_teaches_nothing():
    p = jnp.full(SHAPE, 0.001)
    assert float(jnp.max(GAIN(PLAN, p, 1.5, 1.0))) < 2e-3
    assert float(jnp.min(GAIN(PLAN, p, 1.5, 0.5)[:, 0, 0])) < 2e-3
    assert float(jnp.max(GAIN(PLAN, p, 1.5, 0.5)[:, 0, 0])) > 0.05


def test_the_unknown_outside_is_as_good_as_a_margin_of_unknown_cells():
    p = random_map(5)
    wide = np.pad(p, 24, constant_values=0.5)
    axes = np.isclose(PLAN.angles() % (np.pi / 2), 0.0)  # elsewhere lines are cut differently
    inside = np.asarray(GAIN(PLAN, jnp.asarray(p), 1.5, 0.5))[axes]
    padded = np.asarray(GAIN(PLAN, jnp.asarray(wide), 1.5, 0.5))[axes, 24:-24, 24:-24]
    np.testing.assert_allclose(inside, padded, atol=3e-3 * padded.max())


@pytest.mark.parametrize("sigma", [0.0, 1.5])
def test_the_gain_of_some_cells_is_that_of_all(sigma):
    p = jnp.asarray(random_map(7))
    every = np.asarray(GAIN(PLAN, p, sigma, 0.5))
    cells = np.array([[0, 0], [49, 39], [3, 30], [25, 20], [40, 2], [17, 39]])
    some = GAIN_AT(PLAN, p, sigma, cells)
    np.testing.assert_allclose(some, every[:, cells[:, 0], cells[:, 1]], rtol=1e-4, atol=1e-6)


def test_every_gain_is_finite_and_a_cell_that_is_not_a_number_counts_as_unknown():
    p = random_map(6)
    lost = np.where(p == 0.5, np.nan, p)
    got = np.asarray(GAIN(PLAN, jnp.asarray(lost), 1.5, 0.5))
    np.testing.assert_array_equal(got, np.asarray(GAIN(PLAN, jnp.asarray(p), 1.5, 0.5)))
    extreme = np.where(p < 0.4, 0.0, np.where(p > 0.6, 1.0, p))
    assert np.isfinite(np.asarray(GAIN(PLAN, jnp.asarray(extreme), 1.5, 0.5))).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sweep.SweepPlan.of(20, 10.0), "multiple of 8"),
        (lambda: sweep.SweepPlan.of(24, 0.0), "at least one cell"),
        (lambda: sweep.SweepPlan.of(24, math.nan), "at least one cell"),
        (lambda: sweep.directional_gain(PLAN, jnp.zeros((0, 4)), 1.5), "not empty"),
        (lambda: sweep.directional_gain(PLAN, jnp.zeros(7), 1.5), "shape"),
        (lambda: sweep.directional_gain(PLAN, jnp.zeros(SHAPE), -1.0), "sigma_cells"),
        (lambda: sweep.directional_gain(PLAN, jnp.zeros(SHAPE), 1.0, 0.0), "outside"),
        (lambda: sweep.yaw_weights(PLAN, 1.0, 0, 8), "beam"),
        (lambda: sweep.yaw_weights(PLAN, 0.0, 12, 8), "field of view"),
        (lambda: sweep.yaw_weights(PLAN, 6.3, 12, 8), "field of view"),
    ],
)
def test_what_makes_no_sense_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("seed", range(3))
def test_first_hit_finds_targets_along_each_line(seed):
    rng = np.random.default_rng(seed)
    target = rng.random(SHAPE) < 0.01
    got = np.asarray(HIT(PLAN, jnp.asarray(target), jnp.zeros(SHAPE, bool)).min(axis=0))
    nearest = ndimage.distance_transform_edt(~target)
    assert (got >= nearest - 1.0).all()  # a line visits cells within half a cell
    assert (got[target] == 0.0).all()
    close = nearest <= 1.0
    np.testing.assert_allclose(got[close], nearest[close], atol=1e-5)


@pytest.mark.parametrize("exact", [True, False])
def test_sight_ends_at_the_walls_of_a_room(exact):
    """Whoever is inside sees no target outside, in any direction."""
    opaque = np.zeros(SHAPE, bool)
    opaque[10:30, [8, 28]] = opaque[[10, 29], 8:29] = True
    corners = np.arange(8)
    opaque[35 + corners, 12 + corners] = True  # a diagonal of cells that touch at corners
    target = np.zeros(SHAPE, bool)
    target[:, 36:] = True
    seen = np.asarray(SIGHT(PLAN, jnp.asarray(target), jnp.asarray(opaque), exact)).any(axis=0)
    assert not seen[11:29, 9:28].any()
    assert seen[5, 30] and seen[32, 20]
    straight = int(np.argmin(np.abs((PLAN.angles() - 0.75 * np.pi + np.pi) % (2 * np.pi) - np.pi)))
    one = np.zeros(SHAPE, bool)
    one[36, 16] = True  # up and left of (39, 13), on the other side of the diagonal
    found = SIGHT(PLAN, jnp.asarray(one), jnp.asarray(opaque), exact)
    assert not np.asarray(found)[straight, 39, 13]


@pytest.mark.parametrize("seed", range(2))
def test_in_sight_is_first_hit_within_range(seed):
    rng = np.random.default_rng(seed)
    target, opaque = (jnp.asarray(rng.random(SHAPE) < share) for share in (0.02, 0.1))
    near = HIT(PLAN, target, opaque) <= PLAN.range_cells + 1e-4
    np.testing.assert_array_equal(SIGHT(PLAN, target, opaque, True), near)
    np.testing.assert_array_equal(sweep.sees_any(PLAN, target, opaque), near.any(axis=0))


def test_look_sums_to_the_number_of_beams():
    weights = sweep.yaw_weights(PLAN, math.radians(80), 12, 16)
    np.testing.assert_allclose(weights.sum(axis=1), 12.0, rtol=1e-5)
    yaw = -np.pi + 2 * np.pi * np.arange(16) / 16
    gap = np.abs((PLAN.angles()[None] - yaw[:, None] + np.pi) % (2 * np.pi) - np.pi)
    assert (weights[gap > math.radians(50)] == 0).all()
    assert (weights[gap < math.radians(30)] > 0).all()


@pytest.mark.parametrize("fov_rad", [0.01, 1.0, np.pi, 6.0, 2 * np.pi - 0.1, 2 * np.pi])
@pytest.mark.parametrize("n_yaw", [4, 7, 16])
def test_a_direction_counts_as_much_of_its_angles_as_is_in_view(fov_rad, n_yaw):
    """Against a dense count of angles; all round, every direction counts alike."""
    weights = sweep.yaw_weights(PLAN, fov_rad, 12, n_yaw)
    dense = (np.arange(200_000) + 0.5) / 200_000 * fov_rad - 0.5 * fov_rad
    nearest, width = PLAN.angles(), 2 * np.pi / PLAN.n_directions
    for k in range(n_yaw):
        angle = -np.pi + 2 * np.pi * k / n_yaw + dense
        gap = (angle - nearest[:, None] + np.pi) % (2 * np.pi) - np.pi
        count = (np.abs(gap) <= width / 2).mean(axis=1)
        np.testing.assert_allclose(weights[k], 12 * count / count.sum(), atol=2e-3)
    if fov_rad == 2 * np.pi:
        np.testing.assert_allclose(weights, 12.0 / PLAN.n_directions, rtol=1e-5)


def test_interp2d_at_corners_middle_and_outside():
    v = jnp.array([[1.0, 2.0, 5.0], [3.0, 8.0, 7.0]])
    look = jax.jit(jax.vmap(lambda u, w: interp2d(v, u, w)))
    u = jnp.array([0.0, 1.0, 1.0, 0.5, 0.5, -0.01, 1.01, 0.0])
    w = jnp.array([0.0, 2.0, 1.0, 0.5, 1.5, 0.0, 1.0, 2.01])
    expected = [1.0, 7.0, 8.0, 3.5, 5.5, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(look(u, w), expected, rtol=1e-6)


def test_a_grid_one_cell_wide_is_constant_across():
    v = jnp.array([[1.0, 2.0, 4.0]])
    u, w = jnp.array([0.0, 0.0, 0.5]), jnp.array([0.5, 2.0, 1.0])
    np.testing.assert_allclose(interp2d(v, u, w), [1.5, 4.0, 0.0])
