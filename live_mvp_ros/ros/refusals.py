# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages that cannot be used: why, how often, and what of it is worth a line in a log.

Needs neither ROS nor JAX, so that who only watches need not wait for them.
"""

from __future__ import annotations

import re

FARTHEST_M = 1e5
"""Farthest place from a frame's origin: beyond, float32 loses centimetres."""
REASONS_LOGGED = 8
"""Distinct reasons per topic that are logged, each when it first occurs."""
REMIND_S = 30.0
"""Time between two log lines of a topic that say how many more messages were refused."""
LONGEST_REASON = 300
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?(?:e[-+]?\d+)?|\binf\b|\bnan\b)", re.IGNORECASE)


class InvalidMessageError(ValueError):
    """A message cannot be used; the text says why."""


class Refusals:
    """What was refused on one topic: how often, why, and what of it is worth a log line.

    A reason is logged when it first occurs, where reasons that differ in their numbers are one.
    Whatever else is refused is counted, and the count is logged now and then. So a publisher that
    sends nonsense at 100 Hz neither fills the log nor hides another fault of the same topic.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.count, self.last = 0, ""
        self._known: set[str] = set()
        self._unsaid, self._said_s = 0, 0.0

    def add(self, reason: str, now_s: float) -> str:
        """Count one message; returns what to log, or an empty string."""
        self.count += 1
        self.last = reason[:LONGEST_REASON]
        kind = _NUMBER.sub("#", self.last)
        if kind not in self._known and len(self._known) < REASONS_LOGGED:
            self._known.add(kind)
            self._said_s = now_s
            return self.last
        self._unsaid += 1
        if now_s - self._said_s < REMIND_S:
            return ""
        said, self._unsaid, self._said_s = self._unsaid, 0, now_s
        return f"{said} more; the last one: {self.last}"
