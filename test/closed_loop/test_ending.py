# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Somebody steps into the door of the room that was just explored: the mission looks again."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.completion_report import GoalReason
from live_mvp_ros.control import MissionState
from live_mvp_ros.sim import closed_loop
from live_mvp_ros.worlds import World
from live_mvp_ros.worlds.scene import Boxes, Group, Planes, Scene

pytestmark = pytest.mark.slow

WALLS = (
    (0.0, 0.0, 6.0, 0.2),
    (0.0, 5.8, 6.0, 6.0),
    (0.0, 0.0, 0.2, 6.0),
    (5.8, 0.0, 6.0, 6.0),
    (3.0, 0.0, 3.2, 2.4),
    (3.0, 3.6, 3.2, 6.0),
)
LIMIT_S = 150.0


def two_rooms() -> World:
    """Return two rooms with a door of 1.2 m between them; start and goal are in the left one."""
    low, high = np.array(WALLS)[:, :2].T, np.array(WALLS)[:, 2:].T
    heights = np.full(len(WALLS), 1.5)
    walls = Boxes(
        jnp.asarray(np.vstack([0.5 * (low + high), heights]), jnp.float32),
        jnp.asarray(np.vstack([0.5 * (high - low), heights]), jnp.float32),
    )
    slabs = Planes(jnp.array([[0.0, 0.0], [0.0, 0.0], [1.0, -1.0]]), jnp.array([0.0, -3.0]))
    return World(
        name="two rooms",
        scene=Scene((Group((slabs, walls)),)),
        lower_m=(0.0, 0.0, 0.0),
        upper_m=(6.0, 6.0, 3.0),
        start_m=(1.2, 3.0, 1.5),
        start_yaw_rad=0.0,
        goal_m=(1.0, 1.0, 1.5),
    )


def flown(stands_s: float) -> tuple[list[closed_loop.Stretch], float]:
    """Fly while somebody stands in the door for so long once the drone is in the other room."""
    world = two_rooms()
    config = closed_loop.configure(world, time_limit_s=LIMIT_S)
    loop = closed_loop.Loop(world, config, 0)
    empty = loop.truth
    x, y = loop.spec.centres()
    person = ((x > 2.9) & (x < 3.3))[:, None] & ((y > 2.7) & (y < 3.3))[None]
    blocked = empty._replace(occupied=empty.occupied | jnp.asarray(person))
    flight: list[closed_loop.Stretch] = []
    since_s = None
    while not flight or flight[-1].decision.state is not MissionState.DONE:
        at_x = float(loop.now.vehicle.position[0])
        if since_s is None and at_x > 4.2:
            since_s = loop.time_s
        stands = since_s is not None and loop.time_s < since_s + stands_s
        loop.truth = blocked if stands else empty
        flight.append(loop.advance())
    assert since_s is not None
    return flight, since_s


def test_when_the_person_has_left_the_flight_goes_on_to_the_goal():
    flight, since_s = flown(12.0)
    end = flight[-1]
    assert end.decision.goal_reached
    assert end.time_s[-1] < LIMIT_S
    assert any(float(s.time_s[0]) > since_s + 12.0 for s in flight)  # it had to wait


def test_when_the_person_stays_the_mission_ends_and_says_what_blocks():
    flight, _ = flown(1000.0)
    end = flight[-1]
    assert end.time_s[-1] < LIMIT_S
    assert not end.decision.goal_reached
    assert end.completion is not None
    assert end.completion.goal.reason is GoalReason.BLOCKED
    assert "blocks the way to the goal" in end.decision.reason
    looked = [s for s in flight if "looking again" in s.decision.reason]
    assert len(looked) * 0.5 > 5.0
    door = np.array([3.1, 3.0])
    nearest = min(np.hypot(*(s.position_m[-1][:2] - door)) for s in looked)
    assert nearest < 1.6
