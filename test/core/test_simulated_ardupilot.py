# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated ArduCopter arms, spools, times out and fails safe as the measured one."""

from __future__ import annotations

import math

import pytest
from ground_crew import (
    ARM,
    FORCE,
    GUIDED,
    LAND,
    SET_MODE,
    TAKE_OFF,
    Crew,
    ardupilot,
    ardupilot_flying,
)

from live_mvp_ros.vehicle.simulated_autopilot.autopilot import Autopilot
from live_mvp_ros.vehicle.simulated_autopilot.dialects import ARDUPILOT

ACCEPTED, DENIED, UNSUPPORTED, FAILED = 0, 2, 3, 4
ON_GROUND, IN_AIR = 1, 2
HOVER = 0.368
RETURN, LOITER, STABILIZE = 6, 5, 0


def roll_of(crew: Crew) -> float:
    return math.degrees(2.0 * math.asin(crew.body.attitude[1]))


def test_it_does_not_arm_in_guided_before_it_has_a_position():
    crew = Crew(Autopilot(ARDUPILOT))
    crew.wait(3.0)
    assert crew.command(SET_MODE, 1, *GUIDED) == FAILED
    assert crew.texts() == ["Mode change to GUIDED failed: requires position"]
    crew.wait(6.0)
    assert crew.command(SET_MODE, 1, *GUIDED) == ACCEPTED
    assert crew.command(ARM, 1) == ACCEPTED


def test_an_unknown_mode_fails():
    assert ardupilot().command(SET_MODE, 1, 77) == FAILED


def test_armed_and_left_alone_it_disarms():
    crew = ardupilot()
    crew.command(ARM, 1)
    assert crew.wait_until(lambda: not crew.armed, 15.0) == pytest.approx(10.9, abs=0.3)


def test_on_the_ground_without_thrust_it_disarms():
    crew = ardupilot()
    crew.command(ARM, 1)
    start_s = crew.autopilot.time_s
    while crew.armed:
        crew.wait(0.1, crew.point)
    assert crew.autopilot.time_s - start_s == pytest.approx(11.5, abs=0.7)


def test_in_the_air_only_force_disarms():
    crew = ardupilot_flying()
    assert crew.command(ARM, 0) == FAILED
    assert crew.command(ARM, 0, FORCE) == ACCEPTED
    crew.wait(0.5)
    assert crew.body.velocity_m_s[2] > 3.0


def test_thrust_takes_off_after_the_motors_have_spooled_up():
    crew = ardupilot()
    crew.command(ARM, 1)
    crew.wait(2.0, lambda: crew.point((0.5, 0.0, 0.0), 0.45))
    assert crew.body.on_ground
    assert crew.autopilot.stack.landed_state == ON_GROUND
    crew.wait(0.3, lambda: crew.point((0.0, 0.0, 0.0), 0.45))
    assert not crew.body.on_ground
    assert crew.autopilot.stack.landed_state == IN_AIR


def test_it_takes_off_by_command():
    crew = ardupilot()
    assert crew.command(TAKE_OFF, 0, 0, 0, 0, 0, 0, 5.0) == FAILED
    crew.command(ARM, 1)
    assert crew.command(TAKE_OFF, 0, 0, 0, 0, 0, 0, 5.0) == ACCEPTED
    took_s = crew.wait_until(lambda: crew.altitude_m >= 4.8, 12.0)
    assert took_s == pytest.approx(6.6, abs=0.6)
    crew.wait(5.0)
    assert crew.altitude_m == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize(
    ("thrust", "climb"), [(0.5, 0.0), (0.6, 0.5), (1.0, 2.5), (0.4, -0.3), (0.0, -1.5)]
)
def test_without_its_bit_thrust_is_a_climb_rate(thrust, climb):
    crew = ardupilot_flying(20.0)
    crew.set_parameter("GUID_OPTIONS", 0)
    crew.wait(4.0, lambda: crew.point(thrust=thrust))
    assert -crew.body.velocity_m_s[2] == pytest.approx(climb, abs=0.08)


@pytest.mark.parametrize(
    ("mask", "q", "thrust"),
    [
        *((129, (1, 0, 0, 0), HOVER), (130, (1, 0, 0, 0), HOVER), (132, (1, 0, 0, 0), HOVER)),
        *((192, (1, 0, 0, 0), HOVER), (0, (0, 0, 0, 0), HOVER), (7, (2, 0, 0, 0), HOVER)),
        (128, (1, 0, 0, 0), math.nan),
    ],
)
def test_what_makes_no_sense_stops_it_silently(mask, q, thrust):
    crew = ardupilot_flying()
    for _ in range(25):
        crew.point((0.5, 0.0, 0.0), HOVER)
        crew.wait(0.02)
    said = len(crew.texts())
    crew.wait(6.0, lambda: crew.point((0.5, 0.0, 0.0), thrust, mask, q))
    assert math.hypot(*crew.body.velocity_m_s) < 0.2
    assert abs(roll_of(crew)) < 2.0
    assert (crew.mode, len(crew.texts())) == ("GUIDED", said)


def test_an_attitude_is_flown():
    crew = ardupilot_flying()
    q = (math.cos(0.1), math.sin(0.1), 0.0, 0.0)
    crew.wait(1.5, lambda: crew.point((0.0, 0.0, 0.0), HOVER, 7, q))
    assert roll_of(crew) == pytest.approx(math.degrees(0.2), abs=1.5)


def test_in_another_mode_setpoints_are_dropped():
    crew = ardupilot_flying()
    assert crew.command(SET_MODE, 1, LOITER) == ACCEPTED
    place = crew.body.position_m
    crew.wait(2.0, lambda: crew.point((0.5, 0.0, 0.0), 0.7))
    assert math.dist(place, crew.body.position_m) < 0.5


def test_the_last_rates_are_flown_until_the_time_out_and_then_it_levels():
    crew = ardupilot_flying()
    crew.set_parameter("GUID_TIMEOUT", 0.5)
    crew.wait(0.44, lambda: crew.point((0.5, 0.0, 0.0), HOVER))
    before = roll_of(crew)
    assert before == pytest.approx(10.8, abs=2.0)
    crew.wait(0.5)
    assert roll_of(crew) - before == pytest.approx(24.7 - 10.8, abs=2.0)
    crew.wait(0.6)
    assert abs(roll_of(crew)) < 3.0
    said = len(crew.texts())
    speed = crew.body.velocity_m_s[1]
    assert speed > 1.0
    crew.wait(4.0)
    assert crew.body.velocity_m_s[1] / speed == pytest.approx(0.8 / 2.5, abs=0.06)
    assert (crew.mode, crew.armed, len(crew.texts())) == ("GUIDED", True, said)
    crew.wait(0.4, lambda: crew.point((0.5, 0.0, 0.0), HOVER))
    assert roll_of(crew) > 5.0


def test_after_the_time_out_it_drifts_and_holds_no_place():
    crew = ardupilot_flying(20.0)
    crew.set_parameter("GUID_TIMEOUT", 0.5)
    crew.wait(0.44, lambda: crew.point((0.5, 0.0, 0.0), HOVER))
    crew.wait(1.0)  # until it is level
    place = crew.body.position_m
    altitude_m = crew.altitude_m
    crew.wait(60.0, period_s=0.5)
    drifted_m = math.dist(place[:2], crew.body.position_m[:2])
    assert drifted_m == pytest.approx(8.2, rel=0.35)
    assert crew.altitude_m == pytest.approx(altitude_m, abs=1.0)
    assert crew.armed


def test_three_seconds_are_the_default_time_out():
    assert ardupilot().autopilot.hardware.parameters["GUID_TIMEOUT"] == 3.0


def test_a_ground_station_that_goes_brings_it_home_if_told_so():
    crew = ardupilot_flying()
    station = Crew(crew.autopilot, system=255, component=190)
    crew.set_parameter("FS_GCS_ENABLE", 1)
    station.beat()
    start_s = crew.autopilot.time_s
    while crew.mode == "GUIDED":
        crew.wait(0.02, crew.hover)
        assert crew.autopilot.time_s - start_s < 8.0
    assert crew.autopilot.time_s - start_s == pytest.approx(4.9, abs=0.3)
    assert (crew.mode, crew.texts()[-1]) == ("RTL", "GCS Failsafe")
    crew.beat()  # of another system
    crew.wait(0.5, crew.hover)
    assert crew.texts()[-1] == "GCS Failsafe"
    station.beat()
    crew.wait(0.5, crew.hover)
    assert (crew.mode, crew.texts()[-1]) == ("RTL", "GCS Failsafe Cleared")
    assert crew.command(SET_MODE, 1, *GUIDED) == ACCEPTED


def test_by_default_no_ground_station_is_needed():
    crew = ardupilot_flying()
    Crew(crew.autopilot, system=255, component=190).beat()
    crew.wait(8.0, crew.hover)
    assert crew.mode == "GUIDED"


def test_it_lands_and_disarms():
    crew = ardupilot_flying(altitude_m=3.0)
    assert crew.command(LAND) == ACCEPTED
    crew.wait_until(lambda: not crew.armed, 20.0)
    assert crew.body.on_ground
    assert crew.body.hardest_touch_m_s == pytest.approx(0.5, abs=0.1)


def test_it_comes_home():
    crew = ardupilot_flying(altitude_m=6.0)
    crew.wait(0.6, lambda: crew.point((0.5, 0.0, 0.0), HOVER))
    crew.wait(3.0, lambda: crew.point((0.0, 0.0, 0.0), 0.375))
    assert math.hypot(*crew.body.position_m[:2]) > 3.0
    assert crew.command(20) == ACCEPTED
    crew.wait_until(lambda: not crew.armed, 90.0)
    assert math.hypot(*crew.body.position_m[:2]) < 0.6


def test_a_low_battery_does_what_the_parameter_says():
    for action, mode in ((0, "GUIDED"), (1, "LAND"), (2, "RTL")):
        crew = ardupilot_flying()
        crew.set_parameter("BATT_FS_LOW_ACT", action)
        crew.autopilot.hardware.battery.drop_to(10.0)
        crew.wait(0.5, crew.hover)
        assert crew.mode == mode
        assert any("Battery 1 is low" in text for text in crew.texts())


def test_a_lost_position_lands():
    crew = ardupilot_flying()
    crew.autopilot.hardware.estimator.lose_gps()
    crew.wait(4.0, crew.hover)
    assert crew.mode == "GUIDED"
    crew.wait(2.0, crew.hover)
    assert crew.mode == "LAND"
    assert "EKF Failsafe: changed to LAND Mode" in crew.texts()


def test_a_pilot_takes_over():
    crew = ardupilot_flying()
    crew.autopilot.stack.take_over("ALT_HOLD")
    altitude_m = crew.altitude_m
    crew.wait(2.0, lambda: crew.point((0.5, 0.0, 0.0), 0.7))
    assert crew.mode == "ALT_HOLD"
    assert abs(roll_of(crew)) < 3.0
    assert crew.altitude_m == pytest.approx(altitude_m, abs=0.5)
