# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the driver, each against what is known of it: axes, throttle, clocks, requests."""

from __future__ import annotations

import math
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

pytest.importorskip("pymavlink")

from live_mvp_ros.vehicle.mavlink import axes
from live_mvp_ros.vehicle.mavlink.arducopter import ARDUCOPTER
from live_mvp_ros.vehicle.mavlink.autopilot_traits import Demands, Request, WantedParameter
from live_mvp_ros.vehicle.mavlink.clock_offset import ClockOffset, SystemTime
from live_mvp_ros.vehicle.mavlink.command_gate import CommandGate
from live_mvp_ros.vehicle.mavlink.estimates import OdometryReader, PairReader, ResetWatch
from live_mvp_ros.vehicle.mavlink.heard_facts import HeardFacts
from live_mvp_ros.vehicle.mavlink.parameter_client import (
    ParameterClient,
    ReadParameter,
    SetParameter,
)
from live_mvp_ros.vehicle.mavlink.px4 import PX4
from live_mvp_ros.vehicle.mavlink.request_client import RequestClient
from live_mvp_ros.vehicle.mavlink.sockets import UrlError, check_url
from live_mvp_ros.vehicle.mavlink.status_texts import StatusTexts
from live_mvp_ros.vehicle.mavlink.throttle import HoverEstimator
from live_mvp_ros.vehicle.mavlink.true_pose import PlacedPose, TrueTrack, true_pose

PATIENT = settings(max_examples=100, deadline=None)
NUMBER = st.floats(-100.0, 100.0)
VECTOR = st.tuples(NUMBER, NUMBER, NUMBER)
ENU_NED = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
FLU_FRD = np.diag([1.0, -1.0, -1.0])
MS, S = 1_000_000, 1_000_000_000


@st.composite
def attitudes(draw) -> axes.Quaternion:
    values = draw(st.tuples(*[st.floats(-1.0, 1.0)] * 4))
    norm = math.hypot(*values)
    assume(norm > 0.1)
    return tuple(value / norm for value in values)


def matrix(q: axes.Quaternion) -> np.ndarray:
    """Return the rotation matrix of a quaternion, by the textbook's formula."""
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


@PATIENT
@given(attitudes())
def test_an_attitude_changes_its_axes_as_matrices_do_and_back_again(q):
    swapped = axes.attitude_swapped(q)
    assert matrix(swapped) == pytest.approx(ENU_NED @ matrix(q) @ FLU_FRD, abs=1e-9)
    assert matrix(axes.attitude_swapped(swapped)) == pytest.approx(matrix(q), abs=1e-9)


@PATIENT
@given(VECTOR, attitudes())
def test_vectors_change_theirs_and_what_is_rotated_is_the_same_vector(v, q):
    assert axes.world_swapped(v) == pytest.approx(ENU_NED @ v)
    assert axes.body_swapped(v) == pytest.approx(FLU_FRD @ v)
    assert axes.world_swapped(axes.world_swapped(v)) == v
    assert axes.rotated(q, v) == pytest.approx(matrix(q) @ v, abs=1e-6)
    there = axes.rotated(axes.attitude_swapped(q), axes.body_swapped(v))
    assert there == pytest.approx(axes.world_swapped(axes.rotated(q, v)), abs=1e-6)


@PATIENT
@given(attitudes(), attitudes())
def test_products_and_conjugates_are_those_of_matrices(p, q):
    assert matrix(axes.multiplied(p, q)) == pytest.approx(matrix(p) @ matrix(q), abs=1e-9)
    assert matrix(axes.conjugate(q)) == pytest.approx(matrix(q).T)


def test_signs_are_as_measured():
    """Level and north: + roll leans to the east, + pitch lifts the nose, + yaw is clockwise."""
    level = (1.0, 0.0, 0.0, 0.0)
    assert axes.yaw_rad(axes.attitude_swapped(level)) == pytest.approx(math.pi / 2)
    half = math.sin(0.05)
    rolled = axes.attitude_swapped((math.cos(0.05), half, 0.0, 0.0))  # FRD: right side down
    assert axes.rotated(rolled, (0.0, 0.0, 1.0))[0] > 0.05  # thrust leans east
    pitched = axes.attitude_swapped((math.cos(0.05), 0.0, half, 0.0))
    assert axes.rotated(pitched, (1.0, 0.0, 0.0))[2] > 0.05  # nose up
    assert axes.rotated(pitched, (0.0, 0.0, 1.0))[1] < -0.05  # thrust leans south: vx falls
    yawed = axes.attitude_swapped((math.cos(0.05), 0.0, 0.0, half))
    assert axes.yaw_rad(yawed) < math.pi / 2  # clockwise from above is to the east
    assert axes.body_swapped((0.1, 0.2, 0.3)) == (0.1, -0.2, -0.3)


MEASURED = [
    *((0.10, 0.33), (0.20, 0.59), (0.30, 0.84), (0.368, 1.00)),
    *((0.45, 1.21), (0.55, 1.44), (0.65, 1.65), (0.75, 1.86)),
]
"""ArduCopter: throttle and specific force in g."""


@pytest.mark.parametrize(("throttle", "ratio"), MEASURED)
def test_the_curve_of_arducopter_is_what_was_measured(throttle, ratio):
    curve = ARDUCOPTER.curve
    assert curve.ratio(throttle / 0.368) == pytest.approx(ratio, abs=0.03)
    assert 0.368 * curve.throttle(ratio) == pytest.approx(throttle, abs=0.013)


@pytest.mark.parametrize("traits", [ARDUCOPTER, PX4])
@PATIENT
@given(st.floats(0.1, 3.0))
def test_a_curve_and_its_inverse_agree_and_rise(traits, ratio):
    curve = traits.curve
    assert curve.ratio(curve.throttle(ratio)) == pytest.approx(ratio)
    assert curve.throttle(ratio + 0.01) > curve.throttle(ratio)
    assert curve.throttle(1.0) == pytest.approx(1.0)


@pytest.mark.parametrize(("traits", "hover"), [(ARDUCOPTER, 0.368), (PX4, 0.491)])
def test_the_hover_throttle_is_found_through_vibration_and_manoeuvres(traits, hover):
    stream = np.random.default_rng(0)
    estimator = HoverEstimator(traits.curve)
    assert not estimator.estimate.known
    estimator.begin_with(0.8)
    assert not estimator.estimate.known  # what a parameter says is not enough
    lag, felt = hover, hover
    for step in range(1000):
        now_s = 0.02 * step
        asked = hover * (1.0 + 0.2 * math.sin(3.0 * now_s))
        estimator.commanded(asked, now_s)
        lag += (asked - lag) * (1.0 - math.exp(-0.02 / 0.05))
        felt = 9.81 * traits.curve.ratio(lag / hover) + stream.normal(0.0, 1.4)
        estimator.felt(felt, now_s + 0.02)
    assert estimator.estimate.known
    assert estimator.estimate.throttle == pytest.approx(hover, rel=0.03)


def exchange(clock: ClockOffset, at_ns: int, offset_ns: int, there_ns: int, back_ns: int) -> bool:
    """Ask at a time a clock that is behind by an offset; return whether there was a jump."""
    its_ns = at_ns + there_ns - offset_ns
    return clock.answered(at_ns, its_ns, at_ns + there_ns + back_ns)


def test_the_offset_is_that_of_the_quickest_exchange():
    stream, clock = np.random.default_rng(1), ClockOffset()
    offset_ns = 12_345 * S
    for i in range(100):
        slow = stream.random() < 0.7
        there, back = (stream.integers(1, 20 if slow else 2, 2) * MS).tolist()
        exchange(clock, i * 100 * MS, offset_ns, there, back)
    found = clock.steady_ns(0)
    assert found == pytest.approx(offset_ns, abs=1.5 * MS)
    assert abs(found - offset_ns) <= clock.uncertainty_ns(100 * 100 * MS)
    assert clock.jumps == 0


def test_a_clock_that_drifts_is_followed_and_one_that_jumps_is_told():
    clock = ClockOffset()
    for i in range(50):  # 6 % slow, as a simulator beside a busy machine
        exchange(clock, i * 100 * MS, S + i * 6 * MS, MS, MS)
    assert clock.jumps == 0
    assert clock.steady_ns(0) == pytest.approx(S + 49 * 6 * MS, abs=2 * MS)
    told = [exchange(clock, (50 + i) * 100 * MS, 9 * S, MS, MS) for i in range(5)]
    assert told == [False, False, True, False, False]
    assert clock.steady_ns(0) == pytest.approx(9 * S, abs=MS)


def test_one_wrong_answer_moves_nothing():
    clock = ClockOffset()
    exchange(clock, 0, S, MS, MS)
    exchange(clock, 100 * MS, 5 * S, MS, MS)
    exchange(clock, 200 * MS, S, MS, MS)
    assert clock.steady_ns(0) == pytest.approx(S, abs=MS)
    assert clock.jumps == 0


def test_a_system_clock_that_is_set_is_noticed_and_slewing_is_not():
    system = SystemTime(1_000 * S, 5 * S)
    assert system.look(6 * S, 1_001 * S + MS, 6 * S) == 0
    assert system.look(7 * S, 1_002 * S + 44 * MS, 7 * S + 43 * MS) == 0  # put to sleep in between
    assert system.look(7 * S, 1_010 * S + MS, 7 * S) == 8 * S
    assert system.jumps == 1
    assert system.steady_ns(system.system_ns(123)) == 123


def odometry(**changes) -> SimpleNamespace:
    values = {
        "frame_id": 1,
        "child_frame_id": 1,
        "time_usec": 5_000_000,
        "reset_counter": 4,
        "x": 1.0,
        "y": 2.0,
        "z": -3.0,
        "q": (1.0, 0.0, 0.0, 0.0),
        "vx": 0.1,
        "vy": 0.2,
        "vz": -0.3,
        "rollspeed": 0.4,
        "pitchspeed": 0.5,
        "yawspeed": 0.6,
        "pose_covariance": [0.0] * 21,
        "velocity_covariance": [math.nan] * 21,
        "get_type": lambda: "ODOMETRY",
        **changes,
    }
    return SimpleNamespace(**values)


def test_odometry_of_px4_has_its_velocity_in_ned():
    covariance = [0.0] * 21
    covariance[0], covariance[6], covariance[11] = 0.04, 0.09, 0.01
    q = (math.cos(0.4), 0.0, 0.0, math.sin(0.4))
    found = OdometryReader().read(odometry(pose_covariance=covariance, q=q))
    assert found.position_m == (2.0, 1.0, 3.0)
    assert found.velocity_m_s == pytest.approx((0.2, 0.1, 0.3))
    assert found.body_rates_rad_s == pytest.approx((0.4, -0.5, -0.6))
    assert found.position_variance_m2 == pytest.approx((0.09, 0.04, 0.01))
    assert min(found.velocity_variance) > 0.0  # filled where the autopilot says NaN
    body = OdometryReader().read(odometry(q=q, child_frame_id=12))
    assert body.velocity_m_s != pytest.approx((0.2, 0.1, 0.3), abs=0.05)
    assert math.hypot(*body.velocity_m_s) == pytest.approx(math.hypot(0.1, 0.2, 0.3))


@pytest.mark.parametrize(
    "changes",
    [{"frame_id": 20}, {"child_frame_id": 3}, {"x": math.nan}, {"q": (2.0, 0.0, 0.0, 0.0)}],
)
def test_odometry_that_cannot_be_used_is_told_in_words(changes):
    with pytest.raises(ValueError, match=r"^its "):
        OdometryReader().read(odometry(**changes))


def attitude(ms: int) -> SimpleNamespace:
    return SimpleNamespace(
        time_boot_ms=ms,
        q1=1.0,
        q2=0.0,
        q3=0.0,
        q4=0.0,
        rollspeed=0.0,
        pitchspeed=0.0,
        yawspeed=0.0,
        get_type=lambda: "ATTITUDE_QUATERNION",
    )


def position(ms: int) -> SimpleNamespace:
    return SimpleNamespace(
        time_boot_ms=ms,
        x=0.0,
        y=0.0,
        z=-2.0,
        vx=1.0,
        vy=0.0,
        vz=0.0,
        get_type=lambda: "LOCAL_POSITION_NED",
    )


def test_attitude_and_position_are_paired_by_their_time_each_once():
    reader = PairReader()
    assert reader.read(attitude(100)) is None
    assert reader.read(position(100)).boot_ns == 100 * MS
    assert reader.read(position(120)) is None
    assert reader.read(attitude(140)) is None  # 20 ms apart: not one moment
    found = reader.read(position(132))
    assert found.boot_ns == 140 * MS
    assert found.position_m == pytest.approx((0.0, 0.008, 2.0))  # carried on for 8 ms at 1 m/s


def test_motion_is_no_jump_and_a_jump_is():
    watch, t = ResetWatch(), 5_000_000
    for i in range(50):
        moving = odometry(time_usec=t + 20_000 * i, x=0.1 * i, vx=5.0, vy=0.0, vz=0.0)
        assert watch.look(OdometryReader().read(moving)) == ""
    jumped = odometry(time_usec=t + 20_000 * 50, x=5.0 + 0.5, vx=5.0, vy=0.0, vz=0.0)
    assert "position has jumped by 0.50 m" in watch.look(OdometryReader().read(jumped))
    again = odometry(time_usec=t + 20_000 * 51, x=5.6, vx=5.0, vy=0.0, vz=0.0, reset_counter=5)
    assert watch.look(OdometryReader().read(again)) == "the estimator has begun anew"
    assert watch.count == 2


@PATIENT
@given(st.lists(st.tuples(st.floats(0.0, 0.3), st.floats(-0.3, 0.5)), max_size=60))
def test_no_stale_command_leaves_whatever_comes(commands):
    """Whatever the times between arrivals and the ages: what leaves is young at that moment."""
    gate, now_s, left = CommandGate(0.1, 100.0), 100.0, 0
    for later_s, age_s in commands:
        now_s += later_s
        answers, now = round(1e9 * (now_s - age_s)), round(1e9 * now_s)
        fresh = gate.arrived(answers, now) == ""
        asleep_s = later_s * 0.5  # between the look and the write
        if (
            fresh
            and not gate.comes_too_soon(now_s)
            and gate.leaves(answers, now + round(1e9 * asleep_s))
        ):
            left += 1
            assert -0.021 <= age_s + asleep_s <= 0.1000001
    assert gate.stale_sent == 0
    assert gate.sent == left
    assert left + sum(gate.refused.values()) == len(commands)


def test_what_comes_at_one_moment_after_a_silence_has_a_rate():
    facts = HeardFacts()
    for _ in range(2000):
        facts.take(odometry(time_usec=5_000_000, x=0.0, vx=0.0, vy=0.0, vz=0.0), 7.0)
    assert 0.0 < facts.rate_hz("ODOMETRY", 7.0) < 1e5


def test_a_command_that_was_overtaken_stays_behind_but_not_for_ever():
    gate, ms = CommandGate(0.1, 100.0), 1_000_000
    assert gate.arrived(S, S + 20 * ms) == ""
    assert gate.leaves(S, S + 20 * ms)
    overtaken = "a command that answers newer odometry was passed on before it"
    assert gate.arrived(S - 10 * ms, S + 40 * ms) == overtaken
    assert not gate.leaves(S - 10 * ms, S + 40 * ms)
    assert gate.leaves(S, S + 60 * ms)  # another one that answers the same
    gate = CommandGate(0.1, 100.0)
    gate.leaves(S + 15 * ms, S)  # from a clock that was ahead, and is set back
    assert gate.arrived(S, S + 50 * ms) == overtaken
    assert gate.arrived(S + 10 * ms, S + 101 * ms) == ""


def test_one_levelled_hold_for_each_silence_and_none_after_the_autopilots_time():
    gate = CommandGate(0.1, 100.0)
    assert not gate.may_level(50.0, 0.5)  # nothing was ever sent
    gate.arrived(S, S)
    assert gate.leaves(S, S)
    asked = [gate.may_level(1.0 + 0.02 * i, 0.5) for i in range(40)]
    assert asked.count(True) == 1
    assert asked.index(True) in (5, 6)  # 0.1 to 0.12 s after the last command
    gate.arrived(3 * S, 3 * S)
    assert gate.leaves(3 * S, 3 * S)
    assert not gate.may_level(3.6, 0.5)


def test_requests_are_matched_repeated_and_given_up():
    client, first, second = RequestClient(), Request(176, "mode"), Request(400, "arming")
    client.ask(first, second)
    assert client.due(0.0) == (first, 0, None)
    assert client.acknowledged(400, 0, 0.1) is None  # of somebody's else, or late
    assert client.due(0.5) == (None, 0, None)
    assert client.due(1.1) == (first, 1, None)
    assert client.acknowledged(176, 0, 1.2).refusal == ""
    assert client.due(1.3) == (second, 0, None)
    assert client.acknowledged(400, 5, 2.2) is None  # it works on it
    assert client.due(2.5) == (None, 0, None)
    assert "arming was refused: denied" in client.acknowledged(400, 2, 2.6).refusal
    client.ask(first)
    now_s, outcome, tries = 3.0, None, 0
    while outcome is None:
        request, _, outcome = client.due(now_s)
        tries += request is not None
        now_s += 0.25
    assert tries == 4
    assert "no answer" in outcome.refusal
    assert not client.busy


def test_parameters_are_read_set_read_back_and_bounded():
    wanted = WantedParameter("A", lambda value: 8.0, "it must be 8", integer=True)
    client = ParameterClient((wanted,), ("B",))
    assert client.due(0.0) == ReadParameter("A")
    assert client.due(0.1) is None
    client.told("A", 3.0)
    assert client.due(0.2) == ReadParameter("B")
    client.told("B", 0.4)
    assert client.due(0.3) is None  # nobody wants to fly yet
    assert client.problems() == ["A = 3 is not allowed: it must be 8"]
    client.may_set(True)
    assert client.due(0.4) == SetParameter("A", 8.0, True)
    client.told("A", 3.0)
    for i in range(20):
        client.due(1.0 + i)
        client.told("A", 3.0)
    assert client.due(99.0) is None
    assert client.problems() == ["A = 3 is not allowed: it must be 8; it does not take 8"]
    assert not client.changes
    client.begin_again()
    client.told("A", 8.0)
    assert client.problems() == []
    assert client.verified() == ["A = 8 (was 3)"]  # somebody has set it after all
    assert not client.changes
    assert client.value("B") != 0.4  # to be read again


def test_what_was_set_is_told_once_with_what_it_was():
    client = ParameterClient((WantedParameter("A", lambda value: 8.0, "it must be 8"),))
    client.may_set(True)
    client.due(0.0)
    client.told("A", 3.0)
    client.due(0.1)
    assert not client.changes  # it may refuse
    for _ in range(2):
        client.told("A", 8.0)
    assert list(client.changes) == ["set A = 8 (was 3): it must be 8"]


def test_what_a_parameter_was_is_told_of_one_that_takes_another_value_than_asked_for():
    client = ParameterClient((WantedParameter("A", lambda value: 0.5, "it must be 0.5"),))
    client.may_set(True)
    client.due(0.0)
    client.told("A", 1.0)
    for i in range(20):
        client.due(1.0 + i)
        client.told("A", 0.6)
    assert list(client.changes) == ["set A = 0.6 (was 1): it must be 0.5"]
    (problem,) = client.problems()
    assert problem == "A = 0.6 (was 1) is not allowed: it must be 0.5; it does not take 0.5"
    for found, was in ((0.6, 1), (2.0, 2)):  # it was started again; somebody has set it since
        client.begin_again()
        client.due(50.0)
        client.told("A", found)
        client.due(51.0)
        client.told("A", 0.5)
        assert client.verified() == [f"A = 0.5 (was {was})"]


@PATIENT
@given(st.integers(-(2**22), 2**30))  # beyond, the bytes are those of a NaN
def test_whole_numbers_of_px4_travel_bytewise_and_arducopters_as_numbers(value):
    sent = PX4.encode(float(value), True)
    assert struct.pack("<f", sent) == struct.pack("<i", value)
    assert PX4.decode(sent, 6) == value
    assert PX4.decode(0.5, 9) == 0.5
    assert ARDUCOPTER.encode(float(value), True) == value


@pytest.mark.parametrize(("value", "becomes"), [(0, 8), (8, 8), (5, 13)])
def test_other_bits_of_an_option_stay(value, becomes):
    demands = Demands(0.5, 2.0, 50.0)
    options = next(p for p in ARDUCOPTER.parameters(demands) if p.name == "GUID_OPTIONS")
    assert options.wanted(value) == becomes


@pytest.mark.parametrize(("value", "becomes"), [(0, 5), (3, 5), (4, 4), (5, 5), (7, 5)])
def test_what_px4_does_in_silence_is_said_and_never_switched_off(value, becomes):
    demands = Demands(0.5, 2.0, 50.0)
    action = next(p for p in PX4.parameters(demands) if p.name == "COM_OBL_RC_ACT")
    assert action.wanted(value) == becomes


def test_no_failsafe_is_asked_to_be_switched_off():
    demands = Demands(0.5, 2.0, 50.0)
    names = {p.name for traits in (PX4, ARDUCOPTER) for p in traits.parameters(demands)}
    kept = ("FS_", "CBRK_", "NAV_", "COM_LOW", "COM_RC", "BATT_", "ARMING_")
    assert not [name for name in names if name.startswith(kept)]


def test_texts_are_joined_in_any_order_and_lost_chunks_are_shown():
    texts = StatusTexts()
    whole = "Arming denied: Resolve system health failures first, and then try it again"
    texts.take(2, whole[50:], 9, 1, 0.0)
    assert not texts.fresh
    texts.take(2, whole[:50], 9, 0, 0.1)
    assert [said.text for said in texts.fresh] == [whole]
    texts.take(4, "x" * 50, 10, 0, 1.0)
    texts.take(4, "end", 10, 2, 1.1)
    texts.look(2.5)
    assert texts.fresh[-1].text == "x" * 50 + "…end"
    texts.take(6, "Takeoff detected", 0, 0, 3.0)
    assert texts.since(0.5) == ["x" * 50 + "…end"]  # what is only said is no complaint


@pytest.mark.parametrize(
    "url", ["", "udp:1:2", "tcp:host", "udpin:0.0.0.0:70000", "serial:/dev/ttyACM0", "tcp::1"]
)
def test_a_url_that_is_none_is_refused_in_one_sentence(url):
    with pytest.raises(UrlError, match=r"^url = .* is not allowed"):
        check_url(url)


def test_urls_of_each_kind_are_read():
    assert check_url("udpin:0.0.0.0:14540") == ("udpin", "0.0.0.0", 14540)
    assert check_url("serial:/dev/ttyACM0:57600") == ("serial", "/dev/ttyACM0", 57600)


def test_the_truth_is_placed_on_the_flat():
    """A hundred metres north and east of the origin, by the length of a degree at 47.4 degrees."""
    degree_m = 6_371_000.0 * math.pi / 180.0
    origin = (47.397742, 8.545594, 489.4)
    message = SimpleNamespace(
        lat=round(1e7 * (origin[0] + 100.0 / degree_m)),
        lon=round(1e7 * (origin[1] + 50.0 / degree_m / math.cos(math.radians(origin[0])))),
        alt=491_400,
        vx=100,
        vy=0,
        vz=-50,
        attitude_quaternion=(1.0, 0.0, 0.0, 0.0),
        rollspeed=0.1,
        pitchspeed=0.2,
        yawspeed=0.3,
        get_type=lambda: "HIL_STATE_QUATERNION",
    )
    found = true_pose(message, origin, 0.0)
    assert found.position_m == pytest.approx((50.0, 100.0, 2.0), abs=0.012)
    assert found.velocity_m_s == pytest.approx((0.0, 1.0, 0.5))
    assert axes.yaw_rad(found.attitude) == pytest.approx(math.pi / 2)


def test_the_true_track_is_finer_than_the_steps_it_is_told_in():
    """A circle of 2 m at 1.5 m/s, told in steps of 1.1 cm and of 1 cm/s, as over MAVLink."""
    track, worst, step = TrueTrack(), 0.0, 0.0111
    for k in range(500):
        t = 0.02 * k
        angle = 0.75 * t
        true = (2.0 * math.cos(angle), 2.0 * math.sin(angle), 2.0)
        velocity = (-1.5 * math.sin(angle), 1.5 * math.cos(angle), 0.0)
        told = PlacedPose(
            tuple(step * round(p / step) for p in true),
            tuple(0.01 * round(100.0 * v) for v in velocity),
            (1.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0),
        )
        found = track.follow(told, t)
        if t > 1.0:
            worst = max(worst, math.dist(found.position_m, true))
    assert worst < 0.003


def test_the_true_track_begins_anew_where_the_vehicle_was_put_elsewhere():
    track = TrueTrack()
    here = PlacedPose((0.0, 0.0, 2.0), (0.0,) * 3, (1.0, 0.0, 0.0, 0.0), (0.0,) * 3)
    track.follow(here, 1.0)
    there = here._replace(position_m=(3.0, 0.0, 2.0))
    assert track.follow(there, 1.02).position_m == (3.0, 0.0, 2.0)
    late = there._replace(position_m=(3.04, 0.0, 2.0))
    assert track.follow(late, 5.0).position_m == late.position_m
