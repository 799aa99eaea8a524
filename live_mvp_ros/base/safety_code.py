# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Why a command was not flown as it was asked for: one list for filter, ladder, message, report.

The numbers below 10 are those of the last filter, which answers one command; those from 10 on are
reasons of the escalation ladder, which last.
"""

from __future__ import annotations

import enum


class SafetyCode(enum.IntEnum):
    """Reasons, numbered as in ExplorationStatus.safety_code.

    The filter asks in this order, and tells the last one that had something to change.
    """

    CLEAR = 0
    """Nothing was changed."""
    ACTUATOR = 1
    """The command asked for more thrust or a faster turn than the vehicle has."""
    SPEED = 2
    """Too fast."""
    FENCE = 3
    """About to leave the geofence or the altitude band, or outside of it."""
    LEAN = 4
    """Leans too far, or is about to."""
    OBSTACLE = 5
    """It could not have stopped before what is not known to be free."""
    NOT_FINITE = 6
    """The command or the state is not a number."""
    ODOMETRY_OLD = 10
    """No odometry for too long."""
    POSITION_UNCERTAIN = 11
    """The odometry says itself that it is not to be trusted."""
    OFF_TRACK = 12
    """The vehicle is not where its commands should have led it."""
    COMMANDS_LATE = 13
    """The controller is silent."""
    LINK_WEAK = 14
    """The link to the ground or to the autopilot is bad."""
    TILTED = 15
    """It leans so far that it is out of control."""


def code_name(number: int) -> str:
    """Return the name of a code; one that is not known here is told by its number."""
    try:
        return SafetyCode(number).name
    except ValueError:
        return f"UNKNOWN_{number}"
