# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""FSMI of single beams and poses against hand computation and a literal Theorem 1."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import fsmi, trajectory

SPEC = GridSpec((0.05, 0.05), 0.1, (60, 50))
SENSOR = fsmi.SensorConfig(n_beams=6, range_m=3.0, step_m=0.1)


TRAJECTORY = jax.jit(
    trajectory.trajectory_information, static_argnums=1, static_argnames=("method", "pose_stride")
)
VISIBLE = jax.jit(trajectory.visible_cells, static_argnums=1)


def f(p: float, log_delta: float) -> float:
    """The paper's f, written out in double precision."""
    r, d = p / (1 - p), math.exp(log_delta)
    return math.log((r + 1) / (r + 1 / d)) - log_delta / (r * d + 1)


def theorem_1(p: np.ndarray, sigma: float, step: float) -> float:
    """Double sum over all j, k; integrates the normal density numerically for G."""
    n, total = len(p), 0.0
    for j in range(n):
        hit = p[j] * np.prod(1 - p[:j])
        for k in range(n):
            lo, hi = (k - j - 0.5) * step, (k - j + 0.5) * step
            lo, hi = max(lo, -3 * sigma), min(hi, 3 * sigma)
            if lo >= hi:
                continue
            z = np.linspace(lo, hi, 401)
            g = np.trapezoid(np.exp(-0.5 * (z / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi)), z)
            c = f(p[k], 0.85) + sum(f(p[i], -0.4) for i in range(k))
            total += hit * c * g
    return total


def test_two_cells_by_hand():
    a, b = 0.5, 0.8
    expected = a * f(a, 0.85) + (1 - a) * b * (f(b, 0.85) + f(a, -0.4))
    got = fsmi.uniform_beam_information(jnp.array([a, b]))
    assert float(got) == pytest.approx(expected, rel=1e-5)


def test_three_cells_by_hand():
    a, b, c = 0.2, 0.5, 0.9
    hit = [a, (1 - a) * b, (1 - a) * (1 - b) * c]
    gain = [f(a, 0.85), f(b, 0.85) + f(a, -0.4), f(c, 0.85) + f(a, -0.4) + f(b, -0.4)]
    got = fsmi.uniform_beam_information(jnp.array([a, b, c]))
    assert float(got) == pytest.approx(
        sum(h * g for h, g in zip(hit, gain, strict=True)), rel=1e-5
    )


@pytest.mark.parametrize(("sigma", "step"), [(0.15, 0.1), (0.15, 0.15), (0.3, 0.1)])
def test_banded_beam_equals_the_double_sum(sigma, step):
    p = np.random.default_rng(1).uniform(0.02, 0.98, 30)
    got = float(fsmi.beam_information(jnp.asarray(p, jnp.float32), sigma, step))
    assert got == pytest.approx(theorem_1(p, sigma, step), rel=1e-4)  # float32 against float64


def test_noise_vanishes_into_uniform_fsmi():
    p = jnp.asarray(np.random.default_rng(2).uniform(0.05, 0.95, 40), jnp.float32)
    uniform = float(fsmi.uniform_beam_information(p))
    gap = [abs(float(fsmi.beam_information(p, s, 0.1)) - uniform) for s in (0.1, 0.03, 0.01)]
    assert gap[0] > gap[1] > gap[2]
    # what 3 sigma cuts off, 0.27 %, is all that remains
    assert gap[2] == pytest.approx(0.0027 * uniform, rel=0.02)
    assert float(fsmi.beam_information(p, 0.0, 0.1)) == pytest.approx(uniform, rel=1e-6)


def test_batch_equals_single_poses():
    rng = np.random.default_rng(3)
    p = jnp.asarray(rng.uniform(0.0, 1.0, SPEC.shape), jnp.float32)
    xy = jnp.asarray(rng.uniform(-1.0, 6.0, (7, 2)), jnp.float32)
    yaw = jnp.asarray(rng.uniform(-4.0, 4.0, 7), jnp.float32)
    batch = jax.jit(fsmi.poses_information, static_argnums=1)(SENSOR, SPEC, p, xy, yaw)
    singles = [float(fsmi.pose_information(SENSOR, SPEC, p, xy[i], yaw[i])) for i in range(7)]
    np.testing.assert_allclose(batch, singles, rtol=1e-5)


def test_a_known_map_teaches_nothing_and_an_unknown_zone_does():
    known = np.full(SPEC.shape, 0.001, np.float32)
    known[40:], known[:5] = 0.999, 0.999
    zone = known.copy()
    zone[30:36, 20:30] = 0.5
    at, yaw = jnp.array([1.5, 2.5]), jnp.float32(0.0)
    empty = float(fsmi.pose_information(SENSOR, SPEC, jnp.asarray(known), at, yaw))
    with_zone = float(fsmi.pose_information(SENSOR, SPEC, jnp.asarray(zone), at, yaw))
    away = float(fsmi.pose_information(SENSOR, SPEC, jnp.asarray(zone), at, jnp.float32(math.pi)))
    assert empty < 0.01
    assert with_zone > 10 * empty
    assert away < with_zone


def test_outside_the_map_counts_as_unknown():
    p = jnp.full(SPEC.shape, 0.001)
    at = jnp.array([5.9, 2.5])
    beam = fsmi.SensorConfig(n_beams=1, range_m=2.0, step_m=0.1)
    got = float(fsmi.pose_information(beam, SPEC, p, at, jnp.float32(0.0)))
    cells = np.r_[0.001, np.full(19, 0.5)]
    assert got == pytest.approx(theorem_1(cells, 0.15, 0.1), rel=1e-3)


def _gain(method: str, p: jax.Array, path: jax.Array) -> float:
    return float(TRAJECTORY(SENSOR, SPEC, p, path, 0.05, method=method, pose_stride=2))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_overlap_never_adds_information(seed):
    rng = np.random.default_rng(seed)
    p = jnp.asarray(rng.choice([0.02, 0.5, 0.97], SPEC.shape, p=[0.7, 0.25, 0.05]), jnp.float32)
    steps = np.cumsum(rng.normal(0.0, 0.2, (10, 2)), axis=0)
    path = jnp.asarray(np.clip(np.array([[3.0, 2.5]]) + steps, 0.2, 4.8), jnp.float32)
    direct = _gain("direct", p, path)
    assert _gain("discount", p, path) <= direct * (1 + 1e-6)
    assert _gain("filtered", p, path) <= direct * (1 + 1e-6)


def test_filtered_equals_direct_where_views_do_not_overlap():
    seen = np.zeros((3, 6, 6), bool)
    seen[0, :2], seen[1, 2:4], seen[2, 4:] = True, True, True
    for method in ("filtered", "discount"):
        np.testing.assert_allclose(trajectory.overlap_weights(method, jnp.asarray(seen)), 1.0)
    seen[2] = seen[0]
    weights = trajectory.overlap_weights("discount", jnp.asarray(seen))
    np.testing.assert_allclose(weights, [1.0, 1.0, math.exp(-0.7)], rtol=1e-6)
    np.testing.assert_allclose(
        trajectory.overlap_weights("filtered", jnp.asarray(seen)), [1.0, 1.0, 0.0]
    )


def test_walls_stop_the_view():
    p = np.full(SPEC.shape, 0.02, np.float32)
    p[30, :] = 0.97
    seen = np.asarray(
        trajectory.visible_cells(
            fsmi.SensorConfig(range_m=4.0), SPEC, jnp.asarray(p), jnp.array([2.0, 2.5]), 0.0
        )
    )
    assert seen[25, 25]
    assert seen[30, 25]
    assert not seen[31:].any()
    assert not seen[:18].any()


def test_gain_peaks_beside_the_only_unknown_zone():
    """The field over positions, best over yaw, is largest where the zone is near and in view."""
    p = np.full(SPEC.shape, 0.999, np.float32)  # walls around, for the outside is unknown
    p[2:-2, 2:-2] = 0.001
    p[40:46, 20:26] = 0.5
    centre = np.array([4.3, 2.3])
    x, y = np.meshgrid(np.arange(0.5, 6.0, 0.5), np.arange(0.5, 5.0, 0.5), indexing="ij")
    at = np.stack([x.ravel(), y.ravel()], axis=-1)
    yaws = np.arange(8) * np.pi / 4
    poses = np.repeat(at, 8, axis=0), np.tile(yaws, len(at))
    gain = jax.jit(fsmi.poses_information, static_argnums=1)(
        SENSOR, SPEC, jnp.asarray(p), *(jnp.asarray(part, jnp.float32) for part in poses)
    )
    best = np.asarray(gain).reshape(len(at), 8).max(axis=1)
    distance = np.linalg.norm(at - centre, axis=1)
    assert distance[np.argmax(best)] < 1.0
    assert best[distance < 1.5].min() > best[distance > 3.5].max()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(-np.pi, np.pi))
def test_what_is_seen_has_a_line_of_sight(seed, yaw):
    """Some straight line to a seen cell misses the inner half of every solid cell before it."""
    rng = np.random.default_rng(seed)
    solid = rng.random(SPEC.shape) < 0.1
    eye = np.array([30, 25])
    solid[28:33, 23:28] = False
    p = jnp.asarray(np.where(solid, 0.97, 0.02), jnp.float32)
    at = jnp.asarray([0.05 + 0.1 * eye[0], 0.05 + 0.1 * eye[1]], jnp.float32)
    seen = np.asarray(VISIBLE(fsmi.SensorConfig(range_m=2.0), SPEC, p, at, jnp.float32(yaw)))
    offsets = np.stack(np.meshgrid(*[np.linspace(-0.5, 0.5, 9)] * 2), axis=-1).reshape(-1, 2)
    for cell in rng.permutation(np.argwhere(seen))[:20]:
        lines = eye + np.linspace(0.0, 1.0, 100)[:, None, None] * (cell + offsets - eye)
        visited = np.round(lines).astype(int)
        inner = (np.abs(lines - visited) < 0.25).all(axis=-1) & (visited != cell).any(axis=-1)
        blocked = (solid[visited[..., 0], visited[..., 1]] & inner).any(axis=0)
        assert not blocked.all(), cell


def test_looking_twice_at_the_same_cells_teaches_less():
    """Standing still and looking on: direct counts every look, filtered only the first."""
    p = np.full(SPEC.shape, 0.02, np.float32)
    p[40:, :] = 0.5
    path = jnp.asarray([[2.0 + 1e-4 * k, 2.5] for k in range(8)], jnp.float32)
    direct, discount, filtered = (
        _gain(method, jnp.asarray(p), path) for method in ("direct", "discount", "filtered")
    )
    assert filtered == pytest.approx(direct / 4, rel=0.05)  # four poses, one of them is new
    weights = np.exp(-0.7 * np.arange(4))
    assert discount == pytest.approx(direct * weights.sum() / 4, rel=0.05)


def test_what_is_not_a_number_counts_as_unknown():
    p = np.array([0.1, 0.5, 0.3, 0.5], np.float32)
    lost = np.where(p == 0.5, np.nan, p)
    for evaluate in (lambda c: fsmi.beam_information(c, 0.15, 0.1), fsmi.uniform_beam_information):
        assert float(evaluate(jnp.asarray(lost))) == float(evaluate(jnp.asarray(p)))
    assert np.isfinite(float(fsmi.uniform_beam_information(jnp.array([0.0, 1.0]))))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fsmi.SensorConfig(n_beams=0), "n_beams = 0"),
        (lambda: fsmi.SensorConfig(noise_sigma_m=math.nan), "noise_sigma_m"),
        (lambda: fsmi.SensorConfig(range_m=0.0), "range_m"),
        (lambda: trajectory.overlap_weights("sum", jnp.ones((2, 3, 3), bool)), "sum"),
        (
            lambda: trajectory.trajectory_information(
                SENSOR, SPEC, jnp.full(SPEC.shape, 0.5), jnp.zeros((3, 2)), 0.05, pose_stride=0
            ),
            "pose_stride",
        ),
        (lambda: fsmi.uniform_beam_information(jnp.zeros(0)), "not empty"),
        (lambda: GridSpec((0.0, 0.0), 0.1, (0, 5)), "shape"),
        (lambda: _gain("direct", jnp.full(SPEC.shape, 0.5), jnp.zeros((1, 2))), "path"),
    ],
)
def test_what_makes_no_sense_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
