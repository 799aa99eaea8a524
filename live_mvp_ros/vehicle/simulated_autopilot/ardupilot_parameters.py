# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of ArduCopter that matter to who flies it from outside, as SITL boots with them."""

from __future__ import annotations

from live_mvp_ros.vehicle.simulated_autopilot.parameter_table import (
    INT8,
    INT16,
    INT32,
    REAL32,
    Parameter,
)

THRUST_AS_THRUST = 8
"""Bit of GUID_OPTIONS: without it the thrust of a setpoint is a climb rate."""

PARAMETERS = (
    Parameter("ATC_ANGLE_BOOST", 1, INT8),
    Parameter("BATT_FS_LOW_ACT", 0, INT8),
    Parameter("BATT_LOW_VOLT", 10.5, REAL32),
    Parameter("DISARM_DELAY", 10, INT8),
    Parameter("FS_EKF_ACTION", 1, INT8),
    Parameter("FS_GCS_ENABLE", 0, INT8),
    Parameter("FS_GCS_TIMEOUT", 5.0, REAL32),
    Parameter("GUID_OPTIONS", 0, INT32),
    Parameter("GUID_TIMEOUT", 3.0, REAL32),
    Parameter("LAND_SPEED", 50, INT16),
    Parameter("MAV_GCS_SYSID", 255, INT16),
    Parameter("MOT_THST_HOVER", 0.39, REAL32),  # which is not the true hover, 0.368
    Parameter("RTL_ALT", 1500, INT32),
    Parameter("WPNAV_SPEED_DN", 150.0, REAL32),
    Parameter("WPNAV_SPEED_UP", 250.0, REAL32),
)
"""Only those that the simulation obeys, and the hover throttle that a driver may be tempted by."""
