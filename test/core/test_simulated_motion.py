# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated vehicles move as the measured ones: steps of thrust and rates, signs, drag."""

from __future__ import annotations

import math

import pytest
from ground_crew import ardupilot_flying, px4_flying
from hypothesis import given
from hypothesis import strategies as st

from live_mvp_ros.vehicle.simulated_autopilot import attitude_math
from live_mvp_ros.vehicle.simulated_autopilot.airframe import (
    ARDUPILOT_AIRFRAME,
    GRAVITY_M_S2,
    PX4_AIRFRAME,
    VehicleFileError,
    read_vehicle,
    with_vehicle,
)
from live_mvp_ros.vehicle.simulated_autopilot.motors import STOPPED, Motors, mixed
from live_mvp_ros.vehicle.simulated_autopilot.rigid_body import RigidBody

FLYING = {"px4": px4_flying, "ardupilot": ardupilot_flying}
HOVER = {"px4": 0.491, "ardupilot": 0.368}


def rate_step(crew, axis: int, size: float, duration_s: float) -> list[tuple[float, float]]:
    """Return (time since the step, share of it) of the measured rate, each 2 ms."""
    wanted = [0.0, 0.0, 0.0]
    wanted[axis] = size
    hover = crew.body.airframe.hover_throttle
    found, start_s = [], crew.autopilot.time_s
    for i in range(round(duration_s / 0.002)):
        if i % 10 == 0:
            crew.point((wanted[0], wanted[1], wanted[2]), hover)
        crew.autopilot.advance(0.002)
        rate = crew.autopilot.hardware.estimator.rates_rad_s[axis]
        found.append((crew.autopilot.time_s - start_s, rate / size))
    return found


def time_to(found, share: float) -> float:
    return next(time_s for time_s, value in found if value >= share)


@pytest.mark.parametrize(
    ("kind", "axis", "size", "t10", "t63", "t90", "overshoot"),
    [
        ("px4", 0, 1.0, 0.040, 0.105, 0.150, (0.06, 0.15)),
        ("px4", 0, 4.0, 0.040, 0.105, 0.150, (0.06, 0.15)),
        ("px4", 1, 2.0, 0.040, 0.105, 0.140, (0.06, 0.15)),
        ("ardupilot", 0, 2.0, 0.038, 0.096, 0.128, (0.0, 0.06)),
        ("ardupilot", 1, 2.0, 0.038, 0.096, 0.128, (0.0, 0.06)),
        ("ardupilot", 2, 1.0, 0.170, 0.346, 0.440, (0.13, 0.23)),
    ],
)
def test_a_rate_step_takes_as_long_as_measured(kind, axis, size, t10, t63, t90, overshoot):
    crew = FLYING[kind](altitude_m=15.0)
    found = rate_step(crew, axis, size, 0.5 if axis < 2 else 1.5)
    within = {"rel": 0.15}  # measured through telemetry of 10 to 20 ms
    assert time_to(found, 0.10) == pytest.approx(t10, **within)
    assert time_to(found, 0.63) == pytest.approx(t63, **within)
    assert time_to(found, 0.90) == pytest.approx(t90, **within)
    most = max(value for _, value in found) - 1.0
    assert overshoot[0] <= most <= overshoot[1]


def test_yaw_of_px4_is_slow_and_does_not_overshoot():
    found = rate_step(px4_flying(), 2, 1.0, 1.5)
    assert time_to(found, 0.10) == pytest.approx(0.21, rel=0.25)
    assert time_to(found, 0.63) == pytest.approx(0.48, rel=0.15)
    assert time_to(found, 0.90) == pytest.approx(0.90, rel=0.25)
    assert max(value for _, value in found) < 1.0


def test_px4_limits_no_rate_but_its_yaw_has_little_torque():
    found = rate_step(px4_flying(), 2, 10.0, 0.75)
    at = {round(time_s, 3): 10.0 * value for time_s, value in found}
    assert at[0.7] == pytest.approx(3.0, abs=0.4)
    assert at[0.74] > at[0.7]


def feel(crew, thrust: float, duration_s: float = 0.3) -> float:
    """Return the specific force [g] along the thrust that a throttle gives in the end."""
    crew.wait(duration_s, lambda: crew.point(thrust=thrust))
    drag = crew.body.airframe.drag_per_s * crew.body.velocity_m_s[2]
    return -(crew.body.specific_force_m_s2[2] + drag) / GRAVITY_M_S2


@pytest.mark.parametrize(
    ("command", "force_g"),
    [
        *((0.10, 0.33), (0.20, 0.59), (0.30, 0.84), (0.368, 1.00)),
        *((0.45, 1.21), (0.55, 1.44), (0.65, 1.65), (0.75, 1.86)),
    ],
)
def test_thrust_of_ardupilot_is_as_measured(command, force_g):
    assert feel(ardupilot_flying(), command) == pytest.approx(force_g, abs=0.01)


@pytest.mark.parametrize("command", [0.3, 0.491, 0.7, 1.0])
def test_thrust_of_px4_is_linear(command):
    force_m_s2 = feel(px4_flying(), command, 0.5) * GRAVITY_M_S2
    assert 19.2 * command - 0.1 <= force_m_s2 <= 20.1 * command


@pytest.mark.parametrize(("sent", "like"), [(1.5, 1.0), (-0.3, 0.0)])
def test_px4_clips_thrust(sent, like):
    assert feel(px4_flying(), sent, 0.2) == pytest.approx(feel(px4_flying(), like, 0.2))


def test_the_angle_boost_of_ardupilot_adds_what_tilt_takes():
    forces = {}
    for boost in (0, 1):
        crew = ardupilot_flying()
        crew.set_parameter("ATC_ANGLE_BOOST", boost)
        crew.wait(0.468, lambda crew=crew: crew.point((1.0, 0.0, 0.0), 0.368), 0.002)
        before = math.acos(2 * crew.body.attitude[0] ** 2 - 1)
        crew.wait(0.3, lambda crew=crew: crew.point((0.0, 0.0, 0.0), 0.368))
        tilt = math.acos(2 * crew.body.attitude[0] ** 2 - 1)
        forces[boost] = -crew.body.specific_force_m_s2[2] / GRAVITY_M_S2
        assert math.degrees(tilt) == pytest.approx(26.8, abs=2.0), math.degrees(before)
    assert forces[0] == pytest.approx(0.992, abs=0.02)
    assert forces[1] == pytest.approx(1.103, abs=0.03)


@pytest.mark.parametrize(
    ("kind", "size", "half", "t63"),
    [("px4", 0.70, 0.035, 0.052), ("ardupilot", 0.55, 0.020, None)],
)
def test_thrust_rises_as_fast_as_measured(kind, size, half, t63):
    crew = FLYING[kind]()
    crew.wait(0.5, crew.hover)
    before = -crew.body.specific_force_m_s2[2]
    after = crew.body.airframe.curve.thrust(size) * GRAVITY_M_S2
    crew.point(thrust=size)

    def risen(share: float):
        return lambda: -crew.body.specific_force_m_s2[2] - before >= share * (after - before)

    first_s = crew.wait_until(risen(0.5), 0.5)
    assert first_s == pytest.approx(half, abs=0.006)
    if t63 is not None:
        assert first_s + crew.wait_until(risen(0.63), 0.5) == pytest.approx(t63, abs=0.006)


@pytest.mark.parametrize(
    ("kind", "roll", "pitch", "lift"),
    [("px4", 0.63, -0.54, -0.95), ("ardupilot", 0.73, -0.72, -1.45)],
)
def test_signs_and_sizes_of_steps_from_the_hover(kind, roll, pitch, lift):
    """+roll leans to the right and goes east, +pitch noses up and goes south, +thrust goes up."""
    hover = HOVER[kind]
    for rates, thrust, index, expected in (
        ((0.5, 0.0, 0.0), hover, 1, roll),
        ((0.0, 0.5, 0.0), hover, 0, pitch),
        ((0.0, 0.0, 0.0), hover + 0.1, 2, lift),
    ):
        crew = FLYING[kind]()
        before = crew.body.velocity_m_s[index]
        crew.wait(0.6, lambda crew=crew, r=rates, t=thrust: crew.point(r, t))
        assert crew.body.velocity_m_s[index] - before == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_yaw_turns_clockwise_from_above(kind):
    crew = FLYING[kind]()
    before = crew.autopilot.hardware.yaw_rad
    crew.wait(1.0, lambda: crew.point((0.0, 0.0, 0.5), HOVER[kind]))
    assert 0.1 < crew.autopilot.hardware.yaw_rad - before < 0.6


def test_px4_turns_with_full_thrust_and_not_with_none():
    crew = px4_flying()
    crew.wait(0.3, lambda: crew.point((1.0, 0.0, 0.0), 1.0))
    assert crew.body.rates_rad_s[0] == pytest.approx(1.04, abs=0.08)
    crew = px4_flying()
    crew.wait(0.3, lambda: crew.point((1.0, 0.0, 0.0), 0.0))
    assert abs(crew.body.rates_rad_s[0]) < 0.2


def test_a_mixer_keeps_thrust_and_takes_away_only_where_it_must():
    assert mixed((0.0, 0.0, 0.0), 0.4) == pytest.approx((0.4,) * 4)
    with_roll = mixed((0.1, 0.0, 0.0), 0.5)
    assert sum(with_roll) / 4 == pytest.approx(0.5)
    assert with_roll[1] == with_roll[2] > with_roll[0] == with_roll[3]  # left up: rolls right
    assert with_roll[1] - with_roll[0] == pytest.approx(2 * 0.1 * math.sqrt(0.5))
    full = mixed((0.2, 0.0, 0.0), 1.0)
    assert max(full) == pytest.approx(1.0)
    assert full[1] - full[0] == pytest.approx(2 * 0.2 * math.sqrt(0.5))
    yawing = mixed((0.0, 0.0, 1.0), 0.5)
    assert yawing == pytest.approx((1.0, 1.0, 0.0, 0.0))


@given(st.floats(-3.1, 3.1), st.floats(0.0, 2.8), st.floats(-3.1, 3.1), st.floats(0.1, 30.0))
def test_an_attitude_towards_a_thrust_points_it_there(yaw, tilt, around, size):
    """Body -z, turned by the quaternion's matrix, is the direction; leaning adds no turn."""
    wanted = (
        size * math.sin(tilt) * math.cos(around),
        size * math.sin(tilt) * math.sin(around),
        -size * math.cos(tilt),
    )
    q = attitude_math.towards(wanted, yaw)
    w, x, y, z = q
    up = (-2 * (x * z + w * y), -2 * (y * z - w * x), -(1 - 2 * (x * x + y * y)))
    assert up == pytest.approx(tuple(c / size for c in wanted), abs=1e-6)
    level = attitude_math.towards((0.0, 0.0, -1.0), yaw)
    assert attitude_math.yaw_of(level) == pytest.approx(yaw)
    error = attitude_math.error_of(level, q)
    assert math.sqrt(sum(e * e for e in error)) == pytest.approx(tilt, abs=1e-6)
    assert error[2] == pytest.approx(0.0, abs=1e-6)


@given(*[st.floats(-1.4, 1.4)] * 3)
def test_euler_angles_come_back(roll, pitch, yaw):
    q = attitude_math.from_euler(roll, pitch, yaw)
    assert attitude_math.euler_of(q) == pytest.approx((roll, pitch, yaw), abs=1e-6)
    assert math.sqrt(sum(c * c for c in q)) == pytest.approx(1.0)


def test_a_vehicle_that_turns_steadily_has_turned_by_rate_times_time():
    q = attitude_math.LEVEL
    for _ in range(1000):
        q = attitude_math.turned(q, (0.0, 0.0, 0.5), 0.002)
    assert attitude_math.yaw_of(q) == pytest.approx(1.0, abs=1e-6)


def test_without_thrust_it_falls_as_drag_lets_it():
    """v = g / k (1 - exp(-k t)), with linear drag k."""
    body = RigidBody(PX4_AIRFRAME, Motors(PX4_AIRFRAME), attitude_math.LEVEL)
    body.position_m, body.on_ground = (0.0, 0.0, -100.0), False
    for _ in range(500):
        body.step(0.002, STOPPED)
    k = PX4_AIRFRAME.drag_per_s
    assert body.velocity_m_s[2] == pytest.approx(9.81 / k * (1 - math.exp(-k)), rel=0.002)


def test_a_file_gives_mass_drag_and_thrust(tmp_path):
    file = tmp_path / "vehicle.yaml"
    file.write_text("vehicle: {mass_kg: 1.4, drag_per_s: 0.3, thrust_ratio_max: 4.0}\n")
    frame = with_vehicle(PX4_AIRFRAME, read_vehicle(file))
    assert (frame.mass_kg, frame.drag_per_s) == (1.4, 0.3)
    assert frame.hover_throttle == pytest.approx(0.25)
    file.write_text("imppi_controller:\n  ros__parameters:\n    vehicle.mass_kg: 2.0\n")
    frame = with_vehicle(ARDUPILOT_AIRFRAME, read_vehicle(file))
    assert frame.mass_kg == 2.0
    assert frame.hover_throttle == pytest.approx(0.368)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("vehicle: {mass_kg: -1}", "vehicle.mass_kg = -1 is not allowed: it must be between 0.05"),
        ("vehicle: {mass: 1}", "vehicle.mass is unknown: it must be one of mass_kg"),
        ("vehicle: {mass_kg: .nan}", "vehicle.mass_kg = nan is not allowed"),
        ("body: {radius_m: 1}", "says nothing below vehicle"),
        ("vehicle: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, text, sentence):
    file = tmp_path / "vehicle.yaml"
    file.write_text(text)
    with pytest.raises(VehicleFileError, match=sentence.replace("(", ".")):
        with_vehicle(PX4_AIRFRAME, read_vehicle(file))


@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_the_same_inputs_give_the_same_flight(kind):
    flights = [FLYING[kind](altitude_m=3.0, wander_m=0.6, seed=4) for _ in range(2)]
    for crew in flights:
        crew.wait(1.0, lambda crew=crew: crew.point((0.3, -0.2, 0.1), 0.5))
    first, second = (crew.body for crew in flights)
    assert (first.position_m, first.attitude) == (second.position_m, second.attitude)
    assert flights[0].heard[-1][1].to_dict() == flights[1].heard[-1][1].to_dict()
