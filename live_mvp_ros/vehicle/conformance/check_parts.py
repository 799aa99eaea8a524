# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A check: a small flight, and what is said of its recording; and what many of them do."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from live_mvp_ros.vehicle.conformance.placing import Placing, Sender, to_goal
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Judged, Recorded
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase

STEP_M, NEAR_M = 0.5, 0.25
"""A vehicle that is told to climb or sink by so much obeys when it is so near to that."""
OBEYS_S = 8.0
"""Within which a vehicle must be flown to its place again."""
_PATIENCE_S, _ASK_AGAIN_S = 3.0, 2.0
Marks = dict[str, float]


@dataclasses.dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: in front of its figures.
        fly: the small flight; notes moments and figures, and returns why the check does not apply
            to this vehicle, a sentence, empty if it does.
        judge: says what the recording shows, in figures that are the same whatever it holds.
        means: what it is for, one sentence.
        flies: it can be made in the air only.
        gate: whether nothing is flown after it unless it passes.
        again: whether it may be flown again where this process was kept from running.
    """

    name: str
    fly: Callable[[Placing, Marks], str]
    judge: Callable[[Recorded], tuple[Judged, ...]]
    means: str
    flies: bool = True
    gate: bool = False
    again: bool = True


def hold(placing: Placing, marks: Marks, seconds: float, send: Sender = to_goal) -> None:
    """Have a vehicle at rest at its place, then answer by ``send`` for so long."""
    placing.settle()
    marks["begin"] = placing.rig.now_s()
    placing.fly(seconds, send)
    marks["end"] = placing.rig.now_s()


def obey(
    placing: Placing, marks: Marks, limit_s: float = OBEYS_S, patience_s: float = _PATIENCE_S
) -> None:
    """Have a vehicle climb or sink a little, and note when it has.

    Args:
        placing: flies it.
        marks: ``resumed`` and ``obeyed`` are noted.
        limit_s: for the whole of it.
        patience_s: after which the driver is asked to fly, if it does not by itself.
    """
    rig = placing.rig
    x, y, z = placing.goal_m
    climbs = z < placing.home_m[2] + 0.5 * STEP_M
    placing.goal_m = (x, y, placing.home_m[2] + (STEP_M if climbs else 0.0))
    marks["resumed"] = rig.now_s()
    next_s = rig.now_s() + patience_s

    def there() -> bool:
        nonlocal next_s
        waits = placing.phase in (Phase.HOLDING, Phase.HANDED_OVER)
        if waits and rig.now_s() >= next_s:
            next_s = rig.now_s() + _ASK_AGAIN_S
            rig.ask("fly")
        near = math.dist(placing.latest.position_m, placing.goal_m) <= NEAR_M
        return near and placing.phase is Phase.FLYING

    if placing.fly(limit_s, until=there):
        marks["obeyed"] = rig.now_s()


def obeys(name: str, flown: Recorded, limit_s: float = OBEYS_S) -> Judged:
    """Return how long it took until the vehicle obeyed again."""
    seconds = flown.mark("obeyed") - flown.mark("resumed")
    return Judged(f"{name}: obeys again", seconds, Bound(limit_s, "s"))


def strays_m(flown: Recorded, begin_s: float, end_s: float = math.inf) -> float:
    """Return how far the vehicle goes from where it is at ``begin_s``; NaN without odometry."""
    before = [pose for pose in flown.poses if pose.heard_s <= begin_s]
    during = flown.between(begin_s, end_s)
    if not before or not during:
        return math.nan
    return max(math.dist(before[-1].position_m, pose.position_m) for pose in during)
