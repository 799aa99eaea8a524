# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Surfels against brute force over discs; and what of a map's score can be worked out by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.evaluation.mapping_flight import CLEARANCE_M, standard_flight
from live_mvp_ros.evaluation.mapping_score import auroc
from live_mvp_ros.evaluation.metrics import clearance
from live_mvp_ros.mapping import LiveMapConfig, Scan, surfels
from live_mvp_ros.mapping.evidence import init_evidence, pack
from live_mvp_ros.worlds import load_world

CONFIG = LiveMapConfig(lower_m=(0.0, 0.0, 0.0), upper_m=(3.0, 2.0, 1.5))
RNG = np.random.default_rng(0)
COUNT = 40


def hits() -> Scan:
    points = RNG.uniform(CONFIG.lower_m, CONFIG.upper_m, (COUNT, 3))
    normals = RNG.normal(size=(COUNT, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    centre = jnp.array([1.5, 1.0, 0.7])
    return Scan(centre, jnp.float32(points), jnp.float32(normals), centre)


def brute(scan: Scan, x: np.ndarray) -> np.ndarray:
    away = x[:, None] - np.asarray(scan.points_m)
    height = np.sum(away * np.asarray(scan.normals), axis=2)
    lateral = np.sqrt(np.maximum(np.sum(away**2, axis=2) - height**2, 0.0))
    return np.hypot(height, np.maximum(lateral - surfels.RADIUS_M, 0.0)).min(axis=1)


def test_nearest_is_the_distance_to_the_nearest_disc() -> None:
    scan = hits()
    cells = np.floor(np.asarray(scan.points_m) / surfels.CELL_M).astype(int)
    _, first = np.unique(cells[::-1], axis=0, return_index=True)
    kept = np.sort(COUNT - 1 - first)  # of hits in one cell, one is kept: let there be one
    scan = scan._replace(points_m=scan.points_m[kept], normals=scan.normals[kept])
    discs = surfels.integrate(CONFIG, surfels.init_surfels(CONFIG), scan)
    x = RNG.uniform(CONFIG.lower_m, CONFIG.upper_m, (500, 3)).astype(np.float32)
    got = np.asarray(surfels.nearest(CONFIG, discs, jnp.asarray(x.T)))
    want = brute(scan, x)
    reach = surfels.CELL_M - surfels.RADIUS_M  # a disc may begin in a cell farther away
    assert (want < reach).sum() > 30
    np.testing.assert_allclose(got[want < reach], want[want < reach], atol=1e-4)
    assert np.all(got >= want - 1e-4)


def test_hits_without_normal_or_return_leave_no_disc() -> None:
    scan = hits()
    scan = scan._replace(
        points_m=scan.points_m.at[::2].set(jnp.nan), normals=scan.normals.at[1::2].set(0.0)
    )
    discs = surfels.integrate(CONFIG, surfels.init_surfels(CONFIG), scan)
    assert np.all(surfels.nearest(CONFIG, discs, jnp.ones((3, 1))) > 100.0)


def test_disc_in_space_that_became_free_is_forgotten() -> None:
    scan = hits()
    discs = surfels.integrate(CONFIG, surfels.init_surfels(CONFIG), scan)
    nx, ny, nz = CONFIG.shape
    through = scan.origin_m + 1.5 * (scan.points_m - scan.origin_m)  # rays see on behind the discs
    look = scan._replace(points_m=through)
    for log_odds, stays in ((0.8, True), (-0.4, True), (-2.0, False)):
        words = pack(jnp.full((nz, nx, ny), log_odds), jnp.int32(1))
        evidence = init_evidence(CONFIG)._replace(words=words)
        kept = surfels.forget(CONFIG, discs, evidence, look, jnp.int32(0))
        assert np.any(np.asarray(kept.discs[:, 0]) < 100.0) == stays
        behind = scan.origin_m + 0.2 * (scan.points_m - scan.origin_m)
        elsewhere = scan._replace(points_m=behind)
        kept = surfels.forget(CONFIG, discs, evidence, elsewhere, jnp.int32(0))
        assert np.any(np.asarray(kept.discs[:, 0]) < 100.0), "nobody looked there"


def test_rays_of_a_large_image_take_turns_in_forgetting() -> None:
    """A lone disc is seen through by one ray of 5000: it goes within five scans."""
    disc = jnp.array([2.0, 1.0, 0.7])
    origin = jnp.array([0.6, 1.0, 0.7])
    one = Scan(origin, disc[None], jnp.array([[-1.0, 0.0, 0.0]]), origin)
    discs = surfels.integrate(CONFIG, surfels.init_surfels(CONFIG), one)
    nx, ny, nz = CONFIG.shape
    words = pack(jnp.full((nz, nx, ny), -2.0), jnp.int32(1))
    evidence = init_evidence(CONFIG)._replace(words=words)
    points = jnp.full((5000, 3), jnp.nan).at[1234].set(jnp.array([2.6, 1.0, 0.7]))
    look = Scan(origin, points, jnp.zeros_like(points), origin)
    for turn in range(5):
        discs = surfels.forget(CONFIG, discs, evidence, look, jnp.int32(turn))
    assert np.all(np.asarray(discs.discs[:, 0]) > 100.0)


def test_cells_with_discs_are_listed_once_each() -> None:
    scan, discs = hits(), surfels.init_surfels(CONFIG)
    for _ in range(3):
        discs = surfels.integrate(CONFIG, discs, scan)
    held = np.flatnonzero(np.asarray(discs.discs[:, 0]) < 100.0)
    count = int(discs.filled)
    assert sorted(np.asarray(discs.cells[:count]).tolist()) == held.tolist()
    np.testing.assert_array_equal(discs.place[discs.cells[:count]], np.arange(count))
    assert np.sum(np.asarray(discs.place) >= 0) == count


def test_standard_flight_keeps_clear_and_passes_the_whole_office() -> None:
    world = load_world("office")
    path = standard_flight(world, 200)
    assert path.positions_m.shape == (200, 3) and path.yaws_rad.shape == (200,)
    assert clearance(world.scene, path.positions_m).min() > CLEARANCE_M - 0.15  # cells, corners
    np.testing.assert_allclose(path.positions_m[0, :2], world.start_m[:2], atol=0.3)
    for room in ([2.5, 6.0], [7.0, 6.0], [12.0, 4.5]):
        assert np.linalg.norm(path.positions_m[:, :2] - room, axis=1).min() < 2.0
    again = standard_flight(world, 200)
    np.testing.assert_array_equal(path.positions_m, again.positions_m)


def test_auroc_counts_ordered_pairs() -> None:
    positive, negative = np.array([0.9, 0.5, 0.4]), np.array([0.5, 0.1])
    pairs = [1.0, 1.0, 0.5, 1.0, 0.0, 1.0]
    assert auroc(positive, negative) == pytest.approx(np.mean(pairs))
    assert np.isnan(auroc(positive, negative[:0]))


def test_points_near_surround_every_disc_evenly() -> None:
    scan = hits()
    discs = surfels.integrate(CONFIG, surfels.init_surfels(CONFIG), scan)
    centres = np.asarray(discs.discs)[np.asarray(discs.discs)[:, 0] < 100.0, :3]
    x = np.asarray(surfels.points_near(CONFIG, discs, 200_000, jax.random.key(0))).T
    away = np.abs(x[:, None] - centres).max(axis=2)
    assert away.min(axis=1).max() <= surfels.CELL_M + 1e-5
    assert np.all((x >= CONFIG.lower_m) & (x <= CONFIG.upper_m))
    inner = (away <= 0.1).sum(axis=0) / (0.4**3)  # the cube of 0.2 m is 0.4 of the whole, cubed
    inside = np.all((centres > 0.1) & (centres < np.array(CONFIG.upper_m) - 0.1), axis=1)
    alone = np.sum(np.abs(centres[:, None] - centres).max(axis=2) < 0.35, axis=1) == 1
    assert (inside & alone).sum() >= 3
    np.testing.assert_allclose(inner[inside & alone], 200_000 / len(centres), rtol=0.5)


def test_points_near_no_disc_are_anywhere() -> None:
    none = surfels.init_surfels(CONFIG)
    x = np.asarray(surfels.points_near(CONFIG, none, 2000, jax.random.key(0)))
    np.testing.assert_allclose(x.mean(axis=1), 0.5 * np.array(CONFIG.upper_m), rtol=0.1)
