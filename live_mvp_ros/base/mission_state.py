# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a mission is doing: one list of states for mission, message, monitor and viewer."""

from __future__ import annotations

import enum


class MissionState(enum.IntEnum):
    """States, numbered as in ExplorationStatus, which says what each means."""

    WAITING_FOR_ODOM = 0
    WAITING_FOR_MAP = 1
    EXPLORING = 2
    GOING_TO_GOAL = 3
    DONE = 4
    HOLDING = 5
    FAULT = 6


_WAITING = (MissionState.WAITING_FOR_ODOM, MissionState.WAITING_FOR_MAP)
_FLOWN = (MissionState.EXPLORING, MissionState.GOING_TO_GOAL, MissionState.DONE)
WAITING = tuple(state.name for state in _WAITING)
"""Names of the states before the first plan."""
HAVE_FLOWN = tuple(state.name for state in _FLOWN)
"""Names of the states that no mission reaches on the ground."""
OVER = (MissionState.DONE.name, MissionState.FAULT.name)
"""Names of the states that are not left."""


def state_name(number: int) -> str:
    """Return the name of a state; one that is not known here is told by its number."""
    try:
        return MissionState(number).name
    except ValueError:
        return f"UNKNOWN_{number}"
