# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of info_field: its rate and goal, and those of the field itself."""

from __future__ import annotations

from typing import ClassVar

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.planning import InfoFieldConfig
from live_mvp_ros.ros.refusals import FARTHEST_M
from live_mvp_ros.vehicle.odometry import DriftConfig


@configuration
class FieldConfig:
    """Parameters of info_field; those of the field itself have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("field",)

    rate_hz: float = parameter(
        default=5.0, unit="Hz", low=0.1, high=50.0, help="Highest rate of information fields."
    )
    goal_m: tuple[float, float, float] = parameter(
        default=(9.0, 5.0, 2.0),
        unit="m",
        low=-FARTHEST_M,
        high=FARTHEST_M,
        live=True,
        help="Where to go when nothing is left to explore. Counts only where nobody publishes "
        "exploration/goal, as imppi_controller does.",
    )
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    field: InfoFieldConfig = InfoFieldConfig()
    odometry: DriftConfig = DriftConfig()
