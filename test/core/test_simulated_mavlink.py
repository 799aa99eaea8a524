# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated autopilot says and hears by MAVLink: rates, parameters, commands, faults."""

from __future__ import annotations

import json
import math
import random
import re
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from ground_crew import ARM, SET_MODE, Crew, ardupilot, px4, px4_flying
from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot import provoked_faults
from live_mvp_ros.vehicle.simulated_autopilot.dialects import ARDUPILOT, PX4
from live_mvp_ros.vehicle.simulated_autopilot.setpoint_log import SetpointLog

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulated_autopilot.md"
INTERVAL, GET_INTERVAL, REQUEST = 511, 510, 512
ACCEPTED, DENIED, UNSUPPORTED, FAILED = 0, 2, 3, 4
KINDS = {"px4": px4, "ardupilot": ardupilot}


def spacings_ms(crew: Crew, kind: str) -> set[float]:
    times = [
        m.time_usec / 1000 if hasattr(m, "time_usec") else m.time_boot_ms for m in crew.of(kind)
    ]
    return {round(after - before) for before, after in pairwise(times)}


def asked(crew: Crew, kind: str, rate_hz: float, duration_s: float = 2.0) -> float:
    """Return the rate that comes of a message when another one is asked for."""
    number = getattr(mavlink, f"MAVLINK_MSG_ID_{kind}")
    assert crew.command(INTERVAL, number, 1e6 / rate_hz) == ACCEPTED
    crew.heard.clear()
    crew.wait(duration_s)
    return len(crew.of(kind)) / duration_s


DEFAULT_HZ = {
    "ATTITUDE": 100,
    **dict.fromkeys(("ATTITUDE_QUATERNION", "HIGHRES_IMU", "GLOBAL_POSITION_INT"), 50),
    **dict.fromkeys(("LOCAL_POSITION_NED", "ODOMETRY"), 30),
    **dict.fromkeys(("TIMESYNC", "ATTITUDE_TARGET", "ALTITUDE", "VFR_HUD"), 10),
    **dict.fromkeys(("SYS_STATUS", "EXTENDED_SYS_STATE"), 5),
    "HEARTBEAT": 1,
    **dict.fromkeys(("CURRENT_MODE", "BATTERY_STATUS"), 0.5),
    "HIL_STATE_QUATERNION": 50,
}


def test_px4_sends_unasked_what_an_onboard_link_gets():
    crew = px4()
    crew.heard.clear()
    crew.wait(10.0)
    found = {kind: len(crew.of(kind)) / 10.0 for kind in {m.get_type() for _, m in crew.heard}}
    assert set(found) == set(DEFAULT_HZ)
    for kind, rate_hz in DEFAULT_HZ.items():
        assert found[kind] == pytest.approx(rate_hz, rel=0.03, abs=0.11), kind


def test_ardupilot_sends_little_unasked_and_never_odometry():
    crew = ardupilot()
    crew.heard.clear()
    crew.wait(2.0)
    assert {m.get_type() for _, m in crew.heard} == {"HEARTBEAT", "HIL_STATE_QUATERNION"}
    assert crew.command(INTERVAL, 331, 20000) == DENIED
    assert crew.texts() == ["No ap_message for mavlink id (331)"]
    assert crew.command(INTERVAL, 9999, 20000) == DENIED


@pytest.mark.parametrize(
    "kind", ["LOCAL_POSITION_NED", "ATTITUDE_QUATERNION", "HIGHRES_IMU", "ATTITUDE_TARGET"]
)
def test_ardupilot_keeps_twenty_milliseconds(kind):
    crew = ardupilot()
    assert asked(crew, kind, 50.0) == pytest.approx(50.0, abs=0.5)
    assert spacings_ms(crew, kind) == {20}


def test_ardupilot_gives_less_than_two_hundred_hertz():
    assert 176 <= asked(ardupilot(), "ATTITUDE_QUATERNION", 200.0) <= 184


@pytest.mark.parametrize(
    ("kind", "rate_hz", "least_hz", "most_hz", "steps"),
    [
        *(
            (k, 50, 49, 50.5, {16, 24})
            for k in ("ODOMETRY", "LOCAL_POSITION_NED", "ATTITUDE_TARGET")
        ),
        *((k, 50, 49, 50.5, {20}) for k in ("ATTITUDE_QUATERNION", "HIGHRES_IMU")),
        ("ODOMETRY", 100, 97, 100.5, {8, 16}),
        ("LOCAL_POSITION_NED", 250, 124, 125.5, {8}),
        ("ATTITUDE", 250, 220, 250.5, {4}),
    ],
)
def test_px4_sends_on_the_grid_of_its_loops(kind, rate_hz, least_hz, most_hz, steps):
    crew = px4()
    assert least_hz <= asked(crew, kind, rate_hz) <= most_hz
    assert spacings_ms(crew, kind) == steps


def test_px4_keeps_its_heartbeat_and_does_not_know_everything():
    crew = px4()
    assert crew.command(INTERVAL, 0, 100000) == FAILED
    assert crew.command(INTERVAL, 9999, 20000) == FAILED
    assert crew.command(INTERVAL, 331, -1) == ACCEPTED
    crew.heard.clear()
    crew.wait(1.0)
    assert crew.of("ODOMETRY") == []
    assert crew.command(INTERVAL, 331, 0) == ACCEPTED
    assert crew.command(GET_INTERVAL, 331) == ACCEPTED
    assert crew.of("MESSAGE_INTERVAL")[-1].interval_us == 33333


def test_the_mode_comes_twice_a_second_at_most_and_at_once_when_it_changes():
    crew = px4()
    assert asked(crew, "CURRENT_MODE", 20.0, 4.0) == pytest.approx(2.0, abs=0.3)
    crew.wait(0.3)
    crew.heard.clear()
    crew.command(SET_MODE, 1, 3)
    crew.wait(0.02)
    assert crew.of("CURRENT_MODE")[-1].custom_mode == 3 << 16


def test_odometry_of_px4_has_its_velocity_in_ned():
    crew = px4_flying(altitude_m=10.0, yaw_rad=1.2)
    crew.wait(0.5, lambda: crew.point((0.5, 0.0, 0.0), 0.5))
    crew.wait(0.1)
    message, truth = crew.of("ODOMETRY")[-1], crew.body.velocity_m_s
    assert (message.frame_id, message.child_frame_id, message.estimator_type) == (1, 1, 8)
    assert (message.vx, message.vy, message.vz) == pytest.approx(truth, abs=0.3)
    assert abs(message.vx) > 0.2 and abs(message.vy) > 0.1
    pose = message.pose_covariance
    assert [round(pose[i], 4) for i in (0, 6, 11, 15, 18, 20)] == [
        0.043,
        0.043,
        0.004,
        0.0004,
        0.0004,
        0.034,
    ]
    assert sum(1 for v in pose if v) == 6


def test_one_clock_runs_through_all_messages():
    crew = px4()
    crew.heard.clear()
    crew.wait(0.2)
    for kind in ("ODOMETRY", "HIGHRES_IMU"):
        for at_s, message in zip(crew.times_of(kind), crew.of(kind), strict=True):
            assert 0.0 <= at_s - message.time_usec / 1e6 <= 0.0201
    for message in crew.of("TIMESYNC"):
        assert message.tc1 == 0
        assert 0.0 <= crew.autopilot.time_s - message.ts1 / 1e9 <= 0.3
    crew.send(mavlink.MAVLink_timesync_message(0, 123456789))
    answer = crew.of("TIMESYNC")[-1]
    assert (answer.tc1, answer.ts1) == (1000 * crew.autopilot.time_us, 123456789)


def test_the_truth_is_shifted_by_the_start_and_the_estimate_is_not():
    crew = px4(origin_m=(30.0, -20.0, -1.5), yaw_rad=0.7, wander_m=0.0)
    crew.wait(0.2)
    truth, local = crew.of("HIL_STATE_QUATERNION")[-1], crew.of("LOCAL_POSITION_NED")[-1]
    assert (local.x, local.y, local.z) == (0.0, 0.0, 0.0)
    assert truth.time_usec == pytest.approx(1000 * local.time_boot_ms, abs=40_000)
    north = math.radians((truth.lat - 473977420) * 1e-7) * 6371000
    east = (
        math.radians((truth.lon - 85455940) * 1e-7) * 6371000 * math.cos(math.radians(47.397742))
    )
    assert (north, east) == pytest.approx((30.0, -20.0), abs=0.02)
    assert truth.alt == pytest.approx(489400 + 1500, abs=1)
    assert truth.attitude_quaternion[3] == pytest.approx(math.sin(0.35))
    assert crew.command(REQUEST, mavlink.MAVLINK_MSG_ID_HOME_POSITION) == ACCEPTED
    home = crew.of("HOME_POSITION")[-1]
    assert (home.latitude, home.longitude, home.altitude) == (473977420, 85455940, 489400)


def parameter_set(crew: Crew, name: str, value: float, kind: int) -> list:
    crew.heard.clear()
    crew.send(mavlink.MAVLink_param_set_message(1, 1, name.encode(), value, kind))
    return crew.of("PARAM_VALUE")


def as_float(number: int) -> float:
    return struct.unpack("<f", struct.pack("<i", number))[0]


def test_px4_puts_the_bytes_of_integers_into_floats():
    crew = px4()
    (value,) = parameter_set(crew, "COM_OBL_RC_ACT", as_float(4), 6)
    assert struct.pack("<f", value.param_value) == struct.pack("<i", 4)
    assert crew.autopilot.hardware.parameters["COM_OBL_RC_ACT"] == 4
    (value,) = parameter_set(crew, "COM_OF_LOSS_T", 0.5, 9)
    assert (value.param_value, value.param_type) == (0.5, 9)
    (value,) = parameter_set(crew, "COM_OBL_RC_ACT", 5.0, 9)  # of the wrong type
    assert struct.pack("<f", value.param_value) == struct.pack("<i", 4)


def test_ardupilot_casts_integers_to_floats():
    crew = ardupilot()
    (value,) = parameter_set(crew, "GUID_OPTIONS", 8.0, 9)
    assert (value.param_value, value.param_type) == (8.0, 6)
    (value,) = parameter_set(crew, "GUID_TIMEOUT", 0.5, 9)
    assert value.param_value == 0.5
    (value,) = parameter_set(crew, "GUID_TIMEOUT", math.nan, 9)
    assert value.param_value == 0.5
    assert parameter_set(crew, "NO_SUCH_THING", 1.0, 9) == []


@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_parameters_are_read_by_name_by_index_and_all(kind):
    crew = KINDS[kind]()
    table = (PX4 if kind == "px4" else ARDUPILOT).parameters
    crew.send(mavlink.MAVLink_param_request_list_message(1, 1))
    crew.wait(1.0)
    values = crew.of("PARAM_VALUE")
    assert [v.param_id for v in values] == sorted(p.name for p in table)
    assert [v.param_index for v in values] == list(range(len(table)))
    assert {v.param_count for v in values} == {len(table)}
    crew.heard.clear()
    crew.send(mavlink.MAVLink_param_request_read_message(1, 1, values[2].param_id.encode(), -1))
    crew.send(mavlink.MAVLink_param_request_read_message(1, 1, b"", 3))
    crew.send(mavlink.MAVLink_param_request_read_message(1, 1, b"", 999))
    crew.send(mavlink.MAVLink_param_request_read_message(1, 1, b"NO_SUCH", -1))
    assert [v.param_id for v in crew.of("PARAM_VALUE")] == [values[2].param_id, values[3].param_id]


def test_defaults_are_as_read_back():
    px4_values = {p.name: p.value for p in PX4.parameters}
    assert {
        n: px4_values[n]
        for n in (
            "COM_OF_LOSS_T",
            "COM_OBL_RC_ACT",
            "NAV_DLL_ACT",
            "COM_DL_LOSS_T",
            "COM_DISARM_LAND",
            "COM_DISARM_PRFLT",
            "MIS_TAKEOFF_ALT",
        )
    } == {
        "COM_OF_LOSS_T": 1.0,
        "COM_OBL_RC_ACT": 0,
        "NAV_DLL_ACT": 0,
        "COM_DL_LOSS_T": 10,
        "COM_DISARM_LAND": 2.0,
        "COM_DISARM_PRFLT": 10.0,
        "MIS_TAKEOFF_ALT": 2.5,
    }
    ardupilot_values = {p.name: p.value for p in ARDUPILOT.parameters}
    assert ardupilot_values["GUID_TIMEOUT"] == 3.0
    assert ardupilot_values["ATC_ANGLE_BOOST"] == 1
    assert ardupilot_values["GUID_OPTIONS"] == ardupilot_values["FS_GCS_ENABLE"] == 0


def test_acknowledgements_go_back_to_who_asked():
    crew = Crew(px4().autopilot, system=42, component=17)
    assert crew.command(9999) == UNSUPPORTED
    ack = crew.of("COMMAND_ACK")[-1]
    assert (ack.target_system, ack.target_component) == (42, 17)
    assert crew.command(SET_MODE, 1, 6, target=(2, 1)) is None
    assert crew.command(SET_MODE, 1, 6, target=(1, 7)) is None
    assert crew.command(SET_MODE, 1, 6, target=(0, 0)) == ACCEPTED
    crew.send(mavlink.MAVLink_set_mode_message(1, 1, 3 << 16))
    assert crew.of("COMMAND_ACK")[-1].command == SET_MODE


def test_px4_refuses_parameters_that_a_command_does_not_use():
    crew = px4()
    assert crew.command(ARM, 1, 0, 5.0) == DENIED
    assert crew.command(ARM, 1, 0, math.nan) == ACCEPTED
    assert ardupilot().command(ARM, 1, 0, 5.0) == ACCEPTED


@pytest.mark.parametrize(("kind", "autopilot", "major"), [("px4", 12, 1), ("ardupilot", 3, 4)])
def test_it_says_what_it_is(kind, autopilot, major):
    crew = KINDS[kind]()
    assert crew.command(REQUEST, 148) == ACCEPTED
    assert crew.of("AUTOPILOT_VERSION")[-1].flight_sw_version >> 24 == major
    crew.wait(1.1)
    beat = crew.of("HEARTBEAT")[-1]
    assert (beat.autopilot, beat.type) == (autopilot, mavlink.MAV_TYPE_QUADROTOR)


def test_each_link_has_its_own_intervals():
    first = px4()
    second = Crew(first.autopilot, link=1)
    assert second.command(INTERVAL, 331, 10000) == ACCEPTED
    assert first.autopilot.streams(0).interval_us(331) == 33333
    assert first.autopilot.streams(1).interval_us(331) == 10000


def test_the_estimate_jumps_when_it_is_reset_and_the_vehicle_does_not():
    crew = px4_flying(faults=[provoked_faults.parse("ekf_reset@15:2.0", ())], wander_m=0.0)
    crew.command(SET_MODE, 1, 4, 3)
    crew.wait(max(0.0, 14.9 - crew.autopilot.time_s))
    before, truth = crew.of("ODOMETRY")[-1], crew.body.position_m
    crew.wait(4.0)
    after = crew.of("ODOMETRY")[-1]
    assert after.reset_counter == before.reset_counter + 1
    assert after.x - before.x == pytest.approx(2.0, abs=0.3)
    assert math.dist(truth, crew.body.position_m) < 0.3
    assert crew.command(420, 4, 1) == ACCEPTED  # GPS off
    assert crew.autopilot.hardware.estimator.has_fix is False
    crew.wait(6.0)
    assert crew.autopilot.hardware.estimator.has_position is False
    assert crew.command(420, 4, 0) == ACCEPTED
    assert crew.autopilot.hardware.estimator.has_position is True
    crew.send(
        mavlink.MAVLink_command_int_message(
            1, 1, 0, 43003, 0, 0, 0, 0, 0, 0, 473977420, 85455940, 499.4
        )
    )
    assert crew.of("COMMAND_ACK")[-1].result == ACCEPTED
    assert crew.autopilot.hardware.estimator.position_m == pytest.approx(
        (0.0, 0.0, -10.0), abs=0.02
    )


def test_a_cut_link_is_silent_both_ways():
    crew = px4(faults=[provoked_faults.parse("link_cut@1:2", ())])
    crew.wait(0.6)
    crew.heard.clear()
    crew.wait(1.8, crew.beat)
    assert crew.command(SET_MODE, 1, 6) is None
    assert crew.heard == []
    crew.wait(0.5)
    assert crew.heard != []
    assert crew.mode == "LOITER"


def test_a_frozen_autopilot_catches_up():
    crew = px4(faults=[provoked_faults.parse("freeze@1:2", ())])
    crew.wait(0.6)
    crew.heard.clear()
    crew.wait(1.5)
    assert crew.heard == []
    crew.send(mavlink.MAVLink_command_long_message(1, 1, SET_MODE, 0, 1, 6, 0, 0, 0, 0, 0))
    assert crew.heard == []
    crew.wait(0.6)
    assert crew.mode == "OFFBOARD"
    assert len(crew.of("ODOMETRY")) == pytest.approx(30 * 2.1, abs=8)
    assert crew.autopilot.time_s == pytest.approx(0.5 + 0.6 + 1.5 + 0.6, abs=0.05)


def test_a_pilot_and_a_battery_can_be_planned():
    crew = px4_flying(
        faults=[
            provoked_faults.parse("pilot_mode@12", ("POSCTL",)),
            provoked_faults.parse("low_battery@11:30", ()),
        ]
    )
    crew.wait(max(0.0, 12.5 - crew.autopilot.time_s), crew.hover)
    assert crew.mode == "POSCTL"
    assert crew.autopilot.hardware.battery.percent <= 30


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ekf@3", "did you mean ekf_reset"),
        ("ekf_reset", "it needs a time in seconds after boot"),
        ("ekf_reset@-1", "it needs a time"),
        ("ekf_reset@nan", "it needs a time"),
        ("ekf_reset@1:much", "its value must be a number"),
        ("low_battery@1:200", "its value must be a number from 0 to 100"),
        ("pilot_mode@1:NONE", "there is no mode 'NONE', only POSCTL"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(text, sentence):
    with pytest.raises(provoked_faults.FaultError, match=sentence):
        provoked_faults.parse(text, ("POSCTL",))


def test_the_page_lists_every_kind_of_fault_and_every_figure_of_the_summary():
    page = PAGE.read_text(encoding="utf-8")
    table = page.split("| kind |", 1)[1].split("\n\n", 1)[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE))
    assert listed == provoked_faults.MEANING
    assert set(listed) == set(provoked_faults.KINDS)
    keys = set(re.findall(r"`(\w+)`", page.split("| key |", 1)[1]))
    assert keys <= {*SetpointLog().summary(), *px4().autopilot.facts()}


def test_the_log_tells_age_gaps_and_repeats(tmp_path):
    path = tmp_path / "setpoints.jsonl"
    with path.open("w") as file:
        crew = px4_flying(log=SetpointLog(file))
        before = crew.autopilot.log.summary()
        crew.wait(0.5, crew.hover)
        stamp = round(1000 * crew.autopilot.time_s)
        crew.wait(0.3)
        late = mavlink.MAVLink_set_attitude_target_message(
            stamp, 1, 1, 128, [1, 0, 0, 0], 0, 0, 0, 0.49
        )
        crew.send(late)
        crew.send(late)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    summary = crew.autopilot.log.summary()
    assert len(lines) == summary["setpoints"] == before["setpoints"] + 27
    assert summary["oldest_ms"] == pytest.approx(300.0, abs=1.5)
    assert summary["longest_gap_s"] == pytest.approx(0.32, abs=0.03)
    assert summary["gaps"] == 1
    assert summary["repeated_stamps"] == before["repeated_stamps"] + 1
    assert lines[-1]["flown"] and lines[-1]["mode"] == "OFFBOARD" and lines[-1]["armed"]
    assert lines[0]["flown"] is False


def test_a_sender_that_starts_anew_is_not_old_and_each_has_its_own_clock():
    crew = px4()
    other = Crew(crew.autopilot, system=42)
    for start_ms in (500_000, 0):
        for i in range(5):
            crew.send(setpoint(start_ms + 20 * i))
            other.send(setpoint(9_000_000 + start_ms + 20 * i))
            crew.wait(0.02)
    assert crew.autopilot.log.summary()["oldest_ms"] == 0.0


def setpoint(time_boot_ms: int):
    return mavlink.MAVLink_set_attitude_target_message(
        time_boot_ms, 1, 1, 128, [1, 0, 0, 0], 0, 0, 0, 0.0
    )


@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_nothing_that_is_received_ends_it(kind):
    """Every message of the dialect with random content, and numbers that are none."""
    crew = KINDS[kind]()
    draw = random.Random(1)
    odd = [math.nan, math.inf, -math.inf, 0.0, 1e30, -1.0]
    for message_class in mavlink.mavlink_map.values():
        for _ in range(3):
            size = message_class.unpacker.size
            payload = bytearray(draw.randbytes(size))
            for at in range(0, size - 3, 4):
                if draw.random() < 0.5:
                    payload[at : at + 4] = struct.pack("<f", draw.choice(odd))
            for offset in range(size):  # addressed to it, wherever a message says that
                if draw.random() < 0.2:
                    payload[offset] = 1
            receive(crew, message_class, bytes(payload))
    crew.wait(0.5)
    assert crew.of("HEARTBEAT") or crew.wait(1.0) is None
    numbers = [crew.body.position_m, crew.body.velocity_m_s, crew.body.attitude]
    assert all(math.isfinite(n) for vector in numbers for n in vector)


def receive(crew: Crew, message_class, payload: bytes) -> None:
    number = message_class.id
    head = struct.pack(
        "<BBBBBBBHB", 0xFD, len(payload), 0, 0, 0, 7, 7, number & 0xFFFF, number >> 16
    )
    crc = mavlink.x25crc(head[1:] + payload)
    crc.accumulate(struct.pack("B", message_class.crc_extra))
    parser = mavlink.MAVLink(None)
    parser.robust_parsing = True
    for message in parser.parse_buffer(head + payload + struct.pack("<H", crc.crc)) or []:
        if message.get_type() != "BAD_DATA":
            crew.autopilot.receive(message, 0)


@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_a_flood_and_a_stall_do_not_end_it(kind):
    crew = KINDS[kind]()
    for _ in range(3000):
        crew.point((1.0, 0.0, 0.0), 0.5)
    crew.autopilot.advance(5.0)
    assert len(crew.autopilot.outbox) <= 2000
    assert crew.autopilot.time_s > 5.0
