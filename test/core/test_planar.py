# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Planar sensing against walls at known distances: what becomes known, and as what."""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.geodesy import clearance
from live_mvp_ros.planning.regions import cell_of
from live_mvp_ros.sim import planar
from live_mvp_ros.vehicle import BodyConfig, at_rest
from live_mvp_ros.vehicle.body import START_CLEAR_M

SPEC = GridSpec((0.05, 0.05), 0.1, (60, 60))
X, Y = SPEC.centres()
CONFIG = planar.PlanarSensorConfig(range_m=3.0, noise_sigma_m=0.0)
EYE = (2.55, 3.05)
MEASURE = jax.jit(planar.measure, static_argnums=1)


@partial(jax.jit, static_argnames="spec")
def look(config, state, occupied, vehicle, key, *, spec):
    ranges = planar.measure(config, spec, occupied, vehicle, key)
    return planar.step(config, spec, state, vehicle, ranges)


def seen_from(occupied, yaw=0.0, config=CONFIG, seed=0, state=None):
    vehicle = at_rest(jnp.array([*EYE, 2.0]), yaw)
    state = planar.init(SPEC) if state is None else state
    return look(
        config,
        state=state,
        occupied=jnp.asarray(occupied),
        vehicle=vehicle,
        key=jax.random.key(seed),
        spec=SPEC,
    )


@settings(max_examples=100, deadline=None)
@given(st.floats(1.0, 3.9), st.floats(1.0, 5.0), st.floats(-0.6, 0.6))
@example(1.90625, 3.48046875, 0.38671875)  # samples half a cell apart miss corners of cells
def test_ranges_end_at_the_face_of_a_wall(x, y, yaw):
    """A wall begins at x = 4 m: the way to it is (4 - x) / cos of the beam's direction."""
    config = planar.PlanarSensorConfig(range_m=6.0, noise_sigma_m=0.0, n_beams=15)
    wall = jnp.asarray(np.broadcast_to((X > 4.0)[:, None], SPEC.shape))
    vehicle = at_rest(jnp.array([x, y, 2.0]), yaw)
    ranges = MEASURE(config, SPEC, wall, vehicle, jax.random.key(0))
    angle = yaw + config.fov_rad * (np.arange(15) / 14 - 0.5)
    way_m = (4.0 - x) / np.cos(angle)
    met_y = y + way_m * np.sin(angle)
    whole = np.asarray(ranges.ends) & (met_y > 0.2) & (met_y < 5.8)  # else it meets the map's end
    late_m = (np.asarray(ranges.range_m) - way_m)[whole]
    np.testing.assert_allclose(late_m, 0.0, atol=2e-4)


def test_a_wall_becomes_occupied_the_way_to_it_free_and_nothing_behind_it_known():
    wall = np.broadcast_to((X > 4.0)[:, None], SPEC.shape)
    p, known = map(np.asarray, planar.occupancy(seen_from(wall)))
    row = 30  # the middle beam runs along it
    assert np.all(p[26:40, row] < 0.5)
    assert known[26:41, row].all()
    assert p[40, row] > 0.5
    assert not known[41:].any()
    assert np.all(p[~known] == 0.5)


def test_only_the_field_of_view_and_the_range_become_known():
    state = seen_from(np.zeros(SPEC.shape, bool), yaw=math.pi / 2)
    known = np.asarray(state.seen)
    dx, dy = X[:, None] - EYE[0], Y[None, :] - EYE[1]
    distance, bearing = np.hypot(dx, dy), np.abs(np.arctan2(dx, dy))
    beyond = (distance > START_CLEAR_M + 0.1) & (
        (distance > CONFIG.range_m + 0.1) | (bearing > 0.5 * CONFIG.fov_rad + 0.1)
    )
    within = (distance < CONFIG.range_m - 0.1) & (bearing < 0.5 * CONFIG.fov_rad - 0.05)
    assert not known[beyond].any()
    assert known[within].all()


def test_the_edge_of_the_map_is_no_obstacle():
    state = seen_from(np.zeros(SPEC.shape, bool), config=planar.PlanarSensorConfig(range_m=5.0))
    p, known = map(np.asarray, planar.occupancy(state))
    assert known[-1].any()
    assert np.all(p[known] < 0.5)


@pytest.mark.parametrize("walled", [False, True])
def test_noise_makes_no_obstacle_of_the_edge_and_hides_none_beside_it(walled):
    config = planar.PlanarSensorConfig(range_m=5.0, noise_sigma_m=0.3, n_beams=64)
    wall = np.broadcast_to((X > 5.9)[:, None], SPEC.shape) & walled
    vehicle = at_rest(jnp.array([3.05, 3.05, 2.0]), 0.0)  # all beams leave the map at x = 6 m
    for seed in range(5):
        ranges = MEASURE(config, SPEC, jnp.asarray(wall), vehicle, jax.random.key(seed))
        np.testing.assert_array_equal(ranges.ends, walled)


def test_evidence_grows_with_every_look_up_to_its_limits():
    wall = np.broadcast_to((X > 4.0)[:, None], SPEC.shape)
    state = seen_from(wall)
    assert float(state.log_odds[40, 30]) == pytest.approx(planar.LOG_ODDS_HIT)
    assert float(state.log_odds[35, 30]) == pytest.approx(-planar.LOG_ODDS_MISS)
    for k in range(20):
        state = seen_from(wall, seed=k, state=state)
    assert float(state.log_odds[40, 30]) == planar.LOG_ODDS_MAX
    assert float(state.log_odds[35, 30]) == planar.LOG_ODDS_MIN


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), yaw=st.floats(-3.1, 3.1))
@example(seed=1, yaw=-1.125)  # a sample on an edge between two cells
def test_without_noise_nothing_becomes_known_as_what_it_is_not(seed, yaw):
    occupied = np.random.default_rng(seed).random(SPEC.shape) < 0.08
    occupied[19:32, 24:37] = False
    p, known = map(np.asarray, planar.occupancy(seen_from(occupied, yaw)))
    np.testing.assert_array_equal(p[known] > 0.5, occupied[known])


def test_noise_is_seeded_and_moves_walls_by_cells():
    wall = np.broadcast_to((X > 4.0)[:, None], SPEC.shape)
    noisy = planar.PlanarSensorConfig(range_m=3.0, noise_sigma_m=0.1)
    first, again, other = (
        np.asarray(seen_from(wall, config=noisy, seed=seed).log_odds) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    assert np.any(first[:40] > 0.0)  # some beam ended too early


@pytest.mark.parametrize(
    "values", [{"n_beams": 0}, {"n_beams": 1}, {"range_m": 0.0}, {"resolution_m": -0.1}]
)
def test_a_sensor_that_makes_no_sense_is_refused(values):
    with pytest.raises(ConfigurationError, match="is not allowed"):
        planar.PlanarSensorConfig(**values)


@pytest.mark.parametrize("radius_m", [0.05, 0.3, 0.6, 1.2])
@pytest.mark.parametrize("resolution_m", [0.1, 0.25])
def test_a_body_of_any_size_fits_where_it_starts_and_frees_no_more_than_it_fills(
    radius_m, resolution_m
):
    body = BodyConfig(radius_m=radius_m)
    config = planar.PlanarSensorConfig(body=body, n_beams=2)
    spec = GridSpec.covering((0.0, 0.0), (6.0, 6.0), resolution_m)
    at = at_rest(jnp.array([3.04, 2.93, 2.0]))
    blind = planar.Ranges(*jnp.zeros((2, 2), int), ends=jnp.zeros(2, bool), range_m=jnp.zeros(2))
    state = planar.step(config, spec, planar.init(spec), at, blind)
    p, known = planar.occupancy(state)
    free = np.asarray(known & (p < 0.5))
    room_m = clearance(jnp.asarray(~free), resolution_m, 9.0)
    assert float(room_m[cell_of(spec, (3.04, 2.93))]) >= body.fits_from_m
    away = at_rest(jnp.array([5.0, 5.0, 2.0]))
    later = np.asarray(planar.step(config, spec, state, away, blind).seen) & ~free
    x, y = spec.centres()
    apart_m = np.hypot(np.asarray(x)[:, None] - 5.0, np.asarray(y)[None] - 5.0)
    assert apart_m[later].max(initial=0.0) <= min(radius_m, 0.25) + 1e-6
