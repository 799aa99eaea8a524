# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole flight of the driver's link against a scripted vehicle, and what goes wrong in it."""

from __future__ import annotations

import itertools
import math

import pytest

pytest.importorskip("jax")
pytest.importorskip("pymavlink")

from fake_autopilot import ARDUPILOT, HOLDS, HOVER, LANDS, OURS, PILOTS, PX4, FakeAutopilot

from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.mavlink.flight_phase import Ask, Phase, Wish
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink

MASS_KG, KINDS = 2.0, (PX4, ARDUPILOT)
HOVERS_N = MASS_KG * 9.81


class Flight:
    """A link and its vehicle on one clock, in steps of 10 ms; a controller answers, or not."""

    def __init__(self, kind: str) -> None:
        config = LinkConfig(
            autopilot=kind,
            body=BodyConfig(altitude_m=2.0),
            vehicle=QuadrotorConfig(mass_kg=MASS_KG, body_rate_max_rad_s=3.0),
        )
        self.vehicle = FakeAutopilot(kind)
        self.link = VehicleLink(config, self.vehicle, self.vehicle.clock)
        self.commands = False
        self.command, self.answer_s = (HOVERS_N, 0.0, 0.0, 0.0), 0.02
        self.odometry: list = []

    def run(self, seconds: float, until=lambda: False) -> None:
        for tick in range(round(100 * seconds)):
            for message in self.vehicle.step():
                found = self.link.receive(message, self.vehicle.now_ns)
                if found is not None:
                    self.odometry.append(found)
            if self.commands and tick % 2:
                answers_ns = self.vehicle.now_ns - round(1e9 * self.answer_s)
                self.link.command(self.command, answers_ns)
            if tick % 2:
                self.link.tick()
            if until():
                return

    @property
    def phase(self) -> Phase:
        return self.link.state.phase

    def becomes(self, phase: Phase, seconds: float = 30.0) -> None:
        self.run(seconds, lambda: self.phase is phase)
        assert self.phase is phase, (self.phase, self.link.state.reason)

    def checks(self) -> None:
        for _ in range(20):
            self.run(0.5)
            if self.link.check().passed:
                return
        raise AssertionError(self.link.check().summary)

    def flies(self) -> None:
        """Fly from the ground by commands."""
        self.checks()
        assert self.link.wish(Wish.ARM)[0]
        self.becomes(Phase.ARMED)
        assert self.link.wish(Wish.TAKE_OFF)[0]
        self.becomes(Phase.HOLDING)
        self.commands = True
        self.run(3.0)
        assert not self.sent()  # nobody has wished it yet
        granted, why = self.link.wish(Wish.FLY)
        assert granted, why
        self.becomes(Phase.FLYING, 2.0)
        self.run(1.0)

    def sent(self) -> list:
        return self.vehicle.setpoints


@pytest.fixture(params=KINDS, name="flight")
def flight_fixture(request) -> Flight:
    return Flight(request.param)


def test_a_flight_from_the_ground_and_back(flight):
    vehicle = flight.vehicle
    flight.flies()
    assert vehicle.mode == OURS[vehicle.kind]
    assert vehicle.z == pytest.approx(2.0, abs=0.05)
    when, last = flight.sent()[-1]
    assert last.type_mask == 128
    assert last.thrust == pytest.approx(HOVER, rel=0.01)
    answered_ms = (when - 20_000_000 - 7_000_000_000) // 1_000_000
    assert last.time_boot_ms == pytest.approx(answered_ms, abs=2)  # its clock: it can see the age
    assert flight.link.wish(Wish.LAND)[0]
    flight.becomes(Phase.LANDED)
    assert not vehicle.armed
    assert flight.link.gate.stale_sent == 0
    landing = [m for t, m in flight.sent() if t > when + 50_000_000]
    assert not landing


def test_only_what_autopilots_fly_is_ever_asked_for(flight):
    flight.flies()
    flight.link.wish(Wish.LAND)
    flight.becomes(Phase.LANDED)
    assert {m.type_mask for _, m in flight.sent()} <= {7, 128}
    forced = [numbers for command, numbers in flight.vehicle.commands if command == 400]
    assert all(numbers[1] == 0.0 for numbers in forced)  # never 21196


def test_parameters_are_set_read_back_and_named_where_they_do_not_take_it(flight):
    flight.checks()
    values = {name: value for name, (value, _) in flight.vehicle.parameters.items()}
    assert any(" (was " in said for said in flight.link.upkeep.parameters.changes)
    if flight.vehicle.kind == PX4:
        assert values["COM_OF_LOSS_T"] == 0.5
        assert values["COM_OBL_RC_ACT"] == 5
        assert values["MIS_TAKEOFF_ALT"] == 2.0
    else:
        assert values["GUID_TIMEOUT"] == 0.5
        assert values["GUID_OPTIONS"] == 8
        assert values["ATC_ANGLE_BOOST"] == 0


@pytest.mark.parametrize(("kind", "name"), [(PX4, "COM_OBL_RC_ACT"), (ARDUPILOT, "GUID_OPTIONS")])
def test_a_parameter_that_stays_as_it_is_keeps_it_on_the_ground(kind, name):
    flight = Flight(kind)
    flight.vehicle.stubborn.add(name)
    flight.run(5.0)
    flight.link.check()
    flight.run(5.0)
    assert f"{name} = 0 is not allowed" in flight.link.check().summary
    granted, why = flight.link.wish(Wish.ARM)
    assert not granted and name in why


def test_odometry_is_stamped_by_the_clock_that_was_found_and_in_enu(flight):
    flight.vehicle.north_m = 3.0
    flight.run(2.0)
    last = flight.odometry[-1]
    assert last.steady_ns == pytest.approx(flight.vehicle.now_ns, abs=1_100_000)
    assert last.estimate.position_m == pytest.approx((0.0, 3.0, 0.0), abs=1e-6)
    w, _, _, z = last.estimate.attitude  # nose to the north: 90 degrees from east
    assert (w, z) == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)))
    steps = [b.steady_ns - a.steady_ns for a, b in itertools.pairwise(flight.odometry)]
    assert max(steps[10:]) < 12_000_000  # 100 Hz


def test_body_rates_are_limited_and_turned_into_frd(flight):
    flight.flies()
    flight.command = (HOVERS_N, 1.0, 2.0, -9.0)
    flight.run(0.1)
    _, last = flight.sent()[-1]
    rates = (last.body_roll_rate, last.body_pitch_rate, last.body_yaw_rate)
    assert rates == pytest.approx((1.0, -2.0, 3.0))


@pytest.mark.parametrize("command", [(math.nan, 0, 0, 0), (HOVERS_N, math.inf, 0, 0)])
def test_what_is_not_finite_is_not_passed_on(flight, command):
    flight.flies()
    before = len(flight.sent())
    flight.command = command
    flight.run(0.09)
    assert len(flight.sent()) == before


@pytest.mark.parametrize("answer_s", [0.101, 5.0, -0.05])
def test_stale_commands_become_silence_with_one_levelled_hold(flight, answer_s):
    flight.flies()
    before = len(flight.sent())
    flight.answer_s = answer_s
    flight.run(2.0)
    new = flight.sent()[before:]
    assert [m.type_mask for _, m in new] == [7]  # the hold, once
    assert new[0][1].thrust == pytest.approx(HOVER, rel=0.02)
    assert new[0][0] - flight.sent()[before - 1][0] <= 150_000_000
    assert flight.link.gate.own_holds == 1
    assert flight.phase is Phase.HOLDING
    assert flight.link.gate.stale_sent == 0


def test_a_command_that_does_not_say_what_it_answers_is_refused(flight):
    flight.flies()
    before = len(flight.sent())
    flight.commands = False
    flight.link.command(flight.command, 0)
    assert len(flight.sent()) == before


def test_commands_that_come_again_are_flown_again(flight):
    flight.flies()
    flight.commands = False
    flight.run(0.3)
    assert flight.phase is Phase.HOLDING
    flight.commands = True
    flight.becomes(Phase.FLYING, 0.2)
    flight.commands = False
    flight.run(0.3)
    assert flight.link.gate.own_holds == 2  # one for each silence


def test_silence_for_long_is_a_landing(flight):
    flight.flies()
    flight.commands = False
    flight.becomes(Phase.LANDING, 7.0)
    assert flight.vehicle.commands[-1][0] == 176
    flight.becomes(Phase.LANDED)


def test_px4_goes_on_after_its_failsafe_when_commands_come_again():
    flight = Flight(PX4)
    flight.flies()
    flight.commands = False
    flight.run(0.6)
    flight.vehicle.switch(HOLDS[PX4], intended=OURS[PX4])
    flight.run(0.5)
    assert flight.phase is Phase.HOLDING
    assert "failsafe" in flight.link.state.reason
    flight.commands = True
    flight.becomes(Phase.FLYING, 2.0)
    assert flight.vehicle.mode == OURS[PX4]


def test_an_autopilot_that_would_drift_is_asked_to_hold_and_to_obey_again():
    flight = Flight(ARDUPILOT)
    flight.flies()
    flight.commands = False
    flight.run(0.5)
    assert flight.vehicle.mode == HOLDS[ARDUPILOT]
    flight.run(2.0)
    assert flight.phase is Phase.HOLDING
    assert len([c for c, _ in flight.vehicle.commands if c == 176]) == 2  # once, after arming
    flight.commands = True
    flight.becomes(Phase.FLYING, 1.0)
    assert flight.vehicle.mode == OURS[ARDUPILOT]


def test_commands_that_come_while_it_is_asked_to_hold_wait_for_that():
    flight = Flight(ARDUPILOT)
    flight.flies()
    flight.commands = False
    flight.run(2.0, lambda: flight.link.state.asked is Ask.HOLD)
    flight.commands = True
    flight.becomes(Phase.FLYING, 2.0)
    assert flight.vehicle.mode == OURS[ARDUPILOT]


def test_a_pilot_who_takes_what_was_asked_to_hold_keeps_it():
    flight = Flight(ARDUPILOT)
    flight.flies()
    flight.commands = False
    flight.run(1.0)
    flight.vehicle.switch(PILOTS[ARDUPILOT])
    flight.commands = True
    flight.run(2.0)
    assert flight.phase is Phase.HANDED_OVER
    assert flight.vehicle.mode == PILOTS[ARDUPILOT]


def test_a_failsafe_that_is_not_our_silence_is_a_hand_over():
    flight = Flight(PX4)
    flight.flies()
    flight.vehicle.switch(HOLDS[PX4], intended=OURS[PX4])  # such as for a low battery
    flight.becomes(Phase.HANDED_OVER, 0.05)
    assert "failsafe" in flight.link.state.reason


def test_a_pilot_who_switches_the_mode_has_it_at_once_and_is_not_fought(flight):
    vehicle = flight.vehicle
    flight.flies()
    vehicle.switch(PILOTS[vehicle.kind])
    asked, switched_ns = len(vehicle.commands), vehicle.now_ns
    flight.run(5.0)
    assert flight.phase is Phase.HANDED_OVER
    late = [t - switched_ns for t, _ in flight.sent() if t > switched_ns]
    assert not late  # the very message that says so ends it
    assert not [c for c, _ in vehicle.commands[asked:] if c != 511]
    assert flight.link.authority_lost_s == pytest.approx(5.0, abs=0.1)


def test_authority_comes_back_only_when_it_is_wished(flight):
    vehicle = flight.vehicle
    flight.flies()
    vehicle.switch(PILOTS[vehicle.kind])
    flight.run(1.0)
    vehicle.switch(OURS[vehicle.kind])  # the pilot gives it back: nobody has wished it here
    before = len(flight.sent())
    flight.run(1.0)
    assert flight.phase is Phase.HANDED_OVER and len(flight.sent()) == before
    assert flight.link.wish(Wish.FLY)[0]
    flight.becomes(Phase.FLYING, 1.0)


def test_a_pilot_takes_it_while_it_is_silent_and_keeps_it(flight):
    """Even into the very mode that the failsafe would choose."""
    vehicle = flight.vehicle
    flight.flies()
    flight.commands = False
    flight.run(1.0)
    vehicle.switch(HOLDS[PX4] if vehicle.kind == PX4 else PILOTS[ARDUPILOT])
    flight.run(0.1)
    flight.commands = True
    before = len(flight.sent())
    flight.run(3.0)
    assert flight.phase is Phase.HANDED_OVER
    assert len(flight.sent()) == before


@pytest.mark.parametrize("wish", [Wish.ARM, Wish.TAKE_OFF, Wish.FLY, Wish.LAND])
def test_nothing_is_granted_on_the_ground_without_a_check(flight, wish):
    flight.commands = True
    flight.run(2.0)
    granted, why = flight.link.wish(wish)
    assert not granted and why.startswith(f"the vehicle does not {wish.value}: ")
    flight.run(1.0)
    assert not flight.vehicle.armed and not flight.sent()


def test_commands_alone_never_arm(flight):
    flight.checks()
    flight.commands = True
    flight.run(5.0)
    assert not flight.sent()
    assert {command for command, _ in flight.vehicle.commands} == {511}


def test_a_refusal_is_told_in_words_with_what_the_vehicle_says(flight):
    flight.checks()
    flight.vehicle.refuses[400] = 1
    flight.vehicle.text("Arming denied: Resolve system health failures first, and then again")
    flight.link.wish(Wish.ARM)
    flight.vehicle.text("Arming denied: Resolve system health failures first, and then again")
    flight.run(1.0)
    assert "arming was refused: not now" in flight.link.request_state
    assert "failures first, and then again" in flight.link.request_state
    assert flight.phase is Phase.CHECKED


def test_an_unanswered_request_is_repeated_a_few_times_and_given_up(flight):
    flight.checks()
    flight.vehicle.refuses[400] = None
    flight.link.wish(Wish.ARM)
    flight.run(6.0)
    tries = [c for c, _ in flight.vehicle.commands if c == 400]
    assert len(tries) == 4
    assert "no answer within 4 s" in flight.link.request_state


def test_a_link_that_is_lost_and_comes_back_goes_on_with_what_was_granted(flight):
    flight.flies()
    flight.vehicle.silent, flight.commands = True, False
    flight.run(3.5)
    assert flight.phase is Phase.DISCONNECTED
    flight.vehicle.silent = False
    flight.becomes(Phase.HOLDING, 2.0)
    flight.commands = True
    flight.becomes(Phase.FLYING, 2.0)


@pytest.mark.parametrize(
    ("modes", "phase"),
    [(OURS, Phase.HOLDING), (HOLDS, Phase.HOLDING), (PILOTS, Phase.HANDED_OVER)],
)
def test_what_is_found_flying_waits_for_a_wish_or_is_somebody_elses(flight, modes, phase):
    vehicle = flight.vehicle
    vehicle.armed, vehicle.in_air, vehicle.z, vehicle.goal_m = True, True, 2.0, 2.0
    vehicle.switch(modes[vehicle.kind])
    flight.commands = True
    flight.run(12.0)
    assert flight.phase is phase
    assert not flight.sent()
    assert not [command for command, _ in vehicle.commands if command != 511]


def test_a_jump_of_its_position_is_announced(flight):
    flight.checks()
    flight.link.news.clear()
    flight.vehicle.north_m += 1.5
    flight.run(0.2)
    assert flight.link.resets.count == 1
    assert "the position has jumped by 1.50 m" in flight.link.news
    assert not flight.link.check().passed


def test_a_counter_of_resets_is_believed():
    flight = Flight(PX4)
    flight.run(1.0)
    flight.vehicle.resets += 1
    flight.run(0.1)
    assert "the estimator has begun anew" in flight.link.news


def test_an_autopilot_of_another_kind_is_refused():
    flight = Flight(PX4)
    flight.vehicle = FakeAutopilot(ARDUPILOT)
    flight.link = VehicleLink(LinkConfig(autopilot=PX4), flight.vehicle, flight.vehicle.clock)
    flight.run(1.0)
    assert "it is no PX4: MAV_AUTOPILOT 3" in flight.link.check().summary


def test_a_take_off_that_is_refused_leaves_it_armed_on_the_ground(flight):
    flight.checks()
    flight.link.wish(Wish.ARM)
    flight.becomes(Phase.ARMED)
    flight.vehicle.refuses[22] = 4
    flight.link.wish(Wish.TAKE_OFF)
    flight.becomes(Phase.ARMED, 1.0)
    assert "it failed" in flight.link.state.reason
    flight.link.wish(Wish.STOP)
    flight.becomes(Phase.STANDBY, 1.0)


def test_stop_in_the_air_holds_and_does_not_go_on_by_itself(flight):
    vehicle = flight.vehicle
    flight.flies()
    assert flight.link.wish(Wish.STOP)[0]
    before = len(flight.sent())
    flight.run(10.0)
    assert flight.phase is Phase.HOLDING
    assert vehicle.mode == HOLDS[vehicle.kind]
    assert len(flight.sent()) == before


def test_a_landing_that_a_pilot_ends_is_his(flight):
    vehicle = flight.vehicle
    flight.flies()
    flight.link.wish(Wish.LAND)
    flight.run(0.5)
    assert vehicle.mode == LANDS[vehicle.kind]
    vehicle.switch(PILOTS[vehicle.kind])
    flight.becomes(Phase.HANDED_OVER, 0.1)


def test_a_driver_that_ends_in_flight_asks_for_a_landing_and_on_the_ground_for_nothing(flight):
    flight.run(2.0)
    flight.link.close()
    assert {command for command, _ in flight.vehicle.commands} == {511}
    flight.flies()
    flight.link.close()
    assert flight.vehicle.mode == LANDS[flight.vehicle.kind]
