# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The fields of a map on a lattice. MapFields stores x slowest, as the core does."""

from __future__ import annotations

import array
from typing import NamedTuple

import numpy as np

from live_mvp_ros.msg import MapFields
from live_mvp_ros.ros.convert.bounds import bounded, cells, decimal, resolution
from live_mvp_ros.ros.convert.headers import check_frame, header, to_ns
from live_mvp_ros.ros.convert.pose_messages import point
from live_mvp_ros.ros.refusals import FARTHEST_M, InvalidMessageError

_MM, _SHARES = 1e3, 255.0
_CUT_OFF_MM = 32_000.0


class LatticeArrays(NamedTuple):
    """What a MapFields says.

    Attributes:
        stamp_ns: of the last cloud in the map.
        origin_m: [3] the first point, map frame.
        step_m: from one point to the next along each axis.
        values: [2, nx, ny, nz] signed distance in metres, and exposure 0..1.
    """

    stamp_ns: int
    origin_m: np.ndarray
    step_m: float
    values: np.ndarray


def map_fields(frame: str, lattice: LatticeArrays) -> MapFields:
    """Return fields as a message; a value that is not finite says: on a surface, never seen."""
    distance, exposure = np.nan_to_num(lattice.values, nan=0.0, posinf=1e6, neginf=-1e6)
    mm = np.rint(np.clip(_MM * distance, -_CUT_OFF_MM, _CUT_OFF_MM)).astype(np.int16)
    shares = np.rint(_SHARES * np.clip(exposure, 0.0, 1.0)).astype(np.uint8)
    nx, ny, nz = mm.shape
    return MapFields(
        header=header(lattice.stamp_ns, frame),
        origin=point(lattice.origin_m),
        step=lattice.step_m,
        nx=nx,
        ny=ny,
        nz=nz,
        distance=array.array("h", mm.tobytes()),
        exposure=array.array("B", shares.tobytes()),
    )


def lattice_arrays(message: MapFields, frame: str) -> LatticeArrays:
    """Return the arrays of a MapFields.

    Raises:
        InvalidMessageError: wrong frame, sizes that do not agree or are too large, a place that
            is not usable, a stamp that is no time.
    """
    check_frame(message, frame)
    shape = (int(message.nx), int(message.ny), int(message.nz))
    count, step = cells(shape), resolution(message.step)
    first = (message.origin.x, message.origin.y, message.origin.z)
    bounded("origin", first, FARTHEST_M, "m")
    far = (low + step * n for low, n in zip(first, shape, strict=True))
    bounded("the far corner", far, FARTHEST_M, "m")
    for name, values in (("distance", message.distance), ("exposure", message.exposure)):
        if len(values) != count:
            sizes = " x ".join(map(str, shape))
            raise InvalidMessageError(f"{name} has {len(values)} values, not those of {sizes}")
    distance = np.frombuffer(message.distance, np.int16).astype(np.float32) / np.float32(_MM)
    exposure = np.frombuffer(message.exposure, np.uint8).astype(np.float32) / np.float32(_SHARES)
    values = np.stack([distance, exposure]).reshape(2, *shape)
    origin_m = np.array([decimal(value) for value in first], np.float32)
    return LatticeArrays(to_ns(message.header.stamp), origin_m, step, values)
