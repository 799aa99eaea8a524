# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The driver's link and a simulated autopilot on one clock, as conformance checks see a vehicle.

No sockets, no ROS, no time of day: what passes here passes whatever else the machine does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.conformance.recorded_flight import Heard, Said
from live_mvp_ros.vehicle.conformance.rig import Command, Fault, RigError
from live_mvp_ros.vehicle.mavlink import wire
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase, Wish
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig
from live_mvp_ros.vehicle.mavlink.true_pose import true_pose
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink
from live_mvp_ros.vehicle.simulated_autopilot.autopilot import Autopilot
from live_mvp_ros.vehicle.simulated_autopilot.dialects import DIALECTS

PERIOD_S, START_S = 0.01, 60.0
WISHES = {"fly": Wish.FLY, "land": Wish.LAND}


class LinkRig:
    """See ``Rig``."""

    has_driver, starved_s = True, 0.0

    def __init__(self, kind: str) -> None:
        self.name = kind
        self.autopilot = Autopilot(DIALECTS[kind])
        self.mass_kg = self.autopilot.hardware.body.airframe.mass_kg
        self.config = LinkConfig(
            autopilot=kind,
            body=BodyConfig(altitude_m=3.0),
            vehicle=QuadrotorConfig(mass_kg=self.mass_kg),
        )
        self.ns = 50_000_000_000
        self.odometry: list[Heard] = []
        self.truth: list[Heard] = []
        self.said: list[Said] = []
        self.setpoints_s: list[float] = []
        self.autopilot.streams(0)
        self.to_vehicle, self.from_vehicle = wire.parser(), wire.parser()
        self.voice = wire.mavlink.MAVLink(None, 1, 1)
        self.cut_s = self.frozen_s = self.dead_s = self.killed_s = -math.inf
        self.waiting: list[Any] = []
        self.kept: tuple[Command, int] | None = None
        self.ticks = 0
        self.begin()

    def begin(self) -> None:
        """Have a driver that knows nothing."""
        self.link = VehicleLink(self.config, self, lambda: self.ns)

    def write(self, data: bytes) -> None:
        for message in self.to_vehicle.parse_buffer(data) or ():
            if self.now_s() < self.cut_s:
                continue
            if message.get_type() == "SET_ATTITUDE_TARGET":
                self.setpoints_s.append(self.now_s())
            self.autopilot.receive(message)

    def now_s(self) -> float:
        return 1e-9 * self.ns

    def wait(self) -> None:
        self.ns += round(1e9 * PERIOD_S)
        self.autopilot.advance(PERIOD_S)
        now_s = self.now_s()
        while self.autopilot.outbox:
            _, said = self.autopilot.outbox.popleft()
            messages = self.from_vehicle.parse_buffer(said.pack(self.voice))
            if now_s >= max(self.cut_s, self.dead_s):
                self.waiting += messages
        if now_s < max(self.frozen_s, self.dead_s):
            return
        for message in self.waiting:
            self.take(message)
        self.waiting = []
        if self.kept is not None:
            (command, stamp_ns), self.kept = self.kept, None
            self.link.command(command, stamp_ns)
        self.ticks += 1
        if self.ticks % 2:
            self.link.tick()
        self.tell()

    def take(self, message: Any) -> None:
        found = self.link.receive(message, self.ns)
        if found is not None:
            at = found.estimate
            parts = (at.position_m, at.velocity_m_s, at.attitude, at.body_rates_rad_s)
            self.odometry.append(Heard(found.steady_ns, self.now_s(), *parts))
        truth = true_pose(message, self.config.true_origin, 0.0)
        if truth is not None:
            self.truth.append(Heard(self.ns, self.now_s(), *truth))

    def tell(self) -> None:
        state, facts = self.link.state, self.link.facts
        words = (state.phase, self.link.mode_name, facts.armed, facts.battery_fraction)
        said = Said(self.now_s(), *words, state.reason)
        if not self.said or self.said[-1][1:] != said[1:]:
            self.said.append(said)

    def send(self, command: Command, stamp_ns: int) -> None:
        if self.now_s() < self.frozen_s:
            self.kept = (command, stamp_ns)
        elif self.now_s() >= max(self.dead_s, self.killed_s):
            self.link.command(command, stamp_ns)

    def ask(self, service: str) -> None:
        self.link.wish(WISHES[service])

    def take_off(self, meanwhile: Callable[[], None]) -> None:
        def until(condition: Callable[[], bool]) -> None:
            end_s = self.now_s() + START_S
            while not condition():
                if self.now_s() > end_s:
                    raise RigError(f"it has not taken off: {self.link.state} {self.link.news}")
                self.wait()
                meanwhile()

        until(lambda: self.ticks % 50 == 0 and self.link.check().passed)
        self.link.wish(Wish.ARM)
        until(lambda: self.link.state.phase is Phase.ARMED)
        self.link.wish(Wish.TAKE_OFF)
        until(lambda: self.link.state.phase is Phase.HOLDING)
        until(lambda: self.ticks % 20 == 0 and self.link.wish(Wish.FLY)[0])
        until(lambda: self.link.state.phase is Phase.FLYING)

    def provoke(self, fault: Fault, seconds: float) -> str:
        until_s = self.now_s() + seconds
        if fault is Fault.CONTROLLER_KILLED:
            self.killed_s = until_s
        elif fault is Fault.LINK_CUT:
            self.cut_s = until_s
        elif fault is Fault.DRIVER_FROZEN:
            self.frozen_s = until_s
        elif fault is Fault.DRIVER_KILLED:
            self.dead_s = until_s
            self.begin()
        elif fault is Fault.PILOT:
            self.autopilot.stack.take_over("LOITER")
        else:
            self.autopilot.hardware.battery.drop_to(6.0)
        return ""

    def refused(self) -> str:
        return ""
