# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that a flight depends on: read, set where they differ, read back.

A parameter that does not become what is wanted is a reason not to fly: its name, its value and
what is wanted. All of it is bounded: a parameter that is not told after some tries is a reason,
too.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque

from live_mvp_ros.vehicle.mavlink.autopilot_traits import WantedParameter

ANSWER_S = 0.5
TRIES = 6
_SAME = 1e-5
_REMEMBERED = 100  # sentences that nobody has fetched


@dataclasses.dataclass(frozen=True)
class ReadParameter:
    """Ask for a parameter by name."""

    name: str


@dataclasses.dataclass(frozen=True)
class SetParameter:
    """Set a parameter by name."""

    name: str
    value: float
    integer: bool


@dataclasses.dataclass
class _Course:
    """How far one parameter has come."""

    wanted: WantedParameter
    value: float = math.nan
    read: bool = False
    set_once: bool = False
    before: float = math.nan  # its value when we set it, where we have
    left: float = math.nan  # what became of that: who finds another value was not the last
    tries: int = 0
    answer_by_s: float = -math.inf


class ParameterClient:
    """Brings parameters to what is wanted, one after the other; belongs to one thread.

    Attributes:
        changes: sentences on what was set, for a log, oldest first; who logs them empties it.
    """

    def __init__(
        self, wanted: tuple[WantedParameter, ...], also_read: tuple[str, ...] = ()
    ) -> None:
        """Begin with nothing read; ``also_read`` are parameters that may be as they are."""
        same = tuple(WantedParameter(name, lambda value: value, "") for name in also_read)
        self._courses = [_Course(item) for item in (*wanted, *same)]
        self._may_set = False
        self.changes: deque[str] = deque(maxlen=_REMEMBERED)

    def may_set(self, allowed: bool) -> None:
        """Say whether values may be set: not in flight, and only when somebody wants to fly."""
        self._may_set = allowed

    def begin_again(self) -> None:
        """Read everything anew: the autopilot was started again, or somebody may have set it."""
        self._courses = [_Course(c.wanted, before=c.before, left=c.left) for c in self._courses]

    def value(self, name: str) -> float:
        """Return the value of a parameter that was read, NaN before."""
        return next((c.value for c in self._courses if c.wanted.name == name), math.nan)

    def due(self, now_s: float) -> ReadParameter | SetParameter | None:
        """Return what to send now; to be called again and again."""
        for course in self._courses:
            if self._settled(course):
                continue
            if now_s < course.answer_by_s:
                return None
            course.tries += 1
            course.answer_by_s = now_s + ANSWER_S
            if not course.read:
                return ReadParameter(course.wanted.name)
            if not course.set_once and not _same(course.value, course.left):
                course.before = course.value
            course.set_once, course.read = True, False
            goal = course.wanted.wanted(course.value)
            return SetParameter(course.wanted.name, goal, course.wanted.integer)
        return None

    def told(self, name: str, value: float) -> None:
        """Take a value that the autopilot tells."""
        for course in self._courses:
            if course.wanted.name == name:
                previous, answers = course.value, course.set_once and not course.read
                course.value, course.read = value, True
                if answers:
                    course.left = value
                    if not _same(value, previous):
                        self.changes.append(f"set {self._known(course)}: {course.wanted.why}")
                course.answer_by_s = -math.inf

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be tried."""
        return all(self._settled(course) for course in self._courses)

    def problems(self) -> list[str]:
        """Return why one must not fly with these parameters, a sentence for each."""
        return [said for course in self._courses if (said := self._problem(course))]

    def verified(self) -> list[str]:
        """Return the parameters that are as wanted, with their values and what they were."""
        return [
            self._known(course)
            for course in self._courses
            if course.wanted.why and course.read and self._agrees(course)
        ]

    def _settled(self, course: _Course) -> bool:
        if course.tries >= TRIES:
            return True
        return course.read and (self._agrees(course) or not self._may_set)

    def _problem(self, course: _Course) -> str:
        name, why = course.wanted.name, course.wanted.why
        if not why:
            return ""
        if math.isnan(course.value):
            waits = course.tries < TRIES
            return f"{name} is not read yet" if waits else f"{name} is not told by the autopilot"
        if self._agrees(course):
            return "" if course.read else f"{name} is not read back yet"
        said = f"{self._known(course)} is not allowed: {why}"
        return (
            f"{said}; it does not take {course.wanted.wanted(course.value):g}"
            * (course.set_once and course.tries >= TRIES)
            or said
        )

    @staticmethod
    def _known(course: _Course) -> str:
        is_set = not math.isnan(course.before) and not _same(course.before, course.value)
        was = f" (was {course.before:g})" if is_set else ""
        return f"{course.wanted.name} = {course.value:g}{was}"

    @staticmethod
    def _agrees(course: _Course) -> bool:
        return _same(course.wanted.wanted(course.value), course.value)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(1.0, abs(one))
