# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth, clouds and information fields: messages to arrays and back (see ``convert``).

Clouds are organised [height, width] in the optical frame (x right, y down, z forward), NaN = no
return. InfoField stores x slowest, as the core does, so nothing is transposed.
"""

from __future__ import annotations

import array
from typing import Any, NamedTuple

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField

from live_mvp_ros.grid import GridSpec
from live_mvp_ros.msg import InfoField
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.ros.convert import InvalidMessageError, header, point, to_ns


class Field(NamedTuple):
    """An information field in the core's arrays; see InfoField for the meaning of each."""

    stamp_ns: int
    map_stamp_ns: int
    spec: GridSpec
    gain: np.ndarray
    best_yaw: np.ndarray
    guidance: np.ndarray
    local_resolution_m: float
    local_origin_m: np.ndarray
    local_gain: np.ndarray
    nothing_left: bool
    goal_reachable: bool
    reachable_unknown_m2: float
    explored_fraction: float
    target_m: np.ndarray
    settled: bool = False
    code: int = PlanCode.OK
    looks_again: bool = False
    leftover: tuple[int, int] | np.ndarray = (0, 0)


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
        InvalidMessageError: wrong frame, no float32 x, y, z, wrong sizes, infinite values.
    """
    if message.header.frame_id != frame:
        raise InvalidMessageError(f"its frame is {message.header.frame_id!r} instead of {frame}")
    offsets = {f.name: f.offset for f in message.fields if f.datatype == PointField.FLOAT32}
    missing = [name for name in "xyz" if name not in offsets]
    if missing or message.is_bigendian:
        raise InvalidMessageError("it has no little-endian float32 fields x, y and z")
    height, width, step = message.height, message.width, message.point_step
    rows = message.row_step
    fits = all(offsets[name] + 4 <= step for name in "xyz") and rows >= step * width
    if height < 1 or width < 1 or not fits or len(message.data) != rows * height:
        raise InvalidMessageError(
            f"{len(message.data)} bytes do not make {height} rows of {width} points of {step} "
            "bytes"
        )
    layout = np.dtype(
        {
            "names": ["x", "y", "z"],
            "formats": ["<f4"] * 3,
            "offsets": [offsets[name] for name in "xyz"],
            "itemsize": step,
        }
    )
    raw = np.frombuffer(message.data, np.uint8).reshape(height, rows)[:, : step * width]
    records = np.ascontiguousarray(raw).view(layout).reshape(height, width)
    points = np.stack([records["x"], records["y"], records["z"]], axis=-1)
    if np.isinf(points).any():
        raise InvalidMessageError("a point is infinite (no return is NaN)")
    return points


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


def info_field(frame: str, field: Field, altitude_m: float, compute_ms: float) -> InfoField:
    """Return an information field as a message."""
    origin = (*field.spec.origin_m, altitude_m)
    n_yaw, local_nx, local_ny = field.local_gain.shape
    return InfoField(
        header=header(field.stamp_ns, frame),
        resolution=field.spec.resolution_m,
        origin=point(origin),
        nx=field.spec.shape[0],
        ny=field.spec.shape[1],
        gain=_floats(field.gain),
        best_yaw=_floats(field.best_yaw),
        guidance=_floats(field.guidance),
        map_stamp_ns=field.map_stamp_ns,
        compute_ms=compute_ms,
        local_resolution=field.local_resolution_m,
        local_origin=point((*field.local_origin_m, altitude_m)),
        local_nx=local_nx,
        local_ny=local_ny,
        n_yaw=n_yaw,
        local_gain=_floats(field.local_gain),
        nothing_left=field.nothing_left,
        goal_reachable=field.goal_reachable,
        reachable_unknown_m2=field.reachable_unknown_m2,
        explored_fraction=field.explored_fraction,
        target=point((*field.target_m, altitude_m)),
        settled=field.settled,
        code=field.code,
        looks_again=field.looks_again,
        leftover_number=int(field.leftover[0]),
        leftover_count=int(field.leftover[1]),
    )


def field_arrays(message: InfoField, frame: str) -> Field:
    """Return the arrays of an InfoField.

    Raises:
        InvalidMessageError: wrong frame, sizes that do not agree, a value that is not finite, an
            unknown code.
    """
    if message.header.frame_id != frame:
        raise InvalidMessageError(f"its frame is {message.header.frame_id!r} instead of {frame}")
    if message.code not in tuple(PlanCode):
        raise InvalidMessageError(f"its code {message.code} is unknown")
    if not (message.resolution > 0.0 and message.local_resolution > 0.0):
        raise InvalidMessageError("a resolution is not positive")
    shape = (message.nx, message.ny)
    local_shape = (message.n_yaw, message.local_nx, message.local_ny)
    origin = (round(message.origin.x, 6), round(message.origin.y, 6))
    if min(shape) < 1 or min(local_shape) < 1:
        raise InvalidMessageError(f"a grid of {shape} or {local_shape} cells is empty")
    return Field(
        stamp_ns=to_ns(message.header.stamp),
        map_stamp_ns=message.map_stamp_ns,
        spec=GridSpec(origin, round(message.resolution, 6), shape),
        gain=_grid("gain", message.gain, shape),
        best_yaw=_grid("best_yaw", message.best_yaw, shape),
        guidance=_grid("guidance", message.guidance, shape),
        local_resolution_m=round(message.local_resolution, 6),
        local_origin_m=np.array([message.local_origin.x, message.local_origin.y], np.float32),
        local_gain=_grid("local_gain", message.local_gain, local_shape),
        nothing_left=message.nothing_left,
        goal_reachable=message.goal_reachable,
        reachable_unknown_m2=message.reachable_unknown_m2,
        explored_fraction=message.explored_fraction,
        target_m=np.array([message.target.x, message.target.y], np.float32),
        settled=message.settled,
        code=message.code,
        looks_again=message.looks_again,
        leftover=(message.leftover_number, message.leftover_count),
    )


def _floats(values: Any) -> array.array[float]:
    return array.array("f", np.ascontiguousarray(values, np.float32).tobytes())


def _grid(name: str, data: Any, shape: tuple[int, ...]) -> np.ndarray:
    values = np.frombuffer(data, np.float32)
    if values.size != np.prod(shape):
        raise InvalidMessageError(f"{name} has {values.size} values instead of {np.prod(shape)}")
    if not np.isfinite(values).all():
        raise InvalidMessageError(f"{name} holds a value that is not finite")
    return values.reshape(shape)
