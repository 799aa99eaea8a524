# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whose the vehicle is: a pilot who takes it, an empty battery, and the way to the ground."""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.conformance.check_parts import Check, Marks, obey, obeys
from live_mvp_ros.vehicle.conformance.placing import Placing, silent
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Judged, Recorded
from live_mvp_ros.vehicle.conformance.rig import Fault
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase

HANDS_OFF_S, WATCHED_S = 0.1, 2.0
TOLD_S = 1.0
LOW, BATTERY_S = 0.15, 5.0
"""A charge below this is low, and is told within so long."""
LAND_S, TOUCH_M_S = 60.0, 1.5
DOWN_S = 1.0
NO_DRIVER = "it has no modes, no battery and no landing of its own"


def take_over(placing: Placing, marks: Marks) -> str:
    """Have a pilot switch the mode, and go on sending commands; then ask to fly again."""
    placing.settle()
    why = placing.rig.provoke(Fault.PILOT, 0.0)
    if why:
        return why
    marks["begin"] = placing.rig.now_s()
    placing.fly(WATCHED_S)
    marks["end"] = placing.rig.now_s()
    if why := placing.rig.refused():
        return why
    obey(placing, marks, patience_s=0.0)
    return ""


def judge_pilot(flown: Recorded) -> tuple[Judged, ...]:
    """Return for how long setpoints still left, and when the driver said whose it is."""
    begin_s, end_s = flown.mark("begin"), flown.mark("end")
    still_s = [at - begin_s for at in flown.setpoints_s if begin_s <= at <= end_s]
    told_s = [
        said.heard_s - begin_s
        for said in flown.said
        if said.phase == Phase.HANDED_OVER and begin_s <= said.heard_s <= end_s
    ]
    goes_on_s = math.nan if math.isnan(begin_s) else max(still_s, default=0.0)
    return (
        Judged("pilot: setpoints go on", goes_on_s, Bound(HANDS_OFF_S, "s")),
        Judged("pilot: it is said", min(told_s, default=math.nan), Bound(TOLD_S, "s")),
        obeys("pilot", flown),
    )


def empty(placing: Placing, marks: Marks) -> str:
    """Have the battery run out, and go on."""
    placing.settle()
    why = placing.rig.provoke(Fault.LOW_BATTERY, 0.0)
    if why:
        return why
    marks["begin"] = placing.rig.now_s()
    rig = placing.rig
    placing.fly(BATTERY_S + 1.0, until=lambda: rig.said[-1].battery_fraction < LOW)
    marks["end"] = rig.now_s()
    return "" if rig.said[-1].battery_fraction < LOW else rig.refused()


def judge_battery(flown: Recorded) -> tuple[Judged, ...]:
    """Return when a low charge was told."""
    begin_s = flown.mark("begin")
    told_s = [
        said.heard_s - begin_s
        for said in flown.said
        if said.battery_fraction < LOW and said.heard_s >= begin_s
    ]
    bound = Bound(BATTERY_S, "s")
    return (Judged("low battery: it is told", min(told_s, default=math.nan), bound),)


def land(placing: Placing, marks: Marks) -> str:
    """Have it land, and wait until it is disarmed."""
    rig = placing.rig
    if not rig.has_driver:
        return NO_DRIVER
    placing.in_flight = False
    marks["begin"] = rig.now_s()
    asked_s = -math.inf

    def down() -> bool:
        nonlocal asked_s
        waits = placing.phase in (Phase.FLYING, Phase.HOLDING, Phase.HANDED_OVER)
        if waits and rig.said[-1].armed and rig.now_s() - asked_s > 3.0:
            asked_s = rig.now_s()
            rig.ask("land")
        return not rig.said[-1].armed

    if placing.fly(LAND_S + 5.0, silent, down):
        marks["down"] = rig.now_s()
    placing.fly(DOWN_S, silent)
    return ""


def judge_landing(flown: Recorded) -> tuple[Judged, ...]:
    """Return how long it took, and how fast it came down at last."""
    begin_s, down_s = flown.mark("begin"), flown.mark("down")
    way = flown.between(begin_s, down_s)
    touch = math.nan
    if way and not math.isnan(down_s):
        low_m = way[-1].position_m[2] + 0.5
        touch = max((-p.velocity_m_s[2] for p in way if p.position_m[2] < low_m), default=math.nan)
    return (
        Judged("landing: disarmed", down_s - begin_s, Bound(LAND_S, "s")),
        Judged("landing: speed in the last half metre", touch, Bound(TOUCH_M_S, "m/s")),
    )


PILOT = Check(
    "pilot",
    take_over,
    judge_pilot,
    "Who switches the mode has the vehicle: our setpoints end at once, until it is asked to fly.",
)
BATTERY = Check(
    "low battery",
    empty,
    judge_battery,
    "A battery that runs out is told in time.",
    again=False,
)
LANDING = Check(
    "landing",
    land,
    judge_landing,
    "It lands when it is asked to, and is disarmed.",
    again=False,
)
