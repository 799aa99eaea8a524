# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A drone that explores while somebody walks across its way keeps clear of him."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import worlds
from live_mvp_ros.sim import closed_loop
from live_mvp_ros.sim.loop_config import configure
from live_mvp_ros.worlds.walker import Walker

ALTITUDE_M = 1.2


@pytest.mark.slow
@pytest.mark.parametrize(
    "way",
    [
        ((4.85, 1.6), (4.85, 6.0)),  # across, before the door of the room where the drone starts
        ((8.0, 4.0), (4.8, 4.0)),  # towards that door
    ],
)
def test_nobody_is_touched(way):
    """He walks at 1.2 m/s, to and fro, and does not look where he goes, but never into a drone.

    The drone flies at 1.2 m, in the middle of him.
    """
    world = worlds.load_world("office")
    start = (*world.start_m[:2], ALTITUDE_M)
    goal = (*world.goal_m[:2], ALTITUDE_M)
    world = dataclasses.replace(world, start_m=start, goal_m=goal)
    config = configure(world, sensing="full")
    loop = closed_loop.Loop(world, config, seed=0)
    still, walker = loop.truth.scene, Walker(way, turns_back=True)
    # he walks where there is room, not through walls and boxes, out of which nobody sees him come
    on_way = np.linspace((*way[0], ALTITUDE_M), (*way[1], ALTITUDE_M), 100, dtype=np.float32)
    assert worlds.signed_distance(still, jnp.asarray(on_way)).min() > walker.radius_m
    clearances, moved = [], 0.0
    while loop.time_s < 12.0:
        scene = walker.scene(still, loop.time_s)
        loop.truth = loop.truth._replace(scene=scene)
        begin_s = loop.time_s
        stretch = loop.advance()
        at = np.array([walker.at(begin_s) for _ in stretch.time_s])
        away = np.linalg.norm(stretch.position_m[:, :2] - at, axis=1) - walker.radius_m
        clearances.append(float(away.min()))
        moved += float(np.linalg.norm(np.diff(stretch.position_m, axis=0), axis=1).sum())
    assert moved > 2.0
    assert min(clearances) > config.body.radius_m
