# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mission's decisions, one situation after the other."""

from __future__ import annotations

import dataclasses
import math

import pytest

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control.lasting import Lasting
from live_mvp_ros.control.mission import (
    MissionConfig,
    MissionInputs,
    decide,
    haste,
)
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
        ({}, MissionState.EXPLORING, "next look at unknown"),
        ({"odom_age_s": math.inf}, MissionState.WAITING_FOR_ODOM, "no odometry yet"),
        ({"odom_age_s": 0.3}, MissionState.HOLDING, "no odometry for 0.30 s"),
        ({"odom_finite": False}, MissionState.HOLDING, "not finite"),
        ({"map_age_s": math.inf}, MissionState.WAITING_FOR_MAP, "no map yet"),
        ({"map_age_s": 2.5}, MissionState.HOLDING, "map is 2.5 s old"),
        ({"field_age_s": math.inf}, MissionState.WAITING_FOR_MAP, "no information field yet"),
        ({"field_age_s": 3.0}, MissionState.HOLDING, "information field is 3.0 s old"),
        ({"paused": True}, MissionState.HOLDING, "paused"),
        ({"unflown": "it lands"}, MissionState.HOLDING, "it lands"),
        ({"unflown": "it lands", "paused": True}, MissionState.HOLDING, "it lands"),
        ({"unflown": "it lands", "stopped": True}, MissionState.DONE, "stopped"),
        ({"stopped": True}, MissionState.DONE, "stopped"),
        ({"elapsed_s": 101.0}, MissionState.DONE, "time limit of 100 s"),
        ({"odom_age_s": -3.2}, MissionState.HOLDING, "odometry is 3.2 s in the future"),
        ({"odom_age_s": -0.05}, MissionState.EXPLORING, "next look at unknown"),  # clocks differ
        ({"map_age_s": -5.0}, MissionState.HOLDING, "the map is 5.0 s in the future"),
        ({"field_age_s": -2.5}, MissionState.HOLDING, "field is 2.5 s in the future"),
        ({"fault": "it fell"}, MissionState.FAULT, "it fell"),
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


def test_done_and_fault_are_final_and_holding_recovers():
    done = decide(CONFIG, None, dataclasses.replace(EXPLORING, stopped=True))
    assert decide(CONFIG, done, EXPLORING) is done
    fault = decide(CONFIG, None, dataclasses.replace(EXPLORING, fault="it fell"))
    assert decide(CONFIG, fault, EXPLORING) is fault
    held = decide(CONFIG, None, dataclasses.replace(EXPLORING, odom_age_s=1.0))
    assert decide(CONFIG, held, EXPLORING).state is MissionState.EXPLORING


MISSING = [
    {"odom_age_s": math.inf},
    {"odom_age_s": 3.0},
    {"odom_age_s": -3.0},
    {"odom_finite": False},
    {"map_age_s": math.inf},
    {"map_age_s": 9.0},
    {"field_age_s": math.inf},
    {"field_age_s": 9.0},
    {"fault": "it fell"},
    {"paused": True},
    {},
]


@pytest.mark.parametrize("missing", MISSING)
def test_a_stop_and_a_limit_end_the_mission_whatever_is_missing(missing):
    now = dataclasses.replace(EXPLORING, **missing)
    stopped = decide(CONFIG, None, dataclasses.replace(now, stopped=True))
    assert (stopped.state, stopped.reason) == (MissionState.DONE, "stopped on request")
    late = decide(CONFIG, None, dataclasses.replace(now, stalled_s=90.1))
    assert late.state is MissionState.DONE
    assert late.reason.startswith("time limit of 100 s")
    assert not (stopped.success or late.success)


def test_the_reason_of_a_limit_says_what_was_waited_for():
    now = dataclasses.replace(EXPLORING, odom_age_s=math.inf, elapsed_s=0.0, stalled_s=100.0)
    assert decide(CONFIG, None, now).reason == "time limit of 100 s: no odometry yet"


AT_GOAL = {"distance_to_goal_m": 0.5}
ASKED = {"share": 0.9}
EXPLORED = {"share": 0.9, "share_explored": True}
GOALLESS = {"has_goal": False}


@pytest.mark.parametrize(
    ("change", "state", "success"),
    [
        # asked for a share, and to be at a goal
        ({**ASKED}, MissionState.EXPLORING, False),
        ({**ASKED, **AT_GOAL}, MissionState.EXPLORING, False),
        ({**EXPLORED}, MissionState.GOING_TO_GOAL, False),
        (
            {**EXPLORED, "goal_reachable": False},
            MissionState.EXPLORING,
            False,
        ),
        ({**EXPLORED, **AT_GOAL}, MissionState.DONE, True),
        ({**ASKED, "nothing_left": True}, MissionState.GOING_TO_GOAL, False),
        ({**ASKED, **LEFT, **AT_GOAL}, MissionState.DONE, False),
        (
            {**EXPLORED, "nothing_left": True, "goal_reachable": False},
            MissionState.DONE,
            False,
        ),
        # asked for a share alone
        ({**ASKED, **GOALLESS}, MissionState.EXPLORING, False),
        ({**EXPLORED, **GOALLESS}, MissionState.DONE, True),
        ({**ASKED, **LEFT, **GOALLESS}, MissionState.DONE, False),
        # asked for everything
        ({**LEFT, **AT_GOAL}, MissionState.DONE, True),
        ({**LEFT, "goal_reachable": False}, MissionState.DONE, False),
    ],
)
def test_success_is_what_was_asked_for_and_nothing_less(change, state, success):
    decision = decide(CONFIG, None, dataclasses.replace(EXPLORING, **change))
    assert (decision.state, decision.success) == (state, success)


def test_only_what_lasts_without_a_break_is_a_fault():
    watch = Lasting(5.0)
    assert watch.update(0.0, {"plan": "no plan", "fence": ""}) == ""
    assert watch.update(4.9, {"plan": "no plan", "fence": "outside"}) == ""
    assert watch.update(5.0, {"plan": "", "fence": "outside"}) == ""  # a break
    assert watch.update(9.8, {"plan": "no plan", "fence": "outside"}) == ""
    assert watch.update(9.9, {"plan": "no plan", "fence": "still outside"}) == (
        "still outside, for 5 s"
    )


def test_before_the_first_flight_late_data_is_waited_for_and_the_state_does_not_flip():
    """As on a machine where everything compiles: maps and odometry come, and come late."""
    grounded = dataclasses.replace(EXPLORING, elapsed_s=0.0)
    situations = [
        ({"odom_age_s": math.inf, "map_age_s": math.inf}, "no odometry yet"),
        ({"odom_age_s": 0.3, "map_age_s": math.inf}, "no odometry for 0.30 s"),
        ({"map_age_s": math.inf}, "no map yet"),
        ({"odom_age_s": 0.2}, "no odometry for 0.20 s"),
        ({"field_age_s": math.inf}, "no information field yet"),
        ({"map_age_s": 2.5}, "the map is 2.5 s old"),
        ({"field_age_s": 3.0}, "the information field is 3.0 s old"),
        ({"odom_age_s": 0.4, "map_age_s": 9.0}, "no odometry for 0.40 s"),
    ]
    states, previous = [], None
    for change, words in situations:
        previous = decide(CONFIG, previous, dataclasses.replace(grounded, **change))
        assert previous.reason == words
        assert not previous.flies
        states.append(previous.state)
    assert states == [MissionState.WAITING_FOR_ODOM] * 2 + [MissionState.WAITING_FOR_MAP] * 6
    # what is wrong, and not only late, is said by the state; so is all that happens in flight
    for change in ({"odom_finite": False}, {"map_age_s": -5.0}, {"odom_age_s": -3.0}):
        wrong = dataclasses.replace(grounded, **change)
        assert decide(CONFIG, previous, wrong).state is MissionState.HOLDING
    flown = dataclasses.replace(EXPLORING, map_age_s=2.5)
    assert decide(CONFIG, previous, flown).state is MissionState.HOLDING
    assert decide(CONFIG, previous, grounded).state is MissionState.EXPLORING


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


@pytest.mark.parametrize(
    ("map_age_s", "field_age_s", "share"),
    [(0.0, 0.0, 1.0), (-0.3, 0.2, 1.0), (1.0, 0.9, 1.0), (1.5, 0.2, 0.625), (0.1, 2.0, 0.25)],
)
def test_the_older_the_data_the_slower_it_flies_before_it_must_hold(map_age_s, field_age_s, share):
    assert haste(MissionConfig(map_timeout_s=2.0), map_age_s, field_age_s) == pytest.approx(share)


def test_without_data_there_is_no_haste():
    assert haste(MissionConfig(), math.inf, math.inf) == 0.25
