# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Completion reports to messages and back; the latter without JAX, for who only reads them."""

from __future__ import annotations

import math
from typing import Any

from geometry_msgs.msg import Point

from live_mvp_ros.msg import CompletionReport, Remainder
from live_mvp_ros.planning import completion_report as core


def completion_message(
    header: Any, report: core.CompletionReport, altitude_m: float, final: bool
) -> CompletionReport:
    """Return a report as a message; ``header`` in the map frame."""
    return CompletionReport(
        header=header,
        final=final,
        ended=report.ended,
        explored=report.explored,
        remainders=[_remainder_message(item, altitude_m) for item in report.remainders],
        known_free_m2=report.known_free_m2,
        unknown_m2=report.unknown_m2,
        wall_gaps=report.wall_gaps,
        goal_reached=report.goal.reached,
        goal_reason=int(report.goal.reason),
        goal=_point(report.goal.position_m, altitude_m),
        goal_distance_m=report.goal.distance_m,
        another_target=report.recoveries.another_target,
        back_off=report.recoveries.back_off,
        replan=report.recoveries.replan,
        give_up=report.recoveries.give_up,
        odometry_error_m=report.odometry_error_m,
        summary=report.in_words(),
    )


def completion_of(message: CompletionReport) -> core.CompletionReport:
    """Return the report that a message holds.

    Raises:
        ValueError: a reason is unknown, or a number is not finite.
    """
    return core.CompletionReport(
        ended=message.ended,
        explored=message.explored,
        remainders=tuple(_remainder(item) for item in message.remainders),
        known_free_m2=_finite("known_free_m2", message.known_free_m2),
        unknown_m2=_finite("unknown_m2", message.unknown_m2),
        wall_gaps=message.wall_gaps,
        goal=core.GoalStatus(
            reached=message.goal_reached,
            reason=core.GoalReason(message.goal_reason),
            position_m=_position(message.goal),
            distance_m=_finite("goal_distance_m", message.goal_distance_m),
        ),
        recoveries=core.Recoveries(
            message.another_target, message.back_off, message.replan, message.give_up
        ),
        odometry_error_m=_finite("odometry_error_m", message.odometry_error_m),
    )


def _remainder_message(item: core.Remainder, altitude_m: float) -> Remainder:
    return Remainder(
        centroid=_point(item.centroid_m, altitude_m),
        area_m2=item.area_m2,
        observable_m2=item.observable_m2,
        reason=int(item.reason),
        enclosed=item.enclosed,
        time_s=math.nan if item.time_s is None else item.time_s,
    )


def _remainder(message: Remainder) -> core.Remainder:
    return core.Remainder(
        centroid_m=_position(message.centroid),
        area_m2=_finite("area_m2", message.area_m2),
        observable_m2=_finite("observable_m2", message.observable_m2),
        reason=core.Reason(message.reason),
        enclosed=message.enclosed,
        time_s=None if math.isnan(message.time_s) else _finite("time_s", message.time_s),
    )


def _point(xy: tuple[float, float], altitude_m: float) -> Point:
    return Point(x=float(xy[0]), y=float(xy[1]), z=altitude_m)


def _position(point: Point) -> tuple[float, float]:
    return _finite("x", point.x), _finite("y", point.y)


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{name} = {value} is not finite")
    return value
