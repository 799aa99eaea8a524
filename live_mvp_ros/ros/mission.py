# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mission between its requests (services, action) and its decisions (``control.decide``)."""

from __future__ import annotations

import dataclasses
import math

from live_mvp_ros.config import replace
from live_mvp_ros.control import (
    MissionConfig,
    MissionDecision,
    MissionInputs,
    MissionState,
    decide,
)
from live_mvp_ros.control.flight_log import FlightLog

PAUSED = "paused on request"  # what ``decide`` says
PREPARING = "the controller is being compiled"
LATE = "the controller needs longer than its period"


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one mission was asked for; 0 means no limit and no target."""

    time_s: float = 0.0
    explored_fraction: float = 0.0


class Mission:
    """State, reason, requests and achievements of the current mission."""

    def __init__(self, autostart: bool) -> None:
        """Begin at once, or wait for a request."""
        self.begin(Limits())
        self.waiting = not autostart

    def begin(self, limits: Limits) -> None:
        """Start a new mission."""
        self.log = FlightLog()
        self.limits = limits
        self.decision = MissionDecision(MissionState.WAITING_FOR_ODOM, "no odometry yet")
        self.paused = self.stopped = self.waiting = self.succeeded = False

    def resume_or_begin(self) -> str:
        """Go on with a paused mission, else start a new one; returns which."""
        if self.paused:
            self.paused = False
            return "resumed"
        self.begin(Limits())
        return "started"

    @property
    def over(self) -> bool:
        """Whether the mission has ended."""
        return self.decision.state in (MissionState.DONE, MissionState.FAULT)

    def update(self, config: MissionConfig, now: MissionInputs, ready: bool, late: bool) -> None:
        """Decide again with what is known; ``ready`` and ``late`` are about the controller."""
        if self.over:
            return
        if self.limits.time_s > 0.0:
            config = replace(config, time_limit_s=self.limits.time_s)
        paused = self.paused or self.waiting
        decision = decide(
            config,
            self.decision,
            dataclasses.replace(now, paused=paused, stopped=self.stopped),
        )
        if self.waiting and decision.reason == PAUSED:
            decision = MissionDecision(MissionState.HOLDING, "waiting to be started")
        if decision.flies and not ready:
            decision = MissionDecision(MissionState.WAITING_FOR_MAP, PREPARING)
        elif decision.flies and late:
            decision = MissionDecision(MissionState.HOLDING, LATE)
        elif decision.flies and self._target_met():
            share = self.limits.explored_fraction
            decision = MissionDecision(MissionState.DONE, f"{share:.0%} is explored, as asked for")
        self.decision = decision
        self.succeeded = decision.state is MissionState.DONE and (
            decision.goal_reached or self._target_met()
        )

    def _target_met(self) -> bool:
        target, explored = self.limits.explored_fraction, self.log.explored_fraction
        return target > 0.0 and not math.isnan(explored) and explored >= target
