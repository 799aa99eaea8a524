# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth, clouds and information fields: messages to arrays and back (see ``convert``).

Clouds are organised [height, width] in the optical frame (x right, y down, z forward), NaN = no
return. InfoField stores x slowest, as the core does, so nothing is transposed.

REP 117 lets sensors say +inf for "nothing within range" and -inf for "too close". In a cloud such
a point has lost its direction, so it can free no space: both are taken for no return, as NaN is,
and the rest of the cloud counts. A sensor that knows that nothing is there can say so with an end
of the ray beyond the range of the map (see docs/live_map.md, "Open air").
"""

from __future__ import annotations

import array
import math
from typing import Any, NamedTuple

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField

from live_mvp_ros.grid import GridSpec
from live_mvp_ros.msg import InfoField
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.ros.convert import (
    FARTHEST_M,
    InvalidMessageError,
    bounded,
    cells,
    check_frame,
    header,
    point,
    resolution,
    to_ns,
)

MAX_POINTS = 1 << 22
"""Most points of a cloud: 2048 x 2048."""
_LARGEST = 1e9  # of any value in a field: beyond, float32 loses what it is added to
_LATEST_NS = 1 << 63


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
    goal_m: np.ndarray = np.zeros(3)
    goal_stamp_ns: int = 0
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
        InvalidMessageError: wrong frame, no float32 x, y, z, wrong or too large sizes.
    """
    check_frame(message, frame)
    offsets = {f.name: f.offset for f in message.fields if f.datatype == PointField.FLOAT32}
    missing = [name for name in "xyz" if name not in offsets]
    if missing or message.is_bigendian:
        raise InvalidMessageError("it has no little-endian float32 fields x, y and z")
    height, width, step = message.height, message.width, message.point_step
    rows = message.row_step
    if not 1 <= height * width <= MAX_POINTS:
        raise InvalidMessageError(
            f"a cloud of {height} x {width} points is not allowed: it must have 1 to {MAX_POINTS}"
        )
    fits = all(offsets[name] + 4 <= step for name in "xyz") and rows >= step * width
    if not fits or len(message.data) != rows * height:
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
    points[~np.isfinite(points).all(axis=-1)] = np.nan
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
        goal=point(field.goal_m),
        goal_stamp_ns=field.goal_stamp_ns,
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
        InvalidMessageError: wrong frame, sizes that do not agree or are too large, a value that is
            not finite or not allowed, a stamp that is no time.
    """
    check_frame(message, frame)
    shape = (int(message.nx), int(message.ny))
    local_shape = (int(message.n_yaw), int(message.local_nx), int(message.local_ny))
    cells(shape)
    cells(local_shape)
    spacing, local_spacing = resolution(message.resolution), resolution(message.local_resolution)
    origin = _place("origin", message.origin)
    corner = (origin[i] + spacing * shape[i] for i in (0, 1))
    bounded("the far corner", corner, FARTHEST_M, "m")
    if message.map_stamp_ns >= _LATEST_NS:
        raise InvalidMessageError(f"map_stamp_ns = {message.map_stamp_ns} is no time")
    if message.goal_stamp_ns >= _LATEST_NS:
        raise InvalidMessageError(f"goal_stamp_ns = {message.goal_stamp_ns} is no time")
    goal = (message.goal.x, message.goal.y, message.goal.z)
    bounded("goal", goal, FARTHEST_M, "m")
    if message.code not in tuple(PlanCode):
        raise InvalidMessageError(f"its code {message.code} is unknown")
    return Field(
        stamp_ns=to_ns(message.header.stamp),
        map_stamp_ns=message.map_stamp_ns,
        spec=GridSpec((round(message.origin.x, 6), round(message.origin.y, 6)), spacing, shape),
        gain=_grid("gain", message.gain, shape),
        best_yaw=_grid("best_yaw", message.best_yaw, shape),
        guidance=_grid("guidance", message.guidance, shape),
        local_resolution_m=local_spacing,
        local_origin_m=_place("local_origin", message.local_origin),
        local_gain=_grid("local_gain", message.local_gain, local_shape),
        nothing_left=message.nothing_left,
        goal_reachable=message.goal_reachable,
        reachable_unknown_m2=_between(
            "reachable_unknown_m2", message.reachable_unknown_m2, math.inf
        ),
        explored_fraction=_between("explored_fraction", message.explored_fraction, 1.0),
        target_m=_place("target", message.target),
        goal_m=np.array(goal),
        goal_stamp_ns=message.goal_stamp_ns,
        settled=message.settled,
        code=message.code,
        looks_again=message.looks_again,
        leftover=(message.leftover_number, message.leftover_count),
    )


def _place(name: str, place: Any) -> np.ndarray:
    return bounded(name, (place.x, place.y), FARTHEST_M, "m")


def _between(name: str, value: float, high: float) -> float:
    if not (math.isfinite(value) and 0.0 <= value <= high):
        allowed = f"between 0 and {high:g}" if math.isfinite(high) else "finite and at least 0"
        raise InvalidMessageError(f"{name} = {value:g} is not allowed: it must be {allowed}")
    return value


def _floats(values: Any) -> array.array[float]:
    return array.array("f", np.ascontiguousarray(values, np.float32).tobytes())


def _grid(name: str, data: Any, shape: tuple[int, ...]) -> np.ndarray:
    values = np.frombuffer(data, np.float32) if len(data) else np.zeros(0, np.float32)
    count = cells(shape)
    if values.size != count:
        raise InvalidMessageError(f"{name} has {values.size} values instead of {count}")
    if not np.isfinite(values).all():
        raise InvalidMessageError(f"{name} holds a value that is not finite")
    if np.abs(values).max() > _LARGEST:
        raise InvalidMessageError(
            f"{name} holds {np.abs(values).max():g}, at most {_LARGEST:g} is allowed"
        )
    return values.reshape(shape)
