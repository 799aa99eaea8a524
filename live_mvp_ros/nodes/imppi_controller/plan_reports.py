# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the worker has to say about its plans, and how the executor hears it: through a queue."""

from __future__ import annotations

import math
import queue
from typing import NamedTuple

from live_mvp_ros import control
from live_mvp_ros.control.flight_log import FlightLog
from live_mvp_ros.ros.diagnostics import OK, WARN, Health

WORDS = {control.NO_SAFE_PLAN: "no safe plan", control.NOT_FINITE: "no finite plan"}


class Solved(NamedTuple):
    """What the worker has to say about a plan."""

    code: int
    clearance_m: float
    latency_s: float
    """From the arrival of the odometry to the command, wall time; NaN if it was not sent."""


class PlanReports:
    """The reports on plans that the executor has not heard yet, and what the last one means.

    Attributes:
        bad_plan: what is so wrong with the last plan that it must not stay so; empty if nothing
            is. The executor's.
    """

    def __init__(self) -> None:
        """Know of no plan."""
        self.bad_plan = ""
        self._solved: queue.SimpleQueue[Solved] = queue.SimpleQueue()

    def put(self, solved: Solved) -> None:
        """Say how a plan is (worker)."""
        self._solved.put(solved)

    def collect(self, log: FlightLog, health: Health) -> None:
        """Take what the worker has said into the log and the health (executor)."""
        while not self._solved.empty():
            solved = self._solved.get()
            log.clear(solved.clearance_m)
            log.planned(solved.code == control.OK)
            if math.isfinite(solved.latency_s):
                log.commanded(solved.latency_s)
            level = OK if solved.code == control.OK else WARN
            health.problem(level, WORDS.get(solved.code, ""))
            self.bad_plan = "no plan is finite" if solved.code == control.NOT_FINITE else ""
