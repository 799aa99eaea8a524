# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole loop in one process: it explores at a distance, and one seed gives one flight."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from live_mvp_ros.config import ConfigurationError
from live_mvp_ros.control import MissionState
from live_mvp_ros.sim import closed_loop, metrics
from live_mvp_ros.worlds import load_world

pytestmark = pytest.mark.slow

WORLD = load_world("office")
PLANAR = closed_loop.configure(WORLD)
FULL = closed_loop.configure(WORLD, sensing="full")


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


@pytest.mark.parametrize(("config", "explored_at_least"), [(PLANAR, 0.35), (FULL, 0.5)])
def test_it_explores_without_coming_close_to_anything(config, explored_at_least):
    truth = metrics.ground_truth(WORLD, range_m=closed_loop.sensor_range_m(config))
    flight = flown(config, 0, 12.0)
    grid = closed_loop.map_grid(WORLD, config)
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
    speeds = np.concatenate([np.linalg.norm(s.velocity_m_s, axis=1) for s in flight])
    assert speeds.max() < 1.3 * config.body.speed_max_m_s


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
    flight = list(closed_loop.explore(WORLD, closed_loop.configure(WORLD, time_limit_s=1.0), 0))
    assert flight[-1].decision.state is MissionState.DONE
    assert "time limit of 1 s" in flight[-1].decision.reason
    held = flight[-1].clearance_m
    assert np.all(np.isnan(held))  # the planner's command is not flown any more


def test_wrong_names_are_refused_in_a_sentence():
    with pytest.raises(ConfigurationError, match=r"planner = 'best' is not allowed.*parallel"):
        closed_loop.configure(WORLD, planner="best")
    with pytest.raises(ConfigurationError, match=r"sensing = 'sonar' is not allowed.*planar"):
        closed_loop.configure(WORLD, sensing="sonar")
