# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands to the autopilot, one after the other: each is acknowledged, refused or given up.

An acknowledgement names the command only, so it is matched to the newest request of that command;
one that comes late is taken for nothing. A request that is not answered in time is sent again with
its confirmation counter raised, a few times. Why one was refused is said in words, with what the
autopilot has said meanwhile.
"""

from __future__ import annotations

import dataclasses
from collections import deque

from live_mvp_ros.vehicle.mavlink.autopilot_traits import Request

ANSWER_S = 1.0
TRIES = 4
_ACCEPTED, _IN_PROGRESS = 0, 5
_RESULTS = {
    1: "not now",
    2: "denied",
    3: "it knows no such command",
    4: "it failed",
    6: "cancelled",
}
"""MAV_RESULT in words."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a request ended.

    Attributes:
        request: that was made.
        refusal: why it was not granted, a sentence; empty if it was.
    """

    request: Request
    refusal: str = ""


class RequestClient:
    """Makes one request after the other; belongs to one thread."""

    def __init__(self) -> None:
        """Have nothing to ask."""
        self._waiting: deque[Request] = deque()
        self._current: Request | None = None
        self._tries = 0
        self._answer_by_s = 0.0

    def ask(self, *requests: Request) -> None:
        """Make requests after those that are waiting."""
        self._waiting.extend(requests)

    def forget(self) -> None:
        """Give up what is asked and what waits, without an outcome."""
        self._waiting.clear()
        self._current = None

    @property
    def busy(self) -> bool:
        """Whether a request is under way or waits."""
        return self._current is not None or bool(self._waiting)

    def due(self, now_s: float) -> tuple[Request | None, int, Outcome | None]:
        """Return what to send now with its confirmation counter, and what has come to nothing.

        To be called again and again.
        """
        outcome = None
        if self._current is not None:
            if now_s < self._answer_by_s:
                return None, 0, None
            if self._tries < TRIES:
                return self._send(self._current, now_s), self._tries - 1, None
            outcome = Outcome(
                self._current,
                f"{self._current.name}: no answer within {TRIES * ANSWER_S:g} s",
            )
            self._current = None
        if not self._waiting:
            return None, 0, outcome
        self._current, self._tries = self._waiting.popleft(), 0
        return self._send(self._current, now_s), 0, outcome

    def acknowledged(self, command: int, result: int, now_s: float) -> Outcome | None:
        """Take an acknowledgement; return how the request ended, None if it goes on."""
        current = self._current
        if current is None or current.command != command:
            return None
        if result == _IN_PROGRESS:
            self._answer_by_s = now_s + ANSWER_S
            self._tries = 1  # it works on it: so much it has heard
            return None
        self._current = None
        if result == _ACCEPTED:
            return Outcome(current)
        words = _RESULTS.get(result, f"result {result}")
        return Outcome(current, f"{current.name} was refused: {words}")

    def _send(self, request: Request, now_s: float) -> Request:
        self._tries += 1
        self._answer_by_s = now_s + ANSWER_S
        return request
