# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PX4 as seen from outside: modes, arming and what becomes of a setpoint (1.18)."""

from __future__ import annotations

import math
from typing import Any

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot import attitude_targets, px4_modes
from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import AttitudeTarget, Demand
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware
from live_mvp_ros.vehicle.simulated_autopilot.home import HOME_ALTITUDE_M
from live_mvp_ros.vehicle.simulated_autopilot.motors import STOPPED, Throttles
from live_mvp_ros.vehicle.simulated_autopilot.px4_failsafes import CHECK_S, Px4Failsafes
from live_mvp_ros.vehicle.simulated_autopilot.px4_flight import CONTROL_S, Px4Flight
from live_mvp_ros.vehicle.simulated_autopilot.px4_landing import LandDetector
from live_mvp_ros.vehicle.simulated_autopilot.px4_modes import Mode

ACCEPTED = mavlink.MAV_RESULT_ACCEPTED
REJECTED = mavlink.MAV_RESULT_TEMPORARILY_REJECTED
DENIED = mavlink.MAV_RESULT_DENIED
UNSUPPORTED = mavlink.MAV_RESULT_UNSUPPORTED
CRITICAL, INFO = 2, 6
DENIAL = "Arming denied: Resolve system health failures first"


class Px4Stack:
    """The firmware of one vehicle."""

    def __init__(self, hardware: Hardware) -> None:
        """Begin disarmed, in LOITER."""
        self._hardware = hardware
        self._intended = self._armable = px4_modes.LOITER
        self._mode = self._intended
        self._demand: Demand | None = None
        self._throttles: Throttles = STOPPED
        self._next_control_s = self._next_check_s = 0.0
        self._sticks = False
        self._flight = Px4Flight(hardware)
        self._land = LandDetector(hardware)
        self._failsafes = Px4Failsafes(hardware, self._intend, self._disarm)

    def step(self, dt_s: float) -> Throttles:
        """Return what the motors are told for the next step of the physics."""
        now_s = self._hardware.time_s
        if now_s >= self._next_check_s:
            self._next_check_s += CHECK_S
            self._failsafes.check(self._intended)
            self._follow()
        if now_s >= self._next_control_s:
            self._next_control_s += CONTROL_S
            self._throttles = self._flight.throttles(self._mode, self._demand)
            self._land.step(CONTROL_S, self._flight.thrust)
            reason = self._land.disarm_reason()
            if reason is not None:
                self._disarm(reason)
            if self._mode == px4_modes.TAKEOFF and self._flight.at_altitude:
                self._intend(px4_modes.LOITER)
        return self._throttles

    @property
    def custom_mode(self) -> int:
        """Mode that is flown."""
        return self._mode.custom

    @property
    def intended_custom_mode(self) -> int:
        """Mode that was asked for last."""
        return self._intended.custom

    @property
    def mode_name(self) -> str:
        """Name of the mode that is flown."""
        return px4_modes.name_of(self._mode)

    @property
    def base_mode(self) -> int:
        """``base_mode`` of the heartbeat."""
        by_itself = mavlink.MAV_MODE_FLAG_AUTO_ENABLED | mavlink.MAV_MODE_FLAG_GUIDED_ENABLED
        flags = mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED | mavlink.MAV_MODE_FLAG_STABILIZE_ENABLED
        if self._mode not in px4_modes.BY_HAND:
            flags |= by_itself
        return flags | (mavlink.MAV_MODE_FLAG_SAFETY_ARMED if self._hardware.armed else 0)

    @property
    def system_status(self) -> int:
        """MAV_STATE."""
        if self._failsafes.failed:
            return mavlink.MAV_STATE_CRITICAL
        return mavlink.MAV_STATE_ACTIVE if self._hardware.armed else mavlink.MAV_STATE_STANDBY

    @property
    def landed_state(self) -> int:
        """MAV_LANDED_STATE."""
        if self._land.landed:
            return mavlink.MAV_LANDED_STATE_ON_GROUND
        if self._mode == px4_modes.LAND:
            return mavlink.MAV_LANDED_STATE_LANDING
        if self._mode == px4_modes.TAKEOFF:
            return mavlink.MAV_LANDED_STATE_TAKEOFF
        return mavlink.MAV_LANDED_STATE_IN_AIR

    @property
    def may_arm(self) -> bool:
        """Whether it would arm in the present mode."""
        return self._refusal() is None

    @property
    def thrust(self) -> float:
        """Thrust that is asked of the motors."""
        return self._flight.thrust

    @property
    def hears_setpoints(self) -> bool:
        """Whether setpoints are flown now."""
        return self._hardware.armed and self._mode == px4_modes.OFFBOARD

    def hear_setpoint(self, target: AttitudeTarget) -> bool:
        """Take a setpoint; return whether it is valid: then it is proof of life in any mode."""
        demand = attitude_targets.px4_demand(target)
        if demand is None:
            return False
        self._demand, self._failsafes.proof_s = demand, self._hardware.time_s
        return True

    def hear_heartbeat(self, message: Any) -> None:
        """Take a heartbeat of somebody else."""
        if message.type == mavlink.MAV_TYPE_GCS:
            self._failsafes.gcs_s = self._hardware.time_s

    def set_mode(self, custom_mode: int) -> int:
        """Change the mode as DO_SET_MODE asks; return the result."""
        mode = px4_modes.mode_of(custom_mode)
        if mode == Mode(4):
            mode = px4_modes.LOITER
        if mode not in px4_modes.NAMES.values():
            return DENIED
        if self._mode == px4_modes.TERMINATION and self._hardware.armed:
            return REJECTED
        if self._hardware.armed and not self._can_fly(mode):
            return REJECTED
        self._sticks = False
        self._intend(mode)
        return ACCEPTED

    def take_over(self, mode_name: str) -> None:
        """Let a pilot with a stick take the vehicle; an unknown mode is POSCTL."""
        mode = px4_modes.NAMES.get(mode_name, px4_modes.POSCTL)
        if mode in px4_modes.BY_HAND:
            self._sticks = True
            self._hardware.tell(INFO, "Pilot took over using sticks")
        self._intend(mode)

    def arm(self, *, forced: bool) -> int:
        """Arm; forcing skips no check for an external sender."""
        del forced
        if self._hardware.armed:
            return ACCEPTED
        reason = self._refusal()
        if reason is not None:
            self._hardware.tell(CRITICAL, f"Preflight Fail: {reason}")
            self._hardware.tell(CRITICAL, DENIAL)
            return REJECTED
        self._hardware.armed = True
        self._land.arm()
        self._failsafes.clear()
        self._flight.enter(self._mode)
        self._hardware.tell(INFO, "Armed by external command")
        return ACCEPTED

    def disarm(self, *, forced: bool) -> int:
        """Disarm on the ground, or anywhere by force."""
        if self._hardware.armed and not self._land.landed and not forced:
            return REJECTED
        if self._hardware.armed:
            self._disarm("Disarmed by external command")
        return ACCEPTED

    def take_off(self, altitude_m: float) -> int:
        """Take off when armed, to a height above sea level; NaN is MIS_TAKEOFF_ALT above home."""
        above_m = altitude_m - HOME_ALTITUDE_M
        self._flight.take_off_m = above_m if math.isfinite(altitude_m) else None
        return self.set_mode(px4_modes.TAKEOFF.custom)

    def land(self) -> int:
        """Land here."""
        return self.set_mode(px4_modes.LAND.custom)

    def go_home(self) -> int:
        """Fly home and land."""
        return self.set_mode(px4_modes.RTL.custom)

    def terminate(self) -> int:
        """End all control, for good."""
        self._intend(px4_modes.TERMINATION)
        return ACCEPTED

    def _intend(self, mode: Mode) -> None:
        self._failsafes.clear()
        self._intended = mode
        if mode not in px4_modes.NOT_FOR_TAKE_OFF:
            self._armable = mode
        self._follow()

    def _follow(self) -> None:
        mode = self._failsafes.over or self._intended
        if mode != self._mode:
            self._mode = mode
            self._flight.enter(mode)

    def _disarm(self, reason: str) -> None:
        self._hardware.armed = False
        self._flight.disarm()
        self._throttles = STOPPED
        self._intend(self._armable)
        self._hardware.tell(INFO, reason)

    def _can_fly(self, mode: Mode) -> bool:
        if mode == px4_modes.OFFBOARD:
            return self._failsafes.stream_is_fresh()
        if mode in px4_modes.BY_HAND:
            return self._sticks
        return mode not in px4_modes.NEED_POSITION or self._hardware.estimator.has_position

    def _refusal(self) -> str | None:
        """Return why it does not arm now, None if it does."""
        vehicle = self._hardware
        if not vehicle.estimator.has_attitude:
            return "no heading reference"
        if not vehicle.estimator.has_position:
            return "no valid local position estimate"
        if vehicle.battery.charge <= 100.0 * vehicle.parameters["BAT_CRIT_THR"]:
            return "low battery"
        if self._mode in px4_modes.NOT_FOR_TAKE_OFF:
            return "mode not suitable for takeoff"
        if self._mode == px4_modes.OFFBOARD and not self._failsafes.stream_is_fresh():
            return "No offboard signal"
        if vehicle.parameters["NAV_DLL_ACT"] > 0 and not self._failsafes.has_gcs():
            return "No connection to the ground control station"
        return None
