# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How large a world may be, and how far away: found out before anything of its size is made.

Needs no JAX, because launch files and commands ask before anything is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CELL_M = 0.1
"""Of the map in plan that a flight is scored on."""
MOST_CELLS = 1 << 24
"""In plan: a square of 409.6 m."""
FARTHEST_CORNER_M = 1000.0
"""From the origin, on every axis, as the parameters of the nodes have it."""


def problem_of(lower_m: Sequence[float], upper_m: Sequence[float]) -> str:
    """Return what is wrong with the bounds [x, y, z] of a world, empty for nothing."""
    across = (upper_m[i] - lower_m[i] for i in (0, 1))
    nx, ny = (math.ceil(side / CELL_M - 1e-6) for side in across)
    corners = (
        f"lower_m = {corner_text(lower_m)} and upper_m = {corner_text(upper_m)} are not allowed"
    )
    if nx * ny > MOST_CELLS:
        return (
            f"{corners}: in plan they make {nx} x {ny} cells of {CELL_M:g} m, at most"
            f" {MOST_CELLS} are allowed, such as 400 x 400 m (are they in metres?)"
        )
    if max(map(abs, (*lower_m, *upper_m))) > FARTHEST_CORNER_M:
        return (
            f"{corners}: no corner may lie more than {FARTHEST_CORNER_M:g} m from the origin"
            " on any axis: move the world there"
        )
    return ""


def corner_text(corner_m: Sequence[float]) -> str:
    """Return a corner [x, y, z] as a file has it."""
    return "[" + ", ".join(f"{value:g}" for value in corner_m) + "]"
