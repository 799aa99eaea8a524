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


@configuration
class CostConfig:
    """Weights of the cost terms; distances and limits are the body's."""

    terms: tuple[str, ...] = parameter(
        default=TERM_NAMES[:-1], choices=TERM_NAMES, help="The terms that are summed."
    )
    obstacle_weight: float = parameter(
        default=1000.0, unit="1/s", low=0.0, high=1e6, live=True, help="Cost of contact."
    )
    proximity_weight: float = parameter(
        default=10.0,
        unit="1/s",
        low=0.0,
        high=1e6,
        live=True,
        help="Cost of flying just short of contact.",
    )
    bounds_weight: float = parameter(
        default=1000.0,
        unit="1/(m s)",
        low=0.0,
        high=1e6,
        live=True,
        help="Cost of leaving the geofence.",
    )
    altitude_weight: float = parameter(
        default=400.0,
        unit="1/(m^2 s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Cost of leaving the altitude.",
    )
    speed_weight: float = parameter(
        default=150.0,
        unit="s/m^2",
        low=0.0,
        high=1e4,
        live=True,
        help="Cost of exceeding the speed limit.",
    )
    tilt_weight: float = parameter(
        default=100.0,
        unit="1/s",
        low=0.0,
        high=1e4,
        live=True,
        help="Cost of leaning beyond the limit.",
    )
    tilt_max_rad: float = parameter(
        default=0.35,
        unit="rad",
        low=0.05,
        high=1.2,
        live=True,
        help="Lean from which on it costs.",
    )
    effort_weight: float = parameter(
        default=0.05,
        low=0.0,
        high=1e3,
        live=True,
        help="Cost of thrust and rates away from hover, squared.",
    )
    yaw_rate_weight: float = parameter(
        default=40.0, low=0.0, high=1e3, live=True, help="Cost of turning faster than the limit."
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
