# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Evidence voxels against brute-force ray marching."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.mapping import LiveMapConfig, Scan, scan_from_points
from live_mvp_ros.mapping import evidence as ev

CONFIG = LiveMapConfig(
    lower_m=(0.0, 0.0, 0.0), upper_m=(3.0, 2.0, 1.0), max_range_m=2.5, footprint_radius_m=0.0
)
RAYS = 16
OBSERVED = jax.jit(ev.observed)
INTEGRATE = jax.jit(ev.integrate)
BAND = jax.jit(ev.band_occupancy)
FAR = np.array([50.0, 50.0, 50.0])


def scan(origin, points, body=FAR) -> Scan:
    """Return a scan of RAYS rays; missing ones are NaN."""
    padded = np.full((RAYS, 3), np.nan)
    padded[: len(points)] = np.reshape(points, (-1, 3))
    return scan_from_points(jnp.array(origin), jnp.asarray(padded), jnp.asarray(body))


def marched(origin: np.ndarray, end: np.ndarray) -> tuple[set, set]:
    """Return the voxels surely on a segment, and those it may touch, by marching 0.2 mm steps."""
    length = np.linalg.norm(end - origin)
    direction = (end - origin) / length
    stop = min(length + 0.002, CONFIG.max_range_m)  # end points are pushed by 2 % of a voxel
    t = np.arange(0.0, stop, 2e-4)[:, None]
    cells = (origin + t * direction) / 0.1
    inside = np.all((cells >= 0) & (cells < CONFIG.shape), axis=1)
    cells = cells[inside]
    fraction = cells - np.floor(cells)
    clear = np.all((fraction > 0.01) & (fraction < 0.99), axis=1)  # 1 mm from every face
    as_set = lambda c: set(map(tuple, np.floor(c).astype(int)))  # noqa: E731
    return as_set(cells[clear]), as_set(cells)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_rays_visit_the_voxels_that_marching_visits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    origin = rng.uniform([-0.5, -0.5, -0.2], [3.5, 2.5, 1.2])  # also from outside the volume
    ends = rng.uniform([-1, -1, -0.5], [4, 3, 1.5], (RAYS, 3))
    free, _ = OBSERVED(CONFIG, scan(origin, ends))
    got = set(map(tuple, np.argwhere(np.asarray(free))))
    surely, maybe = set(), set()
    for end in ends:
        a, b = marched(origin, end)
        surely, maybe = surely | a, maybe | b
    assert surely <= got
    # corners cut by less than a marching step are legitimate, and few
    assert len(got - maybe) <= 0.02 * len(got) + 1


def test_hit_lands_behind_a_surface_on_a_voxel_face() -> None:
    _, hit = OBSERVED(CONFIG, scan([0.55, 0.55, 0.55], [[2.0, 0.55, 0.55]]))
    assert np.argwhere(np.asarray(hit)).tolist() == [[20, 5, 5]]


def test_hit_beats_miss_and_each_voxel_changes_once() -> None:
    # three rays pass through the voxel in which a fourth one ends
    points = [[2.05, 0.55, 0.55], [2.9, 0.55, 0.55], [2.9, 0.56, 0.55], [2.9, 0.54, 0.55]]
    after = INTEGRATE(CONFIG, ev.init_evidence(CONFIG), scan([0.55, 0.55, 0.55], points))
    log_odds = np.asarray(after.log_odds)
    assert log_odds[20, 5, 5] == pytest.approx(CONFIG.log_odds_hit)
    assert log_odds[10, 5, 5] == pytest.approx(-CONFIG.log_odds_miss)
    changed = {np.float32(CONFIG.log_odds_hit), np.float32(-CONFIG.log_odds_miss), np.float32(0)}
    assert set(np.unique(log_odds)) <= changed


def test_log_odds_stay_within_their_limits() -> None:
    evidence = ev.init_evidence(CONFIG)
    for _ in range(12):
        evidence = INTEGRATE(CONFIG, evidence, scan([0.55, 0.55, 0.55], [[2.05, 0.55, 0.55]]))
    assert evidence.log_odds[20, 5, 5] == np.float32(CONFIG.log_odds_max)
    assert evidence.log_odds[10, 5, 5] == np.float32(CONFIG.log_odds_min)


def test_hit_beyond_the_range_counts_as_free_up_to_it() -> None:
    free, hit = OBSERVED(CONFIG, scan([0.05, 0.55, 0.55], [[2.85, 0.55, 0.55]]))
    assert not np.asarray(hit).any()
    column = np.asarray(free)[:, 5, 5]
    assert column[:26].all() and not column[26:].any()  # 0.05 m + 2.5 m lies in voxel 25


def test_hit_outside_the_volume_frees_voxels_up_to_its_edge() -> None:
    free, hit = OBSERVED(CONFIG, scan([1.55, 0.55, 0.55], [[3.6, 0.55, 0.55]]))
    assert not np.asarray(hit).any()
    assert np.asarray(free)[15:, 5, 5].all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rays_that_are_not_finite_carry_no_evidence(bad: float) -> None:
    empty = ev.init_evidence(CONFIG)
    after = INTEGRATE(CONFIG, empty, scan([0.5, 0.5, 0.5], [[bad, 0.5, 0.5], [1.0, bad, bad]]))
    assert not np.asarray(after.seen).any() and not np.asarray(after.log_odds).any()
    after = INTEGRATE(CONFIG, empty, scan([bad, 0.5, 0.5], [[1.0, 0.5, 0.5]]))
    assert not np.asarray(after.seen).any()


def test_footprint_frees_unseen_voxels_only() -> None:
    config = LiveMapConfig(
        lower_m=CONFIG.lower_m, upper_m=CONFIG.upper_m, max_range_m=2.5, footprint_radius_m=0.25
    )
    wall = INTEGRATE(config, ev.init_evidence(config), scan([0.5, 1.0, 0.5], [[1.55, 1.0, 0.5]]))
    body = np.array([1.4, 1.0, 0.5])
    after = INTEGRATE(config, wall, scan([1.4, 1.0, 0.5], [], body))
    centres = (np.indices(config.shape).reshape(3, -1).T + 0.5) * 0.1
    near = (np.linalg.norm(centres - body, axis=1) <= 0.25).reshape(config.shape)
    assert np.asarray(after.seen)[near].all()
    assert np.array_equal(np.asarray(after.seen), near | np.asarray(wall.seen))
    assert after.log_odds[15, 10, 5] == wall.log_odds[15, 10, 5] > 0, "a wall beside it remains"


def test_band_knows_exactly_what_was_seen() -> None:
    log_odds = jnp.zeros(CONFIG.shape).at[3, 4, 5].set(0.85).at[3, 4, 6].set(-0.4)
    log_odds = log_odds.at[7, 7, 1].set(2.0).at[8, 8, 5].set(-1.0)
    evidence = ev.Evidence(log_odds, log_odds != 0.0)
    p, known = (np.asarray(a) for a in BAND(CONFIG, evidence, 0.55))  # voxels 3 to 7
    assert np.argwhere(known).tolist() == [[3, 4], [8, 8]]
    assert np.all(p[~known] == 0.5)
    assert p[3, 4] == pytest.approx(1 / (1 + np.exp(-0.85)), abs=1e-6), "the highest one counts"
    assert p[8, 8] == pytest.approx(1 / (1 + np.exp(1.0)), abs=1e-6)


def test_seen_voxel_with_balanced_evidence_is_known() -> None:
    seen = jnp.zeros(CONFIG.shape, bool).at[1, 1, 5].set(True)
    evidence = ev.Evidence(jnp.zeros(CONFIG.shape), seen)
    p, known = BAND(CONFIG, evidence, 0.55)
    assert known[1, 1] and p[1, 1] == 0.5 and known.sum() == 1


def test_points_of_never_seen_voxels_are_drawn_evenly() -> None:
    seen = np.random.default_rng(3).random(CONFIG.shape) < 0.97
    state = ev.init_evidence(CONFIG)._replace(seen=jnp.asarray(seen))
    count = 100 * int((~seen).sum())
    x = np.asarray(ev.never_seen_points(CONFIG, state, count, jax.random.key(1))).T
    cell = np.floor((x - np.array(CONFIG.lower_m)) / CONFIG.resolution_m).astype(int)
    drawn = np.zeros(CONFIG.shape, int)
    np.add.at(drawn, tuple(np.clip(cell, 0, np.array(CONFIG.shape) - 1).T), 1)
    assert drawn[seen].sum() < 1e-3 * count, "rounding at a face alone"
    assert drawn[~seen].min() > 50 and drawn[~seen].max() < 160
