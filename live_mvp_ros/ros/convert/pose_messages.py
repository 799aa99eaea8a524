# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Points, poses and transforms. Core: quaternions (w, x, y, z); messages: (x, y, z, w)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from geometry_msgs.msg import (
    Point,
    Pose,
    Quaternion,
    Transform,
    TransformStamped,
    Vector3,
)

from live_mvp_ros.ros.convert.bounds import bounded
from live_mvp_ros.ros.convert.headers import header
from live_mvp_ros.ros.refusals import FARTHEST_M, InvalidMessageError


def point(xyz: Any) -> Point:
    """Return a position [3] as a Point."""
    return Point(x=float(xyz[0]), y=float(xyz[1]), z=float(xyz[2]))


def vector(xyz: Any) -> Vector3:
    """Return a vector [3] as a Vector3."""
    return Vector3(x=float(xyz[0]), y=float(xyz[1]), z=float(xyz[2]))


def rotation(wxyz: Any) -> Quaternion:
    """Return a unit quaternion (w, x, y, z) as a message."""
    w, x, y, z = (float(value) for value in wxyz)
    return Quaternion(x=x, y=y, z=z, w=w)


def pose(xyz: Any, wxyz: Any) -> Pose:
    """Return a position and a unit quaternion (w, x, y, z) as a Pose."""
    return Pose(position=point(xyz), orientation=rotation(wxyz))


def pose_arrays(message: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Return position [3] and unit quaternion [4] (w, x, y, z) of a Pose.

    Raises:
        InvalidMessageError: a value is not finite or too large, or the quaternion is not of unit
            length.
    """
    p, q = message.position, message.orientation
    position = bounded("the pose", (p.x, p.y, p.z), FARTHEST_M, "m")
    wxyz = (q.w, q.x, q.y, q.z)
    norm = math.hypot(*wxyz)
    if not math.isfinite(norm):
        raise InvalidMessageError("the pose holds a value that is not finite")
    if abs(norm - 1.0) > 0.01:
        raise InvalidMessageError(f"the quaternion has length {norm:.3f} instead of 1")
    return position, np.array([value / norm for value in wxyz], np.float32)


def transform(stamp_ns: int, parent: str, child: str, xyz: Any, wxyz: Any) -> TransformStamped:
    """Return the transform T_parent_child."""
    return TransformStamped(
        header=header(stamp_ns, parent),
        child_frame_id=child,
        transform=Transform(translation=vector(xyz), rotation=rotation(wxyz)),
    )


def transform_arrays(message: TransformStamped) -> np.ndarray:
    """Return T_parent_child [4, 4] (float32) of a transform.

    Raises:
        InvalidMessageError: a value is not finite or the quaternion is not of unit length.
    """
    t, q = message.transform.translation, message.transform.rotation
    position = Point(x=t.x, y=t.y, z=t.z)
    xyz, wxyz = pose_arrays(Pose(position=position, orientation=q))
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3], matrix[:3, 3] = _matrix(wxyz), xyz
    return matrix


def yaw_rotation(yaw_rad: float) -> tuple[float, float, float, float]:
    """Return the quaternion (w, x, y, z) of a heading."""
    return math.cos(0.5 * yaw_rad), 0.0, 0.0, math.sin(0.5 * yaw_rad)


def yaw_of(wxyz: Any) -> float:
    """Return the heading [rad] of a unit quaternion (w, x, y, z)."""
    w, x, y, z = (float(value) for value in wxyz)
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def _matrix(wxyz: np.ndarray) -> np.ndarray:
    w, x, y, z = (float(value) for value in wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )
