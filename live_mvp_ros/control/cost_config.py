# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which cost terms the controller sums, and the weights of those that are traded: settings."""

from __future__ import annotations

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.control.costs import TERMS, USUAL_TERMS


@configuration
class CostConfig:
    """Weights of what is traded, and the limit of leaning; other limits are the body's."""

    terms: tuple[str, ...] = parameter(
        default=USUAL_TERMS, choices=tuple(TERMS), help="The terms that are summed."
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
