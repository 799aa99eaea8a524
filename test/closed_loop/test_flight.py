# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole loop in one process: it explores at a distance, and one seed gives one flight."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from live_mvp_ros import planning, worlds
from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.evaluation import metrics, scenario
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.sim import closed_loop, loop_config
from live_mvp_ros.vehicle.odometry import OdometryConfig
from live_mvp_ros.worlds import load_world

pytestmark = pytest.mark.slow

WORLD = load_world("office")
COARSE = {"n_directions": 24}  # half of them compile much sooner, and fly as well
BASE = loop_config.ClosedLoopConfig(info_field=planning.InfoFieldConfig(**COARSE))
PLANAR = loop_config.configure(WORLD, base=BASE)
FULL = loop_config.configure(WORLD, sensing="full", base=BASE)


def grid_of(config):
    return loop_config.map_grid(WORLD, config)


def flown(config, seed, seconds):
    stretches = round(seconds / config.stretch_s)
    return list(itertools.islice(closed_loop.explore(WORLD, config, seed), stretches))


@pytest.mark.parametrize(("config", "seconds"), [(PLANAR, 3.0), (FULL, 1.2)])
def test_one_seed_gives_one_flight_bit_for_bit_and_another_seed_another(config, seconds):
    first, again, other = (flown(config, seed, seconds) for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        for field in dataclasses.fields(a):
            if isinstance(getattr(a, field.name), np.ndarray):
                np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name))
        np.testing.assert_array_equal(a.view.p, b.view.p)
        np.testing.assert_array_equal(a.view.field.guidance, b.view.field.guidance)
    assert np.any(first[-1].command != other[-1].command)


def speeds_m_s(positions: np.ndarray, config: loop_config.ClosedLoopConfig) -> np.ndarray:
    """Return the speeds over 0.1 s."""
    steps = round(0.1 / config.control_period_s)
    return np.linalg.norm(positions[steps:] - positions[:-steps], axis=1) / 0.1


@pytest.mark.parametrize("planner", ["parallel", "sequential"])
@pytest.mark.parametrize("limit", [0.05, 0.2, 0.6, 2.0, 4.0])
def test_the_speed_limit_limits(limit, planner):
    settings = {"body": {"speed_max_m_s": limit}, "info_field": COARSE}
    config = scenario.configure(Run(world="office", planner=planner, overrides=settings), WORLD)
    flight = flown(config, 0, 6.0)
    speeds = speeds_m_s(np.concatenate([stretch.position_m for stretch in flight]), config)
    assert speeds.max() < 1.1 * limit
    assert speeds.max() > 0.5 * min(limit, 2.0), "it flies"
    assert all(stretch.decision.state is MissionState.EXPLORING for stretch in flight)


@pytest.mark.parametrize(("config", "explored_at_least"), [(PLANAR, 0.35), (FULL, 0.5)])
def test_it_explores_without_coming_close_to_anything(config, explored_at_least):
    truth = metrics.ground_truth(WORLD, range_m=loop_config.sensor_range_m(config))
    flight = flown(config, 0, 12.0)
    grid = loop_config.map_grid(WORLD, config)
    explored = [
        metrics.explored_fraction(np.asarray(stretch.view.known), grid, truth)
        for stretch in (flight[0], flight[-1])
    ]
    assert explored[0] < 0.2
    assert explored[1] > explored_at_least
    positions = np.concatenate([stretch.position_m for stretch in flight])
    safety = metrics.safety(WORLD.scene, positions, config.body.radius_m)
    assert safety.collisions == 0
    assert all(stretch.decision.state is MissionState.EXPLORING for stretch in flight)
    assert speeds_m_s(positions, config).max() < 1.1 * config.body.speed_max_m_s


@pytest.mark.parametrize("config", [PLANAR, FULL])
def test_the_map_holds_drifting_odometry_and_the_score_is_in_the_true_frame(config):
    """Twice the drift of good visual-inertial odometry, its heading four times."""
    drifts = OdometryConfig(drift_m_per_m=0.01, heading_drift_rad_per_m=math.radians(0.2))
    shared = loop_config.with_shared(dataclasses.replace(config, odometry=drifts))
    loop = closed_loop.Loop(WORLD, shared, 0)
    flight = [loop.advance() for _ in range(round(15.0 / config.stretch_s))]
    true = np.concatenate([stretch.position_m for stretch in flight])
    believed = np.concatenate([stretch.believed_position_m for stretch in flight])
    assert np.all(np.asarray(believed[0]) == true[0])
    assert metrics.path_length(true) > 10.0
    truly, reported = np.asarray(loop.now.vehicle.position), np.asarray(loop.now.reported.position)
    assert np.linalg.norm(reported - truly) > 0.15
    assert np.linalg.norm(believed - true, axis=1).max() < 0.1
    occupied = np.asarray(worlds.ground_truth_grid(WORLD, grid_of(config), WORLD.start_m[2]))
    view = flight[-1].view
    assert np.mean(occupied[np.asarray(view.known & (view.p < 0.5))]) < 0.01
    truth = metrics.ground_truth(WORLD, range_m=loop_config.sensor_range_m(config))
    assert metrics.safety(WORLD.scene, true, config.body.radius_m).collisions == 0
    fractions = [metrics.explored_fraction(s.seen, grid_of(config), truth) for s in flight]
    assert fractions == sorted(fractions) and fractions[-1] > fractions[0] + 0.05


@pytest.mark.parametrize("config", [PLANAR, FULL])
def test_what_is_known_is_what_was_seen_while_odometry_is_exact(config):
    """The true-frame score of noisy odometry is that of the map, but for cells at edges."""
    noisy = dataclasses.replace(config, odometry=OdometryConfig(velocity_noise_sigma_m_s=1e-6))
    exact, other = (flown(c, 1, 2.0)[-1] for c in (config, noisy))
    np.testing.assert_array_equal(exact.seen, exact.view.known)
    truth = metrics.ground_truth(WORLD, range_m=loop_config.sensor_range_m(config))
    by_map, by_eye = (
        metrics.explored_fraction(cells, grid_of(config), truth)
        for cells in (np.asarray(other.view.known), other.seen)
    )
    # With full sensing the map knows less than was seen: the whole height of the body must be.
    low = by_map if config is PLANAR else 0.85 * by_eye
    assert low - 0.02 <= by_map <= by_eye + 0.02
    assert by_eye == pytest.approx(by_map, rel=0.05 if config is PLANAR else 0.15)


def test_the_planner_looks_once_per_stretch_and_the_clock_never_jumps():
    flight = flown(PLANAR, 0, 3.0)
    times = np.concatenate([stretch.time_s for stretch in flight])
    np.testing.assert_allclose(np.diff(times), PLANAR.control_period_s, atol=1e-9)
    per_stretch = PLANAR.steps_per_look * PLANAR.looks_per_plan
    assert [len(stretch.time_s) for stretch in flight] == [per_stretch] * 6
    known = [int(np.sum(stretch.view.known)) for stretch in flight]
    assert known == sorted(known)
    assert known[-1] > known[0]


def test_a_mission_whose_time_is_over_is_done_and_says_so():
    config = loop_config.configure(WORLD, time_limit_s=1.0, base=BASE)
    flight = list(closed_loop.explore(WORLD, config, 0))
    assert flight[-1].decision.state is MissionState.DONE
    assert "time limit of 1 s" in flight[-1].decision.reason
    held = flight[-1].clearance_m
    assert np.all(np.isnan(held))  # the planner's command is not flown any more


def test_wrong_names_are_refused_in_a_sentence():
    with pytest.raises(ConfigurationError, match=r"planner = 'best' is not allowed.*parallel"):
        scenario.configure(Run(planner="best"), WORLD)
    with pytest.raises(ConfigurationError, match=r"sensing = 'sonar' is not allowed.*planar"):
        loop_config.configure(WORLD, sensing="sonar")
