# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether axes and signs are those of the convention: nudges by commands alone, no loop closed.

A nudge of attitude is a rate one way, twice as long the other way, and the first way again: it
leaves the vehicle level and at rest, a little farther. A wrong sign is seen before anything flies
by position. What cannot be seen so is a driver that is wrong twice, in odometry and in commands:
where the truth is told, it is compared, too.
"""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.conformance.check_parts import Check, Marks
from live_mvp_ros.vehicle.conformance.placing import (
    AstrayError,
    Placing,
    Sender,
    ahead,
    hovering,
    turned,
)
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Heard, Judged, Recorded
from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2
from live_mvp_ros.vehicle.mavlink.axes import Vector, yaw_rad

PULSE_S, RATE_RAD_S = 0.25, 0.6
LIFT_S, LIFT = 0.3, 0.3
YAW_S, YAW_RAD_S = 0.8, 0.8
COAST_S = 0.15  # for what still comes of the last pulse
BEFORE_S = 0.2
MOVES, TURNS = Bound(0.05, "m", at_least=True), Bound(0.1, "rad", at_least=True)
LEG_M, LEG_S, HEADING_RAD, WINDOW_S = 1.0, 2.5, 1.2, 0.2
VELOCITY, TRUTH = Bound(0.35, "m/s"), Bound(0.35, "m")
AXES = ("z", "x", "y", "yaw")
NAMES = ("x, ahead", "y, to the left", "z, up", "yaw, anticlockwise")


def nudge(placing: Placing, marks: Marks) -> str:
    """Nudge along each axis; up first, since all others need the height to be kept."""
    placing.fly(BEFORE_S, _level(placing, None))
    for axis in AXES:
        height_m = placing.latest.position_m[2] if axis != "z" else None
        if axis != "z":
            placing.fly(BEFORE_S, _level(placing, height_m))
        marks[f"{axis} begin"] = placing.rig.now_s()
        for seconds, rates, lift in _pulses(axis):
            placing.fly(seconds, _level(placing, height_m, rates, lift))
        placing.fly(COAST_S, _level(placing, height_m))
        marks[f"{axis} end"] = placing.rig.now_s()
        if axis == "z" and not _moved(placing.recorded((0, 0, 0, 0), marks), "z")[2] > 0.0:
            raise AstrayError("more thrust does not lift it, so it is not flown by it")
    return ""


def _pulses(axis: str) -> list[tuple[float, Vector, float]]:
    if axis == "z":
        level = (0.0, 0.0, 0.0)
        return [(LIFT_S, level, 1.0 + LIFT), (LIFT_S, level, 1.0 - LIFT)]
    if axis == "yaw":
        return [(YAW_S, (0.0, 0.0, YAW_RAD_S), 1.0)]
    signs = (1.0, -1.0, -1.0, 1.0)
    way = (0.0, RATE_RAD_S, 0.0) if axis == "x" else (-RATE_RAD_S, 0.0, 0.0)
    return [(PULSE_S, (s * way[0], s * way[1], 0.0), 1.0) for s in signs]


def _level(
    placing: Placing,
    height_m: float | None,
    rates_rad_s: Vector = (0.0, 0.0, 0.0),
    lift: float = 1.0,
) -> Sender:
    """Return what sends body rates, and keeps a height if it is known which way is up."""

    def send(_: Placing, at: Heard) -> None:
        share = 0.0
        if height_m is not None:
            pull = 2.0 * (height_m - at.position_m[2]) - 3.0 * at.velocity_m_s[2]
            share = max(-0.3, min(0.3, pull / GRAVITY_M_S2))
        placing.rig.send(hovering(placing, rates_rad_s, lift + share), at.stamp_ns)

    return send


def _moved(flown: Recorded, axis: str) -> Vector:
    """Return by how much a nudge has moved it beyond what it did before: ahead, left, up [m]."""
    begin_s, end_s = flown.mark(f"{axis} begin"), flown.mark(f"{axis} end")
    before = flown.between(begin_s - BEFORE_S, begin_s)
    during = flown.between(begin_s, end_s)
    if len(before) < 2 or len(during) < 2:
        return (math.nan, math.nan, math.nan)
    first, last, end = before[0], before[-1], during[-1]
    span_s, way_s = last.heard_s - first.heard_s, end.heard_s - last.heard_s
    moved: list[float] = []
    for a, b, c in zip(first.position_m, last.position_m, end.position_m, strict=True):
        moved.append(c - b - (b - a) / span_s * way_s)
    return ahead(last.attitude, (moved[0], moved[1], moved[2]))


def judge_nudges(flown: Recorded) -> tuple[Judged, ...]:
    """Return how far each nudge has led, the way that it should."""
    turn = flown.between(flown.mark("yaw begin"), flown.mark("yaw end"))
    turns = turned(yaw_rad(turn[-1].attitude), yaw_rad(turn[0].attitude)) if turn else math.nan
    metres = (_moved(flown, "x")[0], _moved(flown, "y")[1], _moved(flown, "z")[2])
    return (
        *(
            Judged(f"frames: {name}", moved, MOVES)
            for name, moved in zip(NAMES, metres, strict=False)
        ),
        Judged(f"frames: {NAMES[3]}", turns, TURNS),
    )


def fly_a_leg(placing: Placing, marks: Marks) -> str:
    """Turn away from the axes, and fly a metre ahead."""
    placing.here()
    placing.goal_yaw_rad += HEADING_RAD
    placing.settle()
    yaw, (x, y, z) = placing.goal_yaw_rad, placing.goal_m
    placing.goal_m = (x + LEG_M * math.cos(yaw), y + LEG_M * math.sin(yaw), z)
    marks["begin"] = placing.rig.now_s()
    placing.fly(LEG_S)
    marks["end"] = placing.rig.now_s()
    placing.goal_m, placing.goal_yaw_rad = placing.home_m, yaw - HEADING_RAD
    return ""


def judge_leg(flown: Recorded) -> tuple[Judged, ...]:
    """Return how far velocities are from what positions say, and odometry from the truth."""
    span = (flown.mark("begin"), flown.mark("end"))
    way = flown.between(*span)
    true = [pose for pose in flown.truths if span[0] <= pose.heard_s <= span[1]]
    off_m = math.nan
    if len(true) > 1 and len(way) > 1:
        off_m = math.dist(_between(true[0], true[-1]), _between(way[0], way[-1]))
    reason = "" if true or not way else "nobody tells where it truly is"
    return (
        Judged("frames: velocity against positions", _velocity_error(way), VELOCITY),
        Judged("frames: a metre against the truth", off_m, TRUTH, reason),
    )


def _velocity_error(way: tuple[Heard, ...]) -> float:
    worst = math.nan
    i = 0
    for j, pose in enumerate(way):
        while pose.heard_s - way[i].heard_s > WINDOW_S:
            i += 1
        seconds = 1e-9 * (pose.stamp_ns - way[i].stamp_ns)
        if seconds < 0.5 * WINDOW_S:
            continue
        inside = way[i : j + 1]
        mean = [sum(p.velocity_m_s[k] for p in inside) / len(inside) for k in range(3)]
        moved = _between(way[i], pose)
        error = math.dist([m / seconds for m in moved], mean)
        worst = error if math.isnan(worst) else max(worst, error)
    return worst


def _between(first: Heard, last: Heard) -> Vector:
    x, y, z = (b - a for a, b in zip(first.position_m, last.position_m, strict=True))
    return x, y, z


FRAMES = Check(
    "frames",
    nudge,
    judge_nudges,
    "Body rates and thrust move it the way they should, before anything is flown by position.",
    gate=True,
)
LEG = Check(
    "leg",
    fly_a_leg,
    judge_leg,
    "Velocities are those of the positions, and odometry moves as the vehicle truly does.",
)
