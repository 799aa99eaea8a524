# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far and how long a vehicle behind an autopilot goes on when something fails in flight.

    python bench/vehicle_faults.py                 every fault, both autopilots, 10 times each
    python bench/vehicle_faults.py --json FILE     the same, as JSON

The driver's link flies the simulated autopilot on one simulated clock, in the open, to and fro
between random places; then a fault begins while it flies at the speed limit or below. Told is how
far the vehicle gets from where it was, along the ground, and when it is slower than 0.1 m/s for
good, or flies on by commands; and for how long setpoints still came after a pilot took over.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2
from live_mvp_ros.vehicle.mavlink import wire
from live_mvp_ros.vehicle.mavlink.axes import conjugate, rotated, yaw_rad
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase, Wish
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig
from live_mvp_ros.vehicle.mavlink.true_pose import true_pose
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink
from live_mvp_ros.vehicle.simulated_autopilot.autopilot import Autopilot
from live_mvp_ros.vehicle.simulated_autopilot.dialects import DIALECTS

PERIOD_S, WATCHED_S, SLOW_M_S = 0.01, 20.0, 0.1
SPEED_M_S = 2.0


class Fault(NamedTuple):
    """What fails: the controller is silent, the driver does nothing, or no byte gets through."""

    name: str
    lasts_s: float
    silent: bool = False
    frozen: bool = False
    cut: bool = False


FAULTS = (
    *(Fault("controller silent", s, silent=True) for s in (0.2, 0.5, 1.0, 3.0)),
    Fault("controller killed", math.inf, silent=True),
    *(Fault("driver frozen", s, frozen=True) for s in (0.3, 1.0, 5.0)),
    Fault("driver killed", math.inf, frozen=True),
    *(Fault("link cut", s, cut=True) for s in (0.3, 1.0, 5.0)),
)


class Trial(NamedTuple):
    """What came of one fault."""

    speed_m_s: float
    reach_m: float
    rests_s: float
    lands: bool
    stale: int


class Rig:
    """A link, a simulated autopilot and a plain controller of position, in steps of 10 ms."""

    def __init__(self, kind: str, seed: int) -> None:
        """Stand on the ground."""
        self.random = random.Random(seed)
        self.autopilot = Autopilot(DIALECTS[kind])
        self.mass_kg = self.autopilot.hardware.body.airframe.mass_kg
        self.config = LinkConfig(
            autopilot=kind,
            body=BodyConfig(altitude_m=2.0),
            vehicle=QuadrotorConfig(mass_kg=self.mass_kg),
        )
        self.now_ns = 50_000_000_000
        self.link = VehicleLink(self.config, self, lambda: self.now_ns)
        self.autopilot.streams(0)
        self._to_vehicle, self._from_vehicle = wire.parser(), wire.parser()
        self._voice = wire.mavlink.MAVLink(None, 1, 1)
        self._waiting: list[Any] = []
        self.goal = (0.0, 0.0, 2.0)
        self.controls, self.seen = False, None
        self.at: tuple[float, float, float] = (0.0, 0.0, 0.0)
        self.velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
        self.fault: Fault | None = None

    def write(self, data: bytes) -> None:
        """Take bytes for the vehicle."""
        if self.fault is not None and self.fault.cut:
            return
        for message in self._to_vehicle.parse_buffer(data) or ():
            self.autopilot.receive(message)

    def run(self, seconds: float, until: Callable[[], Any] = lambda: False) -> bool:
        """Let time pass until something holds; return whether it does."""
        for tick in range(round(seconds / PERIOD_S)):
            self._step(tick)
            if until():
                return True
        return False

    def flies(self) -> None:
        """Fly from the ground by commands."""
        self.run(60.0, lambda: self.link.check().passed)
        for wish, phase in ((Wish.ARM, Phase.ARMED), (Wish.TAKE_OFF, Phase.HOLDING)):
            self.link.wish(wish)
            if not self.run(30.0, lambda: self.link.state.phase is phase):  # noqa: B023
                raise RuntimeError(f"the vehicle could not {wish.value}: {self.link.state.reason}")
        self.run(5.0, lambda: self.link.hover.estimate.known)
        self.controls = True
        self.run(0.5)
        self.link.wish(Wish.FLY)
        self.run(2.0, lambda: self.link.state.phase is Phase.FLYING)

    def _step(self, tick: int) -> None:
        self.now_ns += round(1e9 * PERIOD_S)
        self.autopilot.advance(PERIOD_S)
        while self.autopilot.outbox:
            _, said = self.autopilot.outbox.popleft()
            if self.fault is None or not self.fault.cut:
                self._waiting += self._from_vehicle.parse_buffer(said.pack(self._voice))
        for message in self._waiting:
            truth = true_pose(message, self.config.true_origin, 0.0)
            if truth is not None:
                self.at, self.velocity = truth.position_m, truth.velocity_m_s
        if self.fault is not None and self.fault.frozen:
            return  # what comes meanwhile waits in its socket
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self.seen = self.link.receive(message, self.now_ns) or self.seen
        if tick % 2:
            self.link.tick()
            silent = self.fault is not None and self.fault.silent
            if self.controls and self.seen is not None and not silent:
                self.link.command(self._control(), self.seen.steady_ns)

    def _control(self) -> tuple[float, float, float, float]:
        """Return thrust [N] and body rates, FLU, that lead to the goal no faster than allowed."""
        at = self.seen.estimate
        gap = [g - p for g, p in zip(self.goal, at.position_m, strict=True)]
        far = math.hypot(*gap)
        speed = min(1.0 * far, SPEED_M_S)
        wanted = [speed * g / max(far, 1e-6) for g in gap]
        pull = [2.2 * (w - v) for w, v in zip(wanted, at.velocity_m_s, strict=True)]
        ax, ay, az = (max(-3.0, min(3.0, a)) for a in pull)
        x, y, z = rotated(conjugate(at.attitude), (ax, ay, az + GRAVITY_M_S2))
        roll, pitch = -5.0 * y / GRAVITY_M_S2, 5.0 * x / GRAVITY_M_S2
        return self.mass_kg * max(2.0, z), roll, pitch, -yaw_rad(at.attitude)


def tried(kind: str, fault: Fault, seed: int) -> Trial:
    """Return what came of a fault at a random moment of a flight."""
    rig = Rig(kind, seed)
    rig.flies()
    for _ in range(rig.random.randint(1, 3)):
        turn, far = rig.random.uniform(-math.pi, math.pi), rig.random.uniform(4.0, 10.0)
        rig.goal = (far * math.cos(turn), far * math.sin(turn), 2.0)
        rig.run(rig.random.uniform(1.5, 4.0))
    begin, speed = rig.at, math.hypot(*rig.velocity[:2])
    rig.goal = rig.at  # whoever flies on by commands comes back here
    rig.fault = fault
    reach_m, rests_s, goes_on_s = 0.0, 0.0, math.inf
    for tick in range(round(WATCHED_S / PERIOD_S)):
        now_s = tick * PERIOD_S
        if now_s >= fault.lasts_s and rig.fault is not None:
            rig.fault = None
        if rig.fault is None and rig.link.state.phase is Phase.FLYING:
            goes_on_s = min(goes_on_s, now_s)
        rig._step(tick)
        if goes_on_s == math.inf:
            reach_m = max(reach_m, math.dist(rig.at[:2], begin[:2]))
            if math.hypot(*rig.velocity[:2]) > SLOW_M_S:
                rests_s = now_s
    lands = rig.link.state.phase in (Phase.LANDING, Phase.LANDED)
    return Trial(speed, reach_m, min(rests_s, goes_on_s), lands, rig.link.gate.stale_sent)


def taken_over(kind: str, seed: int) -> float:
    """Return for how long [s] setpoints still came after a pilot had switched the mode."""
    rig = Rig(kind, seed)
    rig.flies()
    rig.goal = (8.0, 0.0, 2.0)
    rig.run(rig.random.uniform(1.0, 3.0))
    rig.autopilot.stack.take_over({"px4": "POSCTL", "ardupilot": "LOITER"}[kind])
    rig.run(3.0)
    if rig.link.state.phase is not Phase.HANDED_OVER:
        raise RuntimeError(f"the driver goes on after a pilot took over: {rig.link.state}")
    return rig.autopilot.log.summary()["mode_switches"][-1]["last_after_s"] or 0.0


def main() -> None:
    """Try every fault, and print a table."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--trials", type=int, default=10)
    words.add_argument("--json", type=Path)
    given = words.parse_args()
    rows = []
    columns = (
        *("autopilot", "fault", "speed before, m/s", "reach, m: median, greatest"),
        "at rest or flown on after, s: median, latest",
    )
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for kind in DIALECTS:
        for fault in FAULTS:
            trials = [tried(kind, fault, seed) for seed in range(given.trials)]
            name = fault.name + ("" if math.isinf(fault.lasts_s) else f", {fault.lasts_s:g} s")
            reach = [trial.reach_m for trial in trials]
            rests = [trial.rests_s for trial in trials]
            fastest = max(trial.speed_m_s for trial in trials)
            print(f"| {kind} | {name} | up to {fastest:.1f} | {statistics.median(reach):.2f}, "
                  f"{max(reach):.2f} | {statistics.median(rests):.1f}, {max(rests):.1f} |",
                  flush=True)  # fmt: skip
            rows.append({"autopilot": kind, "fault": name,
                         "trials": [trial._asdict() for trial in trials]})  # fmt: skip
    for kind in DIALECTS:
        after = [taken_over(kind, seed) for seed in range(2 * given.trials)]
        print(f"{kind}: a pilot takes over, {len(after)} times: setpoints came for another "
              f"{statistics.median(after):.3f} s, at most {max(after):.3f} s")  # fmt: skip
        rows.append({"autopilot": kind, "fault": "pilot takes over", "went_on_s": after})
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
