# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a mission answers to requests, and that it does what it answers."""

from __future__ import annotations

import math

import pytest

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import MissionConfig, MissionDecision, MissionInputs
from live_mvp_ros.control.flight_log import FlightLog
from live_mvp_ros.ros.mission_requests import FAULT_AFTER_S, Limits, Memory, Mission

CONFIG = MissionConfig()


class Clock:
    """Gives a mission what it needs to know, 0.1 s after 0.1 s."""

    def __init__(self, mission: Mission) -> None:
        self.mission, self.time_s = mission, 0.0
        self.world: dict[str, object] = {}
        self.ready, self.late, self.starved = True, False, False
        self.faults: dict[str, str] = {}

    def run(self, seconds: float = 0.1) -> MissionState:
        for _ in range(round(10 * seconds)):
            self.time_s += 0.1
            values: dict[str, object] = {
                "odom_age_s": 0.0,
                "map_age_s": 0.0,
                "field_age_s": 0.0,
                "elapsed_s": self.mission.log.elapsed_s,
                "distance_to_goal_m": 5.0,
                "nothing_left": False,
                "goal_reachable": True,
            }
            self.mission.log.advance(self.time_s, (0.0,) * 3, self.mission.decision.flies)
            self.mission.update(
                CONFIG,
                MissionInputs(**(values | self.world)),  # type: ignore[arg-type]
                time_s=self.time_s,
                ready=self.ready,
                late=self.late,
                faults=self.faults,
                starved=self.starved,
            )
        return self.mission.decision.state


def test_a_mission_that_waits_is_started_not_resumed():
    mission = Mission(autostart=False)
    clock = Clock(mission)
    assert clock.run() is MissionState.HOLDING
    assert mission.decision.reason == "waiting to be started"
    success, words = mission.pause()
    assert not success and "waiting to be started" in words
    assert clock.run() is MissionState.HOLDING
    assert mission.start() == (True, "started")
    assert clock.run() is MissionState.EXPLORING


def test_what_runs_is_not_begun_again_by_start_and_keeps_its_limits():
    mission = Mission(autostart=True)
    mission.begin(Limits(time_s=3.0, explored_fraction=0.5))
    clock = Clock(mission)
    clock.run(1.0)
    success, words = mission.start()
    assert success and "already running" in words
    assert mission.limits == Limits(3.0, 0.5)
    assert mission.pause() == (True, "paused")
    assert clock.run() is MissionState.HOLDING
    assert mission.start() == (True, "resumed")
    assert clock.run(1.0) is MissionState.EXPLORING
    assert clock.run(1.5) is MissionState.DONE
    assert mission.decision.reason == "time limit of 3 s"


def test_commands_that_the_filter_changes_count_while_it_flies_and_not_while_it_holds():
    mission = Mission(autostart=False)
    clock = Clock(mission)
    assert clock.run() is MissionState.HOLDING
    mission.filtered(SafetyCode.OBSTACLE)
    assert mission.log.safety_interventions == 0
    mission.start()
    assert clock.run() is MissionState.EXPLORING
    mission.filtered(SafetyCode.OBSTACLE)
    assert mission.log.safety_interventions == 1
    mission.pause()
    assert clock.run() is MissionState.HOLDING
    mission.filtered(SafetyCode.OBSTACLE)
    assert mission.log.safety_interventions == 1


def test_what_is_over_cannot_be_paused_or_stopped_but_started():
    mission = Mission(autostart=True)
    clock = Clock(mission)
    clock.run()
    assert mission.stop() == (True, "stopped")
    assert clock.run() is MissionState.DONE
    assert not mission.stop()[0] and not mission.pause()[0]
    assert mission.start() == (True, "started")
    assert clock.run() is MissionState.EXPLORING


@pytest.mark.parametrize("autostart", [True, False])
@pytest.mark.parametrize("missing", [{"odom_age_s": math.inf}, {"map_age_s": 9.0}, {}])
def test_a_stop_ends_it_whatever_it_waits_for(autostart, missing):
    mission = Mission(autostart)
    clock = Clock(mission)
    clock.world = missing
    clock.run()
    assert mission.stop()[0]
    assert clock.run() is MissionState.DONE
    assert mission.decision.reason == "stopped on request"


def test_a_limit_counts_waiting_for_data_but_not_waiting_on_request_and_not_compiling():
    mission = Mission(autostart=True)
    mission.begin(Limits(time_s=2.0))
    clock = Clock(mission)
    clock.ready = False
    assert clock.run(5.0) is MissionState.WAITING_FOR_MAP
    mission.pause()
    assert clock.run(5.0) is MissionState.HOLDING
    mission.start()
    clock.ready = True
    assert clock.run(0.5) is MissionState.EXPLORING
    clock.world = {"odom_age_s": 1.0}
    assert clock.run(1.0) is MissionState.HOLDING
    assert clock.run(1.0) is MissionState.DONE
    assert mission.decision.reason == "time limit of 2 s: no odometry for 1.00 s"


def test_a_share_once_explored_stays_explored_and_then_the_goal_counts():
    mission = Mission(autostart=True)
    mission.begin(Limits(explored_fraction=0.3, has_goal=True))
    clock = Clock(mission)
    assert clock.run() is MissionState.EXPLORING
    mission.log.explored(0.31)
    assert clock.run() is MissionState.GOING_TO_GOAL
    assert mission.to_goal_now
    mission.log.explored(0.29)  # on the way more unknown comes into view
    assert clock.run() is MissionState.GOING_TO_GOAL
    clock.world = {"distance_to_goal_m": 0.5}
    assert clock.run() is MissionState.DONE
    assert mission.decision.success and not mission.to_goal_now


def test_a_field_for_another_goal_does_not_end_the_mission():
    mission = Mission(autostart=True)
    clock = Clock(mission)
    clock.world = {"nothing_left": True, "goal_reachable": False, "goal_answered": False}
    assert clock.run() is MissionState.WAITING_FOR_MAP
    clock.world = {"nothing_left": True, "goal_answered": True}
    assert clock.run() is MissionState.GOING_TO_GOAL


def test_what_lasts_is_a_fault_and_says_what_but_only_in_a_mission():
    mission = Mission(autostart=False)
    clock = Clock(mission)
    clock.faults = {"fence": "the vehicle fell"}
    assert clock.run(2.0 * FAULT_AFTER_S) is MissionState.HOLDING
    mission.start()
    assert clock.run(FAULT_AFTER_S - 0.5) is MissionState.EXPLORING
    assert clock.run(1.0) is MissionState.FAULT
    assert mission.decision.reason == "the vehicle fell, for 5 s"
    assert not mission.decision.success
    clock.faults = {}
    assert clock.run() is MissionState.FAULT
    assert mission.start() == (True, "started")
    assert clock.run() is MissionState.EXPLORING


def test_a_controller_that_is_too_slow_holds_and_says_so():
    mission = Mission(autostart=True)
    clock = Clock(mission)
    clock.late = True
    assert clock.run() is MissionState.HOLDING
    assert "the controller is too slow" in mission.decision.reason
    assert mission.wants_to_fly
    clock.late, clock.starved = False, True
    assert clock.run() is MissionState.EXPLORING  # it was not let run, but all is there again
    clock.world = {"odom_age_s": 0.3}
    assert clock.run() is MissionState.HOLDING
    assert mission.decision.reason == "the controller is too slow: no odometry for 0.30 s"


def remembered(**changes: object) -> Memory:
    """Return what is known of a mission of 30 s and half of the space that has flown for 28 s."""
    log = FlightLog.resumed(
        elapsed_s=28.0,
        distance_m=12.0,
        explored_fraction=0.25,
        min_clearance_m=0.5,
        deadlines_missed=3,
        plans=8,
        unsafe_plan_fraction=0.25,
        exploring_s=20.0,
        parked_fraction=0.1,
    )
    decision = MissionDecision(MissionState.EXPLORING, "flying to the next look at unknown space")
    values = {"limits": Limits(30.0, 0.5, False), "decision": decision, "log": log}
    return Memory(**(values | changes))  # type: ignore[arg-type]


def test_a_mission_that_is_taken_up_keeps_its_limits_and_its_time_goes_on():
    mission = Mission(autostart=True)
    clock = Clock(mission)
    mission.take_up(remembered())
    assert clock.run(1.5) is MissionState.EXPLORING
    assert mission.log.elapsed_s == pytest.approx(29.4, abs=0.15)
    assert mission.log.distance_m == 12.0
    mission.log.planned(False)
    assert mission.log.unsafe_plan_fraction == pytest.approx(3 / 9)
    assert clock.run(1.0) is MissionState.DONE
    assert mission.decision.reason == "time limit of 30 s"


def test_what_was_waited_counts_on_and_a_share_once_explored_stays_explored():
    mission = Mission(autostart=True)
    clock = Clock(mission)
    mission.take_up(remembered(share_explored=True, stalled_s=1.5))
    assert clock.run() is MissionState.DONE
    assert mission.decision.reason == "50% is explored, as asked for"
    mission = Mission(autostart=True)
    clock = Clock(mission)
    mission.take_up(remembered(stalled_s=1.5))
    assert clock.run(0.3) is MissionState.EXPLORING
    assert clock.run(0.5) is MissionState.DONE


@pytest.mark.parametrize("autostart", [True, False])
def test_what_was_paused_stays_paused_and_what_is_over_is_not_begun_again(autostart):
    mission = Mission(autostart)
    clock = Clock(mission)
    clock.world = {"field_age_s": math.inf}
    clock.run()
    clock.world = {}
    mission.take_up(remembered(paused=True))
    assert clock.run(5.0) is MissionState.HOLDING
    assert mission.decision.reason == "paused on request"
    assert mission.start() == (True, "resumed")
    assert clock.run() is MissionState.EXPLORING

    mission = Mission(autostart)
    clock = Clock(mission)
    done = MissionDecision(MissionState.DONE, "explored, and the goal is reached", True, True)
    mission.take_up(remembered(decision=done))
    assert clock.run(5.0) is MissionState.DONE
    assert mission.decision == done
    assert mission.start() == (True, "started")
    assert mission.limits == Limits()
    assert clock.run() is MissionState.EXPLORING


def test_what_waits_to_be_started_waits_on():
    mission = Mission(autostart=True)
    clock = Clock(mission)
    mission.take_up(remembered(waiting=True, limits=Limits()))
    assert clock.run() is MissionState.HOLDING
    assert mission.decision.reason == "waiting to be started"


def test_requests_to_one_that_is_not_in_charge_are_meant_for_what_it_takes_up():
    for requests, paused, expected in (
        (("pause",), False, MissionState.HOLDING),
        (("start",), True, MissionState.EXPLORING),
        (("start", "pause"), True, MissionState.HOLDING),
        (("pause", "start"), False, MissionState.EXPLORING),
        (("stop",), True, MissionState.DONE),
    ):
        mission = Mission(autostart=True)
        clock = Clock(mission)
        clock.world = {"field_age_s": math.inf}
        clock.run()
        for request in requests:
            assert getattr(mission, request)()[0]
        clock.world = {}
        mission.take_up(remembered(paused=paused))
        assert clock.run() is expected
        assert mission.limits == Limits(30.0, 0.5, False)


def test_a_mission_that_was_begun_here_is_not_replaced_by_one_that_is_remembered():
    mission = Mission(autostart=True)
    mission.begin(Limits(time_s=7.0))
    mission.take_up(remembered())
    assert mission.limits == Limits(time_s=7.0)
    assert mission.log.elapsed_s == 0.0
    mission = Mission(autostart=True)
    clock = Clock(mission)
    mission.stop()
    clock.run()
    assert mission.start() == (True, "started")  # another one than that which was stopped
    mission.take_up(remembered())
    assert mission.log.elapsed_s == 0.0
    assert mission.limits == Limits()


def test_where_nothing_is_remembered_a_mission_begins_as_configured():
    for autostart, expected in ((True, MissionState.EXPLORING), (False, MissionState.HOLDING)):
        mission = Mission(autostart)
        mission.take_up(None)
        assert mission.in_charge
        assert Clock(mission).run() is expected


def test_a_hold_says_why_until_the_mission_is_started_again():
    mission = Mission(autostart=True)
    clock = Clock(mission)
    assert clock.run() is MissionState.EXPLORING
    mission.hold("the ground has moved")
    assert clock.run() is MissionState.HOLDING
    assert mission.decision.reason == "the ground has moved"
    assert mission.paused and not mission.wants_to_fly
    assert mission.start() == (True, "resumed")
    assert clock.run() is MissionState.EXPLORING
    mission.pause()
    clock.run()
    assert mission.decision.reason == "paused on request"  # the old reason is forgotten


def test_what_does_not_fly_is_not_held():
    waits = Mission(autostart=False)
    waits.hold("the ground has moved")
    Clock(waits).run()
    assert waits.decision.reason == "waiting to be started"
