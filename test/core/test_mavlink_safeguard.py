# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The safety layer between commands and a vehicle behind an autopilot."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("jax")
pytest.importorskip("pymavlink")

from fake_autopilot import ARDUPILOT, HOLDS, HOVER, LANDS, PX4, FakeAutopilot

from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase, Wish
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig
from live_mvp_ros.vehicle.mavlink.safeguard import LinkQuality
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink

HOVERS_N = 9.81


class Flight:
    """A vehicle that flies by our commands, in steps of 10 ms."""

    def __init__(self, kind: str) -> None:
        config = LinkConfig(
            autopilot=kind, body=BodyConfig(altitude_m=2.0), vehicle=QuadrotorConfig()
        )
        self.vehicle = FakeAutopilot(kind)
        self.link = VehicleLink(config, self.vehicle, self.vehicle.clock)
        self.command = (HOVERS_N, 0.0, 0.0, 0.0)
        for wish, phase in ((None, Phase.CHECKED), (Wish.ARM, Phase.ARMED)):
            self._wished(wish, phase)
        self._wished(Wish.TAKE_OFF, Phase.HOLDING)
        self.run(3.0)
        self._wished(Wish.FLY, Phase.FLYING)
        self.run(1.0)

    def run(self, seconds: float, until=lambda: False) -> None:
        for tick in range(round(100 * seconds)):
            for message in self.vehicle.step():
                self.link.receive(message, self.vehicle.now_ns)
            if tick % 2:
                self.link.command(self.command, self.vehicle.now_ns - 20_000_000)
                self.link.tick()
            if until():
                return

    def _wished(self, wish, phase) -> None:
        if wish is not None:
            granted, why = self.link.wish(wish)
            assert granted, why

        def reached() -> bool:
            if wish is None:
                self.link.check()
            return self.link.state.phase is phase

        self.run(30.0, reached)
        assert self.link.state.phase is phase, self.link.state


@pytest.fixture(params=(PX4, ARDUPILOT), name="flight")
def flight_fixture(request) -> Flight:
    return Flight(request.param)


def test_what_is_within_all_limits_is_flown_as_it_came(flight):
    assert flight.link.safeguard.code is SafetyCode.CLEAR
    assert not flight.link.safeguard.interventions
    assert flight.vehicle.setpoints[-1][1].thrust == pytest.approx(HOVER, rel=0.01)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_vehicle_that_leans_too_far_is_levelled_whatever_is_commanded(flight, side):
    flight.vehicle.roll_rad = side * 1.02
    flight.command = (HOVERS_N, side * 2.0, 0.0, 0.0)  # leans it farther
    flight.run(0.1)
    assert flight.vehicle.setpoints[-1][1].body_roll_rate * side < -1.0
    assert flight.link.safeguard.code is SafetyCode.LEAN
    assert flight.link.state.phase is Phase.FLYING


def test_who_has_lost_control_for_a_second_is_landed_by_the_autopilot(flight):
    flight.vehicle.roll_rad = math.radians(70.0)
    flight.run(0.5)
    assert flight.link.state.phase is Phase.FLYING
    flight.run(0.8)
    assert flight.link.state.phase is Phase.LANDING
    assert "tilted" in flight.link.state.reason
    assert flight.vehicle.mode == LANDS[flight.vehicle.kind]
    sent = len(flight.vehicle.setpoints)
    flight.run(1.0)
    assert len(flight.vehicle.setpoints) == sent  # the landing is the autopilot's


def test_an_uncertain_position_levels_and_then_lands():
    flight = Flight(PX4)
    flight.command = (HOVERS_N, 0.3, 0.0, 0.0)
    flight.vehicle.variance_m2 = 0.8**2  # metres: more than position_sigma_max_m
    flight.run(0.3)
    assert flight.link.state.phase is Phase.FLYING
    assert flight.vehicle.setpoints[-1][1].body_roll_rate == pytest.approx(0.0, abs=1e-6)
    flight.run(1.0)
    assert flight.link.state.phase is Phase.LANDING
    assert "position uncertain" in flight.link.state.reason


def test_an_uncertainty_that_goes_gives_control_back():
    flight = Flight(PX4)
    flight.command = (HOVERS_N, 0.3, 0.0, 0.0)
    flight.vehicle.variance_m2 = 0.8**2
    flight.run(0.3)
    flight.vehicle.variance_m2 = 0.04
    flight.run(0.8)
    assert flight.link.state.phase is Phase.FLYING
    assert flight.vehicle.setpoints[-1][1].body_roll_rate == pytest.approx(0.3, abs=1e-6)


def test_a_link_that_loses_most_is_left_for_the_autopilots_own_hold(flight):
    flight.vehicle.hears_every = 5
    flight.run(3.0, lambda: not flight.link.state.authorised)
    assert "link weak" in flight.link.state.reason
    assert flight.link.state.phase is Phase.HOLDING
    flight.run(1.0)
    assert flight.vehicle.mode == HOLDS[flight.vehicle.kind]


@given(st.lists(st.booleans(), min_size=100, max_size=600))
def test_the_share_that_arrives_is_counted(came):
    quality = LinkQuality()
    heard = [k for k, comes in enumerate(came) if comes]
    for k in heard:
        quality.heard(k % 256, 1e-3 * k)  # all of it within the span that is looked at
    gaps = [b - a for a, b in itertools.pairwise(heard)]
    if len(heard) < 20 or max(gaps) > 100:
        return
    share = len(heard) / (heard[-1] - heard[0] + 1)
    assert quality.share(0.6) == pytest.approx(share)


def test_a_link_that_was_silent_says_nothing():
    quality = LinkQuality()
    for k in range(0, 250, 10):
        quality.heard(k, 0.01 * k)
    assert quality.share(2.4) < 0.2
    assert quality.share(30.0) == 1.0
