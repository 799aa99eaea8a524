# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Plan health of flights small enough to count by hand."""

import math

import numpy as np
import pytest

from live_mvp_ros.control.flight_log import FlightLog
from live_mvp_ros.evaluation.health import longest_at_target_s, share
from live_mvp_ros.vehicle import BodyConfig

TIMES = np.arange(8) * 0.5
HERE = np.zeros((8, 3))


def longest(targets, positions=HERE, exploring=None, end_s=4.0):
    exploring = np.ones(8, bool) if exploring is None else np.asarray(exploring, bool)
    x = np.asarray(targets, float)
    return longest_at_target_s(TIMES, positions, np.stack([x, 0 * x], axis=1), exploring, end_s)


@pytest.mark.parametrize(
    ("targets_x", "seconds"),
    [
        ([9, 9, 9, 9, 9, 9, 9, 9], 0.0),  # on the way all the time
        ([9, 0, 9, 9, 9, 9, 9, 9], 0.5),
        ([9, 0, 0.5, 0.7, 9, 0, 0, 9], 1.5),  # one target that trembles
        ([0, 0, 0, -0.9, -0.9, -0.9, -0.9, 9], 2.0),  # two targets beside each other
        ([9, 9, 9, 9, 9, 0, 0, 0], 1.5),  # until the end
        ([0, np.nan, 0, np.nan, 0, np.nan, 0, np.nan], 0.5),  # no target is no target
    ],
)
def test_time_at_one_target_is_counted_from_plan_to_plan(targets_x, seconds):
    assert longest(targets_x) == pytest.approx(seconds)


def test_only_exploring_counts_and_without_it_nothing_is_known():
    exploring = [1, 1, 1, 0, 0, 0, 0, 0]
    assert longest([0] * 8, exploring=exploring) == pytest.approx(1.5)
    assert longest([0] * 8, exploring=[0] * 8) is None


def test_a_vehicle_that_cannot_come_near_is_not_at_its_target():
    away = np.tile([0.0, 1.2, 2.0], (8, 1))
    assert longest([0] * 8, positions=away) == 0.0


def test_share_of_nothing_is_unknown():
    of = np.array([True, True, False, False])
    assert share(of, np.array([True, False, True, True])) == pytest.approx(1 / 3)
    assert share(of, np.zeros(4, bool)) is None


def test_a_controller_counts_its_plans_without_a_safe_one():
    log = FlightLog()
    assert math.isnan(log.unsafe_plan_fraction)
    for safe in (True, False, True, True):
        log.planned(safe)
    assert log.unsafe_plan_fraction == 0.25


def test_a_controller_counts_the_time_parked_while_it_explores_and_no_other():
    log = FlightLog()
    log.advance(0.0, (0.0,) * 3, running=True, parked=True)
    assert math.isnan(log.parked_fraction)  # no time has passed
    moments = [
        (1.0 / 4, True, True),
        (2.0 / 4, True, False),
        (3.0 / 4, True, False),
        (4.0 / 4, True, None),  # to the goal
        (5.0 / 4, False, None),  # it holds
        (6.0 / 4, True, False),
        (90.0, True, True),  # odometry was away
    ]
    for time_s, running, parked in moments:
        log.advance(time_s, (0.0,) * 3, running, parked)
    assert log.parked_fraction == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("limit", "parked"), [(2.0, 0.1), (0.4, 0.1), (0.2, 0.05), (0.05, 0.0125)]
)
def test_a_slow_vehicle_is_not_parked_because_it_is_slow(limit, parked):
    assert BodyConfig(speed_max_m_s=limit).parked_m_s == pytest.approx(parked)
