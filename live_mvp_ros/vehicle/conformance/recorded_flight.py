# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a check records of a vehicle, and what is said of it in the end. ENU, FLU, SI units."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import NamedTuple

from live_mvp_ros.vehicle.mavlink.axes import Quaternion, Vector


class Heard(NamedTuple):
    """One odometry.

    Attributes:
        stamp_ns: its stamp.
        heard_s: when it was heard, in the time of the stamps.
        position_m: of the body, in the world.
        velocity_m_s: in the world.
        attitude: (w, x, y, z), turns body into world.
        rates_rad_s: in the body.
    """

    stamp_ns: int
    heard_s: float
    position_m: Vector
    velocity_m_s: Vector
    attitude: Quaternion
    rates_rad_s: Vector


class Said(NamedTuple):
    """What the driver has said of its vehicle, and when it was heard."""

    heard_s: float
    phase: int
    mode: str
    armed: bool
    battery_fraction: float
    reason: str


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What came of one procedure.

    Attributes:
        poses: odometry, oldest first.
        truths: where it truly was; empty where nobody knows.
        said: the driver's words; empty where it has none.
        setpoints_s: when setpoints left for the vehicle; empty where nobody can see that.
        marks: moments [s] and figures that the procedure has noted, by name.
        place_m: that was to be held.
    """

    poses: tuple[Heard, ...]
    truths: tuple[Heard, ...] = ()
    said: tuple[Said, ...] = ()
    setpoints_s: tuple[float, ...] = ()
    marks: Mapping[str, float] = dataclasses.field(default_factory=dict)
    place_m: Vector = (0.0, 0.0, 0.0)

    def between(self, begin_s: float, end_s: float = math.inf) -> tuple[Heard, ...]:
        """Return the odometry that was heard in a span of time."""
        return tuple(pose for pose in self.poses if begin_s <= pose.heard_s <= end_s)

    def mark(self, name: str) -> float:
        """Return a mark, NaN where the procedure did not come so far."""
        return self.marks.get(name, math.nan)


@dataclasses.dataclass(frozen=True)
class Bound:
    """What is allowed: at most ``value``, or at least."""

    value: float
    unit: str
    at_least: bool = False

    def allows(self, measured: float) -> bool:
        """Return whether a figure is within it; NaN never is."""
        return measured >= self.value if self.at_least else measured <= self.value

    @property
    def words(self) -> str:
        """Return it in words."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{'at least' if self.at_least else 'at most'} {self.value:g}{unit}"


@dataclasses.dataclass(frozen=True)
class Judged:
    """One figure of one check.

    Attributes:
        name: of the figure.
        measured: NaN where it could not be measured.
        bound: what is allowed.
        reason: why it does not apply here, a sentence; empty if it does.
        note: what happened instead, a sentence; empty where the figure says it all.
    """

    name: str
    measured: float
    bound: Bound
    reason: str = ""
    note: str = ""

    @property
    def applies(self) -> bool:
        """Whether it counts."""
        return not self.reason

    @property
    def passed(self) -> bool:
        """Whether it applies and is within its bound."""
        return self.applies and self.bound.allows(self.measured)
