# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated PX4 arms, switches modes, lands and fails safe as the measured one."""

from __future__ import annotations

import math

import pytest
from ground_crew import (
    ARM,
    FORCE,
    LAND,
    OFFBOARD,
    PERIOD_S,
    SET_MODE,
    TAKE_OFF,
    Crew,
    px4,
    px4_flying,
)

from live_mvp_ros.vehicle.simulated_autopilot import px4_modes
from live_mvp_ros.vehicle.simulated_autopilot.autopilot import Autopilot
from live_mvp_ros.vehicle.simulated_autopilot.dialects import PX4

ACCEPTED, REJECTED, DENIED, UNSUPPORTED = 0, 1, 2, 3
LOITER, LANDING, RETURN, POSCTL, TERMINATION = (4, 3), (4, 6), (4, 5), (3, 0), (10, 0)
ON_GROUND, IN_AIR = 1, 2
CRITICAL = 5


def landed_state(crew: Crew) -> int:
    return crew.autopilot.stack.landed_state


def test_it_begins_in_loiter_and_arms_after_five_seconds():
    crew = Crew(Autopilot(PX4))
    crew.wait(1.4)
    assert crew.of("HEARTBEAT") == []
    crew.wait(0.6)
    assert crew.of("HEARTBEAT")[0].custom_mode == 4 << 16 | 3 << 24
    crew.wait(2.4, crew.beat)
    assert crew.command(ARM, 1) == REJECTED
    crew.wait(0.7, crew.beat)
    assert crew.autopilot.time_s + 0.1 >= 4.6 and crew.command(ARM, 1) == ACCEPTED


def test_every_mode_is_accepted_on_the_ground_but_offboard_arms_with_a_stream_only():
    crew = px4()
    for mode in (POSCTL, LANDING, RETURN, OFFBOARD):
        assert crew.command(SET_MODE, 1, *mode) == ACCEPTED
    assert crew.command(ARM, 1) == REJECTED
    assert crew.command(ARM, 1, FORCE) == REJECTED
    assert crew.texts()[-1] == "Arming denied: Resolve system health failures first"
    crew.point()
    crew.wait(1.1)
    assert crew.command(ARM, 1) == REJECTED
    crew.point()
    crew.wait(0.9)
    assert crew.command(ARM, 1) == ACCEPTED


def test_texts_go_only_where_a_ground_station_is_heard():
    crew = px4()
    crew.command(SET_MODE, 1, *OFFBOARD)
    crew.wait(3.0)
    crew.command(ARM, 1)
    assert crew.texts() == []
    crew.beat(kind=18)  # of an onboard controller
    crew.command(ARM, 1)
    assert crew.texts() == []
    crew.beat()
    crew.command(ARM, 1)
    long = [m for m in crew.of("STATUSTEXT") if m.id]
    assert [m.chunk_seq for m in long] == [0, 1]
    assert len(long[0].text) == 50 and long[0].severity == 2


def test_armed_without_a_stream_offboard_is_refused():
    crew = px4()
    assert crew.command(ARM, 1) == ACCEPTED
    assert crew.command(SET_MODE, 1, *OFFBOARD) == REJECTED
    assert crew.mode == "LOITER"


def test_a_stream_slower_than_the_time_out_flaps_and_a_faster_one_holds():
    for rate_hz, flaps in ((0.8, True), (1.3, False), (5.0, False)):
        crew = px4_flying()
        modes = set()

        def each(crew=crew, rate_hz=rate_hz, modes=modes):
            crew.hover()
            modes.add(crew.mode)

        for _ in range(round(7.0 * rate_hz)):
            each()
            crew.wait(1.0 / rate_hz - PERIOD_S)
            modes.add(crew.mode)
            crew.wait(PERIOD_S)
        assert (len(modes) > 1) == flaps, (rate_hz, modes)


def test_no_time_out_means_no_offboard():
    crew = px4()
    crew.command(SET_MODE, 1, *OFFBOARD)
    crew.set_parameter("COM_OF_LOSS_T", 0.0)
    crew.point()
    assert crew.command(ARM, 1) == REJECTED
    crew.set_parameter("COM_OF_LOSS_T", 0.1)
    crew.point()
    assert crew.command(ARM, 1) == ACCEPTED


def test_a_data_link_that_is_required_must_be_there_for_arming():
    crew = px4()
    crew.set_parameter("NAV_DLL_ACT", 1)
    crew.wait(12.0)
    assert crew.command(ARM, 1) == REJECTED
    crew.beat()
    assert crew.command(ARM, 1) == ACCEPTED


def test_health_tells_whether_it_would_arm():
    crew = px4()
    crew.command(SET_MODE, 1, *OFFBOARD)
    crew.wait(0.4)
    assert not crew.of("SYS_STATUS")[-1].onboard_control_sensors_health & 0x10000000
    crew.wait(0.4, crew.point)
    assert crew.of("SYS_STATUS")[-1].onboard_control_sensors_health & 0x10000000


def fly(crew: Crew, mask: int, q=(1.0, 0.0, 0.0, 0.0), rates=(0.0, 0.0, 0.0), thrust=0.52) -> None:
    crew.wait(0.5, lambda: crew.point(rates, thrust, mask, q))


@pytest.mark.parametrize("mask", [7, 0])
def test_an_attitude_is_flown_and_wins_over_rates(mask):
    crew = px4_flying()
    q = (math.cos(0.1), math.sin(0.1), 0.0, 0.0)
    crew.wait(1.0, lambda: crew.point((-1.0, 0.0, 0.0), 0.5, mask, q))
    assert 2.0 * math.asin(crew.body.attitude[1]) == pytest.approx(0.2, abs=0.03)


def test_a_yaw_rate_may_be_left_out():
    crew = px4_flying()
    fly(crew, 128 | 4, rates=(0.5, 0.0, 3.0))
    assert crew.body.rates_rad_s[0] == pytest.approx(0.5, abs=0.1)
    assert abs(crew.body.rates_rad_s[2]) < 0.05


@pytest.mark.parametrize("mask", [129, 130, 131, 192, 255])
def test_masks_that_leave_out_too_much_are_dropped_and_no_proof_of_life(mask):
    crew = px4_flying()
    crew.wait(1.3, lambda: crew.point((0.0, 0.0, 0.0), 0.5, mask))
    assert crew.mode == "RTL"


def test_thrust_of_the_body_flies_with_its_bit():
    """pymavlink has no field for the extension, so its bytes are put behind the others."""
    crew = px4_flying()
    message = setpoint_with_thrust_body(-0.6)
    crew.wait(0.3, lambda: receive(crew, message))
    assert crew.autopilot.stack.thrust == pytest.approx(0.6)


def setpoint_with_thrust_body(down: float) -> bytes:
    import struct

    from pymavlink.dialects.v20 import all as mavlink

    payload = struct.pack("<I4f3ffBBB3f", 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 160, 0, 0, down)
    head = struct.pack("<BBBBBBBHB", 0xFD, len(payload), 0, 0, 0, 1, 191, 82, 0)
    crc = mavlink.x25crc(head[1:] + payload)
    crc.accumulate(struct.pack("B", 49))
    return head + payload + struct.pack("<H", crc.crc)


def receive(crew: Crew, packet: bytes) -> None:
    from pymavlink.dialects.v20 import all as mavlink

    (message,) = mavlink.MAVLink(None).parse_buffer(packet)
    crew.autopilot.receive(message, 0)


def test_a_rate_that_is_no_number_leaves_its_axis_and_a_thrust_that_is_none_falls():
    crew = px4_flying()
    fly(crew, 128, rates=(math.nan, 0.4, 0.0))
    assert abs(crew.body.rates_rad_s[0]) < 0.05
    assert crew.body.rates_rad_s[1] == pytest.approx(0.4, abs=0.1)
    fly(crew, 128, thrust=math.nan)
    assert (crew.mode, crew.autopilot.stack.thrust) == ("OFFBOARD", 0.0)
    assert crew.body.velocity_m_s[2] > 2.0


@pytest.mark.parametrize(
    ("target", "heard"),
    [((1, 1), True), ((0, 0), True), ((1, 0), True), ((1, 2), False), ((2, 1), False)],
)
def test_who_is_meant(target, heard):
    crew = px4_flying()
    crew.wait(0.2, lambda: crew.point((1.0, 0.0, 0.0), 0.5, target=target))
    assert (crew.body.rates_rad_s[0] > 0.3) == heard
    assert (crew.command(SET_MODE, 1, *LOITER, target=target) == ACCEPTED) == heard


def test_any_sender_is_obeyed_and_the_last_message_wins():
    crew = px4_flying()
    other = Crew(crew.autopilot, system=42, component=191)
    rates = []
    for _ in range(50):
        crew.point((0.0, 0.0, 0.0), 0.5)
        crew.wait(0.01, period_s=0.01)
        other.point((0.0, 0.0, 1.0), 0.5)
        crew.wait(0.01, period_s=0.01)
        rates.append(crew.body.rates_rad_s[2])
    assert 0.2 < rates[-1] < 0.7
    assert crew.autopilot.log.summary()["senders"] == [[1, 191], [42, 191]]


@pytest.mark.parametrize("waited_s", [0.2, 2.0])
def test_it_takes_off_by_thrust_alone(waited_s):
    crew = px4()
    crew.point()
    crew.command(SET_MODE, 1, *OFFBOARD)
    crew.command(ARM, 1)
    crew.wait(waited_s, crew.point)
    crew.point(thrust=0.62)
    took_s = crew.wait_until(lambda: crew.body.velocity_m_s[2] < -0.1, 1.0)
    assert took_s == pytest.approx(0.22, abs=0.07)


def test_it_calls_itself_in_the_air_as_soon_as_thrust_is_asked_for():
    crew = px4()
    crew.point()
    crew.command(SET_MODE, 1, *OFFBOARD)
    crew.command(ARM, 1)
    crew.wait(1.0, lambda: crew.point(thrust=0.05))
    assert landed_state(crew) == ON_GROUND
    crew.point(thrust=0.1)
    took_s = crew.wait_until(lambda: landed_state(crew) == IN_AIR, 0.5)
    assert 0.04 <= took_s <= 0.1
    assert crew.body.on_ground
    crew.wait(0.1)
    assert "Takeoff detected" in crew.texts()
    crew.wait(12.0, lambda: crew.point(thrust=0.44))
    assert (landed_state(crew), crew.armed) == (IN_AIR, True)  # never seen to be on the ground
    off_s = crew.autopilot.time_s
    for _ in range(500):
        crew.wait(PERIOD_S, crew.point)
        if landed_state(crew) == ON_GROUND:
            break
    assert crew.autopilot.time_s - off_s == pytest.approx(1.16, abs=0.15)
    down_s = crew.autopilot.time_s
    crew.beat()
    for _ in range(500):
        crew.wait(PERIOD_S, crew.point)
        if not crew.armed:
            break
    assert crew.autopilot.time_s - down_s == pytest.approx(2.0, abs=0.1)
    assert crew.texts()[-1] == "Disarmed by landing"


@pytest.mark.parametrize("streams", [False, True])
def test_armed_and_never_taken_off_it_disarms(streams):
    crew = px4()
    assert crew.command(ARM, 1) == ACCEPTED
    armed_s = crew.autopilot.time_s
    while crew.armed:
        crew.wait(0.1, crew.point if streams else None)
        assert crew.autopilot.time_s - armed_s < 14.0
    assert 10.9 <= crew.autopilot.time_s - armed_s <= 12.1


def test_it_takes_off_by_itself():
    crew = px4()
    assert crew.command(TAKE_OFF, 0, 0, 0, *(math.nan,) * 4) == ACCEPTED
    assert crew.command(ARM, 1) == ACCEPTED
    took_s = crew.wait_until(lambda: crew.mode == "LOITER", 12.0)
    assert took_s == pytest.approx(7.7, abs=1.0)
    assert crew.altitude_m == pytest.approx(2.3, abs=0.15)
    crew.point(thrust=0.49)
    place = crew.body.position_m
    assert crew.command(SET_MODE, 1, *OFFBOARD) == ACCEPTED
    crew.wait(2.0, crew.hover)
    assert math.dist(place, crew.body.position_m) < 0.5


def test_it_lands_and_returns_to_the_mode_in_which_it_can_arm():
    crew = px4_flying(altitude_m=2.5)
    crew.wait(0.4, crew.hover)
    start_m = crew.altitude_m
    assert crew.command(LAND) == ACCEPTED
    speeds = []
    down_s = crew.wait_until(
        lambda: speeds.append(crew.body.velocity_m_s[2]) or landed_state(crew) == ON_GROUND, 20.0
    )
    assert down_s - (start_m - 3.0) / 0.75 == pytest.approx(8.3, abs=0.8)
    assert 0.7 <= max(speeds) <= 0.8
    off_s = crew.wait_until(lambda: not crew.armed, 5.0)
    assert down_s + off_s - (start_m - 3.0) / 0.75 == pytest.approx(10.6, abs=0.9)
    assert crew.mode == "OFFBOARD"


def test_in_the_air_only_force_disarms():
    crew = px4_flying()
    assert crew.command(ARM, 0) == REJECTED
    assert crew.command(ARM, 0, FORCE) == ACCEPTED
    took_s = crew.wait_until(lambda: landed_state(crew) == ON_GROUND, 1.0)
    assert took_s == pytest.approx(0.4, abs=0.05)
    assert crew.body.velocity_m_s[2] > 2.0


def test_termination_is_for_good():
    crew = px4_flying(altitude_m=4.0)
    assert crew.command(185, 1) == ACCEPTED
    crew.wait(3.0, crew.hover)
    assert (crew.mode, crew.armed, crew.body.on_ground) == ("TERMINATION", True, True)
    assert crew.command(SET_MODE, 1, *OFFBOARD) == REJECTED
    assert crew.body.hardest_touch_m_s > 3.0


@pytest.mark.parametrize(
    ("time_out_s", "low_s", "high_s"),
    [(0.2, 0.20, 0.34), (0.3, 0.30, 0.44), (0.5, 0.50, 0.71), (1.0, 1.0, 1.2)],
)
def test_the_last_rates_are_flown_until_the_mode_changes(time_out_s, low_s, high_s):
    crew = px4_flying()
    crew.set_parameter("COM_OF_LOSS_T", time_out_s)
    crew.set_parameter("COM_OBL_RC_ACT", 5)
    crew.point((0.5, 0.0, 0.0), 0.5)
    took_s = crew.wait_until(lambda: crew.mode == "LOITER", 2.0)
    assert low_s <= took_s <= high_s
    roll = 2.0 * math.asin(crew.body.attitude[1])
    assert roll == pytest.approx(0.5 * (took_s - 0.08), abs=0.08)
    assert crew.autopilot.stack.system_status == CRITICAL
    crew.beat()
    crew.wait(0.1)
    assert crew.of("CURRENT_MODE")[-1].intended_custom_mode == 6 << 16
    assert crew.of("CURRENT_MODE")[-1].custom_mode == 4 << 16 | 3 << 24


@pytest.mark.parametrize(
    ("action", "mode"),
    [
        *((0, "RTL"), (1, "RTL"), (2, "RTL"), (3, "RTL")),
        (4, "LAND"),
        (5, "LOITER"),
        (6, "TERMINATION"),
    ],
)
def test_what_follows_a_lost_stream_is_what_the_parameter_says(action, mode):
    crew = px4_flying()
    crew.set_parameter("COM_OBL_RC_ACT", action)
    crew.beat()
    crew.wait(1.3)
    assert crew.mode == mode
    assert "Failsafe activated" in crew.texts()


def test_a_lost_stream_may_disarm():
    crew = px4_flying()
    crew.set_parameter("COM_OBL_RC_ACT", 7)
    crew.wait(1.3)
    assert not crew.armed


def excursion(crew: Crew, action: int, time_out_s: float, roll_rate: float) -> float:
    """Return how far it is carried after a last setpoint, until it has stopped."""
    crew.set_parameter("COM_OF_LOSS_T", time_out_s)
    crew.set_parameter("COM_OBL_RC_ACT", action)
    place = crew.body.position_m[:2]
    for _ in range(10):
        crew.wait(PERIOD_S, lambda: crew.point((roll_rate, 0.0, 0.0), 0.49))
    farthest = 0.0
    for _ in range(400):
        crew.wait(PERIOD_S)
        farthest = max(farthest, math.dist(place, crew.body.position_m[:2]))
    return farthest


@pytest.mark.parametrize(
    ("action", "time_out_s", "low_m", "high_m"),
    [(5, 0.5, 1.0, 9.3), (4, 0.5, 1.2, 7.4), (5, 1.0, 6.8, 12.0), (4, 1.0, 3.9, 12.0)],
)
def test_a_lean_that_goes_silent_carries_metres(action, time_out_s, low_m, high_m):
    assert low_m <= excursion(px4_flying(20.0), action, time_out_s, 0.5) <= high_m


def test_a_hover_that_goes_silent_carries_less_than_a_metre():
    assert excursion(px4_flying(), 5, 1.0, 0.0) < 0.7


@pytest.mark.parametrize("action", [3, 4, 5])
def test_setpoints_that_come_back_are_flown_again_at_once(action):
    crew = px4_flying(20.0)
    crew.set_parameter("COM_OBL_RC_ACT", action)
    crew.wait(2.0)
    assert crew.mode != "OFFBOARD"
    crew.hover()
    assert crew.wait_until(lambda: crew.mode == "OFFBOARD", 0.2) <= 0.1
    assert 1.0 <= crew.wait_until(lambda: crew.mode != "OFFBOARD", 2.0) <= 1.2


def test_they_are_not_where_another_mode_was_commanded():
    crew = px4_flying(20.0)
    crew.wait(2.0)
    assert crew.command(SET_MODE, 1, *OFFBOARD) == REJECTED
    assert crew.command(SET_MODE, 1, *LOITER) == ACCEPTED
    crew.wait(3.0, lambda: crew.point(thrust=0.7))
    assert crew.mode == "LOITER"
    assert crew.command(SET_MODE, 1, *OFFBOARD) == ACCEPTED
    crew.wait(0.1)
    assert crew.mode == "OFFBOARD"


def test_a_pilot_takes_over_and_the_stream_moves_nothing():
    crew = px4_flying()
    pilot = Crew(crew.autopilot, system=255, component=190)
    assert pilot.command(SET_MODE, 1, *LOITER) == ACCEPTED
    assert crew.mode == "LOITER"
    place = crew.body.position_m
    crew.wait(3.0, lambda: crew.point(thrust=0.7))
    assert math.dist(place, crew.body.position_m) < 0.5
    (switch,) = crew.autopilot.log.summary()["mode_switches"][-1:]
    assert (switch["mode_before"], switch["mode"]) == ("OFFBOARD", "LOITER")
    assert switch["setpoints_after"] == 150
    assert switch["last_after_s"] == pytest.approx(2.98, abs=0.02)


def test_position_by_hand_needs_a_stick():
    crew = px4_flying()
    assert crew.command(SET_MODE, 1, *POSCTL) == REJECTED
    assert crew.mode == "OFFBOARD"
    crew.beat()
    crew.autopilot.stack.take_over("POSCTL")
    crew.wait(1.0, crew.hover)
    assert crew.mode == "POSCTL"
    assert "Pilot took over using sticks" in crew.texts()


@pytest.mark.parametrize(
    ("action", "mode", "later"),
    [(0, "OFFBOARD", "OFFBOARD"), (1, "LOITER", "LOITER"), (2, "LOITER", "RTL")],
)
def test_a_ground_station_that_goes_takes_offboard_away_if_told_so(action, mode, later):
    crew = px4_flying()
    crew.set_parameter("NAV_DLL_ACT", action)
    crew.set_parameter("COM_DL_LOSS_T", 5)
    crew.beat()
    crew.wait(4.0, crew.hover)
    assert crew.mode == "OFFBOARD"
    crew.wait(3.0, crew.hover)
    assert crew.mode == mode
    crew.beat()
    crew.wait(1.0, crew.hover)
    assert crew.mode == mode
    crew.wait(5.0, crew.hover)
    assert crew.mode == later
    if mode != "OFFBOARD":
        assert crew.command(SET_MODE, 1, *OFFBOARD) == ACCEPTED


def test_a_low_battery_holds_for_five_seconds_and_then_acts():
    crew = px4_flying()
    battery = crew.autopilot.hardware.battery
    battery.drop_to(14.0)
    crew.beat()
    crew.wait(0.3, crew.hover)
    assert (crew.mode, crew.texts()[-1]) == ("OFFBOARD", "Low battery level")
    crew.beat()
    battery.drop_to(6.0)
    crew.wait(0.3, crew.hover)
    assert crew.mode == "LOITER"
    assert "Failsafe activated: entering Hold for 5 seconds" in crew.texts()
    crew.wait(4.0, crew.hover)
    assert crew.mode == "LOITER"
    battery.drop_to(4.0)
    crew.wait(1.0, crew.hover)
    assert crew.mode == "LAND"
    crew.wait_until(lambda: not crew.armed, 40.0)


def test_a_low_battery_tells_only_where_that_is_asked_for():
    crew = px4_flying()
    crew.set_parameter("COM_LOW_BAT_ACT", 0)
    crew.autopilot.hardware.battery.drop_to(6.0)
    crew.wait(3.0, crew.hover)
    assert crew.mode == "OFFBOARD"


def test_the_battery_falls_to_half_in_half_a_minute_and_stays():
    crew = px4()
    crew.command(ARM, 1)
    crew.autopilot.hardware.parameters.put("COM_DISARM_PRFLT", -1.0)
    crew.wait(30.5, period_s=0.5)
    assert crew.autopilot.hardware.battery.percent == 50
    crew.wait(5.0, period_s=0.5)
    assert crew.autopilot.hardware.battery.percent == 50


def test_lost_gps_takes_the_modes_that_need_a_place_but_not_rates():
    crew = px4_flying()
    crew.autopilot.hardware.estimator.lose_gps()
    crew.wait(7.0, crew.hover)
    assert crew.mode == "OFFBOARD"
    assert not crew.autopilot.hardware.estimator.has_position
    assert crew.command(SET_MODE, 1, *LOITER) == REJECTED
    crew.wait(2.0)
    assert crew.mode == "LAND"


def test_names_of_modes():
    for name, mode in px4_modes.NAMES.items():
        assert px4_modes.name_of(px4_modes.mode_of(mode.custom)) == name
