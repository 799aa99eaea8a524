# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mission's decisions, one situation after the other."""

from __future__ import annotations

import dataclasses
import math

import pytest

from live_mvp_ros.control.mission import MissionConfig, MissionInputs, MissionState, decide
from live_mvp_ros.planning.ending import PlanCode

CONFIG = MissionConfig(time_limit_s=100.0)
EXPLORING = MissionInputs(
    odom_age_s=0.01,
    map_age_s=0.2,
    field_age_s=0.2,
    elapsed_s=10.0,
    distance_to_goal_m=8.0,
    nothing_left=False,
    goal_reachable=True,
)
LEFT = {"nothing_left": True, "settled": True}
GOING = MissionState.GOING_TO_GOAL


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        ({}, MissionState.EXPLORING, "can still be seen"),
        ({"odom_age_s": math.inf}, MissionState.WAITING_FOR_ODOM, "no odometry yet"),
        ({"odom_age_s": 0.3}, MissionState.HOLDING, "no odometry for 0.30 s"),
        ({"odom_finite": False}, MissionState.HOLDING, "not finite"),
        ({"map_age_s": math.inf}, MissionState.WAITING_FOR_MAP, "no map yet"),
        ({"map_age_s": 2.5}, MissionState.HOLDING, "map is 2.5 s old"),
        ({"field_age_s": math.inf}, MissionState.WAITING_FOR_MAP, "no information field yet"),
        ({"field_age_s": 3.0}, MissionState.HOLDING, "information field is 3.0 s old"),
        ({"paused": True}, MissionState.HOLDING, "paused"),
        ({"stopped": True}, MissionState.DONE, "stopped"),
        ({"elapsed_s": 101.0}, MissionState.DONE, "time limit of 100 s"),
        ({"nothing_left": True}, MissionState.GOING_TO_GOAL, "nothing left"),
        ({**LEFT, "goal_reachable": False}, MissionState.DONE, "out of reach"),
        ({**LEFT, "distance_to_goal_m": 1.4}, MissionState.DONE, "goal is reached"),
        ({**LEFT, "goal_reachable": False, "settled": False}, GOING, "making sure"),
        ({**LEFT, "distance_to_goal_m": 1.4, "settled": False}, GOING, "making sure"),
        ({"code": PlanCode.OFF_THE_MAP}, MissionState.HOLDING, "outside the map"),
        ({"code": PlanCode.NOT_FINITE}, MissionState.HOLDING, "not finite"),
        ({"code": PlanCode.NO_ROOM}, MissionState.HOLDING, "has room"),
        ({"code": PlanCode.OFF_THE_MAP, "code_s": 10.0}, MissionState.FAULT, "outside the map"),
        ({**LEFT, "code": PlanCode.OFF_THE_MAP}, MissionState.HOLDING, "outside the map"),
    ],
)
def test_each_situation_has_its_state_and_reason(change, state, words):
    decision = decide(CONFIG, None, dataclasses.replace(EXPLORING, **change))
    assert decision.state is state and words in decision.reason
    assert decision.flies == (state in (MissionState.EXPLORING, MissionState.GOING_TO_GOAL))


def test_only_arriving_after_everything_was_seen_reaches_the_goal():
    near = dataclasses.replace(EXPLORING, distance_to_goal_m=0.5)
    assert not decide(CONFIG, None, near).goal_reached
    assert decide(CONFIG, None, dataclasses.replace(near, **LEFT)).goal_reached


def test_done_is_final_and_holding_recovers():
    done = decide(CONFIG, None, dataclasses.replace(EXPLORING, stopped=True))
    assert decide(CONFIG, done, EXPLORING) is done
    held = decide(CONFIG, None, dataclasses.replace(EXPLORING, odom_age_s=1.0))
    assert decide(CONFIG, held, EXPLORING).state is MissionState.EXPLORING


def test_a_pose_that_comes_back_ends_the_holding():
    lost = dataclasses.replace(EXPLORING, code=PlanCode.OFF_THE_MAP, code_s=9.0)
    held = decide(CONFIG, None, lost)
    assert held.state is MissionState.HOLDING
    assert decide(CONFIG, held, EXPLORING).state is MissionState.EXPLORING


def test_a_mission_without_a_plan_can_be_stopped_and_ends_in_time():
    lost = dataclasses.replace(EXPLORING, code=PlanCode.OFF_THE_MAP)
    assert decide(CONFIG, None, dataclasses.replace(lost, stopped=True)).state is MissionState.DONE
    late = dataclasses.replace(lost, elapsed_s=101.0)
    assert decide(CONFIG, None, late).state is MissionState.DONE
