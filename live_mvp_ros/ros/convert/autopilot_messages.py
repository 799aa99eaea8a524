# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a driver of an autopilot knows, as messages."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nav_msgs.msg import Odometry

from live_mvp_ros.msg import AutopilotState
from live_mvp_ros.ros.convert.headers import header
from live_mvp_ros.ros.convert.pose_messages import pose, vector
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.srv import CheckVehicle
from live_mvp_ros.vehicle.mavlink.axes import Vector, conjugate, rotated
from live_mvp_ros.vehicle.mavlink.preflight import CheckReport
from live_mvp_ros.vehicle.mavlink.true_pose import PlacedPose
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink

RATE_VARIANCE = 1e-4
"""Of body rates [rad^2/s^2]: gyroscopes of autopilots, and no autopilot tells it."""


def placed_odometry(at: PlacedPose, stamp_ns: int, frame: str, child_frame: str) -> Odometry:
    """Return a pose as Odometry: in ``frame``, its twist in ``child_frame``; no covariance."""
    message = Odometry(header=header(stamp_ns, frame), child_frame_id=child_frame)
    message.pose.pose = pose(at.position_m, at.attitude)
    message.twist.twist.linear = vector(rotated(conjugate(at.attitude), at.velocity_m_s))
    message.twist.twist.angular = vector(at.body_rates_rad_s)
    return message


def with_variances(
    message: Odometry, position_m2: Vector, attitude_rad2: Vector, velocity: Vector
) -> Odometry:
    """Return Odometry with variances along the axes; those of the velocity are the greatest.

    A body that leans mixes the axes of its velocity: the greatest variance is right about all.
    """
    message.pose.covariance = _diagonal((*position_m2, *attitude_rad2))
    worst = max(velocity)
    message.twist.covariance = _diagonal((worst, worst, worst, *(RATE_VARIANCE,) * 3))
    return message


def _diagonal(values: Sequence[float]) -> list[float]:
    matrix = [0.0] * 36
    matrix[::7] = values
    return matrix


def state_message(
    link: VehicleLink, stamp_ns: int, now_ns: int, clock_jumps: int, texts: Sequence[str]
) -> AutopilotState:
    """Return what a link knows.

    Args:
        link: to the vehicle.
        stamp_ns: of its latest odometry.
        now_ns: steady time.
        clock_jumps: of the system's clock; those of the vehicle's are added.
        texts: what it has said since the last message.
    """
    facts, gate, clock, hover = link.facts, link.gate, link.upkeep.clock, link.hover.estimate
    most = gate.refused.most_common(1)
    return AutopilotState(
        header=header(stamp_ns, MAP),
        phase=int(link.state.phase),
        reason=link.state.reason,
        connected=link.connected(1e-9 * now_ns),
        armed=facts.armed,
        in_air=bool(link.in_air),
        mode=link.mode_name,
        mode_is_ours=link.mode_is_ours,
        authorised=link.state.authorised,
        request=link.request,
        request_state=link.request_state,
        texts=list(texts),
        battery_fraction=facts.battery_fraction,
        battery_v=facts.battery_v,
        hover_throttle=hover.throttle,
        hover_throttle_sigma=hover.sigma,
        odometry_hz=link.odometry_hz(1e-9 * now_ns),
        clock_delay_ms=1e-6 * clock.delay_ns,
        clock_uncertainty_ms=1e-6 * clock.uncertainty_ns(now_ns) if clock.known else math.inf,
        clock_jumps=clock.jumps + clock_jumps,
        estimator_resets=link.resets.count,
        commands_sent=gate.sent,
        stale_commands_sent=gate.stale_sent,
        commands_refused=sum(gate.refused.values()),
        refused_most=most[0][0] if most else "",
        command_age_ms=1e3 * gate.last_age_s,
        command_age_max_ms=1e3 * gate.oldest_s,
        safety_code=int(link.safeguard.ladder.code or link.safeguard.code),
        safety_interventions=sum(link.safeguard.interventions.values()),
        link_quality=link.safeguard.quality.share(1e-9 * now_ns),
        own_holds_sent=gate.own_holds,
        authority_lost_s=link.authority_lost_s,
    )


def check_response(report: CheckReport, response: CheckVehicle.Response) -> CheckVehicle.Response:
    """Fill a response with a report; what is not told is in the sentence alone."""
    response.success, response.message = report.passed, report.summary
    for item in report.items:
        if item.passed is None:
            continue
        into = response.passed if item.passed else response.failed
        into.append(f"{item.name}: {item.sentence}")
    return response
