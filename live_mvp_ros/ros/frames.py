# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frame names (REP 105) of one vehicle, and the fixed transforms that others publish.

map -> <prefix>odom -> <prefix>base_link -> <prefix>depth_camera_link ->
<prefix>depth_camera_optical_frame. All vehicles share ``map``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry

from live_mvp_ros.ros.convert.pose_messages import transform_arrays
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState, vehicle_state
from live_mvp_ros.ros.refusals import InvalidMessageError

MAP = "map"
MOST_FRAMES = 1000


@dataclasses.dataclass(frozen=True)
class Frames:
    """The frames of the vehicle whose names begin with ``prefix``."""

    prefix: str = ""

    @property
    def odom(self) -> str:
        """Return the frame in which odometry is given."""
        return f"{self.prefix}odom"

    @property
    def base_link(self) -> str:
        """Return the body frame (FLU)."""
        return f"{self.prefix}base_link"

    @property
    def camera_link(self) -> str:
        """Return the camera's body frame (FLU)."""
        return f"{self.prefix}depth_camera_link"

    @property
    def camera_optical(self) -> str:
        """Return the camera's optical frame (x right, y down, z forward)."""
        return f"{self.prefix}depth_camera_optical_frame"

    def vehicle_state(self, message: Odometry) -> VehicleState:
        """Return the state of this vehicle, given in its odom frame or in the map.

        Raises:
            InvalidMessageError: it is not usable, or describes another body.
        """
        return vehicle_state(message, (self.odom, MAP), self.base_link)


class StaticTransforms:
    """Fixed transforms by child frame, as heard on tf_static."""

    def __init__(self, most: int = MOST_FRAMES) -> None:
        """Know nothing yet; ``most`` frames are remembered."""
        self._parents: dict[str, tuple[str, np.ndarray]] = {}
        self._most = most

    def add(self, transforms: Iterable[TransformStamped]) -> list[str]:
        """Take over the transforms that are usable; returns why each of the others is not.

        A message holds the transforms of many publishers: one that is no rigid motion says
        nothing about the rest.
        """
        problems = []
        for item in transforms:
            try:
                self._take(item)
            except InvalidMessageError as error:
                frames = f"from {item.header.frame_id!r} to {item.child_frame_id!r}"
                problems.append(f"the transform {frames}: {error}")
        return problems

    def _take(self, item: TransformStamped) -> None:
        parent, child = item.header.frame_id, item.child_frame_id
        if not parent or not child or parent == child:
            raise InvalidMessageError("it does not name two frames")
        if child not in self._parents and len(self._parents) >= self._most:
            raise InvalidMessageError(f"more than {self._most} frames are not remembered")
        self._parents[child] = (parent, transform_arrays(item))

    def lookup(self, ancestor: str, frame: str) -> np.ndarray | None:
        """Return T_ancestor_frame [4, 4] (float32), or None where no chain leads there."""
        matrix = np.eye(4, dtype=np.float32)
        for _ in range(len(self._parents) + 1):
            if frame == ancestor:
                return matrix
            if frame not in self._parents:
                return None
            frame, step = self._parents[frame]
            matrix = step @ matrix
        return None  # the frames form a ring
