# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When something is due, by the stamps of the data themselves."""

from __future__ import annotations


class Every:
    """Says when the next period has come; keeps the average rate when stamps are irregular.

    A stamp may come up to ``slack`` of a period early, so that data on the same raster as the
    period is not missed by rounding. After a gap, or when time jumps back, it starts anew.
    """

    def __init__(self, rate_hz: float, slack: float = 0.05) -> None:
        """Be due ``rate_hz`` times a second, first at once."""
        self._period_ns = round(1e9 / rate_hz)
        self._slack_ns = round(slack * self._period_ns)
        self._next_ns: int | None = None

    def due(self, stamp_ns: int) -> bool:
        """Return whether a period has passed at ``stamp_ns``, and begin the next one."""
        wait_ns = 0 if self._next_ns is None else self._next_ns - stamp_ns
        if self._slack_ns < wait_ns <= 2 * self._period_ns:
            return False
        on_raster = self._next_ns is not None and abs(wait_ns) <= self._period_ns
        start = self._next_ns if on_raster and self._next_ns is not None else stamp_ns
        self._next_ns = start + self._period_ns
        return True
