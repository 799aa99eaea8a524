# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The list of checks, in the order in which they are flown: what others rely on comes first."""

from __future__ import annotations

from live_mvp_ros.vehicle.conformance import (
    authority_checks,
    command_checks,
    frames_check,
    listening_check,
    response_checks,
    silence_checks,
)

CHECKS = (
    listening_check.ODOMETRY,
    frames_check.FRAMES,
    frames_check.LEG,
    response_checks.RATES,
    response_checks.THRUST,
    response_checks.HOVER,
    *silence_checks.SILENCES,
    command_checks.FROZEN,
    silence_checks.CONTROLLER_KILLED,
    silence_checks.LINK_CUT,
    silence_checks.DRIVER_FROZEN,
    *command_checks.WRONG,
    silence_checks.DRIVER_KILLED,
    authority_checks.PILOT,
    authority_checks.BATTERY,
    authority_checks.LANDING,
)
