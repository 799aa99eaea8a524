# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far a place jumps in the map when somebody finds that the odometry frame lies elsewhere."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Jump(NamedTuple):
    """By how much a place moves in the map when the odometry frame does."""

    way_m: float
    turn_rad: float

    def __str__(self) -> str:
        return f"{self.way_m:.2f} m and {math.degrees(self.turn_rad):.1f} deg"


def jump_between(before: np.ndarray, after: np.ndarray, position_m: np.ndarray) -> Jump:
    """Return by how much a place [3] of the odometry frame moves between two T_map_odom [4, 4]."""
    turn = before[:3, :3].T @ after[:3, :3]
    way = (after - before)[:3, :3] @ position_m + (after - before)[:3, 3]
    cosine = 0.5 * (float(np.trace(turn)) - 1.0)
    return Jump(float(np.linalg.norm(way)), math.acos(min(1.0, max(-1.0, cosine))))
