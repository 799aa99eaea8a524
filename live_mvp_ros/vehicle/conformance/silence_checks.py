# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of a vehicle whose commands stop: for a while, with a fault, and afterwards."""

from __future__ import annotations

from functools import partial

from live_mvp_ros.vehicle.conformance.check_parts import (
    OBEYS_S,
    Check,
    Marks,
    hold,
    obey,
    obeys,
    strays_m,
)
from live_mvp_ros.vehicle.conformance.placing import Placing, silent, to_goal
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Judged, Recorded
from live_mvp_ros.vehicle.conformance.rig import Fault

SILENCES_S = (0.2, 0.5, 1.0, 3.0)
GOES_M = {0.2: 0.5, 0.5: 0.8, 1.0: 1.2, 3.0: 2.0}
"""How far it may go in a silence of so long."""
FAULT_S = 1.0
RESTART_S = 45.0
"""Within which a driver that was killed must fly again: it is started again meanwhile."""
AWAKE_S = 0.5
"""After a freeze, until odometry tells where it has come to."""
FAULT_M = 1.5
RESTART_M = 3.0


def fall_silent(placing: Placing, marks: Marks, seconds: float) -> str:
    """Send nothing for a while, and go on."""
    hold(placing, marks, seconds, silent)
    obey(placing, marks)
    return ""


def suffer(placing: Placing, marks: Marks, fault: Fault, limit_s: float) -> str:
    """Provoke a fault, and go on answering what odometry comes."""
    placing.settle()
    marks["begin"] = placing.rig.now_s()
    why = placing.rig.provoke(fault, FAULT_S)
    if why:
        return why
    placing.fly(FAULT_S, to_goal)
    marks["end"] = placing.rig.now_s()
    obey(placing, marks, limit_s)
    return ""


def judge(flown: Recorded, name: str, goes_m: float, limit_s: float) -> tuple[Judged, ...]:
    """Return how far it goes, and how soon it obeys again."""
    far_m = strays_m(flown, flown.mark("begin"), flown.mark("end"))
    return (
        Judged(f"{name}: goes", far_m, Bound(goes_m, "m")),
        obeys(name, flown, limit_s),
    )


def judge_frozen(flown: Recorded, name: str) -> tuple[Judged, ...]:
    """Return the same where whoever does not run tells no odometry: it tells it afterwards."""
    far_m = strays_m(flown, flown.mark("begin"), flown.mark("end") + AWAKE_S)
    return (
        Judged(f"{name}: goes", far_m, Bound(FAULT_M, "m")),
        obeys(name, flown, OBEYS_S),
    )


def judge_restart(flown: Recorded, name: str) -> tuple[Judged, ...]:
    """Return the same where there is no odometry before the driver is there again."""
    far_m = strays_m(flown, flown.mark("begin"), flown.mark("obeyed"))
    return (
        Judged(f"{name}: goes", far_m, Bound(RESTART_M, "m")),
        obeys(name, flown, RESTART_S),
    )


def _silence(seconds: float) -> Check:
    name = f"stream stopped {seconds:g} s"
    return Check(
        name,
        partial(fall_silent, seconds=seconds),
        partial(judge, name=name, goes_m=GOES_M[seconds], limit_s=OBEYS_S),
        "Without commands it stays where it is, and it obeys as soon as they come again.",
    )


def _fault(name: str, fault: Fault, means: str) -> Check:
    return Check(
        name,
        partial(suffer, fault=fault, limit_s=OBEYS_S),
        partial(judge, name=name, goes_m=FAULT_M, limit_s=OBEYS_S),
        means,
    )


SILENCES = tuple(_silence(seconds) for seconds in SILENCES_S)
CONTROLLER_KILLED = _fault(
    "controller killed",
    Fault.CONTROLLER_KILLED,
    "Another controller takes over a second after the first one has died.",
)
LINK_CUT = _fault(
    "link cut", Fault.LINK_CUT, "A link that carries nothing for a second is flown through."
)
DRIVER_FROZEN = Check(
    "driver frozen",
    partial(suffer, fault=Fault.DRIVER_FROZEN, limit_s=OBEYS_S),
    partial(judge_frozen, name="driver frozen"),
    "A driver that did not run for a second sends nothing that has become old meanwhile.",
)
DRIVER_KILLED = Check(
    "driver killed",
    partial(suffer, fault=Fault.DRIVER_KILLED, limit_s=RESTART_S),
    partial(judge_restart, name="driver killed"),
    "The vehicle takes care of itself until another driver is there and is asked to fly.",
)
