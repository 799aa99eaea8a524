# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When a flight ends, and why.

Its mission is over, nothing moves or comes any more, a node cannot be kept alive, nobody follows
it, or another graph of the same name was there first.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.base.threads import traceback_of
from live_mvp_ros.bringup.attempts import attempt, described
from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.bringup.flight_record import FlightRecord
from live_mvp_ros.bringup.glance import note
from live_mvp_ros.bringup.lock import GraphLock
from live_mvp_ros.bringup.run_files import Ending
from live_mvp_ros.bringup.start_progress import Waits, join
from live_mvp_ros.bringup.twins import Twins
from live_mvp_ros.planning import completion_report

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor
    from live_mvp_ros.bringup.supervisor import Supervisor

STANDSTILL_LIMIT_S = 30.0
TWINS_PERIOD_S = 0.5
ITS_OWN_END_S = 2.0  # beyond the limit, in which a mission that knows it ends by itself


class EndWatch:
    """Sees when the mission of a flight is over, or takes too long."""

    def __init__(self, limit_s: float | None, *, alone: bool) -> None:
        """Prepare.

        Args:
            limit_s: of the flight, and before it of waiting, see ``Waits``; None for no limit.
            alone: nobody but our own nodes is waited for.
        """
        self._limit_s = limit_s
        self._waits = Waits(limit_s, alone=alone)
        self._moved_at, self._moved_stamp = time.monotonic(), math.nan

    def ended(self, monitor: Monitor) -> Ending | None:
        """Return how the flight has ended, None while it goes on; to be called again and again."""
        record, limit = monitor.record, self._limit_s
        state = record.status.state if record.status else "no status yet"
        reason = record.status.reason if record.status else ""
        if state == MissionState.DONE.name:
            success = record.status is not None and record.status.success
            return Ending(reason or "the mission is over", complete=success)
        if state == MissionState.FAULT.name:
            return Ending(f"fault: {reason}")
        # A mission of ours ends itself; this is for what another controller flies.
        if limit is not None and record.now_s() >= limit + ITS_OWN_END_S:
            return Ending(f"the time limit of {limit:g} s of flight was reached")
        if not record.flying:
            why = self._waits.too_long(monitor.progress)
            words = join(state, note(record, monitor.progress))
            return None if why is None else Ending(f"{why}: {words}")
        return self._stands_still(monitor)

    def _stands_still(self, monitor: Monitor) -> Ending | None:
        stamp_s = monitor.record.last_stamp_s()
        if stamp_s != self._moved_stamp or monitor.progress.paused:
            self._moved_at, self._moved_stamp = time.monotonic(), stamp_s
        if time.monotonic() - self._moved_at > STANDSTILL_LIMIT_S:
            return Ending(f"no odometry came for {STANDSTILL_LIMIT_S:g} s")
        return None


class TwinWatch:
    """Sees when another graph has nodes of the same names: of the two, the newcomer goes."""

    def __init__(self, twins: Twins, lock: GraphLock, say: Callable[[str], None]) -> None:
        """Look for twins; a newer one is said once, an older one is what the lock refuses."""
        self._twins, self._lock, self._say = twins, lock, say
        self._looked_at = -math.inf
        self._warned = False

    def yields(self, monitor: Monitor) -> Ending | None:
        """Look for another graph; return how the flight ends if that was there first.

        Raises:
            UsageError: it was, and nothing has flown yet.
        """
        now = time.monotonic()
        if now - self._looked_at < TWINS_PERIOD_S:
            return None
        self._looked_at = now
        twin = self._twins.look(monitor.nodes(), now)
        if twin is None:
            return None
        if not twin.older:
            if not self._warned:
                self._say(f"a second graph has started beside this one ({twin.owner}): stop it")
            self._warned = True
            return None
        if not monitor.record.flying:
            raise self._lock.busy(twin.owner)
        return Ending(str(self._lock.busy(twin.owner)))


def lost(monitor: Monitor, log: Path, say: Callable[[str], None]) -> Ending | None:
    """Return how a flight ends that nobody follows any more, None while somebody does.

    Where that happened is written to ``log``.
    """
    error = monitor.failure
    if error is None:
        return None
    sentence = f"the flight is not watched any more: {described(error)}"
    attempt(say, str(log), log.write_text, traceback_of(error))
    say(f"{sentence}; where that happened is in {log}")
    return Ending(sentence)


def given_up(supervisor: Supervisor, say: Callable[[str], None]) -> Ending | None:
    """Restart what has died; return how the flight ends if a node cannot be kept alive.

    Raises:
        UsageError: a node was configured wrongly.
    """
    try:
        supervisor.poll()
    except UsageError:
        raise
    except BringupError as error:
        say(str(error))
        return Ending(str(error).splitlines()[0].partition("; its last")[0])
    return None


def with_completion(ending: Ending, record: FlightRecord) -> Ending:
    """Return the ending with what is left in its reason, as far as the planner has said so.

    The record's report gets the reason of the flight: the controller may know only that it was
    told to stop.
    """
    if record.completion is None:
        return ending
    record.completion = dataclasses.replace(record.completion, ended=ending.reason)
    reason = completion_report.ending(ending.reason, record.completion.in_words())
    return dataclasses.replace(ending, reason=reason)
