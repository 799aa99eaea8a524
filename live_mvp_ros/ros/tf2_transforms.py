# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The buffer of ``tf2_ros`` where there is one, and ours elsewhere, see ``ros.transforms``."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
from geometry_msgs.msg import TransformStamped
from rclpy.duration import Duration
from rclpy.time import Time

from live_mvp_ros.ros.convert import pose_messages
from live_mvp_ros.ros.transforms import (
    KEPT_NS,
    NoTransformError,
    Parents,
    TransformBuffer,
    Transforms,
)


class Tf2Transforms:
    """The buffer of tf2, see ``Transforms``."""

    def __init__(self) -> None:
        """Know nothing yet."""
        import tf2_ros

        self._tf2: Any = tf2_ros
        self._buffer = tf2_ros.Buffer(cache_time=Duration(nanoseconds=KEPT_NS))
        self._parents = Parents()

    def add(self, message: TransformStamped, fixed: bool) -> None:
        """Take a transform over, see ``Transforms.add``."""
        pose_messages.motion_arrays(message)
        self._parents.take(message.header.frame_id, message.child_frame_id)
        add = self._buffer.set_transform_static if fixed else self._buffer.set_transform
        add(message, "live_mvp_ros")

    def lookup(self, target: str, source: str, stamp_ns: int) -> np.ndarray:
        """Return T_target_source [4, 4] at a time, see ``Transforms.lookup``."""
        chains = self._parents.chain(source), self._parents.chain(target)
        if chains[0][-1] != chains[1][-1]:
            raise NoTransformError(f"no transform leads from {target} to {source!r}", later=True)
        try:
            found = self._buffer.lookup_transform(target, source, Time(nanoseconds=stamp_ns))
        except self._tf2.ExtrapolationException as error:
            raise NoTransformError(str(error), later="future" in str(error)) from None
        except self._tf2.TransformException as error:
            raise NoTransformError(str(error), later=True) from None
        return pose_messages.transform_arrays(found)


def transforms() -> Transforms:
    """Return an empty buffer: that of tf2 if it can be imported, else ours."""
    if importlib.util.find_spec("tf2_ros") is None:
        return TransformBuffer()
    return Tf2Transforms()
