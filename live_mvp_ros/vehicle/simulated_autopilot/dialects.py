# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What tells the two autopilots apart, as data: their tables, and which firmware each builds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot import (
    ardupilot_modes,
    ardupilot_parameters,
    px4_modes,
    px4_parameters,
)
from live_mvp_ros.vehicle.simulated_autopilot.airframe import (
    ARDUPILOT_AIRFRAME,
    PX4_AIRFRAME,
    Airframe,
)
from live_mvp_ros.vehicle.simulated_autopilot.ardupilot_stack import ArduPilotStack
from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import AttitudeTarget
from live_mvp_ros.vehicle.simulated_autopilot.battery_charge import Battery
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware
from live_mvp_ros.vehicle.simulated_autopilot.motors import Throttles
from live_mvp_ros.vehicle.simulated_autopilot.parameter_table import Parameter
from live_mvp_ros.vehicle.simulated_autopilot.px4_stack import Px4Stack


class FlightStack(Protocol):
    """A firmware: what it flies, and what it answers. Results are MAV_RESULT."""

    @property
    def custom_mode(self) -> int: ...
    @property
    def intended_custom_mode(self) -> int: ...
    @property
    def mode_name(self) -> str: ...
    @property
    def base_mode(self) -> int: ...
    @property
    def system_status(self) -> int: ...
    @property
    def landed_state(self) -> int: ...
    @property
    def may_arm(self) -> bool: ...
    @property
    def thrust(self) -> float: ...
    @property
    def hears_setpoints(self) -> bool: ...

    def step(self, dt_s: float) -> Throttles: ...
    def hear_setpoint(self, target: AttitudeTarget) -> bool: ...
    def hear_heartbeat(self, message: Any) -> None: ...
    def set_mode(self, custom_mode: int) -> int: ...
    def take_over(self, mode_name: str) -> None: ...
    def arm(self, *, forced: bool) -> int: ...
    def disarm(self, *, forced: bool) -> int: ...
    def take_off(self, altitude_m: float) -> int: ...
    def land(self) -> int: ...
    def go_home(self) -> int: ...
    def terminate(self) -> int: ...


@dataclasses.dataclass(frozen=True)
class Dialect:
    """One kind of autopilot."""

    name: str
    autopilot: int
    """MAV_AUTOPILOT."""
    version: tuple[int, int, int, int]
    """Major, minor, patch and FIRMWARE_VERSION_TYPE."""
    airframe: Airframe
    battery: Callable[[], Battery]
    parameters: tuple[Parameter, ...]
    parameters_bytewise: bool
    build: Callable[[Hardware], FlightStack]
    first_heartbeat_s: float
    settle_s: float
    """Time after boot at which it has a position, and arms."""
    gyro_cutoff_hz: float
    rates_hz: Mapping[int, float]
    """Messages that it sends unasked."""
    not_sent: frozenset[int]
    """Messages that it does not know how to send."""
    fixed: frozenset[int]
    """Messages whose interval cannot be set."""
    grid_us: Mapping[int, int]
    """Least interval of a message, at whose multiples it is sent; others have the first, 0."""
    least_interval_us: Mapping[int, int]
    """No message comes more often, whatever is asked; 0 is for those not named."""
    interval_refused: int
    """MAV_RESULT for an interval that cannot be set."""
    texts_need_gcs: bool
    """Whether STATUSTEXT goes only to links on which a ground station is heard."""
    unused_must_be_empty: bool
    """Whether parameters that a command does not use must be 0 or NaN."""
    mode_is_main_and_sub: bool
    """Whether DO_SET_MODE gives a main and a sub mode, and not one number."""
    mode_names: tuple[str, ...]
    """Modes that a pilot can switch to."""
    url: Callable[[int], str]
    """Where it is found, by its system id."""


HEARTBEAT = mavlink.MAVLINK_MSG_ID_HEARTBEAT
CURRENT_MODE = mavlink.MAVLINK_MSG_ID_CURRENT_MODE
HIL_STATE_QUATERNION = mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION
ATTITUDE_TARGET = mavlink.MAVLINK_MSG_ID_ATTITUDE_TARGET
LOCAL_POSITION_NED = mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED
ODOMETRY = mavlink.MAVLINK_MSG_ID_ODOMETRY
TRUTH_HZ = 50.0

ARDUPILOT = Dialect(
    name="ardupilot",
    autopilot=mavlink.MAV_AUTOPILOT_ARDUPILOTMEGA,
    version=(4, 7, 0, 0),
    airframe=ARDUPILOT_AIRFRAME,
    battery=lambda: Battery(cells=3, drain_per_s=100.0 / 1200.0),
    parameters=ardupilot_parameters.PARAMETERS,
    parameters_bytewise=False,
    build=ArduPilotStack,
    first_heartbeat_s=1.0,
    settle_s=8.0,
    gyro_cutoff_hz=80.0,
    rates_hz={HEARTBEAT: 1.0, HIL_STATE_QUATERNION: TRUTH_HZ},
    not_sent=frozenset({ODOMETRY, CURRENT_MODE, mavlink.MAVLINK_MSG_ID_ALTITUDE}),
    fixed=frozenset(),
    grid_us={0: 2000},
    least_interval_us={0: 5600},  # 176 to 184 Hz came where 200 were asked for
    interval_refused=mavlink.MAV_RESULT_DENIED,
    texts_need_gcs=False,
    unused_must_be_empty=False,
    mode_is_main_and_sub=False,
    mode_names=tuple(ardupilot_modes.NAMES),
    url=lambda system_id: f"tcpin:127.0.0.1:{5760 + 10 * (system_id - 1)}",
)

PX4 = Dialect(
    name="px4",
    autopilot=mavlink.MAV_AUTOPILOT_PX4,
    version=(1, 18, 0, 64),
    airframe=PX4_AIRFRAME,
    battery=lambda: Battery(cells=4, drain_per_s=50.0 / 30.0, floor=50.0),
    parameters=px4_parameters.PARAMETERS,
    parameters_bytewise=True,
    build=Px4Stack,
    first_heartbeat_s=1.7,
    settle_s=4.8,
    gyro_cutoff_hz=40.0,
    rates_hz={
        HEARTBEAT: 1.0,
        HIL_STATE_QUATERNION: TRUTH_HZ,
        CURRENT_MODE: 0.5,
        ATTITUDE_TARGET: 10.0,
        LOCAL_POSITION_NED: 30.0,
        ODOMETRY: 30.0,
        mavlink.MAVLINK_MSG_ID_ATTITUDE: 100.0,
        mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: 50.0,
        mavlink.MAVLINK_MSG_ID_HIGHRES_IMU: 50.0,
        mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: 50.0,
        mavlink.MAVLINK_MSG_ID_TIMESYNC: 10.0,
        mavlink.MAVLINK_MSG_ID_ALTITUDE: 10.0,
        mavlink.MAVLINK_MSG_ID_VFR_HUD: 10.0,
        mavlink.MAVLINK_MSG_ID_SYS_STATUS: 5.0,
        mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: 5.0,
        mavlink.MAVLINK_MSG_ID_BATTERY_STATUS: 0.5,
    },
    not_sent=frozenset({mavlink.MAVLINK_MSG_ID_EKF_STATUS_REPORT}),
    fixed=frozenset({HEARTBEAT}),
    grid_us={0: 4000, LOCAL_POSITION_NED: 8000, ODOMETRY: 8000, ATTITUDE_TARGET: 8000},
    least_interval_us={0: 4000, CURRENT_MODE: 500_000},
    interval_refused=mavlink.MAV_RESULT_FAILED,
    texts_need_gcs=True,
    unused_must_be_empty=True,
    mode_is_main_and_sub=True,
    mode_names=tuple(px4_modes.NAMES),
    url=lambda system_id: f"udpout:127.0.0.1:{14539 + system_id}@{14579 + system_id}",
)

DIALECTS = {dialect.name: dialect for dialect in (ARDUPILOT, PX4)}
