# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who remembers a mission: the planner, for a controller that is killed and started again.

What a controller has published is gone with it, latched or not. The planner hears every status,
and gives the last one of a controller in charge back with each field (``InfoField.mission``). No
controller flies without a field, so none can miss it; and a new one believes only a field that
answers odometry which itself has heard, since all that the former one has said came before. A
planner that knows nothing of this remembers nothing, and then a mission begins anew.
"""

from __future__ import annotations

import math

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control import MissionDecision
from live_mvp_ros.control.flight_log import FlightLog
from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.ros.mission_requests import Limits, Memory
from live_mvp_ros.ros.refusals import InvalidMessageError

_OVER_OR_FLYING = (
    ExplorationStatus.EXPLORING,
    ExplorationStatus.GOING_TO_GOAL,
    ExplorationStatus.DONE,
    ExplorationStatus.FAULT,
)


def replaces(status: ExplorationStatus, remembered: ExplorationStatus) -> bool:
    """Return whether a status is worth more than the one that is remembered.

    That of a controller that has just been started, and does nothing before it is told, is not.
    """
    return status.in_charge or not remembered.in_charge or status.state in _OVER_OR_FLYING


def memory_of(status: ExplorationStatus) -> Memory | None:
    """Return the mission that a status tells of; None if its controller was in charge of none.

    Raises:
        InvalidMessageError: a value that no mission has.
    """
    if not status.in_charge:
        return None
    if status.state not in tuple(MissionState):
        raise InvalidMessageError(f"state = {status.state} is unknown")
    shares = ("explored_fraction", "unsafe_plan_fraction", "parked_fraction")
    for name in shares:
        _check(name, getattr(status, name), 1.0, may_be_unknown=True)
    _check("target_explored_fraction", status.target_explored_fraction, 1.0)
    for name in ("elapsed_s", "distance_m", "time_limit_s", "waited_s", "exploring_s"):
        _check(name, getattr(status, name))
    state = MissionState(status.state)
    return Memory(
        limits=Limits(status.time_limit_s, status.target_explored_fraction, status.has_goal),
        decision=MissionDecision(state, status.reason, status.goal_reached, status.success),
        log=FlightLog.resumed(
            elapsed_s=status.elapsed_s,
            distance_m=status.distance_m,
            explored_fraction=status.explored_fraction,
            min_clearance_m=status.min_clearance_m,
            deadlines_missed=status.deadlines_missed,
            plans=status.plans,
            unsafe_plan_fraction=_known(status.unsafe_plan_fraction),
            exploring_s=status.exploring_s,
            parked_fraction=_known(status.parked_fraction),
            safety_interventions=status.safety_interventions,
        ),
        waiting=status.waiting,
        paused=status.paused,
        share_explored=status.share_explored,
        stalled_s=status.waited_s,
    )


def _check(name: str, value: float, high: float = math.inf, may_be_unknown: bool = False) -> None:
    if may_be_unknown and math.isnan(value):
        return
    if not (math.isfinite(value) and 0.0 <= value <= high):
        allowed = f"between 0 and {high:g}" if math.isfinite(high) else "finite and at least 0"
        raise InvalidMessageError(f"{name} = {value:g} is not allowed: it must be {allowed}")


def _known(share: float) -> float:
    return 0.0 if math.isnan(share) else share
