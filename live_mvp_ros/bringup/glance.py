# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a person wants to see of a running flight, ten times a second."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.bringup import run_files
from live_mvp_ros.bringup.flight_record import FlightRecord
from live_mvp_ros.bringup.start_progress import PAUSED, Progress, join
from live_mvp_ros.bringup.time_left import TimeLeft

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor

LATEST_PERIODS = 250
STARTING, FLYING = "STARTING", "FLYING"
"""States of a flight without a mission, such as that of a policy, before and after take-off."""


@dataclasses.dataclass(frozen=True)
class Glance:
    """What a person wants to see of a running flight; None where it is not known yet.

    ``left_s``: seconds by the wall until everything is explored, by the planner's share and pace.
    """

    state: str
    note: str
    flight_time_s: float
    explored_fraction: float | None
    path_length_m: float
    speed_m_s: float
    clearance_m: float | None
    control_ms: float | None
    real_time_factor: float | None
    unsafe_plan_fraction: float | None = None
    left_s: float | None = None


class Glances:
    """Takes glances at one flight, and measures its length from each to the next."""

    def __init__(self, limit_s: float | None = None) -> None:
        """Begin with a flight of no length, which ends after ``limit_s`` at the latest."""
        self._length_m, self._counted = 0.0, 0
        self._left = TimeLeft(limit_s)

    def take(self, monitor: Monitor, scored_fraction: float | None) -> Glance:
        """Return how it is now; a fraction that was scored says more than the controller's."""
        record, status = monitor.record, monitor.record.status
        fresh = record.positions_since(self._counted)
        self._length_m += run_files.path_length(fresh)
        self._counted += max(0, len(fresh) - 1)
        latencies = record.latencies_ms[-LATEST_PERIODS:]
        pace = record.real_time_factor()
        return Glance(
            state=status.state if status else FLYING if record.flying else STARTING,
            note=note(record, monitor.progress),
            flight_time_s=record.now_s(),
            explored_fraction=scored_fraction
            if scored_fraction is not None
            else _finite(status.explored_fraction if status else None),
            path_length_m=self._length_m,
            speed_m_s=record.speed_m_s(),
            clearance_m=_finite(status.clearance_m if status else None),
            control_ms=float(np.median(latencies)) if latencies else None,
            real_time_factor=pace,
            unsafe_plan_fraction=_finite(status.unsafe_plan_fraction if status else None),
            left_s=self._left_s(record, pace),
        )

    def _left_s(self, record: FlightRecord, pace: float | None) -> float | None:
        status = record.status
        if status is None or status.state != MissionState.EXPLORING.name:
            return None
        self._left.add(record.now_s(), status.explored_fraction)
        left_s = self._left.seconds()
        return left_s if left_s is None or not pace else left_s / pace


def note(record: FlightRecord, progress: Progress) -> str:
    """Return why a drone does what it does: the mission's reason, and what is behind it."""
    reason = record.status.reason if record.status else ""
    if record.flying:
        return PAUSED if progress.paused else reason or progress.complaint()
    waits = progress.sentence()
    if progress.starting or not progress.clock_heard:
        return waits
    return reason if ": " in reason else join(reason, waits)  # what is behind it may be said


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
