# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Modes of PX4: a main mode and, for those that fly by themselves, a sub mode."""

from __future__ import annotations

from typing import NamedTuple


class Mode(NamedTuple):
    """A mode as DO_SET_MODE names it."""

    main: int
    sub: int = 0

    @property
    def custom(self) -> int:
        """``custom_mode`` of HEARTBEAT and CURRENT_MODE."""
        return self.main << 16 | self.sub << 24


MANUAL, ALTCTL, POSCTL, ACRO, STABILIZED = Mode(1), Mode(2), Mode(3), Mode(5), Mode(7)
OFFBOARD, TERMINATION = Mode(6), Mode(10)
TAKEOFF, LOITER, RTL, LAND = Mode(4, 2), Mode(4, 3), Mode(4, 5), Mode(4, 6)

NAMES = {
    "MANUAL": MANUAL,
    "ALTCTL": ALTCTL,
    "POSCTL": POSCTL,
    "ACRO": ACRO,
    "STABILIZED": STABILIZED,
    "OFFBOARD": OFFBOARD,
    "TAKEOFF": TAKEOFF,
    "LOITER": LOITER,
    "RTL": RTL,
    "LAND": LAND,
    "TERMINATION": TERMINATION,
}
BY_HAND = (MANUAL, ALTCTL, POSCTL, ACRO, STABILIZED)
"""Modes that need a stick."""
NEED_POSITION = (POSCTL, TAKEOFF, LOITER, RTL)
NOT_FOR_TAKE_OFF = (RTL, LAND, TERMINATION)
"""Modes in which it does not arm."""


def name_of(mode: Mode) -> str:
    """Return the name of a mode."""
    return next((name for name, known in NAMES.items() if known == mode), str(mode.custom))


def mode_of(custom: int) -> Mode:
    """Return the mode of a ``custom_mode``."""
    return Mode(custom >> 16 & 0xFF, custom >> 24 & 0xFF)
