# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a controller keeps up with its rate."""

from __future__ import annotations


class Pace:
    """Says whether plans are late, by what each tick sees.

    A plan is late when it takes ``late_periods`` or more. It stays late until a plan is in time
    again: else a controller that is always too slow would fly for a moment after each plan.

    Attributes:
        period_s: between two ticks, in node time.
        longest_s: a plan for older odometry than this is not flown.
        late: whether to hold.
    """

    def __init__(self, late_periods: int, period_s: float) -> None:
        """Be in time."""
        self.period_s, self.longest_s = period_s, late_periods * period_s
        self.late = False
        self._late_periods, self._busy_ticks = late_periods, 0
        self._last_ns: int | None = None
        self._gap_s = 0.0

    def tick(self, now_ns: int, busy: bool) -> None:
        """Take a tick at a node's time; ``busy`` says that a plan is not ready."""
        self._gap_s, self._last_ns = self._since_s(now_ns), now_ns
        ticks = self._busy_ticks
        self._busy_ticks = ticks + 1 if busy else 0
        self.late = max(ticks, self._busy_ticks) >= self._late_periods

    def starved(self, now_ns: int) -> bool:
        """Return whether the machine has not let the ticks themselves come for so long."""
        return max(self._gap_s, self._since_s(now_ns)) > self.longest_s

    def _since_s(self, now_ns: int) -> float:
        return 0.0 if self._last_ns is None else 1e-9 * (now_ns - self._last_ns)
