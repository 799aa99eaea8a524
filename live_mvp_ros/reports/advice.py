# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What to try when something was left, or the goal was not reached, by the reason for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

_NARROW = (
    "the gap is less wide than the vehicle, or nearly so: say a smaller body (body.radius_m, "
    "body.margin_m) if the vehicle is smaller, map finer (live_map.resolution_m) and, if the "
    "sensor is noisy, which thickens walls in the map, look less far (live_map.max_range_m)"
)
_TIME = "give it more time (--timeout, --time-limit), or a higher body.speed_max_m_s"
TOO_SLOW = (
    "the machine is too slow for real time: close other programs or lower --real-time-factor"
)
"""Of a mission that was out of time because its inputs came late."""
_VOLUME = "enlarge the volume: lower_m and upper_m of the world"
_SEALED = "nothing: nothing known to be free touches it; it is solid, or sealed all around"
_DEEP = f"{_SEALED}, or the depth of a place above, which nobody has looked into"
ADVICE = {
    "too_narrow": _NARROW,
    "too_risky": "it came no nearer there for long: look at the way in the bag or the film, and "
    "give it a larger info_field.progress.patience_s if it was only slow",
    "unreachable": "nothing known leads there: is a door shut, or lower than body.altitude_m?",
    "no_known_way": "nothing known leads there: is a door shut, or lower than body.altitude_m?",
    "not_resolved": "the sensor sees it and learns nothing: a surface that gives no return, or "
    "farther than its range",
    "out_of_bounds": _VOLUME,
    "out_of_time": _TIME,
    "not_worth_it": "info_field.finish: thorough looks at everything",
    "inside_obstacle": "place the goal in free space: goal of a floor plan, goal_m of a world, or "
    "2D Goal Pose",
    "enclosed": "the goal is in a space that no way leads to: open a door, or place the goal "
    "elsewhere (goal of a floor plan, goal_m of a world, or 2D Goal Pose)",
    "in_unknown": "nobody has looked there: is the goal in a place that can be seen into?",
    "blocked": "something came into the way: remove it and start again",
}
"""By the name of a reason in metrics.json; of a remainder and of the goal."""

_LATE = re.compile(
    r"\b(the map|the information field) is [\d.]+ s old\b|\bno odometry for [\d.]+ s\b"
)  # what control.mission holds for
_MUCH = 0.25


def advice(metrics: Mapping[str, Any]) -> dict[str, str]:
    """Return what to try by the reasons of a flight, that of the goal first; {} for none.

    ``metrics``: of metrics.json.
    """
    completion = metrics.get("completion") or {}
    goal = completion.get("goal") or {}
    left = completion.get("remainders") or []
    open_ = [item for item in left if not item.get("enclosed")]
    reasons = [goal.get("reason"), *(item.get("reason") for item in open_)]
    return {reason: words for reason in reasons if (words := advice_for(metrics, reason))}


def advice_on(metrics: Mapping[str, Any], remainder: Mapping[str, Any]) -> str:
    """Return what to try for a remainder of a flight, empty where nothing is known.

    How deep an unknown place is, nobody knows: what is said to be enclosed may belong to one that
    is not.
    """
    if not remainder.get("enclosed"):
        return advice_for(metrics, remainder.get("reason"))
    left = (metrics.get("completion") or {}).get("remainders") or []
    return _SEALED if all(item.get("enclosed") for item in left) else _DEEP


def advice_for(metrics: Mapping[str, Any], reason: object) -> str:
    """Return what to try for one reason of a flight, empty where nothing is known."""
    if reason == "out_of_time" and _inputs_were_late(metrics):
        return TOO_SLOW
    return ADVICE.get(str(reason), "")


def advice_lines(metrics: Mapping[str, Any]) -> list[str]:
    """Return what to try after a mission that is not complete, a line for each reason."""
    if metrics.get("mission_complete"):
        return []
    found = advice(metrics)
    if _inputs_were_late(metrics):  # even where nobody has said what is left
        found = {"out_of_time": TOO_SLOW, **found}
    return [f"{reason.replace('_', ' ')}: {words}" for reason, words in found.items()]


def _inputs_were_late(metrics: Mapping[str, Any]) -> bool:
    """Return whether the mission held for late inputs in the end, or for much of its time."""
    if _LATE.search(str(metrics.get("end_reason") or "")):
        return True
    states = metrics.get("states") or []
    ends_s = float(metrics.get("flight_time_s") or 0.0)
    held_s = sum(
        after.get("time_s", 0.0) - state.get("time_s", 0.0)
        for state, after in pairwise([*states, {"time_s": ends_s}])
        if state.get("state") == "HOLDING" and _LATE.search(str(state.get("reason") or ""))
    )
    return ends_s > 0.0 and held_s >= _MUCH * ends_s
