# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the sensor is on the vehicle, and where the odometry frame lies in the map, at a time.

Mounts come on ``tf_static`` and, of a gimbal, on ``tf``. Where somebody else knows where the
odometry frame lies, a SLAM, he says so on ``tf``, and whoever flies by the map hears of it on
``map_to_odom``. When that jumps, because a loop was closed, the map stays as it is: what was seen
before lies where it was taken for then.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import TransformStamped
from tf2_msgs.msg import TFMessage

from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import pose_messages
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState, moved
from live_mvp_ros.ros.frame_jumps import Jump, jump_between
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.tf2_transforms import transforms
from live_mvp_ros.ros.transforms import add_all

PERIOD_S = 0.05
SAID_M, SAID_RAD = 0.1, math.radians(2.0)
"""A jump of more is worth a line in the log."""
_CHANGED = 1e-4


class FrameInput:
    """Frames as heard on tf; used by one thread."""

    def __init__(
        self, node: GraphNode, frames: Frames, external: bool, follow: Callable[..., None]
    ) -> None:
        """Listen on ``node``.

        Args:
            node: whose health counts what cannot be used.
            frames: of the vehicle.
            external: somebody on tf says where the odometry frame lies.
            follow: gets each transform map -> odom that is another one than before.
        """
        self._node, self._frames, self._external = node, frames, external
        self._follow = follow
        self._transforms = transforms()
        self._T_map_odom: np.ndarray | None = None
        self._at = np.zeros(3, np.float32)
        self._jumps, self._last = 0, Jump(0.0, 0.0)
        self.take = node.poll(TFMessage, "tf", qos.TRANSFORM, self._on_moving, PERIOD_S)
        node.listen(TFMessage, "tf_static", qos.TRANSFORM_STATIC, self._on_fixed)

    def mount(self, frame: str, stamp_ns: int) -> np.ndarray:
        """Return T_base_frame [4, 4] at a time.

        Raises:
            NoTransformError: it is not known.
        """
        return self._transforms.lookup(self._frames.base_link, frame, stamp_ns)

    def in_map(self, state: VehicleState) -> VehicleState:
        """Return the state of the vehicle in the map, by its odometry.

        Raises:
            NoTransformError: nobody has said where the odometry frame lies then.
        """
        if not self._external:
            return state
        self._at = state.position
        T_map_odom = self._transforms.lookup(MAP, self._frames.odom, state.stamp_ns)
        return moved(state, T_map_odom)

    def values(self) -> dict[str, str]:
        """Return what diagnostics show."""
        if not self._external:
            return {}
        said = f", the last by {self._last}" if self._jumps else ""
        return {"map_to_odom_jumps": f"{self._jumps}{said}"}

    def _on_fixed(self, message: TFMessage) -> None:
        self._add(message, fixed=True)

    def _on_moving(self, message: TFMessage) -> None:
        self._add(message, fixed=False)

    def _add(self, message: TFMessage, fixed: bool) -> None:
        for problem in add_all(self._transforms, message.transforms, fixed):
            self._node.health.refused("tf_static" if fixed else "tf", problem)
        if self._external:
            for item in message.transforms:
                if (item.header.frame_id, item.child_frame_id) == (MAP, self._frames.odom):
                    self._hear(item)

    def _hear(self, item: TransformStamped) -> None:
        """Take note of where the odometry frame lies now."""
        try:
            T_map_odom = pose_messages.transform_arrays(item)
        except InvalidMessageError:
            return  # counted already
        before, self._T_map_odom = self._T_map_odom, T_map_odom
        if before is None or np.abs(T_map_odom - before).max() > _CHANGED:
            self._follow(item)
        if before is None:
            return
        jump = jump_between(before, T_map_odom, self._at)
        if jump.way_m > SAID_M or jump.turn_rad > SAID_RAD:
            self._jumps, self._last = self._jumps + 1, jump
            self._node.get_logger().warning(
                f"map -> odom has jumped by {jump} where the vehicle is: the map stays as it is"
            )
