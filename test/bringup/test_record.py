# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a record says about flights whose messages are made up."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from live_mvp_ros.bringup.flight_record import FlightRecord, Status
from live_mvp_ros.evaluation.figures import health_values
from live_mvp_ros.evaluation.health import PlanHealth

MS = 1_000_000


def flown(seconds: float = 1.0, factor: float = 1.0) -> FlightRecord:
    """Return a straight flight at 2 m/s: odometry at 100 Hz, every second one answered in 7 ms."""
    record = FlightRecord()
    record.begin()
    for i in range(round(100 * seconds) + 1):
        stamp, sent = i * 10 * MS, round(i * 10 * MS / factor) + 5
        record.odometry(stamp, sent, (0.02 * i, 0.0, 2.0))
        if i % 2 == 0:
            record.command(stamp, sent + 7 * MS)
    return record


def test_nothing_counts_before_the_flight_begins():
    record = FlightRecord()
    record.odometry(0, 1, (0.0, 0.0, 0.0))
    record.command(0, 2)
    record.arrived("map", 3)
    assert record.now_s() == 0.0
    assert record.trajectory().positions_m.shape == (0, 3)
    assert all(arrivals.count == 0 for arrivals in record.arrivals.values())
    assert record.real_time_factor() is None
    assert record.on_time_fraction(20.0) is None


def test_rates_latency_and_speed_of_a_regular_flight():
    record = flown()
    assert record.now_s() == pytest.approx(1.0)
    assert record.speed_m_s() == pytest.approx(2.0)
    assert record.arrivals["odom"].rate_hz() == pytest.approx(100.0)
    assert record.arrivals["command"].rate_hz() == pytest.approx(50.0)
    assert record.latencies_ms == pytest.approx([7.0] * 51)
    assert record.on_time_fraction(20.0) == 1.0
    assert record.real_time_factor() == pytest.approx(1.0)


def test_the_true_path_is_that_of_the_simulator_and_else_that_of_the_odometry():
    record = flown()
    np.testing.assert_array_equal(
        record.true_trajectory().positions_m, record.trajectory().positions_m
    )
    for i in range(0, 101, 2):  # best effort: it may lose some
        record.true_odometry(i * 10 * MS, (0.02 * i, 0.001 * i, 2.0))
    true = record.true_trajectory()
    np.testing.assert_allclose(true.positions_m[-1], [2.0, 0.1, 2.0])
    np.testing.assert_allclose(true.times_s, 0.02 * np.arange(51))
    np.testing.assert_allclose(record.trajectory().positions_m[-1], [2.0, 0.0, 2.0])


def test_the_shares_of_unsafe_plans_and_of_parking_are_those_that_the_controller_published():
    record = FlightRecord()
    assert record.health() == PlanHealth()
    status = Status("EXPLORING", "", 0.5, 0.6, 7.0, False)
    record.report(status)  # of a controller that has not planned yet
    assert record.health() == PlanHealth()
    shares = {"unsafe_plan_fraction": 0.25, "parked_fraction": 0.5}
    record.report(dataclasses.replace(status, **shares))
    assert record.health() == PlanHealth(**shares)  # nobody has said what was given up
    record.report(dataclasses.replace(status, safety_interventions=3))
    assert record.health() == PlanHealth(safety_interventions=3)
    counts = health_values(PlanHealth(targets_given_up=1, safety_interventions=3))
    assert isinstance(counts["targets_given_up"], int)
    assert isinstance(counts["safety_interventions"], int)


def test_the_time_at_one_target_counts_from_plan_to_plan_while_exploring():
    record = FlightRecord()
    record.planned((0.0, 0.0))  # before the flight
    record.begin()
    record.report(Status("EXPLORING", "", 0.5, 0.6, 7.0, False))
    for i in range(61):  # 6 s beside (0, 0)
        if i == 50:
            record.report(Status("GOING_TO_GOAL", "", 0.5, 0.6, 7.0, False))
        record.odometry(i * 100 * MS, i, (0.3, 0.0, 2.0))
        if i % 10 == 0:
            record.planned((0.1, 0.0) if i >= 20 else (5.0, 0.0))
    assert record.health().longest_at_target_s == pytest.approx(3.0)


def test_a_slow_machine_shows_in_the_real_time_factor_and_the_wall_rates():
    record = flown(factor=0.5)
    assert record.real_time_factor() == pytest.approx(0.5, rel=1e-3)
    assert record.arrivals["odom"].rate_hz() == pytest.approx(50.0, rel=1e-3)


def test_a_gap_counts_with_every_period_that_it_should_have_held():
    record = FlightRecord()
    record.begin()
    for sent_ms in (0, 20, 40, 140, 160):  # five periods of silence
        record.command(1, sent_ms * MS + 1)
    assert record.on_time_fraction(20.0) == pytest.approx(3 / 8)


def test_a_restarted_simulator_does_not_turn_the_flight_time_back():
    record = flown(seconds=1.0)
    for i in range(51):
        record.odometry(i * 10 * MS, 2_000_000_000 + i * 10 * MS, (2.0, 0.0, 2.0))
    assert record.time_jumps == 1
    assert record.now_s() == pytest.approx(1.5)
    assert (record.trajectory().times_s >= 0).all()


def test_one_stamp_of_another_time_neither_ends_a_timed_flight_nor_spoils_the_score():
    record = flown(seconds=1.0)
    record.odometry(2**31 * 1_000_000_000, 1_010 * MS, (2.0, 0.0, 2.0))
    for i in range(102, 152):
        record.odometry(i * 10 * MS, i * 10 * MS + 5, (0.02 * i, 0.0, 2.0))
    assert record.now_s() == pytest.approx(1.5, abs=0.03)
    assert record.trajectory().times_s[-1] == pytest.approx(1.5, abs=0.03)
    assert (np.diff(record.trajectory().times_s) >= 0.0).all()
    assert record.real_time_factor() == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("ahead_s", [60.0, -0.9, 1.0])
def test_a_simulator_that_starts_again_at_another_time_adds_none(ahead_s):
    record = flown(seconds=1.0)
    for i in range(51):
        stamp = round((1.0 + ahead_s) * 1e9) + i * 10 * MS
        record.odometry(stamp, 1_010 * MS + i * 10 * MS, (2.0, 0.0, 2.0))
    assert record.time_jumps == 1
    assert record.now_s() == pytest.approx(1.5, abs=0.02)


def test_an_odometry_that_comes_late_is_left_out():
    record = flown(seconds=1.0)
    count = len(record.trajectory().times_s)
    record.odometry(990 * MS, 1_001 * MS, (9.0, 9.0, 2.0))
    assert len(record.trajectory().times_s) == count
    assert record.time_jumps == 0
    assert record.now_s() == pytest.approx(1.0)


def test_the_true_path_has_the_same_time_as_the_odometry_over_a_jump():
    record = flown(seconds=1.0)
    for i in range(101):
        record.true_odometry(i * 10 * MS, (0.02 * i, 0.0, 2.0))
    for i in range(51):
        record.true_odometry(61_000 * MS + i * 10 * MS, (2.0, 0.01 * i, 2.0))
    assert record.true_trajectory().times_s[-1] == pytest.approx(1.5, abs=0.02)


def test_positions_that_are_not_finite_are_left_out():
    record = FlightRecord()
    record.begin()
    record.odometry(0, 1, (0.0, math.nan, 0.0))
    assert len(record.trajectory().times_s) == 0


def test_nothing_counts_after_the_end():
    record = flown()
    record.end()
    record.begin()
    record.odometry(9_000 * MS, 9_000 * MS, (9.0, 0.0, 2.0))
    assert record.now_s() == pytest.approx(1.0)


def test_changes_of_state_are_remembered_with_their_time():
    record = flown()
    for state in ("EXPLORING", "EXPLORING", "DONE"):
        record.report(Status(state, "", 0.5, 1.0, 7.0, False))
    assert [state for _, state, _ in record.transitions] == ["EXPLORING", "DONE"]
    assert record.transitions[0][0] == pytest.approx(1.0)


def test_what_a_mission_is_told_at_the_end_is_no_change_of_state():
    record = flown()
    record.report(Status("HOLDING", "the map is 11.5 s old", 0.5, 1.0, 7.0, False))
    record.end()
    record.report(Status("DONE", "stopped on request", 0.5, 1.0, 7.0, False))
    assert [state for _, state, _ in record.transitions] == ["HOLDING"]
    assert record.status is not None
    assert record.status.state == "DONE"
