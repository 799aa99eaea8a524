# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""SET_ATTITUDE_TARGET: what a message asks for, and what each firmware makes of it."""

from __future__ import annotations

import dataclasses
import math
import struct
from typing import Any

from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import Quaternion, Vector, normalised
from live_mvp_ros.vehicle.simulated_autopilot.rate_loops import Wanted

NO_ROLL_RATE, NO_PITCH_RATE, NO_YAW_RATE = 1, 2, 4
NO_RATES = NO_ROLL_RATE | NO_PITCH_RATE | NO_YAW_RATE
THRUST_BODY, NO_THRUST, NO_ATTITUDE = 32, 64, 128
_THRUST_BODY_AT = 10 + 39
"""Where the extension thrust_body begins in a MAVLink 2 packet; pymavlink has no field for it."""


@dataclasses.dataclass(frozen=True)
class AttitudeTarget:
    """A received SET_ATTITUDE_TARGET."""

    time_boot_ms: int
    """Of the sender."""
    sender: tuple[int, int]
    type_mask: int
    attitude: Quaternion
    rates_rad_s: Vector
    thrust: float
    thrust_body: Vector


@dataclasses.dataclass(frozen=True)
class Demand:
    """What is flown: an attitude or rates, and a thrust or a climb rate."""

    attitude: Quaternion | None
    rates_rad_s: Wanted
    thrust: float | None
    """0 to 1; None where the climb rate is given."""
    climb_m_s: float = 0.0


def read(message: Any) -> AttitudeTarget:
    """Return what a message says."""
    q = tuple(float(c) for c in message.q)
    return AttitudeTarget(
        message.time_boot_ms,
        (message.get_srcSystem(), message.get_srcComponent()),
        message.type_mask,
        (q[0], q[1], q[2], q[3]),
        (message.body_roll_rate, message.body_pitch_rate, message.body_yaw_rate),
        message.thrust,
        _thrust_body(message),
    )


def px4_demand(target: AttitudeTarget) -> Demand | None:
    """Return what PX4 1.18 flies, None where it drops the message as if it had not come.

    A yaw rate may be ignored, a roll or pitch rate not; thrust may not. An attitude wins over
    rates. A rate that is no number leaves its axis alone, a thrust that is none is no thrust.
    """
    mask = target.type_mask
    thrust = target.thrust
    if mask & THRUST_BODY:
        thrust = -target.thrust_body[2]
    thrust = min(1.0, max(0.0, thrust)) if math.isfinite(thrust) else 0.0
    if mask & NO_THRUST:
        return None
    if not mask & NO_ATTITUDE:
        attitude = _unit(target.attitude)
        return None if attitude is None else Demand(attitude, (0.0, 0.0, 0.0), thrust)
    if mask & (NO_ROLL_RATE | NO_PITCH_RATE):
        return None
    roll, pitch, yaw = (rate if math.isfinite(rate) else None for rate in target.rates_rad_s)
    return Demand(None, (roll, pitch, None if mask & NO_YAW_RATE else yaw), thrust)


def ardupilot_demand(
    target: AttitudeTarget, *, thrust_as_thrust: bool, up_m_s: float, down_m_s: float
) -> Demand | None:
    """Return what ArduCopter flies in GUIDED, None where it stops instead.

    It stops where thrust is ignored, where some rates are and others are not, and where an
    attitude that is not ignored is no unit quaternion.
    """
    mask = target.type_mask
    if mask & NO_THRUST or mask & NO_RATES not in (0, NO_RATES):
        return None
    numbers = (target.thrust, *target.rates_rad_s, *target.attitude)
    if not all(math.isfinite(number) for number in numbers):
        return None
    attitude = None
    if not mask & NO_ATTITUDE:
        attitude = _unit(target.attitude)
        if attitude is None:
            return None
    rates = (0.0, 0.0, 0.0) if mask & NO_RATES else target.rates_rad_s
    if thrust_as_thrust:
        return Demand(attitude, rates, min(1.0, max(0.0, target.thrust)))
    beyond = 2.0 * (min(1.0, max(0.0, target.thrust)) - 0.5)
    return Demand(attitude, rates, None, beyond * (up_m_s if beyond > 0.0 else down_m_s))


def _unit(q: Quaternion) -> Quaternion | None:
    length = math.sqrt(sum(c * c for c in q))
    return normalised(q) if abs(length - 1.0) < 0.01 else None


def _thrust_body(message: Any) -> Vector:
    packet = bytes(message.get_msgbuf() or b"")
    if not packet or packet[0] != 0xFD:
        return (0.0, 0.0, 0.0)
    payload = packet[_THRUST_BODY_AT : 10 + packet[1]]
    x, y, z = struct.unpack("<3f", payload.ljust(12, b"\0")[:12])
    return (x, y, z)
