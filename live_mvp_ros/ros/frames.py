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

from live_mvp_ros.ros.convert import transform_arrays

MAP = "map"


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


class StaticTransforms:
    """Fixed transforms by child frame, as heard on tf_static."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._parents: dict[str, tuple[str, np.ndarray]] = {}

    def add(self, transforms: Iterable[TransformStamped]) -> None:
        """Take over transforms; raises InvalidMessageError for one that is not a rigid motion."""
        for item in transforms:
            self._parents[item.child_frame_id] = (item.header.frame_id, transform_arrays(item))

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
