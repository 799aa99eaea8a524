# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Modes of ArduCopter, as HEARTBEAT.custom_mode numbers them."""

from __future__ import annotations

STABILIZE, ALT_HOLD, GUIDED, LOITER, RTL, LAND, BRAKE = 0, 2, 4, 5, 6, 9, 17

NAMES = {
    "STABILIZE": STABILIZE,
    "ALT_HOLD": ALT_HOLD,
    "GUIDED": GUIDED,
    "LOITER": LOITER,
    "RTL": RTL,
    "LAND": LAND,
    "BRAKE": BRAKE,
}
NEED_POSITION = (GUIDED, LOITER, RTL, BRAKE)
NOT_FOR_TAKE_OFF = (RTL, LAND, BRAKE)
"""Modes in which it does not arm."""
LEVEL = (STABILIZE, ALT_HOLD)
"""Modes that hold no place: the sticks are centred, and the throttle stands where it hovers."""


def name_of(mode: int) -> str:
    """Return the name of a mode."""
    return next((name for name, known in NAMES.items() if known == mode), str(mode))
