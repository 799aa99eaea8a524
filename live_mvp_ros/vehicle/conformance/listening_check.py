# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is judged by listening alone: how often odometry comes, its stamps, and how late it is."""

from __future__ import annotations

import math
import statistics

from live_mvp_ros.vehicle.conformance.check_parts import Check, Marks
from live_mvp_ros.vehicle.conformance.placing import Placing
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Judged, Recorded

LISTEN_S = 3.0
RATE = Bound(40.0, "Hz", at_least=True)
LATENCY, EARLY = Bound(0.06, "s"), Bound(0.03, "s")
BACKWARDS = Bound(0.0, "")


def listen(placing: Placing, marks: Marks) -> str:
    """Hear odometry for a while."""
    rig = placing.rig
    end_s = rig.now_s() + LISTEN_S
    while rig.now_s() < end_s:
        rig.wait()
    return ""


def judge(flown: Recorded) -> tuple[Judged, ...]:
    """Return rate, stamps and latency."""
    stamps_s = [1e-9 * pose.stamp_ns for pose in flown.poses]
    span_s = flown.poses[-1].heard_s - flown.poses[0].heard_s if len(stamps_s) > 1 else 0.0
    rate_hz = (len(stamps_s) - 1) / span_s if span_s > 0.0 else math.nan
    pairs = list(zip(flown.poses, flown.poses[1:], strict=False))
    backwards = sum(after.stamp_ns <= before.stamp_ns for before, after in pairs)
    late_s = [pose.heard_s - 1e-9 * pose.stamp_ns for pose in flown.poses]
    middle_s = statistics.median(late_s) if late_s else math.nan
    early_s = max(0.0, -min(late_s)) if late_s else math.nan
    return (
        Judged("odometry: rate", rate_hz, RATE),
        Judged("odometry: stamps not after the last", backwards if pairs else math.nan, BACKWARDS),
        Judged("odometry: latency, median", middle_s, LATENCY),
        Judged("odometry: stamps in the future", early_s, EARLY),
    )


ODOMETRY = Check(
    "odometry",
    listen,
    judge,
    "Odometry comes often enough, each stamp is later than the last, and none comes late.",
    flies=False,
)
