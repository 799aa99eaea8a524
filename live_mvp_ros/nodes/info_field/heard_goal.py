# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The goal that a planner leads to: the owner's, where there is one, else the one of a wish.

All of it is the executor's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter

from live_mvp_ros.ros import goal, qos
from live_mvp_ros.ros.convert import headers
from live_mvp_ros.ros.node import GraphNode


class Goal(NamedTuple):
    """Where to go in the end [3], and the stamp of the message that says so; 0: our own."""

    position_m: np.ndarray
    stamp_ns: int


class HeardGoal:
    """Listens to who owns the goal, and until one is heard to wishes."""

    def __init__(self, node: GraphNode) -> None:
        """Know no goal, and refuse to set the parameter of ``node`` when it would mean nothing."""
        self._goal: Goal | None = None
        self._name = node.get_name()
        node.add_on_set_parameters_callback(self._refuse)
        node.listen(PoseStamped, goal.TOPIC, qos.LATCHED, self._on_goal)
        node.listen(PoseStamped, goal.WISHES, qos.STATUS, self._on_wish)

    def wanted(self, configured_m: Sequence[float]) -> Goal:
        """Return what was heard, or the configured goal where nothing was."""
        return self._goal or Goal(np.asarray(configured_m), 0)

    def _on_goal(self, message: PoseStamped) -> None:
        stamp_ns = headers.to_ns(message.header.stamp)
        self._goal = Goal(goal.goal_position_m(message), stamp_ns)

    def _on_wish(self, message: PoseStamped) -> None:
        position_m = goal.goal_position_m(message)
        if self._goal is None or not self._goal.stamp_ns:  # else the goal's owner hears it
            self._goal = Goal(position_m, 0)

    def _refuse(self, requested: list[Parameter]) -> SetParametersResult:
        """Refuse another goal of our own when the goal has an owner: it would mean nothing."""
        owned = self._goal is not None and self._goal.stamp_ns
        if owned and any(item.name == "goal_m" for item in requested):
            reason = (
                f"goal_m of {self._name} has no effect: the goal belongs to who publishes "
                f"{goal.TOPIC}; set that of imppi_controller, or publish {goal.WISHES}"
            )
            return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)
