# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mission: when to explore, when to go to the goal, when it is done, and when to hold.

A pure function of what is known now decides the state; faults come first, so that nothing is flown
on stale or non-finite data, and every state other than EXPLORING and GOING_TO_GOAL holds position.
"""

from __future__ import annotations

import dataclasses
import math

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.frame import GOAL_TOLERANCE_M

FAULT_TIMEOUT_S = 10.0
"""A pose that no plan can be made for is a fault after so long: what comes back by itself, as a
pose between two maps does, has come back by then."""
_FRESH_SHARE = (
    0.5  # of the age from which on data is stale: younger data is flown by at full speed
)
_LEAST_HASTE = 0.25  # just before it is stale: a stop from there is some centimetres long
_WAITING = (MissionState.WAITING_FOR_ODOM, MissionState.WAITING_FOR_MAP)


@configuration
class MissionConfig:
    """Limits of the mission and ages from which on data is stale.

    Clocks of several machines differ a little, and odometry may be here before its ``/clock`` is:
    a stamp may lie as far in the future as it may lie in the past. Beyond that it says nothing
    about the age of the data, which therefore is stale.
    """

    odom_timeout_s: float = parameter(
        default=0.1,
        unit="s",
        low=0.01,
        high=10.0,
        live=True,
        help="Odometry older than this: hold.",
    )
    map_timeout_s: float = parameter(
        default=2.0,
        unit="s",
        low=0.1,
        high=60.0,
        live=True,
        help="A map, or an information field, older than this: hold.",
    )
    goal_tolerance_m: float = parameter(
        default=GOAL_TOLERANCE_M,
        unit="m",
        low=0.1,
        high=100.0,
        live=True,
        help="The goal counts as reached from here; the planner is told.",
    )
    time_limit_s: float = parameter(
        default=0.0,
        unit="s",
        low=0.0,
        high=1e6,
        live=True,
        help="Longest flight, and waiting for what is missing or stale; 0 means no limit.",
    )


@dataclasses.dataclass(frozen=True)
class MissionInputs:
    """What the decision depends on.

    Ages are infinite for data that never arrived, and negative for data from the future.

    Attributes:
        elapsed_s: flight time.
        stalled_s: time in which the mission waited for data that was missing or stale.
        share: what the mission was asked to explore, in (0, 1]; 0 for everything.
        share_explored: that share has been explored.
        has_goal: it shall be at a goal in the end.
        goal_answered: the field was computed for the goal that holds now.
        fault: what is wrong and has not passed by itself, a sentence; empty for nothing.
        settled: the planner is sure that nothing is left: what blocks was looked at again.
        unflown: why the vehicle does not fly our commands, a sentence; empty where it does.
        looks_again: the planner has something looked at again that blocks.
        leftover: which stop of how many of the tour through what is left.
        code: the planner's result, see ``planning.ending``.
        code_s: for how long it has had no plan.
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
    stalled_s: float = 0.0
    share: float = 0.0
    share_explored: bool = False
    has_goal: bool = True
    goal_answered: bool = True
    fault: str = ""
    settled: bool = False
    code: int = int(PlanCode.OK)
    code_s: float = 0.0
    looks_again: bool = False
    leftover: tuple[int, int] = (0, 0)
    unflown: str = ""


@dataclasses.dataclass(frozen=True)
class MissionDecision:
    """The state, the reason for it in words, and what has been achieved.

    Attributes:
        state: what the mission does.
        reason: why, a sentence.
        goal_reached: it is at the goal, after exploring.
        success: it is over and did what was asked for: explored, and then at the goal if any.
    """

    state: MissionState
    reason: str
    goal_reached: bool = False
    success: bool = False

    @property
    def over(self) -> bool:
        """Whether the mission has ended."""
        return self.state in (MissionState.DONE, MissionState.FAULT)

    @property
    def flies(self) -> bool:
        """Whether the planner's command is flown; otherwise position is held."""
        return self.state in (MissionState.EXPLORING, MissionState.GOING_TO_GOAL)


def decide(
    config: MissionConfig, previous: MissionDecision | None, now: MissionInputs
) -> MissionDecision:
    """Return the mission state that follows ``previous``; DONE and FAULT are final.

    What ends a mission from outside does so whatever is missing; then comes what forbids to fly.
    It is explored only when the planner has settled it that nothing is left.
    """
    if previous is not None and previous.over:
        return previous
    waits = _fault(config, now)
    if now.stopped:
        return MissionDecision(MissionState.DONE, "stopped on request")
    if 0.0 < config.time_limit_s <= now.elapsed_s + now.stalled_s:
        why = "" if waits is None else f": {waits.reason}"
        return MissionDecision(MissionState.DONE, f"time limit of {config.time_limit_s:g} s{why}")
    if now.fault:
        return MissionDecision(MissionState.FAULT, now.fault)
    if waits is not None:
        return _waiting_on(config, previous, now, waits)
    if now.unflown:
        return MissionDecision(MissionState.HOLDING, now.unflown)
    if now.paused:
        return MissionDecision(MissionState.HOLDING, "paused on request")
    no_plan = _no_plan(now)
    return _explore(config, now) if no_plan is None else no_plan


def haste(config: MissionConfig, map_age_s: float, field_age_s: float) -> float:
    """Return the share of its speed limit that a vehicle flies by data of such ages [s].

    On a machine that has more to do than it can, maps get old: the vehicle gets slower before it
    must hold, so that its stops are short and what it flies into was seen lately enough.
    """
    age = max(map_age_s, field_age_s) / config.map_timeout_s
    stale = min(max((age - _FRESH_SHARE) / (1.0 - _FRESH_SHARE), 0.0), 1.0)
    return 1.0 - (1.0 - _LEAST_HASTE) * stale


def _explore(config: MissionConfig, now: MissionInputs) -> MissionDecision:
    """Return the decision of a mission that nothing keeps from flying."""
    enough = now.share_explored if now.share > 0.0 else now.nothing_left
    as_asked = f"{now.share:.0%} is explored, as asked for" if now.share else "explored"
    if not (now.nothing_left or enough):
        return MissionDecision(MissionState.EXPLORING, _what_is_left(now))
    if now.has_goal and not now.goal_answered:
        return MissionDecision(
            MissionState.WAITING_FOR_MAP, "no information field for the new goal yet"
        )
    at_goal = now.distance_to_goal_m <= config.goal_tolerance_m
    if now.nothing_left and not now.settled and not now.share_explored:
        if not now.has_goal:
            return MissionDecision(MissionState.EXPLORING, "nothing left to see: making sure")
        if at_goal or not now.goal_reachable:
            return MissionDecision(MissionState.GOING_TO_GOAL, "nothing left to see: making sure")
    if not enough:
        as_asked = f"less than {now.share:.0%} can be explored"
    if not now.has_goal:
        return MissionDecision(MissionState.DONE, as_asked, success=enough)
    if at_goal:
        reason = "explored, and the goal is reached"
        if not enough:
            reason = f"the goal is reached, but {as_asked}"
        return MissionDecision(MissionState.DONE, reason, goal_reached=True, success=enough)
    if not now.goal_reachable and not now.nothing_left:
        return MissionDecision(MissionState.EXPLORING, "looking for a way to the goal")
    if not now.goal_reachable:
        return MissionDecision(MissionState.DONE, "explored, but the goal is out of reach")
    reason = "nothing left to see" if now.nothing_left else as_asked
    return MissionDecision(MissionState.GOING_TO_GOAL, reason)


def _what_is_left(now: MissionInputs) -> str:
    number, count = now.leftover
    if now.looks_again:
        words = "looking again at what blocks the way"
    elif count:
        words = "visiting small places left unseen"
    else:
        return "flying to the next look at unknown space"
    return f"{words}: {number} of {count}" if count else words


_NO_PLAN = {
    PlanCode.OFF_THE_MAP: "the pose lies outside the map",
    PlanCode.NOT_FINITE: "the pose or the goal is not finite",
    PlanCode.NO_ROOM: "the pose lies where nothing known to be free has room for the drone",
}


def _no_plan(now: MissionInputs) -> MissionDecision | None:
    """Return what a pose asks for that no plan can be made for: to hold, in the end a fault."""
    reason = _NO_PLAN.get(PlanCode(now.code))
    if reason is None:
        return None
    lasts = now.code_s >= FAULT_TIMEOUT_S
    return MissionDecision(MissionState.FAULT if lasts else MissionState.HOLDING, reason)


def _fault(config: MissionConfig, now: MissionInputs) -> MissionDecision | None:
    """Return the holding decision that stale or missing data asks for."""
    if math.isinf(now.odom_age_s):
        return MissionDecision(MissionState.WAITING_FOR_ODOM, "no odometry yet")
    if not now.odom_finite:
        return MissionDecision(MissionState.HOLDING, "odometry is not finite")
    if now.odom_age_s > config.odom_timeout_s:
        return MissionDecision(MissionState.HOLDING, f"no odometry for {now.odom_age_s:.2f} s")
    if now.odom_age_s < -config.odom_timeout_s:
        return MissionDecision(MissionState.HOLDING, _in_the_future("odometry", now.odom_age_s))
    if math.isinf(now.map_age_s):
        return MissionDecision(MissionState.WAITING_FOR_MAP, "no map yet")
    if math.isinf(now.field_age_s):
        return MissionDecision(MissionState.WAITING_FOR_MAP, "no information field yet")
    for name, age_s in (
        ("the map", now.map_age_s),
        ("the information field", now.field_age_s),
    ):
        if age_s > config.map_timeout_s:
            return MissionDecision(MissionState.HOLDING, f"{name} is {age_s:.1f} s old")
        if age_s < -config.map_timeout_s:
            return MissionDecision(MissionState.HOLDING, _in_the_future(name, age_s))
    return None


def _waiting_on(
    config: MissionConfig,
    previous: MissionDecision | None,
    now: MissionInputs,
    waits: MissionDecision,
) -> MissionDecision:
    """Return what the mission waits for; before it has flown, late data does not end a wait.

    While everything starts on a busy machine, data is late every now and then: the state stays
    what it is, and the reason says what is late. Nothing is flown in either.
    """
    late = (
        now.odom_finite
        and now.odom_age_s >= -config.odom_timeout_s
        and min(now.map_age_s, now.field_age_s) >= -config.map_timeout_s
    )
    begun = previous is not None and previous.state in _WAITING and now.elapsed_s == 0.0
    if previous is None or not (begun and late and waits.state is MissionState.HOLDING):
        return waits
    no_odometry = now.odom_age_s > config.odom_timeout_s
    state = previous.state if no_odometry else MissionState.WAITING_FOR_MAP
    return dataclasses.replace(waits, state=state)


def _in_the_future(name: str, age_s: float) -> str:
    return f"{name} is {-age_s:.1f} s in the future"
