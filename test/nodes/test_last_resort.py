# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The controller's ladder: what it commands on each rung, and what becomes of the mission."""

from __future__ import annotations

import numpy as np
import pytest
from nav_msgs.msg import Odometry

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control.mission import MissionConfig, MissionInputs
from live_mvp_ros.nodes.imppi_controller.controller_parameters import NodeConfig
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState, position_sigma_m
from live_mvp_ros.ros.mission_requests import Limits, Mission
from live_mvp_ros.ros.steering.last_resort import LastResort
from live_mvp_ros.ros.steering.latest_odometry import LatestOdometry, Seen
from live_mvp_ros.vehicle.escalation import Fallback

CONFIG = NodeConfig()
NOW = MissionInputs(
    odom_age_s=0.0,
    map_age_s=0.0,
    field_age_s=0.0,
    elapsed_s=1.0,
    distance_to_goal_m=9.0,
    nothing_left=False,
    goal_reachable=True,
)
LEVEL = np.float32([1, 0, 0, 0])


def seen(sigma_m: float = 0.0, attitude=LEVEL, climb_m_s: float = 0.0) -> Seen:
    zero, velocity = np.zeros(3, np.float32), np.float32([0, 0, climb_m_s])
    return Seen(VehicleState(1, np.float32([1, 2, 2]), velocity, attitude, zero), 0.0, sigma_m)


@pytest.fixture
def mission():
    mission = Mission(autostart=True)
    mission.begin(Limits())
    return mission


def decided(mission, resort, time_s=0.0):
    faults = {"safety": resort.fault}
    mission.update(
        MissionConfig(), NOW, time_s=time_s, ready=True, late=False, faults=faults,
        resort=resort.sentence,
    )  # fmt: skip
    return mission.decision


def test_an_uncertain_position_holds_then_levels_then_lands_and_ends_the_mission(mission):
    resort = LastResort(mission)
    assert decided(mission, resort).flies
    resort.look(CONFIG, 10.0, seen(sigma_m=0.6), 0.0)
    assert resort.now.fallback is Fallback.HOLD
    assert resort.command(CONFIG, seen().vehicle) is None
    decision = decided(mission, resort)
    assert (decision.state, decision.reason) == (
        MissionState.HOLDING,
        "holding position: position uncertain",
    )
    resort.look(CONFIG, 11.0, seen(sigma_m=0.6), 0.0)
    command = resort.command(CONFIG, seen(climb_m_s=0.2).vehicle)
    np.testing.assert_allclose(command, [9.81 - 5.0 * 0.2, 0.0, 0.0, 0.0], atol=1e-4)
    resort.look(CONFIG, 12.0, seen(sigma_m=0.6), 0.0)
    command = resort.command(CONFIG, seen().vehicle)
    np.testing.assert_allclose(command, [9.81 - 5.0 * 0.5, 0.0, 0.0, 0.0], atol=1e-4)
    resort.look(CONFIG, 20.0, seen(), 0.0)
    assert resort.now.fallback is Fallback.LAND
    decided(mission, resort, 20.0)
    decision = decided(mission, resort, 26.0)
    assert decision.state is MissionState.FAULT
    assert decision.reason == "landing by itself: position uncertain, for 5 s"
    assert mission.log.safety_interventions == 3
    assert mission.log.safety_code is SafetyCode.POSITION_UNCERTAIN
    assert mission.log.interventions_by_name == {"position_uncertain": "3"}


def test_a_reason_that_passes_gives_the_mission_back(mission):
    resort = LastResort(mission)
    resort.look(CONFIG, 10.0, seen(sigma_m=0.6), 0.0)
    assert not decided(mission, resort).flies
    resort.look(CONFIG, 10.1, seen(), 0.0)
    resort.look(CONFIG, 10.7, seen(), 0.0)
    assert decided(mission, resort).flies


def test_a_lean_levels_and_old_odometry_only_holds(mission):
    resort = LastResort(mission)
    leaning = np.float32([np.cos(0.55), np.sin(0.55), 0, 0])
    resort.look(CONFIG, 0.0, seen(attitude=leaning), 0.0)
    assert resort.now.code is SafetyCode.TILTED
    assert resort.command(CONFIG, seen(attitude=leaning).vehicle)[1] < -1.0
    resort = LastResort(mission)
    for time_s in range(10):
        resort.look(CONFIG, float(time_s), seen(), 5.0)
    assert resort.now.fallback is Fallback.HOLD


def test_a_new_mission_begins_with_a_new_ladder(mission):
    resort = LastResort(mission)
    for time_s in (0.0, 1.0, 2.0):
        resort.look(CONFIG, time_s, seen(sigma_m=0.6), 0.0)
    assert resort.now.fallback is Fallback.LAND
    mission.begin(Limits())
    resort.look(CONFIG, 3.0, seen(), 0.0)
    assert resort.now.fallback is Fallback.FLY


def test_the_uncertainty_is_that_of_the_worst_axis_and_what_is_not_known_is_none():
    message = Odometry()
    assert position_sigma_m(message) == 0.0
    message.pose.covariance[0], message.pose.covariance[14] = 0.04, 0.25
    assert position_sigma_m(message) == pytest.approx(0.5)
    message.pose.covariance[7] = float("nan")
    message.pose.covariance[0] = -1.0
    assert position_sigma_m(message) == pytest.approx(0.5)


def test_only_uncertainty_that_was_gained_counts_against_the_map():
    odometry, vehicle = LatestOdometry(), seen().vehicle
    assert odometry.gained_sigma_m == 0.0
    for sigma_m, gained_m in ((0.2, 0.0), (0.2, 0.0), (0.25, 0.15), (0.2, 0.0)):
        odometry.take(vehicle, sigma_m)
        assert odometry.gained_sigma_m == pytest.approx(gained_m)
