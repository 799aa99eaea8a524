# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the information field: the sensor, what is worth a look, and how far to go."""

from __future__ import annotations

import math

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.planning import progress
from live_mvp_ros.vehicle import BodyConfig

FINISH = ("thorough", "rate", "share")


@configuration
class InfoFieldConfig:
    """Settings of the information field, the guidance and the reference path."""

    fov_rad: float = parameter(
        default=math.radians(80.0),
        unit="rad",
        low=0.1,
        high=2.0 * math.pi,
        help="Horizontal field of view.",
    )
    range_m: float = parameter(
        default=7.0,
        unit="m",
        low=0.5,
        high=50.0,
        help="Range within which a look makes cells known.",
    )
    noise_sigma_m: float = parameter(
        default=0.15, unit="m", low=0.0, high=1.0, help="Standard deviation of the measured range."
    )
    n_directions: int = parameter(
        default=48, low=8, high=256, help="Directions of the sweep; a multiple of 8."
    )
    local_half_width_m: float = parameter(
        default=5.0,
        unit="m",
        low=0.5,
        high=20.0,
        help="Half width of the yaw-resolved local gain.",
    )
    unknown_occupancy: float = parameter(
        default=0.1,
        low=0.02,
        high=0.5,
        live=True,
        help="Occupancy expected of an unknown cell: the less, the more its depth counts.",
    )
    wall_gap_m: float = parameter(
        default=0.4,
        unit="m",
        low=0.0,
        high=2.0,
        help="Unknown gaps in a wall up to this wide are no reason to fly there, and are taken "
        "for wall when nothing else is left; 0 to look into every one.",
    )
    enough_share: float = parameter(
        default=0.85,
        low=0.01,
        high=1.0,
        live=True,
        help="Share of the best look's gain from which on a look is worth going to.",
    )
    look_patience_s: float = parameter(
        default=1.5,
        unit="s",
        low=0.05,
        high=60.0,
        live=True,
        help="How long a cell may stay unknown in plain view before it is given up.",
    )
    finish: str = parameter(
        default="thorough",
        choices=FINISH,
        help="How far to go: everything that can become known, what is worth its time, a share.",
    )
    finish_rate_m2_s: float = parameter(
        default=0.1,
        unit="m2/s",
        low=0.0,
        high=100.0,
        live=True,
        help="With finish = rate: area per second of flight below which a leftover is left.",
    )
    finish_share: float = parameter(
        default=0.95,
        low=0.01,
        high=1.0,
        live=True,
        help="With finish = share: explored share from which on the rest is left.",
    )
    body: BodyConfig = BodyConfig()
    progress: progress.ProgressConfig = progress.ProgressConfig()

    def check(self) -> str | None:
        """Return what is wrong between fields, if anything."""
        if self.n_directions % 8:
            return f"n_directions = {self.n_directions} is not allowed: it must be a multiple of 8"
        if self.finish == "rate" and not self.finish_rate_m2_s > 0.0:
            return (
                f"finish_rate_m2_s = {self.finish_rate_m2_s:g} is not allowed with finish = rate: "
                "it must be more than 0"
            )
        return None
