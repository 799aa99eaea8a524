# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds, depth images and what their camera is.

Clouds are organised [height, width] in the optical frame (x right, y down, z forward), NaN = no
return.

REP 117 lets sensors say +inf for "nothing within range" and -inf for "too close". In a cloud such
a point has lost its direction, so it can free no space: both are taken for no return, as NaN is,
and the rest of the cloud counts. A sensor that knows that nothing is there can say so with an end
of the ray beyond the range of the map (see docs/live_map.md, "Open air").
"""

from __future__ import annotations

import array
from typing import Any

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField

from live_mvp_ros.ros.convert.headers import check_frame, header
from live_mvp_ros.ros.convert.layouts import cloud_fields


def _float_fields(*names: str) -> list[PointField]:
    return [
        PointField(name=name, offset=4 * i, datatype=PointField.FLOAT32, count=1)
        for i, name in enumerate(names)
    ]


def cloud(stamp_ns: int, frame: str, points: Any, names: tuple[str, ...]) -> PointCloud2:
    """Return float32 values [height, width, len(names)] as an organised PointCloud2."""
    values = np.ascontiguousarray(points, np.float32)
    height, width, channels = values.shape
    if channels != len(names):
        raise ValueError(f"{channels} channels do not fit the names {names}")
    return PointCloud2(
        header=header(stamp_ns, frame),
        height=height,
        width=width,
        fields=_float_fields(*names),
        is_bigendian=False,
        point_step=4 * channels,
        row_step=4 * channels * width,
        data=array.array("B", values.tobytes()),
        is_dense=bool(np.isfinite(values).all()),
    )


def cloud_points(message: PointCloud2, frame: str) -> np.ndarray:
    """Return x, y, z [height, width, 3] of a cloud; NaN = no return.

    Raises:
        InvalidMessageError: wrong frame, no fields x, y and z of floats, wrong or too large sizes.
    """
    check_frame(message, frame)
    points = cloud_fields(message, ("x", "y", "z"))
    points[~np.isfinite(points).all(axis=-1)] = np.nan
    return points


def sensor_points(message: PointCloud2, integer_unit_m: float, most: int) -> np.ndarray:
    """Return x, y, z [height, width, 3] of any sensor's cloud as it says them, m.

    Args:
        message: of any layout.
        integer_unit_m: length of 1 where coordinates are whole numbers.
        most: about so many points of an image at most, see ``layouts.thinly``.

    Raises:
        InvalidMessageError: no fields x, y and z of numbers, wrong or too large sizes.
    """
    return cloud_fields(message, ("x", "y", "z"), integer_unit_m, most)


def surface_cloud(
    stamp_ns: int, frame: str, points: Any, distance: Any, exposure: Any
) -> PointCloud2:
    """Return surface points [n, 3] with distance and exposure [n] as a coloured cloud.

    Red is hardly seen, green is well seen.
    """
    seen = np.clip(np.nan_to_num(np.asarray(exposure, np.float32)), 0.0, 1.0)
    red, green = (255 * (1.0 - seen)).astype(np.uint32), (255 * seen).astype(np.uint32)
    colour = ((red << 16) | (green << 8) | np.uint32(64)).view(np.float32)
    columns = [np.asarray(points, np.float32), np.asarray(distance)[:, None], seen[:, None]]
    values = np.concatenate([*columns, colour[:, None]], axis=1, dtype=np.float32)
    return cloud(stamp_ns, frame, values[None], ("x", "y", "z", "sdf", "exposure", "rgb"))


def depth_image(stamp_ns: int, frame: str, depth_m: Any) -> Image:
    """Return depth [height, width] along the optical axis as a 32FC1 image; NaN = no return."""
    values = np.ascontiguousarray(depth_m, np.float32)
    height, width = values.shape
    return Image(
        header=header(stamp_ns, frame),
        height=height,
        width=width,
        encoding="32FC1",
        is_bigendian=0,
        step=4 * width,
        data=array.array("B", values.tobytes()),
    )


def camera_info(
    stamp_ns: int, frame: str, size: tuple[int, int], focal: Any, centre: Any
) -> CameraInfo:
    """Return a pinhole camera without distortion; ``size`` is (width, height), the rest in px."""
    (fx, fy), (cx, cy) = (map(float, focal), map(float, centre))
    return CameraInfo(
        header=header(stamp_ns, frame),
        width=size[0],
        height=size[1],
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
