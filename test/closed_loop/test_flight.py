# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole loop in one process: it explores at a distance, and one seed gives one flight."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from live_mvp_ros.control import MissionState
from live_mvp_ros.mapping import map_grid
from live_mvp_ros.sim import closed_loop, metrics
from live_mvp_ros.worlds import load_world

pytestmark = pytest.mark.slow

WORLD = load_world("office")
CONFIG = closed_loop.configure(WORLD)


def flown(seed: int, steps: int) -> list[closed_loop.Snapshot]:
    return list(itertools.islice(closed_loop.fly(WORLD, CONFIG, seed), steps))


def test_one_seed_gives_one_flight_bit_for_bit_and_another_seed_another():
    first, again, other = flown(3, 60), flown(3, 60), flown(4, 60)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.command, b.command)
        for left, right in zip(a.vehicle, b.vehicle, strict=True):
            np.testing.assert_array_equal(left, right)
    assert np.any(first[-1].command != other[-1].command)


def test_it_explores_without_coming_close_to_anything():
    truth = metrics.ground_truth(WORLD)
    flight = flown(0, 600)  # 12 s
    grid = map_grid(CONFIG.live_map)
    explored = [
        metrics.explored_fraction(np.asarray(snapshot.view.known), grid, truth)
        for snapshot in (flight[0], flight[-1])
    ]
    assert explored[0] < 0.2
    assert explored[1] > 0.5
    positions = np.array([snapshot.vehicle.position for snapshot in flight])
    safety = metrics.safety(WORLD.scene, positions, CONFIG.controller.vehicle.radius_m)
    assert safety.collisions == 0
    assert all(snapshot.decision.state is MissionState.EXPLORING for snapshot in flight)
    speeds = np.array([np.linalg.norm(snapshot.vehicle.velocity) for snapshot in flight])
    assert speeds.max() < 1.3 * CONFIG.controller.costs.speed_max_m_s
