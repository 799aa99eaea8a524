# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Occupancy grids.

Core: [ix, iy] with the centre of cell [0, 0] as origin; messages: y slowest, with the lower-left
corner as origin.
"""

from __future__ import annotations

import array
from typing import Any, NamedTuple

import numpy as np
from nav_msgs.msg import MapMetaData, OccupancyGrid

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.ros.convert.bounds import bounded, cells, decimal, resolution
from live_mvp_ros.ros.convert.headers import check_frame, header, to_ns, to_time
from live_mvp_ros.ros.convert.pose_messages import pose, pose_arrays
from live_mvp_ros.ros.refusals import FARTHEST_M, InvalidMessageError
from live_mvp_ros.ros.topics import WHOLE_SHARE


class ProbabilityGrid(NamedTuple):
    """A map as planning and control take it; see OccupancyGrid for what a message can carry."""

    stamp_ns: int
    spec: GridSpec
    p: np.ndarray
    known: np.ndarray


def occupancy_grid(stamp_ns: int, frame: str, spec: GridSpec, cells: Any) -> OccupancyGrid:
    """Return cells [nx, ny] (-1 unknown, 0 ... 100) as an OccupancyGrid."""
    values = np.asarray(cells)
    if values.shape != spec.shape:
        raise ValueError(f"cells have shape {values.shape}, the grid has {spec.shape}")
    info = map_metadata(stamp_ns, spec)
    data = np.ascontiguousarray(values.T, np.int8)
    return OccupancyGrid(
        header=header(stamp_ns, frame), info=info, data=array.array("b", data.tobytes())
    )


def map_metadata(stamp_ns: int, spec: GridSpec) -> MapMetaData:
    """Return the geometry of a grid, as map servers publish it."""
    half = 0.5 * spec.resolution_m
    corner = (spec.origin_m[0] - half, spec.origin_m[1] - half, 0.0)
    return MapMetaData(
        map_load_time=to_time(stamp_ns),
        resolution=spec.resolution_m,
        width=spec.shape[0],
        height=spec.shape[1],
        origin=pose(corner, (1.0, 0.0, 0.0, 0.0)),
    )


def grid_spec(info: MapMetaData) -> GridSpec:
    """Return the geometry that a message gives.

    Raises:
        InvalidMessageError: a size or a resolution that is not allowed, a turned grid.
    """
    shape = (int(info.width), int(info.height))
    cells(shape)
    spacing = resolution(info.resolution)
    corner, attitude = pose_arrays(info.origin)
    if np.abs(attitude[1:]).max() > 5e-4:
        raise InvalidMessageError("the grid is turned against its frame, which is not supported")
    bounded("the far corner", (corner[i] + spacing * shape[i] for i in (0, 1)), FARTHEST_M, "m")
    x, y = (decimal(float(c) + 0.5 * spacing) for c in corner[:2])
    return GridSpec((x, y), spacing, shape)


def occupancy_cells(p: Any, known: Any) -> np.ndarray:
    """Return probabilities [nx, ny] as cells: -1 where unknown, else 0 ... 100."""
    percent = np.rint(100.0 * np.clip(np.nan_to_num(np.asarray(p), nan=0.5), 0.0, 1.0))
    return np.where(np.asarray(known), percent, -1).astype(np.int8)


def share_cells(share: Any) -> np.ndarray:
    """Return values in [0, 1] as cells 0 ... ``WHOLE_SHARE``; -1 where not finite."""
    values = np.asarray(share)
    cells = np.rint(WHOLE_SHARE * np.clip(np.nan_to_num(values), 0.0, 1.0))
    return np.where(np.isfinite(values), cells, -1).astype(np.int8)


def probability_grid(message: OccupancyGrid, frame: str) -> ProbabilityGrid:
    """Return the map of a message; p is 0.5 where it is unknown.

    Raises:
        InvalidMessageError: wrong frame, sizes that do not agree or are too large, a turned grid,
            a value outside -1 ... 100, a stamp that is no time.
    """
    check_frame(message, frame)
    spec = grid_spec(message.info)
    if cells(spec.shape) != len(message.data):
        raise InvalidMessageError(
            f"{len(message.data)} cells do not make a grid of {spec.shape[0]} x {spec.shape[1]}"
        )
    values = np.frombuffer(message.data, np.int8).reshape(spec.shape[::-1]).T
    if np.min(values) < -1 or np.max(values) > 100:
        raise InvalidMessageError("a cell is outside -1 ... 100")
    known = np.ascontiguousarray(values >= 0)
    p = np.where(known, values.astype(np.float32) / np.float32(100.0), np.float32(0.5))
    return ProbabilityGrid(to_ns(message.header.stamp), spec, p, known)
