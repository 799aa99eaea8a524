# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far the autopilot's clock is from ours, from TIMESYNC both ways.

We ask with our time, it answers with its own: its clock was read between our sending a and our
hearing b, so the offset ours - its lies within (b - a) / 2 of the middle. The exchange with the
least delay says most, and an old one says less, since clocks drift: of the last seconds the one is
taken whose half delay plus age times ``DRIFT`` is least (a minimum filter as in Cristian,
"Probabilistic clock synchronization", 1989). Both clocks jump now and then: an autopilot restarts,
a simulated one stalls. Exchanges that cannot be reconciled with the estimate, several in a row,
are a jump: the estimate begins anew, and somebody is told.

Our clock here is the steady one, which nobody sets. ``SystemTime`` leads from it to the system's,
in which messages are stamped, and notices when that is set.
"""

from __future__ import annotations

import dataclasses
from collections import deque

DRIFT = 0.01
"""How fast the clocks may part: quartz does by 1e-4, a simulator beside a busy machine by 0.06."""
AT_ONCE_NS = 2_000_000
"""Two clocks are read within so much, if nobody interrupts it."""
TRUSTED_DELAY_NS = 100_000_000
"""An exchange that took longer says nothing worth having."""
_KEPT_NS = 5_000_000_000
_MARGIN_NS = 20_000_000  # beyond what delay and drift explain: a jump, if it stays
_CONFIRMED = 3  # exchanges in a row
_SET_NS = 20_000_000  # the system's clock was set, by more than it is slewed between two looks


@dataclasses.dataclass(frozen=True)
class _Exchange:
    at_ns: int
    offset_ns: int
    half_delay_ns: int


class ClockOffset:
    """The offset of one autopilot's clock; belongs to one thread.

    Attributes:
        jumps: how often one of the clocks has jumped.
        delay_ns: of the last exchange, there and back.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.jumps = 0
        self.delay_ns = 0
        self._kept: deque[_Exchange] = deque(maxlen=64)
        self._strange: list[_Exchange] = []
        self._best: _Exchange | None = None

    @property
    def known(self) -> bool:
        """Whether stamps can be told."""
        return self._best is not None

    def uncertainty_ns(self, now_ns: int) -> int:
        """Return how far off the offset may be."""
        best = self._best
        return TRUSTED_DELAY_NS if best is None else self._doubt_ns(best, now_ns)

    def steady_ns(self, its_ns: int) -> int:
        """Return our steady time of a time of the autopilot.

        Raises:
            LookupError: no exchange has been completed yet.
        """
        if self._best is None:
            raise LookupError("the autopilot has not answered TIMESYNC yet")
        return its_ns + self._best.offset_ns

    def answered(self, asked_ns: int, its_ns: int, now_ns: int) -> bool:
        """Take an answer to our question of ``asked_ns``; return whether a clock has jumped."""
        delay_ns = now_ns - asked_ns
        if not 0 <= delay_ns <= TRUSTED_DELAY_NS:
            return False
        self.delay_ns = delay_ns
        new = _Exchange(now_ns, asked_ns + delay_ns // 2 - its_ns, delay_ns // 2)
        jumped = False
        if self._best is not None and self._contradicts(new, self._best):
            self._strange.append(new)
            if len(self._strange) < _CONFIRMED:
                return False
            self.jumps += 1
            jumped = True
            self._kept.clear()
            self._kept.extend(self._strange)
        else:
            self._kept.append(new)
        self._strange = []
        recent = [kept for kept in self._kept if now_ns - kept.at_ns <= _KEPT_NS]
        self._best = min(recent, key=lambda kept: self._doubt_ns(kept, now_ns))
        return jumped

    def _contradicts(self, new: _Exchange, old: _Exchange) -> bool:
        doubt_ns = self._doubt_ns(old, new.at_ns) + new.half_delay_ns + _MARGIN_NS
        return abs(new.offset_ns - old.offset_ns) > doubt_ns

    @staticmethod
    def _doubt_ns(exchange: _Exchange, now_ns: int) -> int:
        return exchange.half_delay_ns + round(DRIFT * max(0, now_ns - exchange.at_ns))


class SystemTime:
    """Between the steady clock and the system's; belongs to one thread.

    Attributes:
        jumps: how often the system's clock was set.
    """

    def __init__(self, system_ns: int, steady_ns: int) -> None:
        """Begin with both clocks read at once."""
        self.jumps = 0
        self._ahead_ns = system_ns - steady_ns

    def look(self, before_ns: int, system_ns: int, after_ns: int) -> int:
        """Return by how much the system's clock was set since the last look, or 0.

        Args:
            before_ns: the steady clock.
            system_ns: the system's, read after that.
            after_ns: the steady clock again. Where something came between, nothing is learned.
        """
        if after_ns - before_ns > AT_ONCE_NS:
            return 0
        ahead_ns = system_ns - (before_ns + after_ns) // 2
        moved_ns, self._ahead_ns = ahead_ns - self._ahead_ns, ahead_ns
        if abs(moved_ns) <= _SET_NS:
            return 0
        self.jumps += 1
        return moved_ns

    def system_ns(self, steady_ns: int) -> int:
        """Return the stamp of a steady time."""
        return steady_ns + self._ahead_ns

    def steady_ns(self, system_ns: int) -> int:
        """Return the steady time of a stamp."""
        return system_ns - self._ahead_ns
