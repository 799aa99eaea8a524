# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Why there is no odometry, map or field yet, as the nodes say that should publish it.

Listened to before the first flight only: in flight a controller has better things to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from live_mvp_ros.base.mission_state import WAITING
from live_mvp_ros.control import MissionDecision
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.complaints import cause
from live_mvp_ros.ros.mission_requests import PREPARING
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.topics import TOPICS

RECENT_S = 2.5  # nodes report every second
_IN_FLOW = tuple(dict.fromkeys(name for topic in TOPICS for name in topic.publishers))


class Explanations:
    """The problems of the other nodes of a graph; all of it is the executor's."""

    def __init__(self, node: GraphNode, clock: Callable[[], float] = time.monotonic) -> None:
        """Listen to the nodes in the namespace of ``node``."""
        self._node, self._now = node, clock
        self._own = node.get_fully_qualified_name().lstrip("/")
        self._prefix = node.get_namespace().strip("/")
        self._problems: dict[str, tuple[str, float]] = {}
        self._listens = node.create_subscription(
            DiagnosticArray,
            "/diagnostics",
            self._on_diagnostics,
            qos.DIAGNOSTICS,
            event_callbacks=qos.subscription_events(),
        )

    def explained(self, decision: MissionDecision) -> str:
        """Return the reason of a decision with what is behind it, where it waits for inputs."""
        if decision.flies:
            self._stop()
        if decision.state.name not in WAITING or decision.reason == PREPARING:
            return decision.reason
        since = self._now() - RECENT_S
        problems = {name: words for name, (words, at) in self._problems.items() if at > since}
        found = cause({name: problems[name] for name in self._in_flow() if name in problems})
        said = f"{found}: {problems[found]}" if found and found != self._own else ""
        return ": ".join(part for part in (decision.reason, said) if part)

    def _in_flow(self) -> list[str]:
        return [f"{self._prefix}/{name}".lstrip("/") for name in _IN_FLOW]

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name not in self._in_flow():
                continue
            self._problems.pop(status.name, None)
            if status.level != DiagnosticStatus.OK:
                self._problems[status.name] = (status.message, self._now())

    def _stop(self) -> None:
        if self._listens is not None:
            self._node.destroy_subscription(self._listens)
            self._listens = None
