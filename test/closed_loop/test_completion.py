# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Missions that cannot be completed end by themselves and report why; baselines fly safely."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import planning
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.evaluation import metrics
from live_mvp_ros.evaluation.planners import PLANNERS, planner_of
from live_mvp_ros.planning.completion_report import GoalReason, Reason
from live_mvp_ros.sim import closed_loop, loop_config
from live_mvp_ros.worlds import World
from live_mvp_ros.worlds.scene import Boxes, Group, Planes, Scene

pytestmark = pytest.mark.slow

COMPARED = [name for name, planner in PLANNERS.items() if planner.step is not planning.plan]
LIMIT_S = 120.0
SIZE_M = (6.0, 6.0, 3.0)
ENDS = ((0.0, 0.0, 6.0, 0.2), (0.0, 5.8, 6.0, 6.0), (0.0, 0.0, 0.2, 6.0), (5.8, 0.0, 6.0, 6.0))
NOWHERE = (-1.0, -1.0, -0.9, -0.9)  # outside: every world has as many boxes, and compiles once
ROOM_M2 = 1.9 * 5.6  # of the room behind the wall at x = 3.9 m


def hall(name, *solids, goal=(1.0, 1.0)) -> World:
    """Return a hall of 6 m x 6 m with walls, a goal, and further solid rectangles up to three."""
    rectangles = [*ENDS, *solids, *[NOWHERE] * (3 - len(solids))]
    low, high = np.array(rectangles)[:, :2].T, np.array(rectangles)[:, 2:].T
    heights = np.full(len(rectangles), 1.5)
    walls = Boxes(
        jnp.asarray(np.vstack([0.5 * (low + high), heights]), jnp.float32),
        jnp.asarray(np.vstack([0.5 * (high - low), heights]), jnp.float32),
    )
    slabs = Planes(jnp.array([[0.0, 0.0], [0.0, 0.0], [1.0, -1.0]]), jnp.array([0.0, -3.0]))
    return World(
        name=name,
        scene=Scene((Group((slabs, walls)),)),
        lower_m=(0.0, 0.0, 0.0),
        upper_m=SIZE_M,
        start_m=(1.2, 3.0, 1.5),
        start_yaw_rad=0.0,
        goal_m=(*goal, 1.5),
    )


def flown(world, planner="parallel", seed=0, limit_s=LIMIT_S):
    """Return the stretches of a whole mission, after checking that nothing was touched."""
    config = loop_config.configure(world, time_limit_s=limit_s)
    flight = list(closed_loop.explore(world, config, seed, planner_of(planner)))
    positions = np.concatenate([stretch.position_m for stretch in flight])
    radius_m = config.body.radius_m
    assert metrics.safety(world.scene, positions, radius_m).collisions == 0
    assert flight[-1].decision.state is MissionState.DONE
    return flight


def report_of(flight):
    report = flight[-1].completion
    assert report is not None
    assert all(stretch.completion is None for stretch in flight[:-1])
    return report


def open_areas(report) -> dict[Reason, float]:
    """Return what is left by reason, without what is enclosed and small."""
    return {reason: area for reason in Reason if (area := report.area_m2(reason)) > 0.3}


def test_an_open_hall_is_explored_and_nothing_is_left():
    flight = flown(hall("open"))
    report = report_of(flight)
    assert report.explored
    assert report.goal.reached
    assert open_areas(report) == {}
    assert flight[-1].time_s[-1] < LIMIT_S


def test_a_sealed_room_is_unreachable():
    flight = flown(hall("sealed", (3.7, 0.0, 3.9, 6.0)))
    report = report_of(flight)
    assert flight[-1].time_s[-1] < LIMIT_S  # it ends by itself
    assert report.explored
    assert report.goal.reached
    assert list(open_areas(report)) == [Reason.UNREACHABLE]
    (room,) = [r for r in report.remainders if r.area_m2 > 0.3]
    assert room.enclosed
    assert ROOM_M2 <= room.area_m2 <= 2.4 * 6.0  # with its walls, which nobody has seen
    assert "enclosed" in flight[-1].decision.reason


def test_a_door_of_45_cm_is_too_narrow_and_so_is_the_way_to_a_goal_behind_it():
    door = ((3.7, 0.0, 3.9, 2.75), (3.7, 3.2, 3.9, 6.0))
    flight = flown(hall("narrow", *door, (4.6, 2.0, 4.8, 4.0), goal=(5.4, 3.0)))
    report = report_of(flight)
    assert flight[-1].time_s[-1] < LIMIT_S
    assert report.explored
    assert open_areas(report)[Reason.TOO_NARROW] > 0.3 * ROOM_M2
    assert max(open_areas(report), key=open_areas(report).get) is Reason.TOO_NARROW
    assert not report.goal.reached
    assert report.goal.reason is GoalReason.TOO_NARROW
    assert "too narrow" in flight[-1].decision.reason


def test_a_goal_deep_inside_a_wall():
    flight = flown(hall("buried", (2.8, 0.0, 6.0, 6.0), goal=(4.8, 3.0)))
    report = report_of(flight)
    assert flight[-1].time_s[-1] < LIMIT_S
    assert report.explored
    assert not report.goal.reached
    assert report.goal.reason in (GoalReason.ENCLOSED, GoalReason.INSIDE_OBSTACLE)
    assert "the goal lies inside" in flight[-1].decision.reason


def test_a_mission_without_time_says_what_it_did_not_look_at():
    flight = flown(hall("hasty", (3.7, 0.0, 3.9, 4.6)), limit_s=2.0)
    report = report_of(flight)
    assert not report.explored
    assert report.area_m2(Reason.OUT_OF_TIME) > 1.0
    assert report.goal.reason is GoalReason.OUT_OF_TIME
    assert "before the end" in flight[-1].decision.reason


@pytest.mark.parametrize("planner", COMPARED)
def test_every_planner_that_is_compared_ends_by_itself_and_reports(planner):
    world = hall("two rooms", (3.0, 0.0, 3.2, 4.6), (4.2, 1.0, 4.4, 2.0))
    flight = flown(world, planner, limit_s=240.0)
    report = report_of(flight)
    assert flight[-1].time_s[-1] < 240.0
    assert report.goal.reached
    config = loop_config.configure(world)
    truth = metrics.ground_truth(world, range_m=loop_config.sensor_range_m(config))
    grid = loop_config.map_grid(world, config)
    explored = metrics.explored_fraction(np.asarray(flight[-1].view.known), grid, truth)
    assert explored > (0.9 if planner != "greedy_information" else 0.5)
    if explored < 0.97:
        assert report.remainders


def test_random_flights_differ_by_seed():
    world = hall("random", (3.0, 0.0, 3.2, 4.6))
    config = loop_config.configure(world, time_limit_s=3.0)
    planner = planner_of("random")
    ends = [list(closed_loop.explore(world, config, seed, planner))[-1] for seed in (1, 1, 2)]
    np.testing.assert_array_equal(ends[0].position_m, ends[1].position_m)
    assert np.any(ends[0].position_m != ends[2].position_m)
    assert dataclasses.asdict(ends[0].decision) == dataclasses.asdict(ends[1].decision)
