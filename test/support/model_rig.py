# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A sound vehicle with a driver, in simulated time, for conformance checks; and broken ones.

It flies the package's own model. Whoever breaks it overrides one small method.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.vehicle import QuadrotorConfig, QuadrotorState, at_rest, simulate
from live_mvp_ros.vehicle.conformance.recorded_flight import Heard, Said
from live_mvp_ros.vehicle.conformance.rig import Command, Fault
from live_mvp_ros.vehicle.mavlink.axes import conjugate, rotated
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase

PERIOD_S, PERIOD_NS, G = 0.01, 10_000_000, 9.81
MODEL = QuadrotorConfig()
OLDEST_S, SILENT_S, EARLY_S = 0.1, 0.2, 0.02


@jax.jit
def step(state: QuadrotorState, command: jax.Array) -> QuadrotorState:
    return simulate(MODEL, state, command, PERIOD_S, 1)


class ModelRig:
    """See ``Rig``. A wait is one period."""

    name, mass_kg, has_driver = "a model", MODEL.mass_kg, True
    starved_s = 0.0

    def __init__(self, has_driver: bool = True) -> None:
        self.has_driver = has_driver
        self.ns = 1_000_000_000_000
        self.state = at_rest(jnp.asarray([0.0, 0.0, 3.0]))
        self.odometry: list[Heard] = []
        self.truth: list[Heard] = []
        self.said: list[Said] = []
        self.setpoints_s: list[float] = []
        self.phase, self.armed, self.battery = Phase.HOLDING, True, 0.9
        self.authorised = not has_driver
        self.command: Command = (G, 0.0, 0.0, 0.0)
        self.came_s = self.answers_ns = -math.inf
        self.flown_ns = 0
        self.place: tuple[float, ...] | None = None
        self.cut_s = self.frozen_s = self.dead_s = self.killed_s = -math.inf
        self.kept: tuple[Command, int] | None = None
        self.tell()

    # The rig.

    def now_s(self) -> float:
        return 1e-9 * self.ns

    def wait(self) -> None:
        self.ns += PERIOD_NS
        now_s = self.now_s()
        if self.kept is not None and now_s >= self.frozen_s:
            (command, stamp_ns), self.kept = self.kept, None
            self.arrives(command, stamp_ns)
        self.look()
        if self.phase is not Phase.LANDED:
            flown = self.actuates(self.chosen())
            self.state = step(self.state, jnp.asarray(flown, jnp.float32))
        pose = self.pose()
        self.truth.append(pose)
        silent = now_s < max(self.cut_s, self.frozen_s, self.dead_s)
        shown = None if silent else self.shown(pose)
        if shown is not None:
            self.odometry.append(shown)
        if not silent:
            self.tell()

    def send(self, command: Command, stamp_ns: int) -> None:
        now_s = self.now_s()
        if now_s < self.dead_s or now_s < self.killed_s:
            return
        if now_s < self.frozen_s:
            self.kept = (command, stamp_ns)
            return
        self.arrives(command, stamp_ns)

    def ask(self, service: str) -> None:
        if service == "land":
            self.phase, self.place = Phase.LANDING, None
        elif self.phase in (Phase.HOLDING, Phase.HANDED_OVER):
            self.authorised, self.phase = True, Phase.HOLDING

    def take_off(self, meanwhile: Callable[[], None]) -> None:
        for _ in range(50):
            self.wait()
            meanwhile()
            self.ask("fly")

    def provoke(self, fault: Fault, seconds: float) -> str:
        until_s = self.now_s() + seconds
        if fault is Fault.CONTROLLER_KILLED:
            self.killed_s = until_s
        elif not self.has_driver:
            return "there is no driver"
        elif fault is Fault.LINK_CUT:
            self.cut_s = until_s
        elif fault is Fault.DRIVER_FROZEN:
            self.frozen_s = until_s
        elif fault is Fault.DRIVER_KILLED:
            self.dead_s, self.authorised, self.phase = until_s, False, Phase.HOLDING
        elif fault is Fault.PILOT:
            self.taken()
        else:
            self.empties()
        return ""

    def refused(self) -> str:
        return ""

    # What breaks.

    def shown(self, pose: Heard) -> Heard | None:
        """Odometry of a pose, None for none now."""
        return pose

    def actuates(self, command: Command) -> Command:
        """What the motors make of a command."""
        return command

    def is_wrong(self, command: Command, stamp_ns: int) -> bool:
        """Whether a command must not be flown."""
        age_s = 1e-9 * (self.ns - stamp_ns)
        finite = all(map(math.isfinite, command))
        stale = not -EARLY_S <= age_s <= OLDEST_S
        return not finite or stale or self.is_older(stamp_ns)

    def is_older(self, stamp_ns: int) -> bool:
        return 0 < self.flown_ns - stamp_ns < 1e9 * SILENT_S

    def hears(self) -> bool:
        """Whether commands reach the vehicle."""
        return self.now_s() >= self.cut_s

    def holds(self) -> bool:
        """Whether it takes care of itself for want of commands."""
        return self.now_s() - self.came_s > SILENT_S

    def taken(self) -> None:
        """A pilot switches the mode."""
        self.authorised, self.phase = False, Phase.HANDED_OVER

    def empties(self) -> None:
        """The battery runs out."""
        self.battery = 0.06

    def passes_on(self) -> bool:
        """Whether commands are sent to the vehicle."""
        return self.authorised and self.phase in (Phase.FLYING, Phase.HOLDING)

    def sinks_m_s(self) -> float:
        """How fast it lands."""
        return 0.7

    # The sound rest.

    def arrives(self, command: Command, stamp_ns: int) -> None:
        if self.is_wrong(command, stamp_ns):
            return
        if not self.passes_on():
            return
        self.setpoints_s.append(self.now_s())
        if self.hears():
            self.command, self.came_s, self.flown_ns = command, self.now_s(), stamp_ns

    def look(self) -> None:
        if self.authorised and self.phase in (Phase.FLYING, Phase.HOLDING):
            self.phase = Phase.HOLDING if self.holds() else Phase.FLYING
        if self.phase is Phase.LANDING and float(self.state.position[2]) < 0.05:
            self.phase, self.armed = Phase.LANDED, False

    def chosen(self) -> Command:
        if self.phase is Phase.FLYING and not self.holds():
            self.place = None
            return self.command
        pose = self.pose()
        if self.place is None:
            self.place = pose.position_m
        sinks = self.sinks_m_s() if self.phase is Phase.LANDING else 0.0
        ax, ay, az = (
            max(-3.0, min(3.0, 1.5 * (g - p) - 2.2 * v))
            for g, p, v in zip(self.place, pose.position_m, pose.velocity_m_s, strict=True)
        )
        if sinks:
            az = max(-3.0, min(3.0, 2.0 * (-sinks - pose.velocity_m_s[2])))
        x, y, z = rotated(conjugate(pose.attitude), (ax, ay, az + G))
        return self.mass_kg * z, -6.0 * y / G, 6.0 * x / G, 0.0

    def pose(self) -> Heard:
        p, v, q, w = (tuple(np.asarray(part).tolist()) for part in self.state)
        return Heard(self.ns, self.now_s(), p, v, q, w)

    def tell(self) -> None:
        if not self.has_driver:
            return
        words = Said(self.now_s(), self.phase, "", self.armed, self.battery, "")
        if not self.said or self.said[-1][1:] != words[1:]:
            self.said.append(words)
