# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a vehicle answers: steps of body rates and thrust, and a hover."""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.conformance.check_parts import Check, Marks, hold, strays_m
from live_mvp_ros.vehicle.conformance.placing import Placing, hovering
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Heard, Judged, Recorded
from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2
from live_mvp_ros.vehicle.mavlink.axes import Vector

AXES = ("roll", "pitch", "yaw")
STEP_RAD_S, STEP_S, YAW_STEP_S = 1.0, 0.3, 1.0
RISE_SHARE = 0.63
QUICK, YAW_QUICK = Bound(0.25, "s"), Bound(0.9, "s")
LIFT, LIFT_S, THRUST_ERROR = 0.3, 0.4, Bound(0.5, "")
HOVER_S, DRIFT = 10.0, Bound(0.5, "m")


def step_rates(placing: Placing, marks: Marks) -> str:
    """Ask for a rate about each axis at once, and for its opposite after that."""
    for k, axis in enumerate(AXES):
        placing.settle()
        marks[f"{axis} begin"] = placing.rig.now_s()
        for sign in (1.0, -1.0):
            rates = [0.0, 0.0, 0.0]
            rates[k] = sign * STEP_RAD_S
            _send_rates(placing, YAW_STEP_S if axis == "yaw" else STEP_S, tuple(rates))
            marks.setdefault(f"{axis} end", placing.rig.now_s())
    return ""


def _send_rates(placing: Placing, seconds: float, rates: tuple[float, ...]) -> None:
    roll, pitch, yaw = rates
    asked: Vector = (roll, pitch, yaw)

    def send(_: Placing, at: Heard) -> None:
        placing.rig.send(hovering(placing, asked), at.stamp_ns)

    placing.fly(seconds, send)


def judge_rates(flown: Recorded) -> tuple[Judged, ...]:
    """Return after how long 63 % of each rate are there."""
    return tuple(
        Judged(f"step: {axis} rate, until 63 %", _rise_s(flown, axis, k), bound)
        for k, (axis, bound) in enumerate(zip(AXES, (QUICK, QUICK, YAW_QUICK), strict=True))
    )


def _rise_s(flown: Recorded, axis: str, k: int) -> float:
    begin_s = flown.mark(f"{axis} begin")
    for pose in flown.between(begin_s, flown.mark(f"{axis} end")):
        if pose.rates_rad_s[k] >= RISE_SHARE * STEP_RAD_S:
            return pose.heard_s - begin_s
    return math.nan


def step_thrust(placing: Placing, marks: Marks) -> str:
    """Ask for more than the weight, and for less after that."""
    placing.settle()
    for name, lift in (("up", 1.0 + LIFT), ("down", 1.0 - LIFT)):
        marks[f"{name} begin"] = placing.rig.now_s()
        placing.fly(
            LIFT_S,
            lambda _, at, lift=lift: placing.rig.send(  # type: ignore[misc]
                hovering(placing, (0.0, 0.0, 0.0), lift), at.stamp_ns
            ),
        )
        marks[f"{name} end"] = placing.rig.now_s()
    return ""


def judge_thrust(flown: Recorded) -> tuple[Judged, ...]:
    """Return how far the speed that it gains is from what was asked for, as a share of that."""
    during = flown.between(flown.mark("up begin"), flown.mark("up end"))
    asked = LIFT * GRAVITY_M_S2 * LIFT_S
    gained = during[-1].velocity_m_s[2] - during[0].velocity_m_s[2] if during else math.nan
    return (
        Judged("step: thrust, share that is missing", abs(1.0 - gained / asked), THRUST_ERROR),
    )


def hover(placing: Placing, marks: Marks) -> str:
    """Stay at a place."""
    hold(placing, marks, HOVER_S)
    return ""


def judge_hover(flown: Recorded) -> tuple[Judged, ...]:
    """Return how far it strays from where it was at rest."""
    drift_m = strays_m(flown, flown.mark("begin"), flown.mark("end"))
    return (Judged(f"hover: drift in {HOVER_S:g} s", drift_m, DRIFT),)


RATES = Check(
    "rate steps", step_rates, judge_rates, "Body rates follow their commands quickly enough."
)
THRUST = Check(
    "thrust step", step_thrust, judge_thrust, "Newtons are newtons: mass and throttle curve fit."
)
HOVER = Check("hover", hover, judge_hover, "Commands that hold a place hold it.")
