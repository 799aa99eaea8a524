# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands as no controller should send them: none of them may be flown.

What is wrong about them turns the vehicle, which is harmless and seen at once.
"""

from __future__ import annotations

import math
from functools import partial

from live_mvp_ros.vehicle.conformance.check_parts import (
    Check,
    Marks,
    hold,
    obey,
    obeys,
    strays_m,
)
from live_mvp_ros.vehicle.conformance.placing import (
    Placing,
    Sender,
    hovering,
    silent,
    to_goal,
    turned,
)
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Heard, Judged, Recorded
from live_mvp_ros.vehicle.mavlink.axes import yaw_rad

WRONG_RAD_S = 2.0
"""Yaw rate of a command that must not be flown."""
TURN, STRAY = Bound(0.3, "rad"), Bound(0.6, "m")
LATE_NS, HOUR_NS = 500_000_000, 3_600_000_000_000
ALONE_S, BESIDE_S = 0.5, 1.5
"""For how long wrong commands come without good ones, and between them."""
FROZEN_S, QUEUE = 1.0, 25
AFTER_S = 0.4  # what was flown is seen so much later
NAN = (math.nan, math.nan, math.nan, math.nan)


def wrong(placing: Placing, stamp_ns: int) -> None:
    """Send a command that turns the vehicle."""
    placing.rig.send(hovering(placing, (0.0, 0.0, WRONG_RAD_S)), stamp_ns)


def shifted(placing: Placing, at: Heard, by_ns: int) -> None:
    """Send wrong commands under stamps that are shifted, and no good ones."""
    wrong(placing, at.stamp_ns + by_ns)


def doubled(placing: Placing, at: Heard) -> None:
    """Send each command twice."""
    to_goal(placing, at)
    to_goal(placing, at)


class Between:
    """Sends a good command for every other odometry, and a wrong one in between."""

    def __init__(self, kind: str) -> None:
        """``kind`` is ``reordered`` (older than the good one before it) or ``not finite``."""
        self._kind, self._turn, self._older_ns = kind, 0, 0

    def __call__(self, placing: Placing, at: Heard) -> None:
        """Answer an odometry."""
        self._turn += 1
        if self._turn % 2:
            to_goal(placing, at)
        elif self._kind == "not finite":
            placing.rig.send(NAN, at.stamp_ns)
        elif self._older_ns:
            wrong(placing, self._older_ns)
        if not self._turn % 2:
            self._older_ns = at.stamp_ns


def send_wrong(placing: Placing, marks: Marks, kind: str) -> str:
    """Send commands of a kind for a while, then good ones."""
    senders: dict[str, tuple[Sender, float]] = {
        "late": (partial(shifted, by_ns=-LATE_NS), ALONE_S),
        "doubled": (doubled, BESIDE_S),
        "reordered": (Between(kind), BESIDE_S),
        "not finite": (Between(kind), BESIDE_S),
        "stamped an hour ahead": (partial(shifted, by_ns=HOUR_NS), ALONE_S),
        "stamped an hour ago": (partial(shifted, by_ns=-HOUR_NS), ALONE_S),
    }
    send, seconds = senders[kind]
    hold(placing, marks, seconds, send)
    placing.fly(AFTER_S)
    marks["seen"] = placing.rig.now_s()
    obey(placing, marks)
    return ""


def freeze(placing: Placing, marks: Marks) -> str:
    """Send nothing, then what a frozen controller had begun to answer, and go on."""
    hold(placing, marks, FROZEN_S, silent)
    old = [pose for pose in placing.rig.odometry if pose.heard_s <= marks["begin"] + FROZEN_S / 2]
    for pose in old[-QUEUE:]:
        wrong(placing, pose.stamp_ns)
        placing.rig.wait()
    placing.fly(AFTER_S)
    marks["seen"] = placing.rig.now_s()
    obey(placing, marks)
    return ""


def judge(flown: Recorded, name: str) -> tuple[Judged, ...]:
    """Return how far it has turned and gone, and how soon it obeys good commands."""
    span = (flown.mark("begin"), flown.mark("seen"))
    during = flown.between(*span)
    turns = math.nan
    if during:
        first = yaw_rad(during[0].attitude)
        turns = max(abs(turned(yaw_rad(pose.attitude), first)) for pose in during)
    return (
        Judged(f"{name}: turns", turns, TURN),
        Judged(f"{name}: goes", strays_m(flown, *span), STRAY),
        obeys(name, flown),
    )


def _wrong(kind: str, means: str) -> Check:
    name = f"commands {kind}"
    return Check(name, partial(send_wrong, kind=kind), partial(judge, name=name), means)


WRONG = (
    _wrong("late", "Commands that answer odometry of half a second ago are not flown."),
    _wrong("doubled", "Commands that come twice are flown as if they had come once."),
    _wrong("reordered", "A command that comes after a newer one is not flown."),
    _wrong("not finite", "Commands that are no numbers are not flown."),
    _wrong("stamped an hour ahead", "Stamps of a clock that has jumped ahead are not believed."),
    _wrong("stamped an hour ago", "Stamps of a clock that has jumped back are not believed."),
)
FROZEN = Check(
    "controller frozen",
    freeze,
    partial(judge, name="controller frozen"),
    "A controller that runs again after a second has its old commands not flown.",
)
