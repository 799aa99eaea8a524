# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When the nodes of a flight are asked what they fly, and when that is enough to score it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from live_mvp_ros.bringup.flown import Flown, flown
from live_mvp_ros.bringup.scoring import Basis, Scorer

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor
    from live_mvp_ros.bringup.supervisor import Supervisor

ASKING_PERIOD_S = 1.0
WAIT_LIMIT_S = 10.0  # after the first map, for the answers and for the flight to begin


class Asking:
    """Asks the nodes for their parameters, and has the flight scored against them."""

    def __init__(self, scorer: Scorer, truth: str | None) -> None:
        """Prepare; ``truth`` is the world that the user names to score against, or None."""
        self._scorer, self._truth = scorer, truth
        self._asked_at = -math.inf
        self._restarts = 0

    def renew_after_restart(self, supervisor: Supervisor, monitor: Monitor) -> None:
        """Ask for parameters again when a node was started again: it has those of its start."""
        restarts = sum(supervisor.restarts().values())
        if restarts != self._restarts:
            self._restarts = restarts
            monitor.flown.renew()

    def prepare_scores(self, monitor: Monitor) -> None:
        """Ask what is flown, and begin to score once that and a map is there and it flies.

        To load what scores takes seconds of a core, which the nodes need before the flight.
        """
        now = time.monotonic()
        if now - self._asked_at >= ASKING_PERIOD_S and monitor.flown.missing():
            self._asked_at = now
            monitor.ask_parameters()
        first = monitor.first_map_at
        if first is None or self._scorer.started:
            return
        ready = monitor.record.flying and not monitor.flown.missing()
        if ready or now - first > WAIT_LIMIT_S:
            self._scorer.start(basis(self.known(monitor)))

    def known(self, monitor: Monitor) -> Flown:
        """Return what is flown, as far as nodes have answered."""
        completion = monitor.record.completion
        goal = None if completion is None else completion.goal.position_m
        return flown(monitor.flown.by_node(), self._truth, goal)


def basis(known: Flown) -> Basis | None:
    """Return what a flight is scored against, None if there is no truth or it is not known how."""
    if known.truth is None or known.radius_m is None or known.range_m is None:
        return None
    return Basis(known.truth, known.radius_m, known.range_m)
