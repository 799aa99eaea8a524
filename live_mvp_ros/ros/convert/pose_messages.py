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
    return matrix(*motion_arrays(message)).astype(np.float32)


def motion_arrays(message: TransformStamped) -> tuple[np.ndarray, np.ndarray]:
    """Return position [3] and unit quaternion [4] (w, x, y, z) of a transform.

    Raises:
        InvalidMessageError: a value is not finite or the quaternion is not of unit length.
    """
    t, q = message.transform.translation, message.transform.rotation
    return pose_arrays(Pose(position=Point(x=t.x, y=t.y, z=t.z), orientation=q))


def matrix(xyz: np.ndarray, wxyz: np.ndarray) -> np.ndarray:
    """Return the rigid motion [4, 4] of a position and a unit quaternion (w, x, y, z)."""
    motion = np.eye(4)
    motion[:3, :3], motion[:3, 3] = _matrix(wxyz), xyz
    return motion


def rotation_of(matrix: np.ndarray) -> np.ndarray:
    """Return the unit quaternion [4] (w, x, y, z), w >= 0, of a rotation matrix [3, 3].

    Of the four products of its components the largest is divided by, so that none is lost
    (Shepperd, "Quaternion from Rotation Matrix", 1978).
    """
    m = np.asarray(matrix, float)
    trace = np.trace(m)
    squares = np.array([1.0 + trace, *(1.0 - trace + 2.0 * np.diag(m))])  # 4 w^2, 4 x^2, ...
    w_xyz = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    products = np.empty((4, 4))
    products[1:, 1:] = m + m.T
    products[0, 1:] = products[1:, 0] = w_xyz
    np.fill_diagonal(products, squares)
    row = products[int(np.argmax(squares))]
    row = row / np.linalg.norm(row)
    return (row if row[0] >= 0.0 else -row).astype(np.float32)


def inverse(motion: np.ndarray) -> np.ndarray:
    """Return the inverse [4, 4] of a rigid motion [4, 4]."""
    back = np.eye(4)
    back[:3, :3] = motion[:3, :3].T
    back[:3, 3] = -back[:3, :3] @ motion[:3, 3]
    return back


def slerp(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """Return the unit quaternion [4] that is ``share`` of the way from a to b, the shorter one.

    Shoemake, "Animating Rotation with Quaternion Curves", 1985.
    """
    start, end = a.astype(float), b.astype(float)
    cosine = float(start @ end)
    if cosine < 0.0:  # the same rotation, the shorter way round
        end, cosine = -end, -cosine
    angle = math.acos(min(cosine, 1.0))
    if angle < 1e-6:
        weights = (1.0 - share, share)
    else:
        weights = (math.sin((1.0 - share) * angle), math.sin(share * angle))
    mixed = weights[0] * start + weights[1] * end
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


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
