# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a mission asks of its goal, whether there can be one or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from live_mvp_ros.ros.convert.field_messages import Field


class MissionGoal(Protocol):
    """The goal of a mission, or what stands in its place.

    Attributes:
        position_m: where it is [3], not finite where there is none.
    """

    position_m: np.ndarray

    @property
    def refusal(self) -> str:
        """Why no position can be a goal, a sentence; empty where it can."""

    def take_up(self, field: Field) -> None:
        """Take the goal that a planner was given before."""

    def set(self, position_m: Sequence[float]) -> None:
        """Replace the goal by a position [3] in the map frame."""

    def answered_by(self, field: Field | None) -> bool:
        """Return whether a field was computed for this goal, and for no other."""
