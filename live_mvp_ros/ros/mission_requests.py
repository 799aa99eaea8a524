# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mission between its requests (services, action) and its decisions (``control.decide``).

All of it belongs to the executor's thread; the worker reads ``decision``, which is replaced whole.

What passes by itself only holds the vehicle (HOLDING): data that is missing, stale or from the
future, a controller that is too slow, a pause. FAULT ends the mission, and the vehicle holds. It
is for what has lasted for ``FAULT_AFTER_S`` without a break although everything ran:

- no plan is finite (``plan``),
- odometry arrives, but none of it can be used (``odometry``),
- the vehicle is outside of its geofence, where it has been before in this mission: it fell, or
  somebody carried it away (``fence``),
- the ladder of last resorts has led to landing, which it does not leave by itself (``safety``).

A controller that was killed and started again must not begin a mission anew that is paused, over
or half flown. Somebody else remembers it (``ros.mission_memory``), and until he has answered the
new one is not in charge: it flies nothing, and what is asked of it is asked again of what it takes
up.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from live_mvp_ros.base.config import replace
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import (
    MissionConfig,
    MissionDecision,
    MissionInputs,
    decide,
)
from live_mvp_ros.control.flight_log import FlightLog
from live_mvp_ros.control.lasting import Lasting

FAULT_AFTER_S = 5.0
PAUSED = "paused on request"  # what ``decide`` says
WAITING = "waiting to be started"
PREPARING = "the controller is being compiled"
SLOW = "the controller is too slow"
LATE = f"{SLOW}: its plans come later than allowed"
OVER = "the mission is over"


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one mission was asked for; 0 means no limit and everything.

    Attributes:
        time_s: longest flight, and waiting for what is missing or stale.
        explored_fraction: the share to explore.
        has_goal: it shall be at the goal in the end.
    """

    time_s: float = 0.0
    explored_fraction: float = 0.0
    has_goal: bool = True


@dataclasses.dataclass(frozen=True)
class Memory:
    """What is remembered of a mission whose controller has ended.

    Attributes:
        limits: what it was asked for.
        decision: the last one.
        log: what it has achieved, which goes on from there.
        waiting: it was not started yet.
        paused: it was asked to pause.
        share_explored: the share that was asked for has been explored.
        stalled_s: time in which it waited for what was missing, stale or slow.
    """

    limits: Limits
    decision: MissionDecision
    log: FlightLog
    waiting: bool = False
    paused: bool = False
    share_explored: bool = False
    stalled_s: float = 0.0


class Mission:
    """State, reason, requests and achievements of the current mission.

    Attributes:
        in_charge: it is known whether a mission goes on here that was begun before.
        wants_to_fly: everything is there; only the controller itself may not be ready.
        goal_tolerance_m: the goal counts as reached from here; 0 before the first update.
    """

    def __init__(self, autostart: bool, has_goal: bool = True) -> None:
        """Begin at once, or wait for a request; ``has_goal``: unless asked for something else."""
        self._usual = Limits(has_goal=has_goal)
        self._updated_s: float | None = None
        self.goal_tolerance_m = 0.0
        self._asked: list[Callable[[], object]] = []
        self.in_charge = False
        self._renew(self._usual)
        self._waiting = not autostart

    def begin(self, limits: Limits) -> None:
        """Start a new mission, with nothing achieved and nothing asked for but ``limits``."""
        self.in_charge = True
        self._renew(limits)

    def take_up(self, memory: Memory | None) -> None:
        """Go on with what is remembered, None for nothing, unless a mission was begun here.

        What was asked of this one meanwhile is asked of that one.
        """
        if self.in_charge:
            return
        self.in_charge = True
        if memory is None:
            return
        self._renew(memory.limits)
        self.log, self.stalled_s = memory.log, memory.stalled_s
        self._waiting, self._paused = memory.waiting, memory.paused
        self._share_explored = memory.share_explored
        if memory.decision.over:
            self.decision = memory.decision
        for ask in self._asked:
            ask()

    def _renew(self, limits: Limits) -> None:
        self.log = FlightLog()
        self.limits = limits
        self.decision = MissionDecision(MissionState.WAITING_FOR_ODOM, "no odometry yet")
        self.wants_to_fly = False
        self.stalled_s = 0.0
        self._paused = self._stopped = self._waiting = self._share_explored = False
        self._held = ""
        self._lasting = Lasting(FAULT_AFTER_S)

    def filtered(self, code: SafetyCode) -> None:
        """Count why the last filter changed a command, if that is one of a flight.

        What holds a vehicle, perhaps on the ground, is changed as often as it is sent.
        """
        if self.decision.flies:
            self.log.filtered(code)

    def start(self) -> tuple[bool, str]:
        """Go on with a paused mission, or begin one; one that runs keeps its limits."""
        self._note(self.start)
        if self._paused and not self.over:
            self._paused, self._held = False, ""
            return True, "resumed"
        if self.over:
            self.begin(self._usual)
            return True, "started"
        if self._waiting:
            self._renew(self._usual)
            return True, "started"
        return True, "already running, with the limits that it was started with"

    def pause(self) -> tuple[bool, str]:
        """Hold until ``start``."""
        self._note(self.pause)
        if self.over:
            return False, OVER
        if self._waiting:
            return False, f"there is nothing to pause: the mission is {WAITING}"
        self._paused = True
        return True, "paused"

    def hold(self, reason: str) -> None:
        """Hold until ``start``, for a reason that somebody should look at first."""
        if not (self.over or self._waiting):
            self._paused, self._held = True, reason

    def stop(self) -> tuple[bool, str]:
        """End the mission, whatever it waits for."""
        self._note(self.stop)
        if self.over:
            return False, f"{OVER} already"
        self._stopped = True
        return True, "stopped"

    def _note(self, request: Callable[[], object]) -> None:
        """Remember a request that may be meant for a mission that is taken up later."""
        if not self.in_charge:
            self._asked = [*(asked for asked in self._asked if asked != request), request]

    @property
    def over(self) -> bool:
        """Whether the mission has ended."""
        return self.decision.over

    @property
    def waiting(self) -> bool:
        """Whether it waits to be started."""
        return self._waiting

    @property
    def paused(self) -> bool:
        """Whether it was asked to pause."""
        return self._paused

    @property
    def share_explored(self) -> bool:
        """Whether the share that was asked for has been explored."""
        return self._share_explored

    @property
    def to_goal_now(self) -> bool:
        """Whether it flies to the goal because enough is explored, though more could be seen."""
        return self._share_explored and self.decision.state is MissionState.GOING_TO_GOAL

    def update(
        self,
        config: MissionConfig,
        now: MissionInputs,
        *,
        time_s: float,
        ready: bool,
        late: bool,
        faults: Mapping[str, str],
        starved: bool = False,
        resort: str = "",
    ) -> None:
        """Decide again with what is known.

        Args:
            config: timeouts and limits of every mission.
            now: the world; what was asked of this mission is filled in here.
            time_s: steady time.
            ready: the controller can plan.
            late: its plans take too long.
            faults: what is wrong now, a sentence by name, see the module; empty ones are not.
            starved: the machine does not let it run: what looks stale may only not be taken.
            resort: what the ladder of last resorts does and why, empty while it does nothing.
        """
        before_s, self._updated_s = self._updated_s, time_s
        self.goal_tolerance_m = config.goal_tolerance_m
        if self.over:
            return
        # Who asked for a limit himself waits no longer; else the other nodes may still compile.
        waited_for = self.limits.time_s > 0.0 or self.log.elapsed_s > 0.0
        if before_s is not None and self._stalls and waited_for:
            self.stalled_s += time_s - before_s
        if self.limits.time_s > 0.0:
            config = replace(config, time_limit_s=self.limits.time_s)
        share = self.limits.explored_fraction
        self._share_explored |= 0.0 < share <= self.log.explored_fraction  # NaN is no share
        now = dataclasses.replace(
            now,
            paused=self._paused or self._waiting,
            stopped=self._stopped,
            stalled_s=self.stalled_s,
            share=share,
            share_explored=self._share_explored,
            has_goal=self.limits.has_goal,
            fault="" if self._waiting else self._lasting.update(time_s, faults),
        )
        decision = decide(config, self.decision, now)
        if self._waiting and decision.reason == PAUSED:
            decision = MissionDecision(MissionState.HOLDING, WAITING)
        elif self._held and decision.reason == PAUSED:
            decision = MissionDecision(MissionState.HOLDING, self._held)
        self.wants_to_fly = decision.flies
        if decision.flies and not ready:
            decision = MissionDecision(MissionState.WAITING_FOR_MAP, PREPARING)
        elif decision.flies and resort:
            decision = MissionDecision(MissionState.HOLDING, resort)
        elif decision.flies and late:
            decision = MissionDecision(MissionState.HOLDING, LATE)
        elif starved and decision.state is MissionState.HOLDING and not now.paused:
            decision = dataclasses.replace(decision, reason=f"{SLOW}: {decision.reason}")
        self.decision = decision

    @property
    def _stalls(self) -> bool:
        """Whether it waits for something that nobody asked it to wait for."""
        asked = self._paused or self._waiting
        return not (asked or self.decision.flies or self.decision.reason == PREPARING)
