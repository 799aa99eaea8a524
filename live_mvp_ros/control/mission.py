# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mission: when to explore, when to go to the goal, when it is done, and when to hold.

A pure function of what is known now decides the state; faults come first, so that nothing is flown
on stale or non-finite data, and every state other than EXPLORING and GOING_TO_GOAL holds position.
"""

from __future__ import annotations

import dataclasses
import enum
import math

from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.planning.ending import PlanCode


class MissionState(enum.IntEnum):
    """States, numbered as in ExplorationStatus."""

    WAITING_FOR_ODOM = 0
    WAITING_FOR_MAP = 1
    EXPLORING = 2
    GOING_TO_GOAL = 3
    DONE = 4
    HOLDING = 5
    FAULT = 6


@configuration
class MissionConfig:
    """Limits of the mission and ages from which on data is stale."""

    odom_timeout_s: float = parameter(
        default=0.1,
        unit="s",
        low=0.01,
        high=10.0,
        live=True,
        help="Odometry older than this: hold.",
    )
    map_timeout_s: float = parameter(
        default=2.0, unit="s", low=0.1, high=60.0, live=True, help="A map older than this: hold."
    )
    field_timeout_s: float = parameter(
        default=2.0,
        unit="s",
        low=0.1,
        high=60.0,
        live=True,
        help="An older information field: hold.",
    )
    goal_tolerance_m: float = parameter(
        default=1.5,
        unit="m",
        low=0.1,
        high=100.0,
        live=True,
        help="The goal counts as reached from here.",
    )
    fault_timeout_s: float = parameter(
        default=10.0,
        unit="s",
        low=0.0,
        high=600.0,
        live=True,
        help="A pose that no plan can be made for is a fault after so long.",
    )
    time_limit_s: float = parameter(
        default=0.0,
        unit="s",
        low=0.0,
        high=1e6,
        live=True,
        help="Longest flight; 0 means no limit.",
    )


@dataclasses.dataclass(frozen=True)
class MissionInputs:
    """What the decision depends on; ages are infinite for data that never arrived.

    ``settled``, ``code``, ``looks_again`` and ``leftover`` (which stop of how many) are the
    planner's; ``code_s`` says for how long it has had no plan.
    """

    odom_age_s: float
    map_age_s: float
    field_age_s: float
    elapsed_s: float
    distance_to_goal_m: float
    nothing_left: bool
    goal_reachable: bool
    paused: bool = False
    stopped: bool = False
    odom_finite: bool = True
    settled: bool = False
    code: int = int(PlanCode.OK)
    code_s: float = 0.0
    looks_again: bool = False
    leftover: tuple[int, int] = (0, 0)


@dataclasses.dataclass(frozen=True)
class MissionDecision:
    """The state, the reason for it in words, and whether the goal has been reached."""

    state: MissionState
    reason: str
    goal_reached: bool = False

    @property
    def flies(self) -> bool:
        """Whether the planner's command is flown; otherwise position is held."""
        return self.state in (MissionState.EXPLORING, MissionState.GOING_TO_GOAL)


def decide(
    config: MissionConfig, previous: MissionDecision | None, now: MissionInputs
) -> MissionDecision:
    """Return the mission state that follows ``previous``; DONE is final.

    A mission is done only when the planner has settled it that nothing is left.
    """
    if previous is not None and previous.state is MissionState.DONE:
        return previous
    fault = _fault(config, now)
    if fault is not None:
        return fault
    if now.stopped:
        return MissionDecision(MissionState.DONE, "stopped on request")
    if now.paused:
        return MissionDecision(MissionState.HOLDING, "paused on request")
    if config.time_limit_s > 0.0 and now.elapsed_s >= config.time_limit_s:
        return MissionDecision(MissionState.DONE, f"time limit of {config.time_limit_s:g} s")
    no_plan = _no_plan(config, now)
    if no_plan is not None:
        return no_plan
    if not now.nothing_left:
        return MissionDecision(MissionState.EXPLORING, _what_is_left(now))
    at_goal = now.distance_to_goal_m <= config.goal_tolerance_m
    if (at_goal or not now.goal_reachable) and not now.settled:
        return MissionDecision(MissionState.GOING_TO_GOAL, "nothing left to see: making sure")
    if at_goal:
        return MissionDecision(MissionState.DONE, "explored, and the goal is reached", True)
    if not now.goal_reachable:
        return MissionDecision(MissionState.DONE, "explored, but the goal is out of reach")
    return MissionDecision(MissionState.GOING_TO_GOAL, "nothing left to see")


def _what_is_left(now: MissionInputs) -> str:
    if now.looks_again:
        return "looking again at what blocks the way"
    number, count = now.leftover
    return f"taking leftovers: {number} of {count}" if count else "unknown space can still be seen"


_NO_PLAN = {
    PlanCode.OFF_THE_MAP: "the pose lies outside the map",
    PlanCode.NOT_FINITE: "the pose or the goal is not finite",
    PlanCode.NO_ROOM: "the pose lies where nothing known to be free has room for the drone",
}


def _no_plan(config: MissionConfig, now: MissionInputs) -> MissionDecision | None:
    """Return what a pose asks for that no plan can be made for: to hold, in the end a fault."""
    reason = _NO_PLAN.get(PlanCode(now.code))
    if reason is None:
        return None
    lasts = now.code_s >= config.fault_timeout_s
    return MissionDecision(MissionState.FAULT if lasts else MissionState.HOLDING, reason)


def _fault(config: MissionConfig, now: MissionInputs) -> MissionDecision | None:
    """Return the holding decision that stale or missing data asks for."""
    if math.isinf(now.odom_age_s):
        return MissionDecision(MissionState.WAITING_FOR_ODOM, "no odometry yet")
    if not now.odom_finite:
        return MissionDecision(MissionState.HOLDING, "odometry is not finite")
    if now.odom_age_s > config.odom_timeout_s:
        return MissionDecision(MissionState.HOLDING, f"no odometry for {now.odom_age_s:.2f} s")
    if math.isinf(now.map_age_s):
        return MissionDecision(MissionState.WAITING_FOR_MAP, "no map yet")
    if math.isinf(now.field_age_s):
        return MissionDecision(MissionState.WAITING_FOR_MAP, "no information field yet")
    if now.map_age_s > config.map_timeout_s:
        return MissionDecision(MissionState.HOLDING, f"the map is {now.map_age_s:.1f} s old")
    if now.field_age_s > config.field_timeout_s:
        return MissionDecision(
            MissionState.HOLDING, f"the information field is {now.field_age_s:.1f} s old"
        )
    return None
