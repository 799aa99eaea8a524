# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""COMMAND_LONG and COMMAND_INT: who is meant, what is done, and the acknowledgement.

INJECT_FAILURE provokes what happens to vehicles: GPS that is lost and found, a battery that is
empty. EXTERNAL_POSITION_ESTIMATE resets the position of the estimator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot.dialects import Dialect, FlightStack
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware
from live_mvp_ros.vehicle.simulated_autopilot.home import HOME_ALTITUDE_M, north_east
from live_mvp_ros.vehicle.simulated_autopilot.reports import REPORTS
from live_mvp_ros.vehicle.simulated_autopilot.telemetry_streams import Streams

ACCEPTED = mavlink.MAV_RESULT_ACCEPTED
DENIED = mavlink.MAV_RESULT_DENIED
UNSUPPORTED = mavlink.MAV_RESULT_UNSUPPORTED
FORCE = 21196.0
EMPTY_PERCENT = 6.0
INFO = 6


class Command(NamedTuple):
    """A command, whichever message it came in."""

    number: int
    parameters: tuple[float, ...]
    """Seven; latitude and longitude in degrees."""


class Counter(Protocol):
    """Where commands are carried out."""

    dialect: Dialect
    hardware: Hardware
    stack: FlightStack

    @property
    def time_us(self) -> int:
        """Since boot."""
        ...

    def send(self, message: Any, link: int | None = None) -> None:
        """Send a message on a link, or on all."""
        ...

    def streams(self, link: int) -> Streams:
        """Return what is sent on a link."""
        ...


def command_of(message: Any) -> Command:
    """Return the command of a COMMAND_LONG or COMMAND_INT."""
    if message.get_type() == "COMMAND_INT":
        last = (1e-7 * message.x, 1e-7 * message.y, message.z)
    else:
        last = (message.param5, message.param6, message.param7)
    first = (message.param1, message.param2, message.param3, message.param4)
    return Command(message.command, (*first, *last))


def carry_out(counter: Counter, command: Command, link: int) -> int:
    """Do what a command says and return the result (MAV_RESULT)."""
    known = COMMANDS.get(command.number)
    if known is None:
        return UNSUPPORTED
    used, do = known
    if counter.dialect.unused_must_be_empty:
        unused = (p for i, p in enumerate(command.parameters, start=1) if i not in used)
        if any(not (p == 0.0 or math.isnan(p)) for p in unused):
            return DENIED
    return do(counter, command.parameters, link)


def _set_mode(counter: Counter, p: tuple[float, ...], link: int) -> int:
    if not all(0.0 <= number <= 255.0 for number in p[:3]) or not int(p[0]) & 1:
        return DENIED
    main, sub = int(p[1]), int(p[2])
    both = counter.dialect.mode_is_main_and_sub
    return counter.stack.set_mode(main << 16 | sub << 24 if both else main)


def _arm_or_disarm(counter: Counter, p: tuple[float, ...], link: int) -> int:
    forced = p[1] == FORCE
    if p[0] == 1.0:
        return counter.stack.arm(forced=forced)
    return counter.stack.disarm(forced=forced) if p[0] == 0.0 else DENIED


def _set_interval(counter: Counter, p: tuple[float, ...], link: int) -> int:
    if not (0.0 <= p[0] < 2**24 and -1.0 <= p[1] < 1e12):
        return DENIED
    streams, number = counter.streams(link), int(p[0])
    result = streams.set_interval(number, p[1], counter.time_us)
    if result == DENIED:
        counter.hardware.tell(INFO, f"No ap_message for mavlink id ({number})")
    return result


def _tell_interval(counter: Counter, p: tuple[float, ...], link: int) -> int:
    if not 0.0 <= p[0] < 2**16:
        return DENIED
    interval_us = counter.streams(link).interval_us(int(p[0]))
    counter.send(mavlink.MAVLink_message_interval_message(int(p[0]), interval_us), link)
    return ACCEPTED


def _send_once(counter: Counter, p: tuple[float, ...], link: int) -> int:
    if not (0.0 <= p[0] < 2**24 and counter.streams(link).can_send(int(p[0]))):
        return counter.dialect.interval_refused
    message = REPORTS[int(p[0])](counter)  # type: ignore[arg-type]
    if message is None:
        return mavlink.MAV_RESULT_TEMPORARILY_REJECTED
    counter.send(message, link)
    return ACCEPTED


def _send_version(counter: Counter, p: tuple[float, ...], link: int) -> int:
    return _send_once(counter, (float(mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION),), link)


def _inject_failure(counter: Counter, p: tuple[float, ...], link: int) -> int:
    estimator = counter.hardware.estimator
    match (p[0], p[1]):
        case (mavlink.FAILURE_UNIT_SENSOR_GPS, mavlink.FAILURE_TYPE_OFF):
            estimator.lose_gps()
        case (mavlink.FAILURE_UNIT_SENSOR_GPS, mavlink.FAILURE_TYPE_OK):
            estimator.find_gps()
        case (mavlink.FAILURE_UNIT_SYSTEM_BATTERY, mavlink.FAILURE_TYPE_OFF):
            counter.hardware.battery.drop_to(EMPTY_PERCENT)
        case _:
            return UNSUPPORTED
    return ACCEPTED


def _reset_position(counter: Counter, p: tuple[float, ...], link: int) -> int:
    if not all(math.isfinite(number) for number in p[4:6]):
        return DENIED
    estimator = counter.hardware.estimator
    n, e = north_east(p[4], p[5])
    down_m = HOME_ALTITUDE_M - p[6] if math.isfinite(p[6]) else estimator.position_m[2]
    if math.hypot(n, e) > 1e5:
        return DENIED
    estimator.move_to((n, e, down_m))
    return ACCEPTED


Act = Callable[[Counter, tuple[float, ...], int], int]
COMMANDS: dict[int, tuple[tuple[int, ...], Act]] = {
    mavlink.MAV_CMD_NAV_RETURN_TO_LAUNCH: ((), lambda c, p, _: c.stack.go_home()),
    mavlink.MAV_CMD_NAV_LAND: ((1, 4, 5, 6, 7), lambda c, p, _: c.stack.land()),
    mavlink.MAV_CMD_NAV_TAKEOFF: ((1, 4, 5, 6, 7), lambda c, p, _: c.stack.take_off(p[6])),
    mavlink.MAV_CMD_DO_SET_MODE: ((1, 2, 3), _set_mode),
    mavlink.MAV_CMD_DO_FLIGHTTERMINATION: (
        (1,),
        lambda c, p, _: c.stack.terminate() if p[0] > 0.5 else DENIED,
    ),
    mavlink.MAV_CMD_COMPONENT_ARM_DISARM: ((1, 2), _arm_or_disarm),
    mavlink.MAV_CMD_INJECT_FAILURE: ((1, 2, 3), _inject_failure),
    mavlink.MAV_CMD_GET_MESSAGE_INTERVAL: ((1, 7), _tell_interval),
    mavlink.MAV_CMD_SET_MESSAGE_INTERVAL: ((1, 2, 7), _set_interval),
    mavlink.MAV_CMD_REQUEST_MESSAGE: ((1, 2, 3, 4, 5, 6, 7), _send_once),
    mavlink.MAV_CMD_REQUEST_AUTOPILOT_CAPABILITIES: ((1,), _send_version),
    mavlink.MAV_CMD_EXTERNAL_POSITION_ESTIMATE: ((1, 2, 3, 4, 5, 6, 7), _reset_position),
}
"""Number: the parameters that it uses, and what is done."""
