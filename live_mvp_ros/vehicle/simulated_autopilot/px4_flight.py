# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What PX4 flies in each mode: from a mode and a demand to the throttles of the motors."""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.simulated_autopilot import px4_modes
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import Quaternion, clipped
from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import Demand
from live_mvp_ros.vehicle.simulated_autopilot.flight_laws import (
    Climb,
    Flat,
    Stop,
    leaning,
    turning_to,
)
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware
from live_mvp_ros.vehicle.simulated_autopilot.motors import STOPPED, Throttles, mixed
from live_mvp_ros.vehicle.simulated_autopilot.px4_modes import Mode
from live_mvp_ros.vehicle.simulated_autopilot.rate_loops import PidRateLoop, Wanted

CONTROL_S = 0.004
"""Period of the control loop: SIH steps at 250 Hz."""
TILT_GAIN_PER_S, YAW_GAIN_PER_S = 6.5, 2.8
JERK_M_S3, ACCELERATION_M_S2, CLIMB_M_S2 = 4.0, 3.0, 2.0
LAND_M_S, RETURN_M_S, TAKE_OFF_M_S = 0.8, 5.0, 1.5
TAKE_OFF_GAIN_PER_S = 0.6
BEFORE_DESCENT_S = 1.2
ON_FLOOR_S = 2.0
"""How long the thrust goes down after a landing has met the floor."""
RAMP_S = 3.0
"""Time in which the thrust of a take-off rises (MPC_TKO_RAMP_T)."""
NEAR_HOME_M = 10.0
IDLE = 0.05
"""Thrust on the ground in modes that do not want to fly."""


class Px4Flight:
    """The control loop, which remembers what its modes have begun."""

    def __init__(self, hardware: Hardware) -> None:
        """Begin on the ground."""
        self._hardware = hardware
        self._rates = PidRateLoop(CONTROL_S)
        self._stop = Stop(JERK_M_S3, ACCELERATION_M_S2)
        self._climb = Climb(CLIMB_M_S2)
        self._yaw_rad = 0.0
        self._altitude_m: float | None = None
        self._entered_s = self._floor_s = 0.0
        self._resets = 0
        self.thrust = 0.0
        """Thrust asked of the mixer, 0 to 1."""
        self.at_altitude = False
        """Whether a take-off has reached its altitude."""
        self.take_off_m: float | None = None
        """Altitude to take off to, above where it booted; None is MIS_TAKEOFF_ALT."""

    def enter(self, mode: Mode) -> None:
        """Begin with a mode; Hold, Return and Land start with the acceleration it has (1.18)."""
        vehicle = self._hardware
        n, e, _ = vehicle.acceleration_m_s2
        flying = not vehicle.body.on_ground
        estimate = vehicle.estimator
        self._stop.enter(
            estimate.position_m, estimate.velocity_m_s, (n, e) if flying else (0.0, 0.0)
        )
        self._climb.enter(vehicle.climb_m_s)
        self._yaw_rad = vehicle.yaw_rad
        self._altitude_m = vehicle.altitude_m if not flying else None
        self._entered_s = self._floor_s = vehicle.time_s
        self._resets = estimate.reset_counter
        self.at_altitude = False

    def disarm(self) -> None:
        """Stop the motors."""
        self._rates.reset()
        self.thrust = 0.0

    def throttles(self, mode: Mode, demand: Demand | None) -> Throttles:
        """Return the throttles of the next ``CONTROL_S`` in a mode."""
        vehicle = self._hardware
        if not vehicle.armed or mode == px4_modes.TERMINATION:
            self.thrust = 0.0
            return STOPPED
        if vehicle.estimator.reset_counter != self._resets:
            self._resets = vehicle.estimator.reset_counter
            self._stop.shift(vehicle.estimator.last_jump_m)
            if self._altitude_m is not None:
                self._altitude_m -= vehicle.estimator.last_jump_m[2]
        if mode == px4_modes.OFFBOARD:
            rates, self.thrust = self._obeyed(demand)
        else:
            rates, self.thrust = self._own(mode)
        control = self._rates.control(vehicle.estimator.rates_rad_s, rates)
        return mixed(control, self.thrust)

    def _obeyed(self, demand: Demand | None) -> tuple[Wanted, float]:
        if demand is None:
            return (0.0, 0.0, 0.0), 0.0
        if demand.attitude is not None:
            return self._turning_to(demand.attitude), demand.thrust or 0.0
        return demand.rates_rad_s, demand.thrust or 0.0

    def _own(self, mode: Mode) -> tuple[Wanted, float]:
        vehicle = self._hardware
        landing = mode in (px4_modes.LAND, px4_modes.RTL)
        if vehicle.body.on_ground and mode != px4_modes.TAKEOFF:
            return (0.0, 0.0, 0.0), self._on_floor() if landing else IDLE
        self._floor_s = vehicle.time_s
        lift = self._climb.lift(self._climb_wanted(mode), vehicle.climb_m_s, CONTROL_S)
        level = mode in px4_modes.BY_HAND or not vehicle.estimator.has_position
        plane: Flat = (0.0, 0.0)
        if not level:
            estimate = vehicle.estimator
            wanted = self._way_home() if mode == px4_modes.RTL else (0.0, 0.0)
            plane = self._stop.acceleration(
                estimate.position_m, estimate.velocity_m_s, CONTROL_S, wanted
            )
        attitude, thrust_g = leaning(plane, lift, self._yaw_rad)
        thrust = clipped(vehicle.body.airframe.curve.throttle_for(thrust_g), 0.0, 1.0)
        if mode == px4_modes.TAKEOFF:
            thrust *= self._ramp()
        return self._turning_to(attitude), thrust

    def _climb_wanted(self, mode: Mode) -> float:
        vehicle = self._hardware
        since_s = vehicle.time_s - self._entered_s
        if mode == px4_modes.TAKEOFF:
            target_m = self.take_off_m
            if target_m is None:
                target_m = vehicle.parameters["MIS_TAKEOFF_ALT"]
            left_m = target_m - vehicle.altitude_m
            self.at_altitude = left_m < 0.2
            return clipped(TAKE_OFF_GAIN_PER_S * left_m, 0.0, TAKE_OFF_M_S)
        near = math.hypot(*vehicle.estimator.position_m[:2]) < NEAR_HOME_M
        if mode == px4_modes.LAND or (mode == px4_modes.RTL and near):
            return -LAND_M_S if since_s > BEFORE_DESCENT_S else 0.0
        if mode in px4_modes.BY_HAND:
            return 0.0
        if self._altitude_m is None and abs(vehicle.climb_m_s) < 0.1:
            self._altitude_m = vehicle.altitude_m
        if self._altitude_m is None:
            return 0.0
        return clipped(self._altitude_m - vehicle.altitude_m, -1.0, 1.0)

    def _on_floor(self) -> float:
        gone = (self._hardware.time_s - self._floor_s) / ON_FLOOR_S
        return max(0.0, self._hardware.body.airframe.hover_throttle * 0.8 * (1.0 - gone))

    def _ramp(self) -> float:
        vehicle = self._hardware
        if not vehicle.body.on_ground:
            return 1.0
        spooling_s = vehicle.parameters["COM_SPOOLUP_TIME"]
        return clipped((vehicle.time_s - self._entered_s - spooling_s) / RAMP_S, 0.0, 1.0)

    def _way_home(self) -> Flat:
        n, e = self._stop.place_m
        away = math.hypot(n, e)
        speed = min(RETURN_M_S, 0.8 * away)
        return (0.0, 0.0) if away < 0.1 else (-n / away * speed, -e / away * speed)

    def _turning_to(self, attitude: Quaternion) -> Wanted:
        actual = self._hardware.estimator.attitude
        return turning_to(actual, attitude, TILT_GAIN_PER_S, YAW_GAIN_PER_S)
