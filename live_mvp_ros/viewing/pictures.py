# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages as arrays that can be drawn: pictures of grids, points, lines, transforms.

Colours: free is light, occupied dark, unknown grey; exposure and information are viridis, which
people with any colour vision can read. Map frame, metres; pictures have +y up.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib import colormaps

from live_mvp_ros.ros.convert.layouts import cloud_fields
from live_mvp_ros.ros.topics import WHOLE_SHARE

UNKNOWN, FREE, OCCUPIED = (128, 128, 132, 255), (236, 236, 232, 255), (20, 20, 24, 255)
LINE_LIST = 5  # of visualization_msgs/msg/Marker
_VIRIDIS = (np.array(colormaps["viridis"](np.linspace(0.0, 1.0, 256))) * 255).astype(np.uint8)


class Picture(NamedTuple):
    """RGBA pixels [height, width, 4], first row at the top, and where the lower left corner is."""

    pixels: np.ndarray
    corner_m: tuple[float, float]
    resolution_m: float

    @property
    def geometry(self) -> tuple[object, ...]:
        """Return what decides where a position is in the picture."""
        return self.pixels.shape, self.corner_m, self.resolution_m

    def to_pixels(self, points_m: np.ndarray) -> np.ndarray:
        """Return positions [n, 2 or more] m as pixel coordinates [n, 2], y down."""
        xy = (np.asarray(points_m, float)[:, :2] - self.corner_m) / self.resolution_m
        return np.column_stack([xy[:, 0], self.pixels.shape[0] - xy[:, 1]])


def check_finite(what: str, *values: float) -> None:
    """Refuse numbers of a message of which one is not finite.

    Raises:
        ValueError: one is not; the sentence begins with ``what``.
    """
    if not all(map(math.isfinite, values)):
        raise ValueError(f"{what} holds a value that is not finite")


def _check_cells(width: int, height: int, resolution_m: float, count: int) -> None:
    """Refuse a grid that is none; sizes are whole numbers of Python, which do not overflow."""
    if count == 0 or width * height != count:
        raise ValueError(f"{count} cells do not make a grid of {width} x {height}")
    if not (math.isfinite(resolution_m) and resolution_m > 0.0):
        raise ValueError(f"the resolution is {resolution_m} m, it must be finite and above 0")


def grid_values(message: Any) -> tuple[np.ndarray, tuple[float, float], float]:
    """Return the cells int8 [height, width], corner and resolution of an OccupancyGrid.

    Raises:
        ValueError: its sizes do not agree, or it is nowhere.
    """
    info = message.info
    _check_cells(int(info.width), int(info.height), info.resolution, len(message.data))
    check_finite("the origin", info.origin.position.x, info.origin.position.y)
    cells = np.array(message.data, np.int8).reshape(info.height, info.width)
    return cells, (info.origin.position.x, info.origin.position.y), float(info.resolution)


def map_picture(message: Any) -> Picture:
    """Return an OccupancyGrid of probabilities as a picture of free, occupied and unknown."""
    cells, corner, resolution = grid_values(message)
    pixels = np.empty((*cells.shape, 4), np.uint8)
    share = np.clip(cells.astype(float) / 100.0, 0.0, 1.0)[..., None]
    pixels[:] = (1.0 - share) * np.array(FREE) + share * np.array(OCCUPIED)
    pixels[cells < 0] = UNKNOWN
    return Picture(np.flipud(pixels).copy(), corner, resolution)


def without_unknown(picture: Picture) -> Picture:
    """Return the picture of a map with unknown space left out."""
    pixels = picture.pixels.copy()
    pixels[(pixels == UNKNOWN).all(axis=2), 3] = 0
    return picture._replace(pixels=pixels)


def share_picture(message: Any) -> Picture:
    """Return an OccupancyGrid of shares (to ``WHOLE_SHARE``) in viridis, nothing where unknown."""
    cells, corner, resolution = grid_values(message)
    return Picture(np.flipud(_coloured(cells / WHOLE_SHARE, cells > 0)).copy(), corner, resolution)


def field_picture(message: Any) -> Picture:
    """Return the gain of an InfoField in viridis over the best one, transparent where none.

    Raises:
        ValueError: its sizes do not agree, or it is nowhere.
    """
    _check_cells(int(message.nx), int(message.ny), message.resolution, len(message.gain))
    check_finite("the origin", message.origin.x, message.origin.y)
    gain = np.array(message.gain, np.float32).reshape(message.nx, message.ny)
    best = max(float(np.max(gain)), 1e-6)
    pixels = _coloured(gain.T / best, 0.02 * best < gain.T)
    half = 0.5 * message.resolution
    corner = (message.origin.x - half, message.origin.y - half)
    return Picture(np.flipud(pixels).copy(), corner, float(message.resolution))


def _coloured(share: np.ndarray, visible: np.ndarray) -> np.ndarray:
    index = np.clip(255.0 * share, 0, 255).astype(np.uint8)
    pixels = _VIRIDIS[index]
    pixels[..., 3] = np.where(visible, 210, 0)
    return pixels


def cloud_columns(message: Any, *names: str) -> list[np.ndarray]:
    """Return some fields [n] of a PointCloud2; points whose place is not finite are left out.

    Raises:
        ValueError: it has no such fields, or its sizes do not agree.
    """
    values = cloud_fields(message, names).reshape(-1, len(names))
    places = [i for i, name in enumerate(names) if name in ("x", "y", "z")]
    return list(values[np.isfinite(values[:, places]).all(axis=1)].T)


def path_points(message: Any) -> np.ndarray:
    """Return the positions [n, 3] of a Path."""
    places = [pose.pose.position for pose in message.poses]
    return np.array([(p.x, p.y, p.z) for p in places], np.float32).reshape(-1, 3)


def marker_lines(message: Any) -> list[np.ndarray]:
    """Return the lines [n, 3] of a MarkerArray: strips as they are, lists of segments joined.

    A segment that begins where the one before it ends goes on with its line: a few long lines are
    drawn far faster than many short ones.
    """
    lines: list[np.ndarray] = []
    for marker in message.markers:
        points = np.array([(p.x, p.y, p.z) for p in marker.points], np.float32).reshape(-1, 3)
        if marker.type == LINE_LIST:
            lines += joined(points[: len(points) // 2 * 2].reshape(-1, 2, 3))
        elif len(points) > 1:
            lines.append(points)
    return lines


def joined(segments: np.ndarray) -> list[np.ndarray]:
    """Return segments [n, 2, 3] as lines [m, 3] through those that follow each other."""
    if not len(segments):
        return []
    breaks = np.flatnonzero((segments[1:, 0] != segments[:-1, 1]).any(axis=1)) + 1
    return [np.vstack([run[:1, 0], run[:, 1]]) for run in np.split(segments, breaks)]
