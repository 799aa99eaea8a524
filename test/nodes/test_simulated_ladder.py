# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ladder of the simulated vehicle, without ROS: silence, and a lean out of control."""

from __future__ import annotations

import numpy as np

from live_mvp_ros.nodes.quadrotor_sim.simulated_vehicle import SimulatedVehicle
from live_mvp_ros.nodes.quadrotor_sim.simulator_parameters import SimConfig
from live_mvp_ros.vehicle.escalation import Fallback
from live_mvp_ros.vehicle.ladder import EscalationConfig

PERIOD_NS = 10_000_000
HOVER = np.float32([9.81, 0.0, 0.0, 0.0])
LEVEL = (1.0, 0.0, 0.0, 0.0)
LANDS = SimConfig(
    escalation=EscalationConfig(commands_late=("hold", "land"), tilted=("level",), descent_m_s=1.0)
)


def flown(config, vehicle, begin_s, seconds, command=None):
    """Return the rungs of a flight in which a command comes every time, or none."""
    rungs = []
    for k in range(round(100 * seconds)):
        now_ns = round(1e9 * begin_s) + k * PERIOD_NS
        if command is not None:
            vehicle.take(command, now_ns, 0)
        vehicle.advance(config, now_ns)
        rungs.append(vehicle.ladder.fallback)
    return rungs


def test_by_default_it_holds_through_any_silence_and_obeys_at_once_after_it():
    config = SimConfig()
    vehicle = SimulatedVehicle(config, PERIOD_NS, (0.0, 0.0, 1.0), LEVEL)
    flown(config, vehicle, 1.0, 0.1, HOVER)
    assert set(flown(config, vehicle, 1.1, 4.0)) == {Fallback.FLY, Fallback.HOLD}
    np.testing.assert_allclose(vehicle.true[0], [0.0, 0.0, 1.0], atol=0.02)
    flown(config, vehicle, 5.1, 0.3, HOVER + np.float32([4.0, 0, 0, 0]))
    assert vehicle.true[0][2] > 1.1


def test_where_it_is_told_to_it_lands_and_gives_nothing_back_before_a_reset():
    vehicle = SimulatedVehicle(LANDS, PERIOD_NS, (0.0, 0.0, 1.0), LEVEL)
    flown(LANDS, vehicle, 1.0, 0.1, HOVER)
    rungs = flown(LANDS, vehicle, 1.1, 4.0)
    assert list(dict.fromkeys(rungs)) == [
        Fallback.FLY,
        Fallback.HOLD,
        Fallback.LAND,
        Fallback.STOP,
    ]
    assert vehicle.landed(LANDS)
    flown(LANDS, vehicle, 5.1, 1.0, 2.0 * HOVER)
    assert vehicle.landed(LANDS)
    vehicle.place(LANDS, (0.0, 0.0, 1.0), LEVEL)
    flown(LANDS, vehicle, 7.0, 0.3, 2.0 * HOVER)
    assert vehicle.true[0][2] > 1.1


def test_a_vehicle_that_was_turned_over_is_levelled_and_then_obeys():
    config = SimConfig()
    half = 0.6
    upset = (np.cos(half), np.sin(half), 0.0, 0.0)
    vehicle = SimulatedVehicle(config, PERIOD_NS, (0.0, 0.0, 9.0), upset)
    rungs = flown(config, vehicle, 1.0, 1.5, HOVER + np.float32([0, 0, 0, 0.5]))
    assert rungs[0] is Fallback.LEVEL
    assert rungs[-1] is Fallback.FLY
    assert vehicle.true[3][2] > 0.4  # it turns as it is told


def test_a_command_that_was_overtaken_is_not_flown_but_a_clock_may_be_set_back():
    config = SimConfig()
    vehicle = SimulatedVehicle(config, PERIOD_NS, (0.0, 0.0, 1.0), LEVEL)
    turns = HOVER + np.float32([0.0, 0.0, 0.0, 1.0])
    begin_ns = 5_000_000_000
    for k in range(20):
        now_ns = begin_ns + k * PERIOD_NS
        command, answers_ns = (turns, now_ns - 3 * PERIOD_NS) if k % 2 else (HOVER, now_ns)
        vehicle.take(command, now_ns, answers_ns)
        vehicle.advance(config, now_ns)
    assert abs(vehicle.true[3][2]) < 1e-6
    for k in range(20, 40):
        now_ns = begin_ns + k * PERIOD_NS
        vehicle.take(turns, now_ns, now_ns - 3 * PERIOD_NS)
        vehicle.advance(config, now_ns)
    assert vehicle.true[3][2] > 0.5
    vehicle.take(HOVER, now_ns, now_ns + 5 * PERIOD_NS)
    for k in range(40, 80):  # ahead no longer: what answers the present is older than that
        now_ns = begin_ns + k * PERIOD_NS
        vehicle.take(turns, now_ns, now_ns - 8 * PERIOD_NS)
        vehicle.advance(config, now_ns)
    assert vehicle.true[3][2] > 0.5
