# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The completion report: what an exploration left behind, in numbers, names and words.

Map frame, metres. The names of reasons are stable: files and messages use them. Needs no JAX, so
that who only reads a report need not wait for it.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

from live_mvp_ros.base.plurals import counted


class Reason(enum.IntEnum):
    """Why something is left; numbered as in Remainder.msg."""

    TOO_NARROW = 0
    TOO_RISKY = 1
    UNREACHABLE = 2
    NOT_RESOLVED = 3
    OUT_OF_BOUNDS = 4
    OUT_OF_TIME = 5
    NOT_WORTH_IT = 6


class GoalReason(enum.IntEnum):
    """Why the goal was not reached; numbered as in CompletionReport.msg."""

    NONE = 0
    INSIDE_OBSTACLE = 1
    ENCLOSED = 2
    IN_UNKNOWN = 3
    NO_KNOWN_WAY = 4
    TOO_NARROW = 5
    TOO_RISKY = 6
    OUT_OF_BOUNDS = 7
    OUT_OF_TIME = 8
    BLOCKED = 9


_WORDS = {
    Reason.TOO_NARROW: "or less behind passages that are too narrow in the map",
    Reason.TOO_RISKY: "given up after no progress towards it",
    Reason.UNREACHABLE: "without a known way",
    Reason.NOT_RESOLVED: "in plain view and still unknown",
    Reason.OUT_OF_TIME: "not looked at before the end",
    Reason.NOT_WORTH_IT: "not worth the time to look at",
}
_GOAL_WORDS = {
    GoalReason.INSIDE_OBSTACLE: "the goal lies inside an obstacle",
    GoalReason.ENCLOSED: "the goal lies inside something thick, or is sealed off",
    GoalReason.IN_UNKNOWN: "the goal lies in unknown space",
    GoalReason.NO_KNOWN_WAY: "no known way leads to the goal",
    GoalReason.TOO_NARROW: "the way to the goal is too narrow in the map",
    GoalReason.TOO_RISKY: "no progress was made towards the goal",
    GoalReason.OUT_OF_BOUNDS: "the goal lies outside the volume",
    GoalReason.OUT_OF_TIME: "the mission ended before the goal was reached",
    GoalReason.BLOCKED: "something blocks the way to the goal, which was open before",
}

NOTHING_LEFT = "nothing is left"


def ending(reason: str, report_in_words: str) -> str:
    """Return why a mission ended, with what it left behind if there is anything."""
    return reason if report_in_words == NOTHING_LEFT else f"{reason}; {report_in_words}"


@dataclasses.dataclass(frozen=True)
class Remainder:
    """One region that was left.

    Attributes:
        centroid_m: [x, y] of its cell nearest to its centroid.
        area_m2: its size; of free space that leaves the volume, that of the cells at the border.
        observable_m2: how much of it navigable cells would see, were the unknown transparent.
        reason: why it was left.
        enclosed: nothing known to be free touches it: a sealed room, or the inside of something
            thick.
        time_s: how long it would have taken to look at; None where nobody has estimated it.
    """

    centroid_m: tuple[float, float]
    area_m2: float
    observable_m2: float
    reason: Reason
    enclosed: bool = False
    time_s: float | None = None

    @property
    def unknown(self) -> bool:
        """Return whether it is unknown, not free space that goes on beyond the volume."""
        return self.reason is not Reason.OUT_OF_BOUNDS

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values; the reason by name."""
        return {
            "centroid_m": list(self.centroid_m),
            "area_m2": self.area_m2,
            "observable_m2": self.observable_m2,
            "reason": self.reason.name.lower(),
            "enclosed": self.enclosed,
            "time_s": self.time_s,
        }


@dataclasses.dataclass(frozen=True)
class GoalStatus:
    """Whether the goal was reached.

    Attributes:
        reached: within the mission's tolerance.
        reason: what kept the drone from it; NONE when it was reached.
        position_m: [x, y] of the goal.
        distance_m: from the drone to it.
    """

    reached: bool
    reason: GoalReason
    position_m: tuple[float, float]
    distance_m: float

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values; the reason by name, None when there is none."""
        named = None if self.reason is GoalReason.NONE else self.reason.name.lower()
        return {
            "reached": self.reached,
            "reason": named,
            "position_m": list(self.position_m),
            "distance_m": self.distance_m,
        }


@dataclasses.dataclass(frozen=True)
class Recoveries:
    """How often each rung of the progress watch's ladder was taken."""

    another_target: int = 0
    back_off: int = 0
    replan: int = 0
    give_up: int = 0


@dataclasses.dataclass(frozen=True)
class CompletionReport:
    """What a mission left behind.

    Attributes:
        ended: how it ended, in words.
        explored: whether the planner had nothing left to see; False if something was not worth it.
        remainders: what is left, what is enclosed last, the largest first.
        known_free_m2: area known to be free.
        unknown_m2: area of all unknown cells of the volume, the inside of walls included.
        goal: whether it was reached.
        wall_gaps: how many unknown gaps in walls were too narrow to look at, and taken for wall.
        recoveries: how often there was no progress, and what was done.
        odometry_error_m: how far off the drone's own odometry may be at the end, and with it all
            positions of the report; 0 if it is taken for exact.
    """

    ended: str
    explored: bool
    remainders: tuple[Remainder, ...]
    known_free_m2: float
    unknown_m2: float
    goal: GoalStatus
    wall_gaps: int = 0
    recoveries: Recoveries = Recoveries()
    odometry_error_m: float = 0.0

    @property
    def unseen_m2(self) -> float:
        """Return the area of what is left and not enclosed; none of it is said to be explored."""
        return sum(r.area_m2 for r in self.remainders if not r.enclosed and r.unknown)

    def area_m2(self, reason: Reason, enclosed: bool | None = None) -> float:
        """Return the area that was left for a reason."""
        return sum(
            r.area_m2
            for r in self.remainders
            if r.reason is reason and enclosed in (None, r.enclosed)
        )

    def time_s(self, reason: Reason) -> float:
        """Return how long it would have taken to look at what was left for a reason."""
        return sum(r.time_s or 0.0 for r in self.remainders if r.reason is reason)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "ended": self.ended,
            "explored": self.explored,
            "remainders": [remainder.to_dict() for remainder in self.remainders],
            "known_free_m2": self.known_free_m2,
            "unknown_m2": self.unknown_m2,
            "wall_gaps": self.wall_gaps,
            "goal": self.goal.to_dict(),
            "recoveries": dataclasses.asdict(self.recoveries),
            "odometry_error_m": self.odometry_error_m,
            "summary": self.in_words(),
        }

    def in_words(self) -> str:
        """Return what is left and why in a few words, such as for the end of a log."""
        parts = [
            f"{area:.1f} m² {words}{self._estimate(reason)}"
            for reason, words in _WORDS.items()
            if (area := self.area_m2(reason, enclosed=False)) > 0.0
        ]
        enclosed = sum(r.area_m2 for r in self.remainders if r.enclosed)
        if enclosed > 0.0:
            or_more = ", or the depth of the rest" if parts else ""
            parts.append(f"{enclosed:.1f} m² enclosed (solid, or sealed off{or_more})")
        left = "left: " + ", ".join(parts) if parts else NOTHING_LEFT
        if any(r.reason is Reason.OUT_OF_BOUNDS for r in self.remainders):
            left += "; free space goes on beyond the volume"
        if self.wall_gaps > 0:
            gaps = counted(self.wall_gaps, "gap")
            left += f"; {gaps} in walls, too narrow to look at, taken for wall"
        if (goal := _GOAL_WORDS.get(self.goal.reason)) is not None:
            left += f"; {goal}"
        if self.odometry_error_m > 0.0:
            off_m = max(0.1, self.odometry_error_m)
            left += f"; all by its own odometry, which may be off by {off_m:.1f} m"
        return left

    def _estimate(self, reason: Reason) -> str:
        """Return the time that it would have taken, in words."""
        time_s = self.time_s(reason)
        return f" ({time_s:.0f} s)" if time_s > 0.0 else ""
