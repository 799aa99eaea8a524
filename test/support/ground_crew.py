# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Somebody who flies a simulated autopilot by MAVLink, without sockets and without waiting."""

from __future__ import annotations

import copy
import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import euler_of
from live_mvp_ros.vehicle.simulated_autopilot.autopilot import Autopilot
from live_mvp_ros.vehicle.simulated_autopilot.dialects import ARDUPILOT, PX4

PERIOD_S = 0.02
OFFBOARD, GUIDED = (6, 0), (4, 0)
ARM, SET_MODE, TAKE_OFF, LAND, FORCE = 400, 176, 22, 21, 21196.0
RATES = 128
"""Type mask of rates and thrust."""
QUICK = {"settle_s": 0.2, "first_heartbeat_s": 0.1}
"""Of a dialect, where a test is not about the time after boot."""


class Crew:
    """A driver: sends packets of a component, and keeps what comes back with its time."""

    def __init__(
        self, autopilot: Autopilot, system: int = 1, component: int = 191, link: int = 0
    ) -> None:
        self.autopilot, self.link = autopilot, link
        self._sender = (system, component)
        self._packer = mavlink.MAVLink(None, *self._sender)
        self._parser = mavlink.MAVLink(None)
        self.heard: list[tuple[float, Any]] = []
        autopilot.streams(link)

    def again(self) -> Crew:
        """Return another one, in the same state."""
        crew = Crew(copy.deepcopy(self.autopilot), *self._sender, self.link)
        crew.heard = list(self.heard)
        return crew

    @property
    def body(self) -> Any:
        return self.autopilot.hardware.body

    def send(self, message: Any) -> None:
        """Send a message as the bytes that it is on a wire."""
        (received,) = self._parser.parse_buffer(message.pack(self._packer))
        self.autopilot.receive(received, self.link)
        self.listen()

    def listen(self) -> None:
        while self.autopilot.outbox:
            self.heard.append((self.autopilot.time_s, self.autopilot.outbox.popleft()[1]))

    def wait(
        self,
        duration_s: float,
        each: Callable[[], None] | None = None,
        period_s: float = PERIOD_S,
    ) -> None:
        """Let time pass, and do something every period."""
        for _ in range(round(duration_s / period_s)):
            if each is not None:
                each()
            self.autopilot.advance(period_s)
            self.listen()

    def wait_until(self, true: Callable[[], bool], limit_s: float) -> float:
        """Let time pass until something is true, and return how long that took."""
        start_s = self.autopilot.time_s
        while not true():
            assert self.autopilot.time_s < start_s + limit_s, "it did not become true"
            self.autopilot.advance(0.002)
        self.listen()
        return self.autopilot.time_s - start_s

    def point(
        self,
        rates: tuple[float, float, float] = (0.0, 0.0, 0.0),
        thrust: float = 0.0,
        mask: int = RATES,
        q: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0),
        target: tuple[int, int] = (1, 1),
    ) -> None:
        """Send a setpoint."""
        now_ms = round(1000 * self.autopilot.time_s)
        self.send(
            mavlink.MAVLink_set_attitude_target_message(
                now_ms, *target, mask, list(q), *rates, thrust
            )
        )

    def command(self, number: int, *parameters: float, target: tuple[int, int] = (1, 1)) -> Any:
        """Send a command and return the result of its acknowledgement, None without one."""
        numbers = [*parameters, *(0.0,) * (7 - len(parameters))]
        before = len(self.heard)
        self.send(mavlink.MAVLink_command_long_message(*target, number, 0, *numbers))
        acks = [m for _, m in self.heard[before:] if m.get_type() == "COMMAND_ACK"]
        results = [ack.result for ack in acks if ack.command == number]
        return results[0] if results else None

    def beat(self, kind: int = mavlink.MAV_TYPE_GCS) -> None:
        """Send a heartbeat."""
        self.send(mavlink.MAVLink_heartbeat_message(kind, 8, 0, 0, 0, 3))

    def set_parameter(self, name: str, value: float) -> None:
        self.autopilot.hardware.parameters.put(name, value)

    def texts(self) -> list[str]:
        """Return what was told, in whole texts."""
        whole: list[str] = []
        for message in self.of("STATUSTEXT"):
            if message.chunk_seq:
                whole[-1] += message.text
            else:
                whole.append(message.text)
        return whole

    def of(self, kind: str) -> list[Any]:
        return [message for _, message in self.heard if message.get_type() == kind]

    def times_of(self, kind: str) -> list[float]:
        return [time_s for time_s, message in self.heard if message.get_type() == kind]

    @property
    def mode(self) -> str:
        return self.autopilot.stack.mode_name

    @property
    def armed(self) -> bool:
        return self.autopilot.hardware.armed

    @property
    def altitude_m(self) -> float:
        return -self.body.position_m[2]

    def hover(self) -> None:
        """Send a setpoint that levels it and stops its climb."""
        roll, pitch, _ = euler_of(self.body.attitude)
        vz = self.body.velocity_m_s[2]
        lift = min(max(1.0 + 0.2 * vz, 0.5), 1.6) / math.cos(min(0.8, math.hypot(roll, pitch)))
        self.point((-4.0 * roll, -4.0 * pitch, 0.0), self.body.airframe.curve.throttle_for(lift))

    def climb(self) -> None:
        """Send a setpoint that lifts it."""
        self.point(thrust=self.body.airframe.curve.throttle_for(1.2))

    def fly_to(self, altitude_m: float) -> None:
        """Climb by thrust, and come to a hover."""
        for _ in range(2000):
            if self.altitude_m > 0.8 * altitude_m:
                break
            self.wait(PERIOD_S, self.climb)
        self.wait(3.0, self.hover)


def px4(**options: Any) -> Crew:
    """Return a PX4 that has settled, on the floor."""
    crew = Crew(Autopilot(dataclasses.replace(PX4, **QUICK), **options))
    crew.wait(0.5, crew.beat)
    return crew


def px4_flying(altitude_m: float = 10.0, **options: Any) -> Crew:
    """Return a PX4 in OFFBOARD that hovers."""
    return _fly_px4(altitude_m, **options) if options else _px4_at(altitude_m).again()


@functools.cache
def _px4_at(altitude_m: float) -> Crew:
    return _fly_px4(altitude_m)


def _fly_px4(altitude_m: float, **options: Any) -> Crew:
    crew = px4(**options)
    crew.point()
    assert crew.command(SET_MODE, 1, *OFFBOARD) == 0
    assert crew.command(ARM, 1) == 0
    crew.fly_to(altitude_m)
    return crew


def ardupilot(**options: Any) -> Crew:
    """Return an ArduCopter that has settled, on the floor, in GUIDED with thrust as thrust."""
    crew = Crew(Autopilot(dataclasses.replace(ARDUPILOT, **QUICK), **options))
    crew.wait(0.5)
    crew.set_parameter("GUID_OPTIONS", 8)
    crew.set_parameter("ATC_ANGLE_BOOST", 0)
    assert crew.command(SET_MODE, 1, *GUIDED) == 0
    return crew


def ardupilot_flying(altitude_m: float = 10.0, **options: Any) -> Crew:
    """Return an ArduCopter in GUIDED that hovers."""
    if options:
        return _fly_ardupilot(altitude_m, **options)
    return _ardupilot_at(altitude_m).again()


@functools.cache
def _ardupilot_at(altitude_m: float) -> Crew:
    return _fly_ardupilot(altitude_m)


def _fly_ardupilot(altitude_m: float, **options: Any) -> Crew:
    crew = ardupilot(**options)
    assert crew.command(ARM, 1) == 0
    crew.fly_to(altitude_m)
    return crew
