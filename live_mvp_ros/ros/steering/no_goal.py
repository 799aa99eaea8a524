# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The goal of who cannot fly to one: there is none, and who wishes for one is told so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import PoseStamped

from live_mvp_ros.ros import goal, qos
from live_mvp_ros.ros.convert.field_messages import Field
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError


class NoGoal:
    """Refuses goals, in the place of ``ros.goal.GoalOwner``.

    Attributes:
        refusal: what is said to who wishes for a goal, one sentence.
        position_m: nowhere [3].
    """

    def __init__(self, node: GraphNode, refusal: str) -> None:
        """Listen to wishes, and refuse them."""
        self.refusal, self.position_m = refusal, np.full(3, np.inf)
        node.listen(PoseStamped, goal.WISHES, qos.STATUS, self._on_wish)

    def take_up(self, field: Field) -> None:
        """Leave the goal of a planner alone."""

    def set(self, position_m: Sequence[float]) -> None:
        """Leave a goal alone that somebody else has refused already."""

    def answered_by(self, field: Field | None) -> bool:
        """Return whether there is a field: none answers another goal."""
        return field is not None

    def _on_wish(self, message: PoseStamped) -> None:
        raise InvalidMessageError(self.refusal)
