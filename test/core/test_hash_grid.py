# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The hash-grid encoding and the networks against a slow evaluation point by point."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.mapping import hash_grid as fd

CONFIG = LiveMapConfig(
    lower_m=(-1.0, 0.0, 0.0), upper_m=(5.0, 4.0, 2.0), levels=4, finest_cells=64
)
SIZE = 1 << CONFIG.table_size_log2
RNG = np.random.default_rng(0)
TABLES = RNG.normal(size=(2, CONFIG.levels * SIZE)).astype(np.float32)
POINTS = RNG.uniform([-1, 0, 0], [5, 4, 2], (20, 3)).astype(np.float32)


def slow_encoding(point: np.ndarray) -> np.ndarray:
    """Interpolate one point with integer arithmetic of arbitrary size and float64."""
    side = 7.0  # the longest edge of the volume, with a margin of 0.5 m on both ends
    features = np.zeros((2, CONFIG.levels))
    for level, cells in enumerate([16, 25, 40, 64]):
        scaled = (point.astype(np.float64) - [-1.5, -0.5, -0.5]) / side * cells
        cell = np.floor(scaled).astype(int)
        for corner in np.ndindex(2, 2, 2):
            x, y, z = (int(c) + d for c, d in zip(cell, corner, strict=True))
            entry = ((x * 1) ^ (y * 2654435761) ^ (z * 805459861)) % SIZE
            part = scaled - cell
            weight = np.prod([part[a] if corner[a] else 1 - part[a] for a in range(3)])
            features[:, level] += weight * TABLES[:, level * SIZE + entry]
    return features.reshape(-1)


def test_encoding_is_trilinear_interpolation_of_hashed_corners() -> None:
    got = np.asarray(jax.jit(fd.encode)(CONFIG, jnp.asarray(TABLES), jnp.asarray(POINTS.T)))
    want = np.stack([slow_encoding(p) for p in POINTS], axis=1)
    # float32 positions are off by up to 5e-6 cells, times the step between random corners
    np.testing.assert_allclose(got, want, atol=2e-4)


def test_default_levels_grow_geometrically_from_16_to_512() -> None:
    cells = fd.level_cells(LiveMapConfig())
    assert len(cells) == 12 and cells[0] == 16 and cells[-1] == 512
    ratios = cells[1:] / cells[:-1]
    assert np.all(np.abs(ratios - 32 ** (1 / 11)) < 0.1)  # rounding to whole cells


def test_points_outside_the_volume_are_clamped_and_finite() -> None:
    far = jnp.array([[1e9, -1e9, 100.0], [0.0, 0.0, 0.0], [1.0, 1.0, -50.0]])
    got = fd.encode(CONFIG, jnp.asarray(TABLES), far)
    assert np.all(np.isfinite(got))
    edge = fd.encode(CONFIG, jnp.asarray(TABLES), jnp.array([[5.5], [0.0], [1.0]]))
    np.testing.assert_array_equal(got[:, 0], edge[:, 0])


def test_slope_of_the_features_matches_finite_differences() -> None:
    coarse = lambda x: fd.encode(CONFIG, jnp.asarray(TABLES), x)[0]  # noqa: E731
    x, h = jnp.asarray(POINTS.T), 1e-3
    slope = np.asarray(jax.grad(lambda x: jnp.sum(coarse(x)))(x))
    for axis in range(3):
        step = h * jnp.eye(3)[:, axis : axis + 1]
        numeric = np.asarray(coarse(x + step) - coarse(x - step)) / (2 * h)
        close = np.abs(numeric - slope[axis]) < 0.02 * (1 + np.abs(numeric))
        assert close.mean() >= 0.9  # a difference may straddle the face of a cell


def test_table_gradient_equals_the_interpolation_weights() -> None:
    x = jnp.asarray(POINTS[:1].T)
    level, feature = 2, 1
    pick = lambda t: fd.encode(CONFIG, t, x)[feature * CONFIG.levels + level, 0]  # noqa: E731
    gradient = np.asarray(jax.grad(pick)(jnp.asarray(TABLES)))
    assert gradient.sum() == np.float32(1.0) or abs(gradient.sum() - 1.0) < 1e-5
    # the encoding is linear in the tables
    np.testing.assert_allclose(np.sum(gradient * TABLES), pick(jnp.asarray(TABLES)), rtol=1e-4)
    untouched = np.delete(gradient.reshape(2, CONFIG.levels, SIZE), level, axis=1)
    assert not untouched.any()


def test_network_computes_two_relu_layers() -> None:
    parameters = fd.init_fields(CONFIG, jax.random.key(1))
    features = RNG.normal(size=(2 * CONFIG.levels, 7)).astype(np.float32)
    h = features
    weights, biases = parameters.exposure
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        h = np.maximum(np.asarray(w) @ h + np.asarray(b)[:, None], 0)
    want = np.asarray(weights[-1]) @ h + np.asarray(biases[-1])[:, None]
    np.testing.assert_allclose(fd.evaluate(parameters.exposure, features), want[0], rtol=1e-4)
