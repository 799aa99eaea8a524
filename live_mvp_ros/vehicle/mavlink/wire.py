# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The messages that a driver sends, as pymavlink makes them, and the bytes that they are.

The dialect is pymavlink's ``all``: PX4's CURRENT_MODE and ArduPilot's EKF_STATUS_REPORT are in no
smaller one together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.mavlink.autopilot_traits import (
    IGNORE_ATTITUDE,
    IGNORE_RATES,
    Request,
)
from live_mvp_ros.vehicle.mavlink.axes import Quaternion, Vector

ARM_COMMAND, INTERVAL_COMMAND = 400, 511
_GENERIC, _GROUND_STATION, _NO_AUTOPILOT, _ACTIVE, _VERSION = 0, 6, 8, 4, 3
_REAL32, _INT32 = 9, 6  # MAV_PARAM_TYPE
_AUTOPILOT_COMPONENT = 1
_IDS = {kind.msgname: number for number, kind in mavlink.mavlink_map.items()}


def parser() -> Any:
    """Return what makes messages of bytes; what is no message comes out as BAD_DATA."""
    made = mavlink.MAVLink(None)
    made.robust_parsing = True
    return made


def message_id(name: str) -> int:
    """Return the number of a message by its name."""
    return int(_IDS[name])


class Writer:
    """Makes messages from one sender to one vehicle, and numbers them; belongs to one thread."""

    def __init__(self, system_id: int, own_system_id: int, own_component_id: int) -> None:
        """Address the autopilot of a vehicle."""
        self._to = (system_id, _AUTOPILOT_COMPONENT)
        self._mav = mavlink.MAVLink(None, srcSystem=own_system_id, srcComponent=own_component_id)

    def packed(self, message: Any) -> bytes:
        """Return the bytes of a message, under the next number."""
        data = bytes(message.pack(self._mav))
        self._mav.seq = (self._mav.seq + 1) % 256
        return data

    def heartbeat(self, *, station: bool = True) -> Any:
        """Return the heartbeat of a ground station: PX4 tells no texts to anybody else.

        Else that of something of no kind, which no failsafe counts.
        """
        kind = _GROUND_STATION if station else _GENERIC
        return self._mav.heartbeat_encode(kind, _NO_AUTOPILOT, 0, 0, _ACTIVE, _VERSION)

    def timesync(self, its_ns: int, asked_ns: int) -> Any:
        """Return a question (``its_ns`` is 0) or an answer."""
        return self._mav.timesync_encode(its_ns, asked_ns)

    def request(self, request: Request, confirmation: int) -> Any:
        """Return a command."""
        return self._mav.command_long_encode(
            *self._to, request.command, confirmation, *request.parameters
        )

    def read_parameter(self, name: str) -> Any:
        """Return the question for a parameter."""
        return self._mav.param_request_read_encode(*self._to, name.encode(), -1)

    def set_parameter(self, name: str, encoded: float, integer: bool) -> Any:
        """Return the order to set a parameter; see ``AutopilotTraits.encode``."""
        kind = _INT32 if integer else _REAL32
        return self._mav.param_set_encode(*self._to, name.encode(), encoded, kind)

    def body_rates(self, boot_ms: int, rates_rad_s: Vector, throttle: float) -> Any:
        """Return a setpoint of body rates, FRD, and throttle; the attitude is left to it."""
        return self._mav.set_attitude_target_encode(
            boot_ms, *self._to, IGNORE_ATTITUDE, (1.0, 0.0, 0.0, 0.0), *rates_rad_s, throttle
        )

    def attitude(self, boot_ms: int, attitude: Quaternion, throttle: float) -> Any:
        """Return a setpoint of an attitude, FRD -> NED, and throttle."""
        return self._mav.set_attitude_target_encode(
            boot_ms, *self._to, IGNORE_RATES, attitude, 0.0, 0.0, 0.0, throttle
        )


def arm(wanted: bool) -> Request:
    """Return the request to arm, or to disarm: neither is ever forced."""
    numbers = (1.0 if wanted else 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Request(ARM_COMMAND, "arming" if wanted else "disarming", numbers)


def interval(name: str, rate_hz: float) -> Request:
    """Return the request for a message at a rate."""
    numbers = (float(message_id(name)), 1e6 / rate_hz, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Request(INTERVAL_COMMAND, f"{name} at {rate_hz:g} Hz", numbers)


def is_finite(values: Sequence[float]) -> bool:
    """Return whether all numbers are finite: NaN in a setpoint is flown as zero thrust."""
    return all(map(math.isfinite, values))
