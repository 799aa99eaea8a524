# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The messages that an autopilot sends of itself, one function each.

Each returns None while it has nothing to tell, as without a position.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot import attitude_math
from live_mvp_ros.vehicle.simulated_autopilot.airframe import GRAVITY_M_S2
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import Vector
from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import AttitudeTarget
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware
from live_mvp_ros.vehicle.simulated_autopilot.home import HOME_ALTITUDE_M, latitude_longitude

ACCELEROMETER_SIGMA = ((0.1, 0.1, 0.1), (0.5, 1.7, 1.4))
"""m/s^2, each axis: motors off and on, as read in PX4's SIH."""
GYRO_SIGMA = ((0.01, 0.01, 0.01), (0.14, 0.07, 0.03))
NO_INFORMATION = 65535
DIAGONAL = (0, 6, 11, 15, 18, 20)
"""Where the diagonal is in the 21 numbers of a covariance."""
POSE_VARIANCE = (0.043, 0.043, 0.004, 0.0004, 0.0004, 0.034)
VELOCITY_VARIANCE = (0.011, 0.010, 0.001, 0.0, 0.0, 0.0)
SENSORS = 0x0000002F | 0x00002000 | 0x02000000 | 0x00200000
"""Gyro, accelerometer, compass, pressure, GPS; control; battery; attitude estimate."""
GPS_SENSOR, PREARM_CHECK = 0x00000020, 0x10000000


class Reporter(Protocol):
    """What a report is made of."""

    hardware: Hardware
    stack: Any
    """FlightStack."""
    dialect: Any
    """Dialect."""
    origin_m: Vector
    """Where it booted, NED from home."""
    last_target: AttitudeTarget | None
    """Last setpoint that was flown."""

    @property
    def time_us(self) -> int:
        """Since boot."""
        ...


def _milliseconds(of: Reporter) -> int:
    return of.time_us // 1000


def heartbeat(of: Reporter) -> Any:
    stack = of.stack
    return mavlink.MAVLink_heartbeat_message(
        mavlink.MAV_TYPE_QUADROTOR,
        of.dialect.autopilot,
        stack.base_mode,
        stack.custom_mode,
        stack.system_status,
        3,
    )


def sys_status(of: Reporter) -> Any:
    health = SENSORS | (PREARM_CHECK if of.stack.may_arm else 0)
    if not of.hardware.estimator.has_fix:
        health &= ~GPS_SENSOR
    battery = of.hardware.battery
    present = SENSORS | PREARM_CHECK
    return mavlink.MAVLink_sys_status_message(
        present,
        present,
        health,
        140,
        round(1000 * battery.voltage_v),
        1000,
        battery.percent,
        *(0,) * 6,
    )


def battery_status(of: Reporter) -> Any:
    battery = of.hardware.battery
    cell_mv = round(1000 * battery.voltage_v / battery.cells)
    voltages = [cell_mv] * battery.cells + [NO_INFORMATION] * (10 - battery.cells)
    return mavlink.MAVLink_battery_status_message(
        0, 0, mavlink.MAV_BATTERY_TYPE_LIPO, 2500, voltages, 1000, -1, -1, battery.percent
    )


def attitude(of: Reporter) -> Any:
    estimate = of.hardware.estimator
    if not estimate.has_attitude:
        return None
    angles = attitude_math.euler_of(estimate.attitude)
    return mavlink.MAVLink_attitude_message(_milliseconds(of), *angles, *estimate.rates_rad_s)


def attitude_quaternion(of: Reporter) -> Any:
    estimate = of.hardware.estimator
    if not estimate.has_attitude:
        return None
    return mavlink.MAVLink_attitude_quaternion_message(
        _milliseconds(of), *estimate.attitude, *estimate.rates_rad_s
    )


def local_position_ned(of: Reporter) -> Any:
    estimate = of.hardware.estimator
    if not estimate.has_position:
        return None
    return mavlink.MAVLink_local_position_ned_message(
        _milliseconds(of), *estimate.position_m, *estimate.velocity_m_s
    )


def odometry(of: Reporter) -> Any:
    estimate = of.hardware.estimator
    if not estimate.has_position:
        return None
    return mavlink.MAVLink_odometry_message(
        of.time_us,
        mavlink.MAV_FRAME_LOCAL_NED,
        mavlink.MAV_FRAME_LOCAL_NED,  # so the velocity is NED, too
        *estimate.position_m,
        list(estimate.attitude),
        *estimate.velocity_m_s,
        *estimate.rates_rad_s,
        _covariance(POSE_VARIANCE),
        _covariance(VELOCITY_VARIANCE),
        (11 + estimate.reset_counter) % 256,  # as it stands after boot
        mavlink.MAV_ESTIMATOR_TYPE_AUTOPILOT,
        0,
    )


def highres_imu(of: Reporter) -> Any:
    hardware = of.hardware
    draw = hardware.estimator.noise.gauss
    on = int(of.stack.thrust > 0.0)
    acceleration = [
        value + draw(0.0, sigma)
        for value, sigma in zip(
            hardware.body.specific_force_m_s2, ACCELEROMETER_SIGMA[on], strict=True
        )
    ]
    rates = [
        value + draw(0.0, sigma)
        for value, sigma in zip(hardware.body.rates_rad_s, GYRO_SIGMA[on], strict=True)
    ]
    altitude_m = HOME_ALTITUDE_M + hardware.altitude_m
    pressure_hpa = 1013.25 * (1.0 - 2.25577e-5 * altitude_m) ** 5.2559
    n, e, d = attitude_math.rotate(
        attitude_math.conjugate(hardware.body.attitude), (0.21, 0.01, 0.43)
    )
    return mavlink.MAVLink_highres_imu_message(
        of.time_us, *acceleration, *rates, n, e, d, pressure_hpa, 0.0, altitude_m, 20.0, 0x1FFF
    )


def attitude_target(of: Reporter) -> Any:
    """Echo the last rates; attitude and thrust are stale in rate mode, as PX4's are."""
    target = of.last_target
    rates = target.rates_rad_s if target is not None else (0.0, 0.0, 0.0)
    return mavlink.MAVLink_attitude_target_message(
        _milliseconds(of), 0, [1.0, 0.0, 0.0, 0.0], *rates, 0.0
    )


def global_position_int(of: Reporter) -> Any:
    estimate = of.hardware.estimator
    if not estimate.has_position:
        return None
    n, e, d = estimate.position_m
    latitude, longitude = latitude_longitude(n, e)
    heading = math.degrees(of.hardware.yaw_rad) % 360.0
    return mavlink.MAVLink_global_position_int_message(
        _milliseconds(of),
        round(1e7 * latitude),
        round(1e7 * longitude),
        round(1000.0 * (HOME_ALTITUDE_M - d)),
        round(-1000.0 * d),
        *_centimetres(estimate.velocity_m_s),
        round(100.0 * heading) % 36000,
    )


def gps_raw_int(of: Reporter) -> Any:
    estimate = of.hardware.estimator
    n, e, d = estimate.position_m
    latitude, longitude = latitude_longitude(n, e)
    speed = math.hypot(*estimate.velocity_m_s[:2])
    fix = mavlink.GPS_FIX_TYPE_3D_FIX if estimate.has_fix else mavlink.GPS_FIX_TYPE_NO_FIX
    return mavlink.MAVLink_gps_raw_int_message(
        of.time_us,
        fix,
        round(1e7 * latitude),
        round(1e7 * longitude),
        round(1000.0 * (HOME_ALTITUDE_M - d)),
        90 if estimate.has_fix else NO_INFORMATION,
        100 if estimate.has_fix else NO_INFORMATION,
        min(round(100.0 * speed), NO_INFORMATION),
        NO_INFORMATION,
        12 if estimate.has_fix else 0,
    )


def altitude(of: Reporter) -> Any:
    above_m = of.hardware.altitude_m
    absolute_m = HOME_ALTITUDE_M + above_m
    return mavlink.MAVLink_altitude_message(
        of.time_us, absolute_m, absolute_m, above_m, above_m, math.nan, math.nan
    )


def vfr_hud(of: Reporter) -> Any:
    hardware = of.hardware
    speed = math.hypot(*hardware.estimator.velocity_m_s[:2])
    heading = round(math.degrees(hardware.yaw_rad)) % 360
    return mavlink.MAVLink_vfr_hud_message(
        speed,
        speed,
        heading,
        round(100.0 * of.stack.thrust),
        HOME_ALTITUDE_M + hardware.altitude_m,
        hardware.climb_m_s,
    )


def extended_sys_state(of: Reporter) -> Any:
    return mavlink.MAVLink_extended_sys_state_message(0, of.stack.landed_state)


def current_mode(of: Reporter) -> Any:
    stack = of.stack
    return mavlink.MAVLink_current_mode_message(0, stack.custom_mode, stack.intended_custom_mode)


def timesync(of: Reporter) -> Any:
    return mavlink.MAVLink_timesync_message(0, 1000 * of.time_us)


def home_position(of: Reporter) -> Any:
    if not of.hardware.estimator.has_position:
        return None
    latitude, longitude = latitude_longitude(0.0, 0.0)
    return mavlink.MAVLink_home_position_message(
        round(1e7 * latitude),
        round(1e7 * longitude),
        round(1000.0 * HOME_ALTITUDE_M),
        *(0.0, 0.0, 0.0),
        [1.0, 0.0, 0.0, 0.0],
        *(0.0, 0.0, 0.0),
        of.time_us,
    )


def ekf_status_report(of: Reporter) -> Any:
    estimate = of.hardware.estimator
    flags = mavlink.ESTIMATOR_ATTITUDE if estimate.has_attitude else 0
    if estimate.has_position:
        flags |= (
            mavlink.ESTIMATOR_VELOCITY_HORIZ
            | mavlink.ESTIMATOR_VELOCITY_VERT
            | mavlink.ESTIMATOR_POS_HORIZ_REL
            | mavlink.ESTIMATOR_POS_HORIZ_ABS
            | mavlink.ESTIMATOR_POS_VERT_ABS
            | mavlink.ESTIMATOR_PRED_POS_HORIZ_REL
            | mavlink.ESTIMATOR_PRED_POS_HORIZ_ABS
        )
    else:
        flags |= mavlink.ESTIMATOR_CONST_POS_MODE
    variance = 0.05 if estimate.has_fix else 1.0
    return mavlink.MAVLink_ekf_status_report_message(
        flags, variance, variance, 0.05, 0.05, 0.0, 0.0
    )


def autopilot_version(of: Reporter) -> Any:
    major, minor, patch, kind = of.dialect.version
    encoding = (
        mavlink.MAV_PROTOCOL_CAPABILITY_PARAM_ENCODE_BYTEWISE
        if of.dialect.parameters_bytewise
        else mavlink.MAV_PROTOCOL_CAPABILITY_PARAM_ENCODE_C_CAST
    )
    capabilities = (
        encoding
        | mavlink.MAV_PROTOCOL_CAPABILITY_MAVLINK2
        | mavlink.MAV_PROTOCOL_CAPABILITY_COMMAND_INT
        | mavlink.MAV_PROTOCOL_CAPABILITY_SET_ATTITUDE_TARGET
    )
    version = major << 24 | minor << 16 | patch << 8 | kind
    nothing = [0] * 8
    return mavlink.MAVLink_autopilot_version_message(
        capabilities, version, 0, 0, 0, nothing, nothing, nothing, 0, 0, 0
    )


def hil_state_quaternion(of: Reporter) -> Any:
    """Tell the truth, as only simulators do, and when it was (PX4's SIH leaves the time out)."""
    body = of.hardware.body
    n, e, d = (p + o for p, o in zip(body.position_m, of.origin_m, strict=True))
    latitude, longitude = latitude_longitude(n, e)
    speed = round(100.0 * math.hypot(*body.velocity_m_s))
    force = [
        max(-32767, min(32767, round(1000 * f / GRAVITY_M_S2))) for f in body.specific_force_m_s2
    ]
    return mavlink.MAVLink_hil_state_quaternion_message(
        of.time_us,
        list(body.attitude),
        *body.rates_rad_s,
        round(1e7 * latitude),
        round(1e7 * longitude),
        round(1000.0 * (HOME_ALTITUDE_M - d)),
        *_centimetres(body.velocity_m_s),
        min(speed, NO_INFORMATION),
        min(speed, NO_INFORMATION),
        *force,
    )


REPORTS: dict[int, Callable[[Reporter], Any]] = {
    mavlink.MAVLINK_MSG_ID_HEARTBEAT: heartbeat,
    mavlink.MAVLINK_MSG_ID_SYS_STATUS: sys_status,
    mavlink.MAVLINK_MSG_ID_BATTERY_STATUS: battery_status,
    mavlink.MAVLINK_MSG_ID_ATTITUDE: attitude,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_QUATERNION: attitude_quaternion,
    mavlink.MAVLINK_MSG_ID_LOCAL_POSITION_NED: local_position_ned,
    mavlink.MAVLINK_MSG_ID_ODOMETRY: odometry,
    mavlink.MAVLINK_MSG_ID_HIGHRES_IMU: highres_imu,
    mavlink.MAVLINK_MSG_ID_ATTITUDE_TARGET: attitude_target,
    mavlink.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: global_position_int,
    mavlink.MAVLINK_MSG_ID_GPS_RAW_INT: gps_raw_int,
    mavlink.MAVLINK_MSG_ID_ALTITUDE: altitude,
    mavlink.MAVLINK_MSG_ID_VFR_HUD: vfr_hud,
    mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: extended_sys_state,
    mavlink.MAVLINK_MSG_ID_CURRENT_MODE: current_mode,
    mavlink.MAVLINK_MSG_ID_TIMESYNC: timesync,
    mavlink.MAVLINK_MSG_ID_HOME_POSITION: home_position,
    mavlink.MAVLINK_MSG_ID_EKF_STATUS_REPORT: ekf_status_report,
    mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION: autopilot_version,
    mavlink.MAVLINK_MSG_ID_HIL_STATE_QUATERNION: hil_state_quaternion,
}


def _covariance(diagonal: tuple[float, ...]) -> list[float]:
    numbers = [0.0] * 21
    for i, value in zip(DIAGONAL, diagonal, strict=True):
        numbers[i] = value
    return numbers


def _centimetres(velocity_m_s: Vector) -> tuple[int, int, int]:
    n, e, d = (max(-32767, min(32767, round(100.0 * v))) for v in velocity_m_s)
    return n, e, d
