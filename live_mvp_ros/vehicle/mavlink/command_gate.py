# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Freshness is authority: a command passes only while the odometry that it answers is young.

The stamp of a command names the odometry that it answers, so its age holds everything that has
happened since: telemetry, planning, middleware, waiting. A command that is too old is dropped and
counted, and silence is passed on as silence: nothing is repeated, nothing is sent by a timer. The
age is looked at twice, on arrival and with the bytes ready to be written; so no stale command
leaves even where this process is put to sleep in between.

One that comes after another one that answers newer odometry was overtaken on the way, and is
dropped, too; but only as long as that one is young, since a clock may have been set back.

A command without a stamp says nothing about its age and is refused: a queue may have kept it.
"""

from __future__ import annotations

import math
from collections import Counter

from live_mvp_ros.vehicle.mavlink.flight_phase import SILENT_S

EARLY_S = 0.02
"""A stamp may be so far in the future: what the clocks' offset may be off."""


class CommandGate:
    """Decides which commands pass, and keeps count; belongs to one thread.

    Attributes:
        sent: commands that were passed on.
        stale_sent: of these, the ones that were too old when they were written: always 0.
        refused: how many were not, by reason.
        oldest_s: the greatest age of a command when it was written.
        own_holds: levelled holds of the driver's own.
    """

    def __init__(self, timeout_s: float, rate_max_hz: float) -> None:
        """Pass commands younger than ``timeout_s``, at most ``rate_max_hz`` of them a second."""
        self._timeout_s, self._period_s = timeout_s, 0.9 / rate_max_hz
        self.sent = self.stale_sent = self.own_holds = 0
        self.refused: Counter[str] = Counter()
        self.oldest_s = 0.0
        self.last_age_s = math.nan
        self._sent_s = self._fresh_s = self._stream_s = -math.inf
        self._answered_ns = 0  # by the command that was passed on last
        self._held = True  # there is nothing to level before the first command

    def silent_s(self, now_s: float) -> float:
        """Return for how long no fresh command has come, passed on or not."""
        return now_s - self._fresh_s

    def unsent_s(self, now_s: float) -> float:
        """Return for how long no command was passed on."""
        return now_s - self._sent_s

    def streaming_s(self, now_s: float) -> float:
        """Return for how long fresh commands have come without a gap, 0 while they do not."""
        return self._fresh_s - self._stream_s if self.silent_s(now_s) <= SILENT_S else 0.0

    def arrived(self, answers_ns: int, now_ns: int) -> str:
        """Take the arrival of a command; return why it is not fresh, empty if it is.

        Args:
            answers_ns: when the odometry was taken that it answers; 0 where it does not say.
            now_ns: on the same clock.
        """
        why = self._why_not_fresh(answers_ns, now_ns)
        if why:
            self.refused[why] += 1
            return why
        now_s = 1e-9 * now_ns
        if self.silent_s(now_s) > SILENT_S:
            self._stream_s = now_s
        self._fresh_s = now_s
        return ""

    def comes_too_soon(self, now_s: float) -> bool:
        """Return whether it follows the last one faster than the stream may be, and count it."""
        if now_s - self._sent_s >= self._period_s:
            return False
        self.refused["it came sooner than the stream may be"] += 1
        return True

    def leaves(self, answers_ns: int, now_ns: int) -> bool:
        """Return whether a command may be written this very moment, and count it either way."""
        why = self._why_not_fresh(answers_ns, now_ns)
        if why:
            self.refused[why] += 1
            return False
        self.last_age_s = 1e-9 * (now_ns - answers_ns)
        self.oldest_s = max(self.oldest_s, self.last_age_s)
        self.sent += 1
        self.stale_sent += self.last_age_s > self._timeout_s
        self._sent_s, self._held = 1e-9 * now_ns, False
        self._answered_ns = answers_ns
        return True

    def refuse(self, why: str) -> None:
        """Count a command that is not passed on for another reason."""
        self.refused[why] += 1

    def may_level(self, now_s: float, autopilot_s: float) -> bool:
        """Return whether the driver may send its one levelled hold now, and count it.

        Once for each silence, after the time-out of commands and before the autopilot's.
        """
        silent_s = self.unsent_s(now_s)
        if self._held or not self._timeout_s < silent_s < autopilot_s:
            return False
        self._held = True
        self.own_holds += 1
        return True

    def _why_not_fresh(self, answers_ns: int, now_ns: int) -> str:
        if not answers_ns:
            return "it does not say which odometry it answers"
        age_s = 1e-9 * (now_ns - answers_ns)
        if age_s > self._timeout_s:
            return "the odometry that it answers is too old"
        if self._was_overtaken(answers_ns, now_ns):
            return "a command that answers newer odometry was passed on before it"
        if age_s < -EARLY_S:
            return "the odometry that it answers is in the future"
        return ""

    def _was_overtaken(self, answers_ns: int, now_ns: int) -> bool:
        newer_was_sent = answers_ns < self._answered_ns
        return newer_was_sent and self.unsent_s(1e-9 * now_ns) <= self._timeout_s
