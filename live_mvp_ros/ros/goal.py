# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The goal of a mission has one owner, the controller; everybody else reads ``exploration/goal``.

It is latched, so that a planner that comes later, or again, knows it too. Its stamp is its name:
no two goals have the same, and a field says which one it answers. So an owner that comes again has
it from the planner: nothing is published before the first field has come, or somebody has asked
for a goal. How near to it is near enough is the mission's to say, and stands in
``exploration/status``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import PoseStamped

from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.planning.frame import GOAL_TOLERANCE_M
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import headers, pose_messages
from live_mvp_ros.ros.convert.field_messages import Field
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import FARTHEST_M, InvalidMessageError

WISHES = "goal_pose"
"""Where anybody may ask for another goal, such as RViz's 2D Goal Pose."""
TOPIC = "exploration/goal"
_SAME_M = 1e-3


class GoalOwner:
    """Owns the goal: from the parameter, until somebody asks for another one.

    Attributes:
        position_m: where it is [3], map frame.
        refusal: why nobody may wish for a goal; empty, since everybody may.
    """

    def __init__(self, node: GraphNode, configured_m: tuple[float, float, float]) -> None:
        """Listen to wishes; the configured goal holds, but is not published yet."""
        self._node = node
        self._out = node.publisher(PoseStamped, TOPIC, qos.LATCHED)
        self._stamp_ns = 0
        self._configured_m, self.refusal = configured_m, ""
        self.position_m = np.asarray(configured_m, float)
        node.listen(PoseStamped, WISHES, qos.STATUS, self._on_wish)

    def _on_wish(self, message: PoseStamped) -> None:
        self.set(goal_position_m(message).tolist())

    def take_up(self, field: Field) -> None:
        """Take the goal that a planner was given before, if any, unless there is a newer one."""
        if self._stamp_ns:
            return
        if field.goal_stamp_ns:
            self._publish(field.goal_m, field.goal_stamp_ns)
        else:
            self.set(self._configured_m)

    def set(self, position_m: Sequence[float]) -> None:
        """Replace the goal by a position [3] in the map frame."""
        now_ns = self._node.get_clock().now().nanoseconds  # stands still in a paused simulation
        self._publish(position_m, max(now_ns, self._stamp_ns + 1))

    def _publish(self, position_m: Sequence[float] | np.ndarray, stamp_ns: int) -> None:
        self._stamp_ns = stamp_ns
        self.position_m = np.asarray(position_m, float)
        pose = pose_messages.pose(self.position_m, (1.0, 0.0, 0.0, 0.0))
        self._out.publish(PoseStamped(header=headers.header(self._stamp_ns, MAP), pose=pose))

    def configure(self, configured_m: tuple[float, float, float]) -> None:
        """Take the parameter: one that has been changed replaces the goal."""
        if configured_m != self._configured_m:
            self._configured_m = configured_m
            self.set(configured_m)

    def answered_by(self, field: Field | None) -> bool:
        """Return whether a field was computed for this goal, and for no other.

        A planner that has not heard of a goal answers the one it was configured with.
        """
        if field is None or field.goal_stamp_ns:
            return field is not None and field.goal_stamp_ns == self._stamp_ns
        return bool(np.allclose(field.goal_m, self.position_m, atol=_SAME_M))


def tolerance_m(status: ExplorationStatus) -> float:
    """Return from where the goal counts as reached [m], as the mission's status says it."""
    told_m = status.goal_tolerance_m
    return told_m if 0.0 < told_m <= FARTHEST_M else GOAL_TOLERANCE_M  # NaN says nothing


def goal_position_m(message: PoseStamped) -> np.ndarray:
    """Return the position [3] of a goal.

    Raises:
        InvalidMessageError: wrong frame, or a value that is not usable.
    """
    if message.header.frame_id != MAP:
        raise InvalidMessageError(f"its frame is {message.header.frame_id!r} instead of {MAP}")
    return pose_messages.pose_arrays(message.pose)[0]
