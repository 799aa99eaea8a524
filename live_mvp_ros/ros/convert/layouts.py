# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bytes of clouds and depth images as arrays, whoever wrote them; needs no ROS.

Read are: clouds whose fields are float32 or float64, in either byte order, with rows and points of
any length, named in small or capital letters; depth images in metres (32FC1, 64FC1) or millimetres
(16UC1, mono16; REP 118). Coordinates that are whole numbers have no unit that a standard gives,
and are refused unless the reader knows it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from live_mvp_ros.ros.refusals import InvalidMessageError

MAX_POINTS = 1 << 22
"""Most points of a cloud, or pixels of an image: 2048 x 2048."""
IMAGE_ROWS = 129
"""Fewer rows are those of a lidar, each of which counts."""
_KINDS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 8: "f8"}
_FLOATS = (7, 8)
_NAMES = {
    number: f"{'u' * (kind[0] == 'u')}{'float' if kind[0] == 'f' else 'int'}{8 * int(kind[1])}"
    for number, kind in _KINDS.items()
}
"""Types of sensor_msgs/msg/PointField."""
_DEPTHS = {
    "32FC1": ("f4", 1.0),
    "64FC1": ("f8", 1.0),
    "16UC1": ("u2", 1e-3),
    "mono16": ("u2", 1e-3),
}
"""Encodings of depth images: type of a pixel, and metres per unit."""


def cloud_fields(
    message: Any, names: tuple[str, ...], integer_unit: float | None = None, most: int = MAX_POINTS
) -> np.ndarray:
    """Return fields of a PointCloud2 as float32 [height, width, len(names)].

    Args:
        message: the cloud.
        names: of the fields.
        integer_unit: what 1 is worth in a field of whole numbers; None: such are refused.
        most: of an image of more points only every second, third ... row and column is read, so
            that about so many remain. Rows of an unorganised cloud, or of a lidar, are all read.

    Raises:
        InvalidMessageError: a field is missing or no number that can be read, or sizes are wrong
            or too large.
    """
    order = ">" if message.is_bigendian else "<"
    found = [_field(message.fields, name, integer_unit is not None) for name in names]
    height, width, step = int(message.height), int(message.width), int(message.point_step)
    if not 1 <= height * width <= MAX_POINTS:
        raise InvalidMessageError(
            f"a cloud of {height} x {width} points is not allowed: it must have 1 to {MAX_POINTS}"
        )
    formats = [f"{order}{_KINDS[field.datatype]}" for field in found]
    ends = [
        field.offset + np.dtype(kind).itemsize for field, kind in zip(found, formats, strict=True)
    ]
    rows = _rows(message.data, height, int(message.row_step), step * width)
    if rows is None or max(ends) > step:
        raise InvalidMessageError(
            f"{len(message.data)} bytes do not make {height} rows of {width} points of {step} "
            "bytes"
        )
    layout = np.dtype(
        {
            "names": list(names),
            "formats": formats,
            "offsets": [int(field.offset) for field in found],
            "itemsize": step,
        }
    )
    records = np.ascontiguousarray(rows).view(layout).reshape(height, width)
    records = thinly(records, most)
    with np.errstate(over="ignore", invalid="ignore"):  # of float64: infinite, which is no return
        columns = [records[name].astype(np.float32) for name in names]
    for i, field in enumerate(found):
        if field.datatype not in _FLOATS:
            columns[i] *= np.float32(integer_unit)
    return np.stack(columns, axis=-1)


def thinly(pixels: np.ndarray, most: int) -> np.ndarray:
    """Return every n-th row and column of an image [H, W], so that about ``most`` pixels remain.

    An array of fewer than ``IMAGE_ROWS`` rows is no image, and stays as it is.
    """
    height, width = pixels.shape
    step = 1 if height < IMAGE_ROWS else max(1, round(math.sqrt(height * width / most)))
    return pixels[step // 2 :: step, step // 2 :: step]


def depth_metres(message: Any) -> np.ndarray:
    """Return a depth image as float32 [height, width] m; 0 where nothing came back.

    Raises:
        InvalidMessageError: it is no depth image, or sizes are wrong or too large.
    """
    depth = depth_values(message)
    return np.where(np.isfinite(depth) & (depth > 0.0), depth, np.float32(0.0))


def depth_values(message: Any, most: int = MAX_POINTS) -> np.ndarray:
    """Return a depth image as float32 [height, width] m as it is, NaN and infinity included.

    Args:
        message: the image.
        most: about so many pixels at most, see ``thinly``.

    Raises:
        InvalidMessageError: it is no depth image, or sizes are wrong or too large.
    """
    if message.encoding not in _DEPTHS:
        raise InvalidMessageError(
            f"its encoding is {message.encoding!r}: a depth image is one of {', '.join(_DEPTHS)}"
        )
    kind, unit_m = _DEPTHS[message.encoding]
    pixel = np.dtype(f"{'>' if message.is_bigendian else '<'}{kind}")
    height, width = int(message.height), int(message.width)
    if not 1 <= height * width <= MAX_POINTS:
        raise InvalidMessageError(
            f"an image of {height} x {width} pixels is not allowed: it must have 1 to {MAX_POINTS}"
        )
    rows = _rows(message.data, height, int(message.step), pixel.itemsize * width)
    if rows is None:
        raise InvalidMessageError(
            f"{len(message.data)} bytes do not make {height} rows of {width} pixels of "
            f"{pixel.itemsize} bytes"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        pixels = thinly(np.ascontiguousarray(rows).view(pixel), most)
        return pixels.astype(np.float32) * np.float32(unit_m)


def _field(fields: Any, name: str, whole: bool) -> Any:
    """Return the field of a name, in capital letters if there is no other.

    Raises:
        InvalidMessageError: there is none, or it is no float, nor a whole number if that is read.
    """
    by_name = {field.name.lower(): field for field in fields}
    by_name |= {field.name: field for field in fields}
    field = by_name.get(name)
    if field is None:
        there = ", ".join(str(item.name) for item in fields) or "none"
        raise InvalidMessageError(f"it has no field {name}: its fields are {there}")
    if field.datatype not in (_KINDS if whole else _FLOATS) or field.count not in (0, 1):
        kind = _NAMES.get(field.datatype, f"type {field.datatype}")
        readable = "number" if whole else "float32 or float64 in metres"
        raise InvalidMessageError(
            f"its field {field.name} is {field.count} x {kind}: one {readable} can be read"
        )
    return field


def _rows(data: Any, height: int, row_bytes: int, used_bytes: int) -> np.ndarray | None:
    """Return the used bytes [height, used_bytes] of rows, None where sizes do not agree."""
    if row_bytes < used_bytes or len(data) != row_bytes * height:
        return None
    return np.frombuffer(data, np.uint8).reshape(height, row_bytes)[:, :used_bytes]
