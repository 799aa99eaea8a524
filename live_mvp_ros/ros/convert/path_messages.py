# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Paths and samples."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from geometry_msgs.msg import (
    PoseStamped,
)
from nav_msgs.msg import Path
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from live_mvp_ros.ros.convert.headers import check_frame, header, to_ns
from live_mvp_ros.ros.convert.pose_messages import point, pose, pose_arrays, yaw_of, yaw_rotation
from live_mvp_ros.ros.refusals import InvalidMessageError


class PathArrays(NamedTuple):
    """A path: its stamp, points [n, 3] in the map frame and headings [n]."""

    stamp_ns: int
    points: np.ndarray
    yaws: np.ndarray


def path(stamp_ns: int, frame: str, points: Any, yaws: Any = None) -> Path:
    """Return points [n, 3] with headings [n] (0 when not given) as a Path."""
    xyz = np.asarray(points, float)
    headings = np.zeros(len(xyz)) if yaws is None else np.asarray(yaws, float)
    head = header(stamp_ns, frame)
    poses = [
        PoseStamped(header=head, pose=pose(p, yaw_rotation(yaw)))
        for p, yaw in zip(xyz.tolist(), headings.tolist(), strict=True)
    ]
    return Path(header=head, poses=poses)


def path_arrays(message: Path, frame: str, length: int) -> PathArrays:
    """Return the first ``length`` points and headings of a Path, and its stamp.

    A shorter path is continued with its last pose, so that the shape is always the same.

    Raises:
        InvalidMessageError: wrong frame, an empty path, a value that is not finite or too large,
            a stamp that is no time.
    """
    check_frame(message, frame)
    if not message.poses:
        raise InvalidMessageError("the path is empty")
    arrays = [pose_arrays(item.pose) for item in message.poses[:length]]
    arrays += arrays[-1:] * (length - len(arrays))
    points = np.stack([position for position, _ in arrays])
    yaws = np.array([yaw_of(attitude) for _, attitude in arrays], np.float32)
    return PathArrays(to_ns(message.header.stamp), points, yaws)


def rollouts(stamp_ns: int, frame: str, trajectories: Any) -> MarkerArray:
    """Return sampled trajectories [n, steps, 3] as one marker of line segments."""
    xyz = np.asarray(trajectories, float)
    ends = np.stack([xyz[:, :-1], xyz[:, 1:]], axis=2).reshape(-1, 3)
    marker = Marker(
        header=header(stamp_ns, frame),
        ns="rollouts",
        type=Marker.LINE_LIST,
        action=Marker.ADD,
        pose=pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
        color=ColorRGBA(r=0.2, g=0.6, b=1.0, a=0.35),
        points=[point(end) for end in ends.tolist()],
    )
    marker.scale.x = 0.01
    return MarkerArray(markers=[marker])
