# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fewer rays that show the same edges: one ray for each small part of the view.

The view is divided into bins, blocks of pixels or patches of directions, and each gives one ray,
to the mean of the returns that belong to its nearest surface. A return belongs to that if it is no
farther than the nearest one of the bin by ``tolerance_m``. So a post that is a single pixel wide
keeps its ray however few rays are left, and what is behind it in the same bin is what goes:
nothing that is in the way is lost, and nothing is called free that was not seen through. Where a
bin shows one surface only, the mean lies on it, exactly if that is flat, with the noise of n
returns reduced by the root of n.

What has no neighbours in an image, an unorganised cloud, is binned by azimuth and elevation about
the axis in which its directions spread least: for a lidar that spins, the axis of its spin; for a
camera, the vertical of its image, whatever its frame is called.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from live_mvp_ros.mapping.sensor_config import RangeSensorConfig

_EDGE_M, _EDGE_SHARE = 0.1, 0.03  # of the range: nearer than that it is the same surface
_NOISE_SIGMAS = (
    6.0  # the nearest of many returns is 3 sigma too near, the farthest as much too far
)
_CLOSED_RAD = math.radians(300.0)  # a view as wide as this is taken to go round
_MARGIN = 0.05  # of the extent of a view, on each side
_LEAST_RAD = math.radians(1.0)


class Bins(NamedTuple):
    """A view in ``rows`` x ``columns`` bins."""

    rows: int
    columns: int

    @property
    def total(self) -> int:
        """How many there are."""
        return self.rows * self.columns


class View(NamedTuple):
    """Directions by azimuth and elevation.

    Attributes:
        axes: rows are forward, left and up [3, 3], unit vectors of the sensor's frame.
        lowest_rad: azimuth and elevation at which the first bins begin [2].
        extent_rad: of all bins [2].
        bins: how the view is divided.
    """

    axes: np.ndarray
    lowest_rad: np.ndarray
    extent_rad: np.ndarray
    bins: Bins


class Thinned(NamedTuple):
    """One ray per bin.

    Attributes:
        points: ends [rows x columns, 3], m, the sensor's frame; NaN where a bin holds no return.
        returns: how many returns each is the mean of.
    """

    points: np.ndarray
    returns: np.ndarray


def tolerance_m(config: RangeSensorConfig, range_m: np.ndarray) -> np.ndarray:
    """Return by how much ranges may differ [...] at ranges [...] on one surface."""
    sigma_m = config.range_noise_a_m + config.range_noise_b_per_m * range_m**2
    return np.asarray(_EDGE_M + _EDGE_SHARE * range_m + _NOISE_SIGMAS * sigma_m)


def bins_for(rays: int, across: float, up: float) -> Bins:
    """Return at most ``rays`` bins as wide as high, of a view of these extents (any one unit)."""
    columns = max(1, min(rays, round(math.sqrt(rays * across / max(up, 1e-9)))))
    return Bins(max(1, rays // columns), columns)


def image_bins(shape: tuple[int, int], bins: Bins) -> np.ndarray:
    """Return the bin [H x W] of each pixel of an image [H, W]; blocks of pixels."""
    height, width = shape
    row = np.arange(height) * bins.rows // height
    column = np.arange(width) * bins.columns // width
    return np.asarray(row[:, None] * bins.columns + column[None, :]).reshape(-1)


def view_of(points: np.ndarray, rays: int) -> View | None:
    """Return the view that points [N, 3] show, None if they are fewer than 3 directions.

    Args:
        points: of the sensor's frame; those not finite or at the origin do not count.
        rays: most bins.
    """
    directions = _directions(points)
    if len(directions) < 3:
        return None
    spread, axes = np.linalg.eigh(directions.T @ directions)
    if not np.isfinite(spread).all():
        return None
    up, forward = axes[:, 0], axes[:, 2]
    mean = directions.mean(axis=0)
    forward = forward if forward @ mean >= 0.0 else -forward
    frame = np.stack([forward, np.cross(up, forward), up]).astype(np.float32)
    azimuth, elevation = _angles(frame, directions)
    low_a, extent_a = _window(azimuth)
    if extent_a >= _CLOSED_RAD:
        low_a, extent_a = -math.pi, 2.0 * math.pi
    low_e, extent_e = _window(elevation)
    bins = bins_for(rays, extent_a, extent_e)
    return View(frame, np.array([low_a, low_e]), np.array([extent_a, extent_e]), bins)


def view_bins(view: View, points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the bin [N] of points [N, 3], and the share of them that lies outside of the view.

    Those outside are put into the nearest bin at its rim, those not finite into the first bin.
    """
    usable = np.isfinite(points).all(axis=1)
    azimuth, elevation = _angles(view.axes, np.where(usable[:, None], points, 1.0))
    part = (np.stack([azimuth, elevation]) - view.lowest_rad[:, None]) / view.extent_rad[:, None]
    outside = ((part < 0.0) | (part > 1.0)).any(axis=0) & usable
    size = np.array([view.bins.columns, view.bins.rows])[:, None]
    column, row = np.clip((part * size).astype(np.int64), 0, size - 1)
    bins = np.where(usable, row * view.bins.columns + column, 0)
    return bins, float(outside.sum()) / max(1, int(usable.sum()))


def thinned(
    config: RangeSensorConfig, points: np.ndarray, bins: np.ndarray, count: int
) -> Thinned:
    """Return one ray for each of ``count`` bins.

    Args:
        config: of the sensor.
        points: returns [N, 3], m, the sensor's frame; NaN without one.
        bins: the bin of each [N].
        count: how many bins there are.
    """
    range_m = np.linalg.norm(points, axis=1)
    there = np.flatnonzero(np.isfinite(range_m))
    points, bins, range_m = points[there], bins[there], range_m[there]
    nearest = np.full(count, np.inf, range_m.dtype)
    np.minimum.at(nearest, bins, range_m)
    limit = nearest[bins]
    front = np.flatnonzero(range_m <= limit + tolerance_m(config, limit))
    bins = bins[front]
    returns = np.bincount(bins, minlength=count)
    sums = [np.bincount(bins, points[front, i], minlength=count) for i in range(3)]
    with np.errstate(invalid="ignore"):
        mean = np.stack(sums, axis=1) / returns[:, None]
    return Thinned(mean.astype(np.float32), returns)


def _directions(points: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(points, axis=1, keepdims=True)
    usable = (np.isfinite(length) & (length > 1e-6))[:, 0]
    return np.asarray(points[usable] / length[usable], float)


def _angles(axes: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return azimuth and elevation [N] of points [N, 3]."""
    forward, left, up = (points @ axes.T).T
    return np.arctan2(left, forward), np.arctan2(up, np.hypot(forward, left))


def _window(angle: np.ndarray) -> tuple[float, float]:
    """Return where a window around angles begins, and its extent."""
    low, high = float(angle.min()), float(angle.max())
    extent = max(high - low, _LEAST_RAD)
    return low - _MARGIN * extent, (1.0 + 2.0 * _MARGIN) * extent
