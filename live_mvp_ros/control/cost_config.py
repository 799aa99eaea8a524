# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which cost terms the controller sums, and their weights.

Costs are rates (per second), so that a weight keeps its meaning when the horizon step changes.
A published weight per step of 0.05 s is 20 times its value here (10 (z - z_ref)^2 per step is
200 per second); the temperature of the optimiser is scaled likewise.
"""

from __future__ import annotations

from live_mvp_ros.config import configuration, parameter

TERM_NAMES = (
    "obstacle",
    "bounds",
    "altitude",
    "speed",
    "tilt",
    "effort",
    "yaw_rate",
    "guidance",
    "look",
    "reference",
    "goal",
)

# What keeps a limit is no matter of taste: so steep that no pull of field and look, at any weight
# that makes sense, leads beyond it. The limits themselves are settings, most of them the body's.
OBSTACLE_WEIGHT = 1000.0
"""Cost of contact [1/s]: as much as to be 10 m behind on the way."""
PROXIMITY_WEIGHT = 10.0
"""Cost of flying just short of contact [1/s]: enough to centre in a door, not to avoid it."""
BOUNDS_WEIGHT = 1000.0
"""Cost of leaving the geofence [1/(m s)]: ten times the pull of the field."""
SPEED_WEIGHT = 150.0
"""Cost of exceeding the speed limit [s/m^2]: it limits within 10 % over 0.1 s."""
TILT_WEIGHT = 100.0
"""Cost of leaning beyond the limit [1/s]."""
EFFORT_WEIGHT = 0.05
"""Cost of thrust and rates away from hover, squared [mixed]: so little that it only chooses among
plans that are alike in all else."""
YAW_RATE_WEIGHT = 40.0
"""Cost of turning faster than the limit [s/rad^2]."""


@configuration
class CostConfig:
    """Weights of what is traded, and the limit of leaning; other limits are the body's."""

    terms: tuple[str, ...] = parameter(
        default=TERM_NAMES[:-1], choices=TERM_NAMES, help="The terms that are summed."
    )
    altitude_weight: float = parameter(
        default=400.0,
        unit="1/(m^2 s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Cost of leaving the altitude.",
    )
    tilt_max_rad: float = parameter(
        default=0.35,
        unit="rad",
        low=0.05,
        high=1.2,
        live=True,
        help="Lean from which on it costs.",
    )
    guidance_weight: float = parameter(
        default=100.0,
        unit="1/(m s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Pull of the information field.",
    )
    look_weight: float = parameter(
        default=500.0,
        unit="1/s",
        low=0.0,
        high=1e4,
        live=True,
        help="Pull towards headings that teach.",
    )
    reference_weight: float = parameter(
        default=60.0,
        unit="1/(m s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Pull towards the reference path (sequential architecture only).",
    )
    goal_weight: float = parameter(
        default=4.0,
        unit="1/(m s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Straight pull towards the goal (term goal).",
    )
