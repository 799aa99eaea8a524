# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The driver's link flies the simulated autopilots, with which it shares no code; no sockets.

Both are stepped on one clock, so a flight is the same each time and takes no time of day.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("jax")
pytest.importorskip("pymavlink")

from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.mavlink import wire
from live_mvp_ros.vehicle.mavlink.axes import conjugate, rotated, yaw_rad
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase, Wish
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig
from live_mvp_ros.vehicle.mavlink.true_pose import true_pose
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink
from live_mvp_ros.vehicle.simulated_autopilot.autopilot import Autopilot
from live_mvp_ros.vehicle.simulated_autopilot.dialects import DIALECTS

PERIOD_S, G = 0.01, 9.81
HIGH_M = 2.0


class Rig:
    """A link, a simulated autopilot and a plain controller of position, in steps of 10 ms."""

    def __init__(self, kind: str, yaw: float = 0.0) -> None:
        self.autopilot = Autopilot(DIALECTS[kind], yaw_rad=yaw)
        mass_kg = self.autopilot.hardware.body.airframe.mass_kg
        self.mass_kg = mass_kg
        config = LinkConfig(
            autopilot=kind,
            odometry_rate_hz=50.0,
            body=BodyConfig(altitude_m=HIGH_M),
            vehicle=QuadrotorConfig(mass_kg=mass_kg),
        )
        self.now_ns = 50_000_000_000
        self.config = config
        self.link = VehicleLink(config, self, lambda: self.now_ns)
        self.autopilot.streams(0)
        self._to_vehicle, self._from_vehicle = wire.parser(), wire.parser()
        self._voice = wire.mavlink.MAVLink(None, 1, 1)
        self.goal = (0.0, 0.0, HIGH_M)
        self.controls, self.seen, self.truth = False, None, None
        self.delay_s = 0.02
        self.path: list[tuple[float, float, float]] = []

    def write(self, data: bytes) -> None:
        for message in self._to_vehicle.parse_buffer(data) or ():
            self.autopilot.receive(message)

    def run(self, seconds: float, until: Callable[[], Any] = lambda: False) -> None:
        for tick in range(round(seconds / PERIOD_S)):
            self.now_ns += round(1e9 * PERIOD_S)
            self.autopilot.advance(PERIOD_S)
            while self.autopilot.outbox:
                _, said = self.autopilot.outbox.popleft()
                for message in self._from_vehicle.parse_buffer(said.pack(self._voice)):
                    self._take(message)
            if tick % 2:
                self.link.tick()
                if self.controls and self.seen is not None:
                    self.link.command(self._control(), self.seen.steady_ns)
            if until():
                return

    def becomes(self, phase: Phase, seconds: float) -> None:
        self.run(seconds, lambda: self.link.state.phase is phase)
        assert self.link.state.phase is phase, (self.link.state, self.link.news)

    def flies(self) -> None:
        for _ in range(30):
            self.run(1.0)
            if self.link.check().passed:
                break
        assert self.link.check().passed, self.link.check().summary
        granted, why = self.link.wish(Wish.ARM)
        assert granted, why
        self.becomes(Phase.ARMED, 3.0)
        assert self.link.wish(Wish.TAKE_OFF)[0]
        self.becomes(Phase.HOLDING, 20.0)
        self.run(4.0, lambda: self.link.hover.estimate.known)
        self.controls = True
        self.run(0.5)
        granted, why = self.link.wish(Wish.FLY)
        assert granted, why
        self.becomes(Phase.FLYING, 2.0)

    def _take(self, message: Any) -> None:
        found = self.link.receive(message, self.now_ns)
        if found is not None:
            self.seen = found
        truth = true_pose(message, self.config.true_origin, 0.0)
        if truth is not None:
            self.truth = truth
            self.path.append(truth.position_m)

    def _control(self) -> tuple[float, float, float, float]:
        """Return thrust [N] and body rates, FLU, that lead to the goal: PD and a tilt loop."""
        at = self.seen.estimate
        ax, ay, az = (
            max(-3.0, min(3.0, 1.5 * (g - p) - 2.2 * v))
            for g, p, v in zip(self.goal, at.position_m, at.velocity_m_s, strict=True)
        )
        up = (ax, ay, az + G)
        x, y, z = rotated(conjugate(at.attitude), up)  # where thrust should point, in the body
        tilt = math.hypot(x, y)
        roll, pitch = (-6.0 * y / G, 6.0 * x / G) if tilt > 1e-9 else (0.0, 0.0)
        return self.mass_kg * max(2.0, z), roll, pitch, -1.0 * yaw_rad(at.attitude)


@pytest.fixture(params=["px4", "ardupilot"], name="rig")
def rig_fixture(request) -> Rig:
    return Rig(request.param)


def test_it_takes_off_flies_to_places_by_thrust_and_rates_lands_and_is_disarmed(rig):
    rig.flies()
    for goal in ((2.0, 0.0, HIGH_M), (2.0, 2.0, HIGH_M + 0.5)):
        rig.goal = goal
        rig.run(5.0)
        assert math.dist(rig.truth.position_m, goal) < 0.35
    true = true_hover(rig)
    assert rig.link.hover.estimate.throttle == pytest.approx(true, rel=0.05)
    assert rig.link.wish(Wish.LAND)[0]
    rig.becomes(Phase.LANDED, 30.0)
    assert not rig.autopilot.hardware.armed
    assert rig.link.gate.stale_sent == 0
    log = rig.autopilot.log.summary()
    assert log["invalid"] == 0
    assert log["oldest_ms"] <= 100.0


def true_hover(rig: Rig) -> float:
    """Return the throttle that hovers, as it was measured of each autopilot."""
    return 0.491 if rig.config.autopilot == "px4" else 0.368


def test_a_pilot_who_takes_over_hears_nothing_of_us_any_more(rig):
    rig.flies()
    rig.autopilot.stack.take_over("LOITER")
    rig.run(3.0)
    assert rig.link.state.phase is Phase.HANDED_OVER
    switch = rig.autopilot.log.summary()["mode_switches"][-1]
    assert switch["mode"] == "LOITER"
    assert (switch["last_after_s"] or 0.0) <= 0.1
    asked = rig.link.wish(Wish.FLY)
    assert asked[0], asked
    rig.becomes(Phase.FLYING, 3.0)


def test_silence_is_passed_on_and_the_autopilot_takes_care_of_itself(rig):
    rig.flies()
    before = rig.autopilot.log.summary()["setpoints"]
    rig.controls = False
    rig.run(2.0)
    assert rig.autopilot.log.summary()["setpoints"] == before + 1  # the levelled hold
    assert rig.link.state.phase is Phase.HOLDING
    assert math.dist(rig.truth.position_m, rig.goal) < 1.0
    rig.controls = True
    rig.becomes(Phase.FLYING, 2.0)


def test_the_truth_is_where_it_is_with_its_heading():
    rig = Rig("px4", yaw=math.radians(60.0))
    rig.run(3.0)
    assert rig.truth.position_m == pytest.approx((0.0, 0.0, 0.0), abs=0.02)
    assert yaw_rad(rig.truth.attitude) == pytest.approx(math.radians(30.0), abs=0.01)
