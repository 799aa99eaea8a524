# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ArduCopter as seen from outside: modes, arming and what becomes of a setpoint (4.7-dev)."""

from __future__ import annotations

from typing import Any

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot import ardupilot_modes as modes
from live_mvp_ros.vehicle.simulated_autopilot import attitude_targets
from live_mvp_ros.vehicle.simulated_autopilot.ardupilot_failsafes import (
    CHECK_S,
    ArduPilotFailsafes,
)
from live_mvp_ros.vehicle.simulated_autopilot.ardupilot_flight import ArduPilotFlight
from live_mvp_ros.vehicle.simulated_autopilot.ardupilot_parameters import THRUST_AS_THRUST
from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import AttitudeTarget
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware
from live_mvp_ros.vehicle.simulated_autopilot.motors import Throttles

ACCEPTED = mavlink.MAV_RESULT_ACCEPTED
FAILED = mavlink.MAV_RESULT_FAILED
UNSUPPORTED = mavlink.MAV_RESULT_UNSUPPORTED
CRITICAL, INFO = 2, 6
DISARM_MARGIN_S = 0.9
"""What was measured on top of DISARM_DELAY."""


class ArduPilotStack:
    """The firmware of one vehicle."""

    def __init__(self, hardware: Hardware) -> None:
        """Begin disarmed, in STABILIZE."""
        self._hardware = hardware
        self._mode = modes.STABILIZE
        self._next_check_s = 0.0
        self._idle_since_s = 0.0
        self._flight = ArduPilotFlight(hardware)
        self._failsafes = ArduPilotFailsafes(hardware, self._go_into)

    def step(self, dt_s: float) -> Throttles:
        """Return what the motors are told for the next step of the physics."""
        del dt_s  # its control loop runs with every step
        now_s = self._hardware.time_s
        if now_s >= self._next_check_s:
            self._next_check_s += CHECK_S
            self._failsafes.check(self._mode)
            self._disarm_in_time()
        return self._flight.throttles(self._mode)

    @property
    def custom_mode(self) -> int:
        """Mode that is flown."""
        return self._mode

    @property
    def intended_custom_mode(self) -> int:
        """Mode that was asked for last: failsafes change it."""
        return self._mode

    @property
    def mode_name(self) -> str:
        """Name of the mode that is flown."""
        return modes.name_of(self._mode)

    @property
    def base_mode(self) -> int:
        """``base_mode`` of the heartbeat."""
        flags = mavlink.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED | mavlink.MAV_MODE_FLAG_STABILIZE_ENABLED
        if self._mode not in modes.LEVEL:
            flags |= mavlink.MAV_MODE_FLAG_GUIDED_ENABLED
        return flags | (mavlink.MAV_MODE_FLAG_SAFETY_ARMED if self._hardware.armed else 0)

    @property
    def system_status(self) -> int:
        """MAV_STATE."""
        if self._failsafes.failed:
            return mavlink.MAV_STATE_CRITICAL
        return mavlink.MAV_STATE_STANDBY if self._flight.landed else mavlink.MAV_STATE_ACTIVE

    @property
    def landed_state(self) -> int:
        """MAV_LANDED_STATE."""
        if self._flight.landed:
            return mavlink.MAV_LANDED_STATE_ON_GROUND
        if self._mode == modes.LAND:
            return mavlink.MAV_LANDED_STATE_LANDING
        if self._flight.take_off_m is not None:
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
        return self._hardware.armed and self._mode == modes.GUIDED

    def hear_setpoint(self, target: AttitudeTarget) -> bool:
        """Take a setpoint, in GUIDED; one that makes no sense stops the vehicle, silently."""
        if self._mode != modes.GUIDED:
            return False
        parameters = self._hardware.parameters
        demand = attitude_targets.ardupilot_demand(
            target,
            thrust_as_thrust=bool(int(parameters["GUID_OPTIONS"]) & THRUST_AS_THRUST),
            up_m_s=parameters["WPNAV_SPEED_UP"] / 100.0,
            down_m_s=parameters["WPNAV_SPEED_DN"] / 100.0,
        )
        if demand is None:
            self._flight.enter()
            return False
        self._flight.obey(demand)
        return True

    def hear_heartbeat(self, message: Any) -> None:
        """Take a heartbeat of somebody else: what counts is the system that it comes from."""
        if message.get_srcSystem() == int(self._hardware.parameters["MAV_GCS_SYSID"]):
            self._failsafes.gcs_s = self._hardware.time_s

    def set_mode(self, custom_mode: int) -> int:
        """Change the mode as DO_SET_MODE asks; return the result."""
        if custom_mode not in modes.NAMES.values():
            return FAILED
        if custom_mode in modes.NEED_POSITION and not self._hardware.estimator.has_position:
            name = modes.name_of(custom_mode)
            self._hardware.tell(CRITICAL, f"Mode change to {name} failed: requires position")
            return FAILED
        if custom_mode != self._mode:
            self._go_into(custom_mode)
        return ACCEPTED

    def take_over(self, mode_name: str) -> None:
        """Let a pilot switch the mode; an unknown mode is LOITER."""
        self._go_into(modes.NAMES.get(mode_name, modes.LOITER))

    def arm(self, *, forced: bool) -> int:
        """Arm; forcing skips the checks."""
        if self._hardware.armed:
            return ACCEPTED
        reason = self._refusal()
        if reason is not None and not forced:
            self._hardware.tell(CRITICAL, f"Arm: {reason}")
            return FAILED
        self._hardware.armed = True
        self._idle_since_s = self._hardware.time_s
        self._flight.enter()
        self._hardware.tell(INFO, "Arming motors")
        return ACCEPTED

    def disarm(self, *, forced: bool) -> int:
        """Disarm on the ground, or anywhere by force."""
        if self._hardware.armed and not self._flight.landed and not forced:
            return FAILED
        if self._hardware.armed:
            self._disarm()
        return ACCEPTED

    def take_off(self, altitude_m: float) -> int:
        """Take off to an altitude above home, armed and in GUIDED."""
        ready = self._hardware.armed and self._mode == modes.GUIDED
        if not ready or not 0.0 < altitude_m < 1000.0:
            return FAILED
        self._flight.enter()
        self._flight.take_off_m = altitude_m
        return ACCEPTED

    def land(self) -> int:
        """Land here."""
        return self.set_mode(modes.LAND)

    def go_home(self) -> int:
        """Fly home and land."""
        return self.set_mode(modes.RTL)

    def terminate(self) -> int:
        """Stop the motors (AFS_TERM_ACTION 42)."""
        self._disarm()
        return ACCEPTED

    def _go_into(self, mode: int) -> None:
        self._mode = mode
        self._flight.enter()

    def _disarm(self) -> None:
        self._hardware.armed = False
        self._flight.disarm()
        self._hardware.tell(INFO, "Disarming motors")

    def _disarm_in_time(self) -> None:
        """Disarm once landed: at once after a landing, else after a while."""
        vehicle, flight = self._hardware, self._flight
        if not vehicle.armed or not flight.landed or flight.wants_to_fly(self._mode):
            self._idle_since_s = vehicle.time_s
            return
        if self._mode in (modes.LAND, modes.RTL):
            self._disarm()
            return
        delay_s = vehicle.parameters["DISARM_DELAY"]
        if 0.0 < delay_s < vehicle.time_s - self._idle_since_s - DISARM_MARGIN_S:
            self._disarm()

    def _refusal(self) -> str | None:
        """Return why it does not arm now, None if it does."""
        vehicle = self._hardware
        if not vehicle.estimator.has_attitude:
            return "AHRS: not healthy"
        if self._mode in modes.NOT_FOR_TAKE_OFF:
            return f"{modes.name_of(self._mode)} mode not armable"
        if self._mode in modes.NEED_POSITION and not vehicle.estimator.has_position:
            return "Need Position Estimate"
        if vehicle.battery.voltage_v < vehicle.parameters["BATT_LOW_VOLT"]:
            return "Battery 1 below minimum arming voltage"
        return None
