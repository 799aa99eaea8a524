# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ArduCopter flies in each mode: from a mode and a demand to the throttles of the motors.

On the ground the motors stand until something wants to fly; then they spool up for 2.1 s, in which
thrust and rates are ignored. A demand that is older than GUID_TIMEOUT is level attitude and no
climb: nothing holds the place then.
"""

from __future__ import annotations

import math

from live_mvp_ros.vehicle.simulated_autopilot import ardupilot_modes as modes
from live_mvp_ros.vehicle.simulated_autopilot import attitude_math
from live_mvp_ros.vehicle.simulated_autopilot.airframe import GRAVITY_M_S2
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import Quaternion, Vector, clipped
from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import Demand
from live_mvp_ros.vehicle.simulated_autopilot.flight_laws import (
    Climb,
    Flat,
    Stop,
    leaning,
    turning_to,
)
from live_mvp_ros.vehicle.simulated_autopilot.hardware import STEP_S, Hardware
from live_mvp_ros.vehicle.simulated_autopilot.motors import STOPPED, Throttles, mixed
from live_mvp_ros.vehicle.simulated_autopilot.rate_loops import TargetFollower

SPOOL_UP_S = 2.1
LANDED_AFTER_S = 1.0
JERK_M_S3, ACCELERATION_M_S2, CLIMB_M_S2 = 5.0, 2.5, 1.0
TILT_GAIN_PER_S, YAW_GAIN_PER_S = 8.0, 2.5
RETURN_M_S, CONE_SLOPE, LOITER_S = 5.0, 3.0, 5.0
LEAST_COSINE = 0.5
"""Of the tilt, for the angle boost."""


class ArduPilotFlight:
    """The control loop, which remembers what its modes have begun."""

    def __init__(self, hardware: Hardware) -> None:
        """Begin on the ground."""
        self._hardware = hardware
        self._follower = TargetFollower(STEP_S)
        self._stop = Stop(JERK_M_S3, ACCELERATION_M_S2)
        self._climb = Climb(CLIMB_M_S2)
        self._level_climb = Climb(2.5)
        self._yaw_rad = 0.0
        self._resets = 0
        self._home_since_s: float | None = None
        self._spooling_since_s: float | None = None
        self._floor_s = 0.0
        self._demand: tuple[Demand, float] | None = None
        self._timed_out = False
        self.landed = True
        self.take_off_m: float | None = None
        """Altitude of a take-off that is being flown."""
        self.thrust = 0.0
        """Thrust asked of the mixer, 0 to 1."""

    def enter(self) -> None:
        """Begin with a mode, or stop in GUIDED: by position, from the velocity that it has."""
        estimate = self._hardware.estimator
        self._stop.enter(estimate.position_m, estimate.velocity_m_s, (0.0, 0.0))
        self._climb.enter(self._hardware.climb_m_s)
        self._yaw_rad = self._hardware.yaw_rad
        self._resets = estimate.reset_counter
        self._demand = self._home_since_s = self.take_off_m = None

    def obey(self, demand: Demand) -> None:
        """Fly a demand from now on, in GUIDED."""
        self._demand = (demand, self._hardware.time_s)
        self.take_off_m = None

    def disarm(self) -> None:
        """Stop the motors."""
        self._spooling_since_s = self._demand = self.take_off_m = None
        self.landed, self.thrust = True, 0.0

    def throttles(self, mode: int) -> Throttles:
        """Return the throttles of the next step in a mode."""
        vehicle = self._hardware
        if not vehicle.armed or not self._is_spooled(mode):
            self._follower.reset(vehicle.estimator.attitude)
            self.thrust = 0.0
            return STOPPED
        if vehicle.estimator.reset_counter != self._resets:
            self._resets = vehicle.estimator.reset_counter
            self._stop.shift(vehicle.estimator.last_jump_m)
        if mode == modes.GUIDED and self._demand is not None:
            rates, self.thrust = self._demanded(*self._demand)
        else:
            self._timed_out = False
            rates, self.thrust = self._own(mode)
        self._look_for_floor(mode)
        estimate = vehicle.estimator
        control = self._follower.control(estimate.attitude, estimate.rates_rad_s, rates)
        return mixed(control, self.thrust)

    def _is_spooled(self, mode: int) -> bool:
        if not self.landed:
            return True
        if not self.wants_to_fly(mode):
            self._spooling_since_s = None
            return False
        if self._spooling_since_s is None:
            self._spooling_since_s = self._hardware.time_s
        if self._hardware.time_s < self._spooling_since_s + SPOOL_UP_S:
            return False
        self.landed = False
        self._climb.enter(0.0)
        self._level_climb.enter(0.0)
        return True

    def wants_to_fly(self, mode: int) -> bool:
        """Return whether a mode wants off the ground, or to stay in the air."""
        if mode != modes.GUIDED:
            return False
        if self._demand is None:
            return self.take_off_m is not None
        demand, at_s = self._demand
        fresh = self._hardware.time_s - at_s <= self._hardware.parameters["GUID_TIMEOUT"]
        return fresh and (demand.climb_m_s if demand.thrust is None else demand.thrust) > 0.0

    def _look_for_floor(self, mode: int) -> None:
        vehicle = self._hardware
        down = vehicle.body.on_ground and not self.wants_to_fly(mode)
        self._floor_s = self._floor_s + STEP_S if down else 0.0
        if self._floor_s > LANDED_AFTER_S:
            self._floor_s, self._spooling_since_s = 0.0, None
            self.landed = True

    def _demanded(self, demand: Demand, at_s: float) -> tuple[Vector, float]:
        vehicle = self._hardware
        if vehicle.time_s - at_s > vehicle.parameters["GUID_TIMEOUT"]:
            if not self._timed_out:
                self._timed_out, self._yaw_rad = True, vehicle.yaw_rad
                self._level_climb.enter(vehicle.climb_m_s)
            return self._level(0.0)
        self._timed_out = False
        rates = demand.rates_rad_s
        turning = (rates[0] or 0.0, rates[1] or 0.0, rates[2] or 0.0)
        if demand.attitude is not None:
            x, y, z = self._turning_to(demand.attitude)
            turning = (x + turning[0], y + turning[1], z + turning[2])
        cosine = attitude_math.cosine_of_tilt(vehicle.estimator.attitude)
        if demand.thrust is None:
            lift = self._level_climb.lift(demand.climb_m_s, vehicle.climb_m_s, STEP_S)
            return turning, self._throttle_for(lift / GRAVITY_M_S2 / max(cosine, LEAST_COSINE))
        boost = 1.0
        if vehicle.parameters["ATC_ANGLE_BOOST"]:
            boost = 1.0 / clipped(cosine, LEAST_COSINE, 1.0)
        return turning, min(1.0, demand.thrust * boost)

    def _level(self, climb_m_s: float) -> tuple[Vector, float]:
        vehicle = self._hardware
        lift = self._level_climb.lift(climb_m_s, vehicle.climb_m_s, STEP_S)
        attitude, thrust_g = leaning((0.0, 0.0), lift, self._yaw_rad)
        return self._turning_to(attitude), self._throttle_for(thrust_g)

    def _own(self, mode: int) -> tuple[Vector, float]:
        vehicle = self._hardware
        if mode in modes.LEVEL:
            return self._level(0.0)
        if not vehicle.estimator.has_position:
            return self._level(-vehicle.parameters["LAND_SPEED"] / 100.0)
        estimate = vehicle.estimator
        wanted: Flat = (0.0, 0.0)
        climb_m_s = self._climb_wanted(mode)
        if mode == modes.RTL:
            wanted = self._way_home()
        plane = self._stop.acceleration(estimate.position_m, estimate.velocity_m_s, STEP_S, wanted)
        lift = self._climb.lift(climb_m_s, vehicle.climb_m_s, STEP_S)
        attitude, thrust_g = leaning(plane, lift, self._yaw_rad)
        if vehicle.body.on_ground and climb_m_s <= 0.0:
            return (0.0, 0.0, 0.0), 0.0
        return self._turning_to(attitude), self._throttle_for(thrust_g)

    def _climb_wanted(self, mode: int) -> float:
        vehicle = self._hardware
        up_m_s = vehicle.parameters["WPNAV_SPEED_UP"] / 100.0
        down_m_s = vehicle.parameters["LAND_SPEED"] / 100.0
        if self.take_off_m is not None:
            left_m = self.take_off_m - vehicle.altitude_m
            if left_m < 0.05:
                self.take_off_m = None
            return clipped(math.sqrt(max(0.0, 2.0 * 0.9 * CLIMB_M_S2 * left_m)), 0.0, up_m_s)
        if mode == modes.LAND:
            return -down_m_s
        if mode == modes.RTL:
            return self._return_climb(up_m_s, down_m_s)
        return 0.0

    def _return_climb(self, up_m_s: float, down_m_s: float) -> float:
        vehicle = self._hardware
        away_m = math.hypot(*self._stop.place_m)
        if self._home_since_s is None and away_m < 0.5:
            self._home_since_s = vehicle.time_s
        if self._home_since_s is not None:
            return -down_m_s if vehicle.time_s > self._home_since_s + LOITER_S else 0.0
        left_m = (
            min(vehicle.parameters["RTL_ALT"] / 100.0, CONE_SLOPE * away_m) - vehicle.altitude_m
        )
        return clipped(left_m, 0.0, up_m_s)

    def _way_home(self) -> Flat:
        n, e = self._stop.place_m
        away = math.hypot(n, e)
        speed = min(RETURN_M_S, 0.8 * away)
        return (0.0, 0.0) if away < 0.1 else (-n / away * speed, -e / away * speed)

    def _turning_to(self, attitude: Quaternion) -> Vector:
        return turning_to(self._follower.target, attitude, TILT_GAIN_PER_S, YAW_GAIN_PER_S)

    def _throttle_for(self, thrust_g: float) -> float:
        return clipped(self._hardware.body.airframe.curve.throttle_for(thrust_g), 0.0, 1.0)
