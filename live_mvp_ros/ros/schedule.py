# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When something is due, by the stamps of the data themselves."""

from __future__ import annotations

import math


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


class Pacer:
    """How many steps of simulated time the wall clock asks for.

    After a long delay the simulation slows down instead of rushing: no step is ever skipped.
    """

    def __init__(self, period_ns: int, catch_up_steps: int = 10) -> None:
        """Pace steps of ``period_ns``; at most so many are made up for at once."""
        self._period_ns, self._catch_up_steps = period_ns, catch_up_steps
        self._anchor: tuple[float, int, float] | None = None

    def rest(self) -> None:
        """Forget the time that has passed, while paused."""
        self._anchor = None

    def due(self, wall_s: float, now_ns: int, factor: float) -> int:
        """Return the steps to make now.

        Args:
            wall_s: steady wall time.
            now_ns: simulated time.
            factor: simulated seconds per second.
        """
        if self._anchor is None or self._anchor[2] != factor:
            self._anchor = (wall_s, now_ns, factor)
        due_ns = self._anchor[1] + (wall_s - self._anchor[0]) * factor * 1e9
        behind = int((due_ns - now_ns) / self._period_ns + 0.5)
        most = math.ceil(self._catch_up_steps * max(1.0, factor))
        if behind > most:
            self._anchor = None
        return min(behind, most)


class Follower:
    """How many steps of simulated time another simulator's clock asks for.

    After a jump of the clock, back or far ahead, there is nothing to be made up for.
    """

    def __init__(self, period_ns: int, catch_up_steps: int = 100) -> None:
        """Follow in steps of ``period_ns``; a clock that is further ahead has jumped."""
        self._period_ns, self._catch_up_steps = period_ns, catch_up_steps

    def due(self, clock_ns: int, now_ns: int) -> tuple[int, int]:
        """Return the simulated time to go on from, and the steps to make then.

        Args:
            clock_ns: the other simulator's time.
            now_ns: ours.
        """
        steps = (clock_ns - now_ns) // self._period_ns
        if clock_ns >= now_ns and steps <= self._catch_up_steps:
            return now_ns, steps
        return clock_ns - self._period_ns, 1
