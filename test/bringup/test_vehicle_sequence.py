# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the ground to the mission and back, with a driver that is a few lines long."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from live_mvp_ros.bringup.vehicle_sequence import MOST_ASKS, TakeOff, land
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase


class Driver:
    """Says what it is told to, and remembers what it was asked for."""

    def __init__(self, phase: Phase | None = None) -> None:
        self.state = None if phase is None else self.said(phase)
        self.answers: dict[str, tuple[bool, str]] = {}
        self.asked: list[str] = []
        self.there, self.silent_s = True, 0.0

    @staticmethod
    def said(phase: Phase, reason: str = "") -> SimpleNamespace:
        return SimpleNamespace(
            phase=int(phase), reason=reason, request="fly", request_state="", authorised=False
        )

    def becomes(self, phase: Phase, reason: str = "") -> None:
        self.state = self.said(phase, reason)

    def ask(self, name: str) -> bool:
        self.asked += [name] if self.there else []
        return self.there


def test_each_step_waits_for_the_vehicles_own_word():
    driver = Driver()
    take_off = TakeOff(driver, mission_asks_to_fly=True)
    for now_s, phase, ready in (
        (0.0, Phase.STANDBY, False),
        (0.5, Phase.STANDBY, False),
        (1.5, Phase.STANDBY, False),
        (2.0, Phase.CHECKED, False),
        (3.0, Phase.CHECKED, True),
        (4.0, Phase.ARMED, True),
        (5.0, Phase.TAKING_OFF, True),
        (9.0, Phase.HOLDING, True),
        (10.0, Phase.FLYING, True),
    ):
        driver.becomes(phase)
        assert not take_off.look(now_s, ready).failure
    assert driver.asked == ["check", "check", "arm", "takeoff", "start"]
    assert take_off.done
    driver.becomes(Phase.HOLDING)
    assert not take_off.look(99.0, True).sentence
    assert driver.asked[-1] == "start"  # once it has flown, nothing is asked for again
    driver.state.request = ""
    assert not take_off.look(100.0, True).sentence
    assert driver.asked[-1] == "fly"  # but of a driver that was started again


def test_where_no_mission_of_ours_asks_for_the_vehicle_this_does():
    driver = Driver(Phase.HOLDING)
    TakeOff(driver, mission_asks_to_fly=False).look(0.0, True)
    assert driver.asked == ["fly"]


def test_a_refusal_is_said_and_repeated_a_few_times_only():
    driver = Driver(Phase.CHECKED)
    take_off = TakeOff(driver, mission_asks_to_fly=True)
    driver.answers["arm"] = (False, "the vehicle does not arm: no home")
    for i in range(60):
        progress = take_off.look(float(i), True)
        if progress.failure:
            break
    assert progress.failure == "the vehicle could not be armed: the vehicle does not arm: no home"
    assert driver.asked == ["arm"] * MOST_ASKS["arm"]


def test_checks_are_asked_for_as_long_as_it_takes_with_their_reason():
    driver = Driver(Phase.STANDBY)
    take_off = TakeOff(driver, mission_asks_to_fly=True)
    driver.answers["check"] = (False, "home: it has none")
    for i in range(100):
        progress = take_off.look(2.0 * i, True)
    assert progress.sentence == "before take-off: home: it has none"
    assert not progress.failure
    assert driver.asked == ["check"] * 100


@pytest.mark.parametrize("phase", [Phase.HANDED_OVER, Phase.LANDING])
def test_nothing_is_asked_of_what_is_not_ours(phase):
    driver = Driver(phase)
    TakeOff(driver, mission_asks_to_fly=True).look(0.0, True)
    assert not driver.asked


def test_it_lands_and_waits_until_it_is_disarmed():
    driver, clock = Driver(Phase.FLYING), [0.0]

    def wait() -> None:
        clock[0] += 0.5
        if clock[0] == 1.0:
            driver.becomes(Phase.LANDING)
        if clock[0] == 8.0:
            driver.becomes(Phase.LANDED)

    assert land(driver, lambda: clock[0], wait) == ""
    assert clock[0] == 8.0
    assert driver.asked == ["land"]


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        (Phase.STANDBY, ""),
        (Phase.HANDED_OVER, "somebody else has the vehicle: POSCTL"),
        (Phase.DISCONNECTED, "the vehicle is gone: POSCTL"),
    ],
)
def test_what_is_down_or_not_ours_is_not_asked_to_land(phase, said):
    driver = Driver()
    driver.becomes(phase, "POSCTL")
    assert land(driver, lambda: 0.0, lambda: None) == said
    assert not driver.asked


def test_a_driver_that_is_gone_is_not_waited_for():
    driver = Driver(Phase.FLYING)
    driver.silent_s = 11.0
    assert "is gone" in land(driver, lambda: 0.0, lambda: None)


def test_a_landing_that_never_ends_is_given_up():
    driver, clock = Driver(Phase.HOLDING), [0.0]

    def wait() -> None:
        clock[0] += 1.0

    assert "has not landed within 30 s" in land(driver, lambda: clock[0], wait, limit_s=30.0)
    assert len(driver.asked) > 10
