# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The swept gain against beams cast one by one, and lookups in it."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from live_mvp_ros.planning import fsmi, sweep
from live_mvp_ros.planning.interpolation import interp2d, interp3d

SHAPE = (50, 40)
PLAN = sweep.SweepPlan.of(24, 20.0)
GAIN = jax.jit(sweep.directional_gain, static_argnums=(0, 2, 3))
LINES = jax.jit(sweep.line_cells, static_argnums=(0, 1))
BEAM = jax.jit(fsmi.beam_information, static_argnums=(1, 2))


def random_map(seed: int, spread: int = 3) -> np.ndarray:
    """Smooth blobs of free, unknown and occupied cells."""
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.normal(size=SHAPE), spread)
    low, high = np.quantile(noise, [0.7, 0.88])
    return np.where(noise < low, 0.03, np.where(noise < high, 0.5, 0.95)).astype(np.float32)


def cast(p: np.ndarray, i: int, j: int, d: int, sigma: float, outside: float) -> float:
    """Full FSMI of one beam of exactly the range, cells cut along the true direction."""
    angle, step = PLAN.angles()[d], np.tile(PLAN.steps(), 4)[d]
    along = np.arange(round(20.0 / step)) * step
    x = np.round(i + along * math.cos(angle)).astype(int)
    y = np.round(j + along * math.sin(angle)).astype(int)
    inside = (x >= 0) & (x < SHAPE[0]) & (y >= 0) & (y < SHAPE[1])
    cells = np.where(inside, p[np.clip(x, 0, SHAPE[0] - 1), np.clip(y, 0, SHAPE[1] - 1)], outside)
    return float(BEAM(jnp.asarray(cells, jnp.float32), sigma, float(step)))


@pytest.mark.parametrize(("seed", "outside"), [(0, 0.5), (1, 1.0)])
def test_sweep_equals_beams_cast_one_by_one(seed, outside):
    p = random_map(seed)
    swept = np.asarray(GAIN(PLAN, jnp.asarray(p), 1.5, outside))
    rng = np.random.default_rng(seed)
    clear = ndimage.distance_transform_cdt(p < 0.1) > 4  # poses stand in known free space
    poses = rng.choice(np.argwhere(clear), 40)
    looks = rng.choice(sweep.yaw_weights(PLAN, math.radians(80), 12, 16), 40)
    single, mine = [], []
    for (i, j), look in zip(poses, looks, strict=True):
        beams = [w * cast(p, i, j, d, 1.5, outside) for d, w in enumerate(look) if w > 0]
        single.append(sum(beams))
        mine.append(float(look @ swept[:, i, j]))
    # lines are cut into other cells, and a short range ends the noise band of the last cells
    assert np.corrcoef(single, mine)[0, 1] >= 0.98
    assert np.abs(np.subtract(single, mine)).mean() <= 0.10 * np.mean(single)


def test_line_cells_are_those_of_the_sweep():
    """A target is where the sweep says it is: at the end of the line, that many steps away."""
    target = np.zeros(SHAPE, bool)
    target[[5, 30, 44], [30, 8, 35]] = True
    found = np.asarray(sweep.first_hit(PLAN, jnp.asarray(target), jnp.zeros(SHAPE, bool)))
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


def test_axis_directions_are_exact_with_range_limit():
    """Along the axes no cell is cut, so sweep and Theorem 1 agree to rounding."""
    p = random_map(3)
    swept = np.asarray(GAIN(PLAN, jnp.asarray(p), 0.0, 0.5))
    d = int(np.argmin(np.abs(PLAN.angles())))
    for i, j in [(0, 5), (10, 20), (25, 33)]:
        expected = float(fsmi.uniform_beam_information(jnp.asarray(p[i : i + 20, j])))
        assert swept[d, i, j] == pytest.approx(expected, rel=1e-4)


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


@pytest.mark.parametrize("seed", range(3))
def test_first_hit_finds_targets_along_each_line(seed):
    rng = np.random.default_rng(seed)
    target = rng.random(SHAPE) < 0.01
    got = np.asarray(
        sweep.first_hit(PLAN, jnp.asarray(target), jnp.zeros(SHAPE, bool)).min(axis=0)
    )
    nearest = ndimage.distance_transform_edt(~target)
    assert (got >= nearest - 1.0).all()  # a line visits cells within half a cell
    assert (got[target] == 0.0).all()
    close = nearest <= 1.0
    np.testing.assert_allclose(got[close], nearest[close], atol=1e-5)


def test_look_sums_to_the_number_of_beams():
    weights = sweep.yaw_weights(PLAN, math.radians(80), 12, 16)
    np.testing.assert_allclose(weights.sum(axis=1), 12.0, rtol=1e-5)
    yaw = -np.pi + 2 * np.pi * np.arange(16) / 16
    gap = np.abs((PLAN.angles()[None] - yaw[:, None] + np.pi) % (2 * np.pi) - np.pi)
    assert (weights[gap > math.radians(50)] == 0).all()
    assert (weights[gap < math.radians(30)] > 0).all()


def test_interp2d_at_corners_middle_and_outside():
    v = jnp.array([[1.0, 2.0, 5.0], [3.0, 8.0, 7.0]])
    look = jax.jit(jax.vmap(lambda u, w: interp2d(v, u, w)))
    u = jnp.array([0.0, 1.0, 1.0, 0.5, 0.5, -0.01, 1.01, 0.0])
    w = jnp.array([0.0, 2.0, 1.0, 0.5, 1.5, 0.0, 1.0, 2.01])
    expected = [1.0, 7.0, 8.0, 3.5, 5.5, 0.0, 0.0, 0.0]
    np.testing.assert_allclose(look(u, w), expected, rtol=1e-6)


def test_interp3d_is_periodic_in_yaw():
    v = jnp.arange(4 * 2 * 2, dtype=jnp.float32).reshape(4, 2, 2)
    at = [float(interp3d(v, 0.5, 0.5, yaw)) for yaw in (-np.pi, np.pi, 0.75 * np.pi, 2.75 * np.pi)]
    layer = np.asarray(v).mean(axis=(1, 2))
    expected = [layer[0], layer[0], 0.5 * (layer[3] + layer[0]), 0.5 * (layer[3] + layer[0])]
    np.testing.assert_allclose(at, expected, rtol=1e-4)
    assert float(interp3d(v, 1.5, 0.5, 0.0)) == 0.0
