# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How long an exploration will still take, by what the planner says is left and the latest pace.

The planner knows the share that is explored of all that can still become known. What is left of it
takes as long as it does at the pace of the last half minute of flight. That is no promise: behind
the next door there may be more.
"""

from __future__ import annotations

import math
from collections import deque

PACE_S = 30.0
"""The pace is that of so many seconds of flight."""
LEAST_S = 5.0
"""Fewer say nothing about a pace."""
STEP_S = 0.5


class TimeLeft:
    """Follows the explored share of one flight."""

    def __init__(self, limit_s: float | None = None) -> None:
        """Begin with nothing seen; a flight ends after ``limit_s`` at the latest."""
        self._limit_s = math.inf if limit_s is None else limit_s
        self._seen: deque[tuple[float, float]] = deque()

    def add(self, time_s: float, share: float) -> None:
        """Take the explored share at a flight time; one that is not finite is left out."""
        if not math.isfinite(share):
            return
        if self._seen and time_s < self._seen[-1][0]:
            self._seen.clear()  # another flight
        if self._seen and time_s < self._seen[-1][0] + STEP_S:
            return
        self._seen.append((time_s, share))
        while len(self._seen) > 1 and self._seen[1][0] <= time_s - PACE_S:
            self._seen.popleft()

    def seconds(self) -> float | None:
        """Return the seconds of flight that are left, None as long as nothing can be said."""
        if not self._seen:
            return None
        (begin_s, before), (now_s, share) = self._seen[0], self._seen[-1]
        gained = share - before
        if now_s - begin_s < LEAST_S or gained <= 0.0:
            return None
        return min((1.0 - share) * (now_s - begin_s) / gained, max(0.0, self._limit_s - now_s))


def in_words(seconds: float) -> str:
    """Return a time as somebody would say it: ``45 s``, ``2 min 30 s``, ``1 h 5 min``."""
    if seconds < 60.0:
        return f"{max(5, 5 * round(seconds / 5.0))} s"
    if seconds < 600.0:
        minutes, rest = divmod(10 * round(seconds / 10.0), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60.0), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
