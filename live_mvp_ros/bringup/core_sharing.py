# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Share the cores out among the processes of a flight, from its start to its end.

How they can be divided is decided before the start (``cores``) and comes into force when the graph
is up: until then who compiles may have all of them. It is taken back while others keep the cores
busy.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from live_mvp_ros.base.mission_state import HAVE_FLOWN, WAITING
from live_mvp_ros.bringup import cores
from live_mvp_ros.bringup.cores import NOT_DIVIDED, WORKING
from live_mvp_ros.bringup.node_process import keep_to

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor
    from live_mvp_ros.bringup.supervisor import Supervisor

UP_AFTER_S = 3.0  # a node that compiles says so after one second, once a second


class CoreSharing:
    """Who may run on which cores: the nodes that a supervisor runs, and this process."""

    def __init__(self, choice: str, say: Callable[[str], None], *, steered_by_us: bool) -> None:
        """Prepare; nothing is divided yet.

        Args:
            choice: ``auto``, ``off`` or a list, see ``bringup.cores``.
            say: receives one line for each change.
            steered_by_us: a controller of ours flies, and says what it waits for.
        """
        self.division = NOT_DIVIDED
        self._choice, self._say, self._steered_by_us = choice, say, steered_by_us
        self._up_since: float | None = None
        self._shared_out = False
        self._everyone: frozenset[int] = frozenset()
        self._balance = cores.Balance((), False)
        self._balanced_at, self._usage = time.monotonic(), cores.Usage()

    def divide(self, before: cores.CoreTimes | None) -> None:
        """Decide how the cores are divided, once the graph is up.

        Args:
            before: times of the cores a moment ago, None where the system does not say.

        Raises:
            UsageError: the choice is not allowed on this machine.
        """
        self.division = cores.divide(self._choice, before, cores.core_times())
        if self._choice != cores.OFF:
            self._say(f"processor: {self.division.in_words()}")

    def look(self, supervisor: Supervisor, monitor: Monitor, stack: contextlib.ExitStack) -> None:
        """Divide the cores when the graph is up: until then who compiles may have all of them.

        This process, which only looks on, keeps to those for work then, too; ``stack`` lets it
        loose again. Until then, a node keeps its good priority as well until it has produced
        something.
        """
        everyone = cores.allowed_cores()
        if not self._shared_out and self._is_up(monitor):
            self._shared_out = True
            stack.callback(keep_to, os.getpid(), everyone)
            self._everyone = everyone
            self._balance = cores.Balance(everyone, bool(self.division.groups))
            self._keep_apart(supervisor)
        elif self._shared_out:
            self._rebalance(supervisor)
        progress = monitor.progress
        supervisor.settled(progress.ready() if self._shared_out else progress.prepared())

    def _rebalance(self, supervisor: Supervisor) -> None:
        """Take the division back while others keep the cores busy, and make it again later."""
        now, division = time.monotonic(), self.division
        passed_s = now - self._balanced_at
        if passed_s < cores.LOOK_PERIOD_S or not division.possible:
            return
        self._balanced_at = now
        if not division.groups:
            division = dataclasses.replace(division, mixed_s=division.mixed_s + passed_s)
        used_s = self._usage.of([os.getpid(), *supervisor.pids().values()])
        apart = self._balance.look(cores.core_times(used_s), passed_s)
        if apart != bool(division.groups):
            groups = division.possible if apart else {}
            idle = f"the {len(self._everyone)} cores are idle otherwise"
            busy = cores.busy_in_words(self._balance.load, self._everyone)
            division = dataclasses.replace(division, groups=groups, reason=idle if apart else busy)
        changed, self.division = division.groups != self.division.groups, division
        if changed:
            self._say(f"processor: {division.in_words()}")
            self._keep_apart(supervisor)

    def _keep_apart(self, supervisor: Supervisor) -> None:
        """Keep all to the cores that the division gives them, this process to those for work."""
        apart = bool(self.division.groups)
        supervisor.share_out(frozenset() if apart else self._everyone)
        keep_to(os.getpid(), self.division.of(WORKING) if apart else self._everyone)

    def _is_up(self, monitor: Monitor) -> bool:
        """Return whether all have compiled what they need: it flies, or could if it were to.

        A node that has just got its first input looks ready for a moment before it compiles.
        """
        now, status = time.monotonic(), monitor.record.status
        state = "" if status is None else status.state
        steered = not self._steered_by_us or state not in ("", *WAITING)
        if monitor.progress.starting or not monitor.has_plan or not steered:
            self._up_since = None
        elif self._up_since is None:
            self._up_since = now
        lasts = self._up_since is not None and now - self._up_since >= UP_AFTER_S
        return lasts or state in HAVE_FLOWN
