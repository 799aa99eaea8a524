# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of imppi_controller: its own, and those of the controller and the mission."""

from __future__ import annotations

from typing import ClassVar

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.control import ControllerConfig, MissionConfig
from live_mvp_ros.ros.refusals import FARTHEST_M
from live_mvp_ros.vehicle.ladder import EscalationConfig


@configuration
class NodeConfig:
    """Parameters of imppi_controller; those of the controller itself have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("controller",)

    rate_hz: float = parameter(
        default=50.0, unit="Hz", low=5.0, high=500.0, help="Rate of commands, in node time."
    )
    late_periods: int = parameter(
        default=3,
        low=1,
        high=100,
        help="Hold when a plan takes so many periods or more, until one is in time again.",
    )
    autostart: bool = parameter(default=True, help="Explore as soon as everything is there.")
    goal_m: tuple[float, float, float] = parameter(
        default=(9.0, 5.0, 2.0),
        unit="m",
        low=-FARTHEST_M,
        high=FARTHEST_M,
        live=True,
        help="Where to go when nothing is left to explore, map frame; goal_pose replaces it.",
    )
    jump_limit_m: float = parameter(
        default=1.0,
        unit="m",
        low=0.05,
        high=1000.0,
        live=True,
        help="Hold until explore/start when map_to_odom moves the vehicle by more at once.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of the samples.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    controller: ControllerConfig = ControllerConfig()
    mission: MissionConfig = MissionConfig()
    escalation: EscalationConfig = EscalationConfig(odometry_age_max_s=1.0, odometry_old=("hold",))
