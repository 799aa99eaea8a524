# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every node that steers is told, whatever else its parameters are."""

from __future__ import annotations

from typing import Protocol

from live_mvp_ros.control import ControllerConfig, MissionConfig
from live_mvp_ros.vehicle.ladder import EscalationConfig


class SteeringSettings(Protocol):
    """Parameters that mission, ladder and briefing read."""

    @property
    def controller(self) -> ControllerConfig:
        """Body, vehicle, fence and filter."""

    @property
    def mission(self) -> MissionConfig:
        """Limits of the mission."""

    @property
    def escalation(self) -> EscalationConfig:
        """The ladder of last resorts."""

    @property
    def jump_limit_m(self) -> float:
        """Hold when the vehicle jumps farther in the map."""
