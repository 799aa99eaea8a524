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

from live_mvp_ros.base.grid import LOG_ODDS_HIT, LOG_ODDS_MAX, LOG_ODDS_MIN, LOG_ODDS_MISS
from live_mvp_ros.mapping import LiveMapConfig, Scan, scan_from_points
from live_mvp_ros.mapping import evidence as ev
from live_mvp_ros.vehicle.body import FOOTPRINT_M, START_CLEAR_M

CONFIG = LiveMapConfig(lower_m=(0.0, 0.0, 0.0), upper_m=(3.0, 2.0, 1.0), max_range_m=2.5)
RAYS = 16
OBSERVED = jax.jit(ev.observed)
INTEGRATE = jax.jit(ev.integrate)
BAND = jax.jit(ev.band_occupancy, static_argnums=3)
HALF_M = 0.2
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


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.1, 1.5), st.floats(2e-4, 0.002), st.floats(-2e-6, 2e-6), st.sampled_from([-1, 1])
)
def test_hits_near_the_end_of_a_wall_stay_in_the_wall(angle, from_end, rounding, side) -> None:
    """A wall begins at x = 1 m and y = 1 m, both faces of voxels; rays graze it towards its end.

    They meet it at ``from_end`` before the corner: 2 mm along the ray lie beyond it.
    """
    corner = np.array([1.0 + from_end, 1.0 + rounding, 0.55])
    origin = corner - 0.7 * np.array([-np.cos(angle), np.sin(angle), 0.01 * side])
    _, hit = OBSERVED(CONFIG, scan(origin, [corner]))
    assert np.argwhere(np.asarray(hit)).tolist() == [[10, 10, 5]]


def test_hit_beats_miss_and_each_voxel_changes_once() -> None:
    # three rays pass through the voxel in which a fourth one ends
    points = [[2.05, 0.55, 0.55], [2.9, 0.55, 0.55], [2.9, 0.56, 0.55], [2.9, 0.54, 0.55]]
    after = INTEGRATE(CONFIG, ev.init_evidence(CONFIG), scan([0.55, 0.55, 0.55], points))
    log_odds = np.asarray(after.log_odds)
    # to half a unit of the integers that hold them
    assert log_odds[20, 5, 5] == pytest.approx(LOG_ODDS_HIT, abs=5e-4)
    assert log_odds[10, 5, 5] == pytest.approx(-LOG_ODDS_MISS, abs=5e-4)
    assert set(np.unique(log_odds)) == {log_odds[20, 5, 5], log_odds[10, 5, 5], 0.0}


def test_log_odds_stay_within_their_limits() -> None:
    evidence = ev.init_evidence(CONFIG)
    for _ in range(12):
        evidence = INTEGRATE(CONFIG, evidence, scan([0.55, 0.55, 0.55], [[2.05, 0.55, 0.55]]))
    assert evidence.log_odds[20, 5, 5] == np.float32(LOG_ODDS_MAX)
    assert evidence.log_odds[10, 5, 5] == np.float32(LOG_ODDS_MIN)


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


def cylinder(config: LiveMapConfig, body: np.ndarray, radius_m: float) -> np.ndarray:
    """Return the voxels [nx, ny, nz] of the body's height that are so near, horizontally."""
    centres = (np.indices(config.shape).reshape(3, -1).T + 0.5) * config.resolution_m
    across = np.linalg.norm((centres - body)[:, :2], axis=1) <= radius_m
    height = np.abs((centres - body)[:, 2]) < config.half_height_m + 0.5 * config.resolution_m
    return (across & height).reshape(config.shape)


def test_footprint_frees_unseen_voxels_only() -> None:
    far = np.array([2.9, 0.1, 0.5])  # where it took off
    begun = INTEGRATE(CONFIG, ev.init_evidence(CONFIG), scan([2.9, 0.1, 0.5], [], far))
    wall = INTEGRATE(CONFIG, begun, scan([0.5, 1.0, 0.5], [[1.55, 1.0, 0.5]]))
    body = np.array([1.4, 1.0, 0.52])
    after = INTEGRATE(CONFIG, wall, scan([1.4, 1.0, 0.5], [], body))
    near = cylinder(CONFIG, body, FOOTPRINT_M)
    assert np.asarray(after.seen)[near].all()
    assert np.array_equal(np.asarray(after.seen), near | np.asarray(wall.seen))
    assert after.log_odds[15, 10, 5] == wall.log_odds[15, 10, 5] > 0, "a wall beside it remains"


def test_place_of_take_off_is_clear_and_opens_into_what_is_seen() -> None:
    """Nearer than the camera shows the body's height, what it shows at the body's counts."""
    body = np.array([1.02, 1.0, 0.5])
    ends = [[2.9, 1.0 + y, 0.5] for y in np.linspace(-0.6, 0.6, RAYS)]
    after = INTEGRATE(CONFIG, ev.init_evidence(CONFIG), scan(body, ends, body))
    seen, free = np.asarray(after.seen), np.asarray(after.log_odds) < 0.0
    start = cylinder(CONFIG, body, START_CLEAR_M)
    assert free[start].all()
    height = cylinder(CONFIG, body, 0.1).any(axis=(0, 1))
    assert free[20, 10][height].all() and height.sum() == 10, "1 m ahead, all of the height"
    assert seen[25, 10].sum() == 1, "farther ahead only what a ray passes"
    assert not seen[:4].any(), "nothing behind it"
    later = np.array([1.52, 1.0, 0.5])
    gone = INTEGRATE(CONFIG, after, scan(later, [], later))
    beside = cylinder(CONFIG, later, FOOTPRINT_M)
    assert np.array_equal(np.asarray(gone.seen), seen | beside), "later no more than its place"


def test_climbing_from_the_place_of_take_off_clears_what_is_above() -> None:
    evidence = ev.init_evidence(CONFIG)
    for z in (0.1, 0.3, 0.5):
        body = np.array([1.0, 1.0, z])
        evidence = INTEGRATE(CONFIG, evidence, scan(body, [], body))
    assert np.asarray(evidence.seen)[10, 10].sum() == 10
    p, known = BAND(CONFIG, evidence, 0.5, 0.41)
    assert known[10, 10] and p[10, 10] < 0.5


def evidence_of(log_odds: np.ndarray, seen: np.ndarray, config: LiveMapConfig = CONFIG):
    """Return evidence of given log-odds [nx, ny, nz] where ``seen``."""
    words = ev.pack(jnp.asarray(log_odds), jnp.asarray(seen, jnp.int32))
    return ev.init_evidence(config)._replace(words=jnp.moveaxis(words, -1, 0))


def test_log_odds_and_seen_come_back_as_they_were_packed() -> None:
    rng = np.random.default_rng(1)
    seen = rng.random(CONFIG.shape) < 0.5
    log_odds = np.where(seen, rng.uniform(-20.0, 20.0, CONFIG.shape), 0.0)
    evidence = evidence_of(log_odds, seen)
    np.testing.assert_array_equal(evidence.seen, seen)
    np.testing.assert_allclose(evidence.log_odds, log_odds, atol=5.1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(-0.3, 1.3), st.sampled_from([0.0, 0.04, 0.2, 0.41, 3.0]))
def test_band_is_what_the_body_would_meet(seed: int, altitude_m: float, half_m: float) -> None:
    rng = np.random.default_rng(seed)
    seen = rng.random(CONFIG.shape) < rng.choice([0.5, 0.9, 0.99])
    free = rng.random((*CONFIG.shape[:2], 1)) < 0.7
    log_odds = np.where(free, -1.0, rng.uniform(-2.0, 3.5, CONFIG.shape)) * seen
    layers = [
        k
        for k in range(CONFIG.shape[2])
        if 0.1 * k < altitude_m + half_m - 1e-4 and 0.1 * (k + 1) > altitude_m - half_m + 1e-4
    ] or [int(np.clip(np.floor(altitude_m / 0.1), 0, CONFIG.shape[2] - 1))]
    middle = [k for k in layers if abs(0.1 * (k + 0.5) - altitude_m) <= 0.2 + 1e-4]
    middle.append(int(np.clip(np.floor(altitude_m / 0.1 + 1e-6), 0, CONFIG.shape[2] - 1)))
    highest = np.where(seen, log_odds, -np.inf)[:, :, layers].max(axis=2)
    want_known = (highest > 0.0) | seen[:, :, middle].any(axis=2)
    want_p = np.where(want_known, 1.0 / (1.0 + np.exp(-highest)), 0.5)
    p, known = BAND(CONFIG, evidence_of(log_odds, seen), jnp.float32(altitude_m), half_m)
    np.testing.assert_array_equal(known, want_known)
    np.testing.assert_allclose(p, want_p, atol=2e-3)


def test_bar_over_the_flight_altitude_is_an_obstacle_where_the_body_meets_it() -> None:
    config = LiveMapConfig(lower_m=(0.0, 0.0, 0.0), upper_m=(2.0, 2.0, 4.0))
    for above_m, meets in ((0.2, True), (0.35, True), (0.6, False), (-0.3, True), (-0.7, False)):
        seen, log_odds = np.ones(config.shape, bool), np.full(config.shape, -1.0)
        layer = round((2.0 + above_m) / 0.1)  # 0.1 m thick, its lower face there
        log_odds[5, :, layer] = 0.85
        p, known = BAND(config, evidence_of(log_odds, seen, config), 2.0, config.half_height_m)
        assert known.all() and (np.asarray(p) > 0.5).sum() == (20 if meets else 0), above_m


def test_height_is_known_by_a_look_at_the_altitude_and_occupied_by_any_of_it() -> None:
    config = LiveMapConfig(lower_m=(0.0, 0.0, 0.0), upper_m=(1.0, 1.0, 4.0))
    log_odds, seen = np.full(config.shape, -1.0), np.ones(config.shape, bool)
    seen[0, :, 23:], seen[1, :, :23], seen[2, :, :] = False, False, False
    seen[3, :, 18:22], log_odds[3, :, 17] = False, 0.85
    p, known = BAND(config, evidence_of(log_odds, seen, config), 2.0, config.half_height_m)
    assert np.asarray(known)[:, 0].tolist() == [True, False, False, True] + [True] * 6
    assert p[3, 0] > 0.5 and p[1, 0] == 0.5, "occupied as soon as any of it is"


@pytest.mark.parametrize(
    ("size_m", "altitude_m"),
    [
        *((0.5, 2.0), (0.5, 1.5), (0.7, 1.5), (0.8, 1.5), (1.0, 2.0), (1.0, 1.9), (1.0, 1.2)),
        *((0.02, 1.0), (0.1, 2.0), (0.4, 0.0), (0.4, 4.0), (1.0, 7.0), (1.0, -3.0)),
    ],
)
def test_voxels_of_any_size_that_were_all_seen_free_are_known_free(size_m, altitude_m) -> None:
    config = LiveMapConfig(upper_m=(2.0, 2.0, 4.0), resolution_m=size_m)
    free = np.full(config.shape, -1.0)
    evidence = evidence_of(free, np.ones(config.shape, bool), config)
    p, known = BAND(config, evidence, altitude_m, config.half_height_m)
    assert np.asarray(known).all() and (np.asarray(p) < 0.5).all()


def wall_seen(config: LiveMapConfig, evidence: ev.Evidence, at: np.ndarray, times: int):
    """Return the evidence after looks from a place at a wall at x = 2.05, and through it."""
    points = [[2.05, at[1], at[2]]]
    for _ in range(times):
        evidence = INTEGRATE(config, evidence, scan(at, points, at))
    return evidence


def flown(config: LiveMapConfig, evidence: ev.Evidence, at: np.ndarray, way_m: float):
    """Return the evidence after a flight there and back in steps of 0.5 m without a look."""
    for k in range(round(way_m / 0.5)):
        place = at + np.array([0.0, 0.5 * (k % 2 == 0), 0.0])
        evidence = INTEGRATE(config, evidence, scan(at, [], place))
    return evidence


def looks_until(evidence: ev.Evidence, at: np.ndarray, end_x: float, voxel, occupied: bool) -> int:
    """Return how many looks along x it takes until a voxel is occupied or free."""
    for looks in range(20):
        if (float(evidence.log_odds[voxel]) > 0.0) == occupied:
            return looks
        evidence = INTEGRATE(CONFIG, evidence, scan(at, [[end_x, at[1], at[2]]], at))
    raise AssertionError("never")


def test_recent_looks_outweigh_old_ones() -> None:
    at = np.array([0.55, 0.55, 0.55])
    hit, passed = (20, 5, 5), (10, 5, 5)
    fresh = wall_seen(CONFIG, ev.init_evidence(CONFIG), at, 12)
    # while nothing was flown nothing fades: 3.5 needs nine misses of 0.4, -2 three hits of 0.85
    assert looks_until(fresh, at, 2.75, hit, occupied=False) == 9
    assert looks_until(fresh, at, 1.05, passed, occupied=True) == 3
    old = flown(CONFIG, fresh, at, 20.0)
    known = np.asarray(fresh.seen)
    assert np.array_equal(old.log_odds[known], fresh.log_odds[known]), "what nobody looks at stays"
    assert looks_until(old, at, 2.75, hit, occupied=False) <= 2
    assert looks_until(old, at, 1.05, passed, occupied=True) == 1
    medium = flown(CONFIG, fresh, at, 10.0)
    assert looks_until(medium, at, 2.75, hit, occupied=False) == 4
    again = wall_seen(CONFIG, old, at, 6)
    assert looks_until(again, at, 2.75, hit, occupied=False) >= 9, "a look makes it fresh again"


def test_numbers_of_scans_begin_anew_without_loss() -> None:
    at = np.array([0.55, 0.55, 0.55])
    evidence = ev.init_evidence(CONFIG)._replace(number=jnp.int32(65534))
    evidence = wall_seen(CONFIG, evidence, at, 3)  # 65535, 1, 2
    assert int(evidence.number) == 2
    assert float(evidence.log_odds[20, 5, 5]) == pytest.approx(3 * 0.85, abs=2e-3)
    assert evidence.seen[20, 5, 5]


def test_points_of_never_seen_voxels_are_drawn_evenly() -> None:
    seen = np.random.default_rng(3).random(CONFIG.shape) < 0.97
    state = evidence_of(np.where(seen, -1.0, 0.0), seen)
    count = 100 * int((~seen).sum())
    x = np.asarray(ev.never_seen_points(CONFIG, state, count, jax.random.key(1))).T
    cell = np.floor((x - np.array(CONFIG.lower_m)) / CONFIG.resolution_m).astype(int)
    drawn = np.zeros(CONFIG.shape, int)
    np.add.at(drawn, tuple(np.clip(cell, 0, np.array(CONFIG.shape) - 1).T), 1)
    assert drawn[seen].sum() < 1e-3 * count, "rounding at a face alone"
    assert drawn[~seen].min() > 50 and drawn[~seen].max() < 160


def test_never_seen_points_are_anywhere_where_all_was_seen() -> None:
    state = evidence_of(np.full(CONFIG.shape, -1.0), np.ones(CONFIG.shape, bool))
    x = np.asarray(ev.never_seen_points(CONFIG, state, 2000, jax.random.key(0)))
    np.testing.assert_allclose(x.mean(axis=1), 0.5 * np.array(CONFIG.upper_m), rtol=0.1)


def test_cloud_of_a_large_camera_is_what_its_parts_are() -> None:
    rng = np.random.default_rng(5)
    origin = np.array([0.55, 0.95, 0.45])
    ends = rng.uniform([0.0, -1.0, -0.5], [4.0, 3.0, 1.5], (640 * 480, 3))
    whole = scan_from_points(jnp.array(origin), jnp.asarray(ends), jnp.asarray(FAR))
    after = INTEGRATE(CONFIG, ev.init_evidence(CONFIG), whole)
    free, hit = np.zeros(CONFIG.shape, bool), np.zeros(CONFIG.shape, bool)
    for part in np.split(ends, 64):
        rays = scan_from_points(jnp.array(origin), jnp.asarray(part), jnp.asarray(FAR))
        for mask, more in zip((free, hit), OBSERVED(CONFIG, rays), strict=True):
            mask |= np.asarray(more)
    np.testing.assert_array_equal(after.seen, free | hit)
    np.testing.assert_array_equal(np.asarray(after.log_odds) > 0.0, hit)
    np.testing.assert_array_equal(np.asarray(after.log_odds) < 0.0, free & ~hit)


@pytest.mark.parametrize("resolution_m", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("max_range_m", [0.5, 100.0])
def test_ranges_and_resolutions_at_their_limits(resolution_m: float, max_range_m: float) -> None:
    config = LiveMapConfig(
        upper_m=(3.0, 1.0, 1.0),
        resolution_m=resolution_m,
        max_range_m=max_range_m,
    )
    origin, y = 0.29, 0.51
    rays = scan([origin, y, y], [[2.77, y, y], [90.0, y, y]])
    after = INTEGRATE(config, ev.init_evidence(config), rays)
    column = np.asarray(after.log_odds)[:, int(y / resolution_m), int(y / resolution_m)]
    hit = int(2.7725 / resolution_m)
    first = int(origin / resolution_m)
    if max_range_m == 100.0:
        assert column[hit] > 0.0, "a hit beats the ray that sees on"
        assert (np.delete(column[first:], hit - first) < 0.0).all(), "up to the edge"
    else:
        last = int((origin + 0.5 - 1e-4) / resolution_m)
        assert (column[first : last + 1] < 0.0).all() and not column[last + 1 :].any()
    assert not column[:first].any()
