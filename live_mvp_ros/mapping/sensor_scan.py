# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From what a range sensor says to the rays that a map takes.

However many points come, and however many of them are none, what goes to the map has one fixed
size, so that it is compiled for once: an image or an organised cloud of no more than ``rays``
pixels its own, everything else ``rays``.

A ray is a return that marks its end, or it is only known to be free as far as it goes: because
nothing is there, or because its range is so noisy, sigma = a + b r^2 over the root of the returns
that it is the mean of, that its end is anybody's guess. Then it is free up to 2 sigma before it.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from live_mvp_ros.mapping.flying_pixels import flying
from live_mvp_ros.mapping.ray_pattern import RayPattern
from live_mvp_ros.mapping.scan import image_normals
from live_mvp_ros.mapping.sensor_config import RangeSensorConfig
from live_mvp_ros.mapping.thinning import (
    Bins,
    Thinned,
    View,
    bins_for,
    image_bins,
    thinned,
    view_bins,
    view_of,
)

_OUTSIDE = 0.1  # of the points outside of a view: it is chosen anew
_CLOUDS, _SAMPLES = 128, 256  # what a view is chosen by: a turn of a lidar, cloud by cloud
_INDEPENDENT = 16  # so many neighbouring returns at most are noisy on their own
_SIGMAS = 2.0
_CLEAR_SHARE = 0.5  # of the pixels of a bin in which nothing is


class SensorRays(NamedTuple):
    """Rays of one scan in the sensor's frame.

    Attributes:
        points: ends [R, 3], m; NaN: no ray.
        normals: unit surface normals [R, 3] towards the sensor, zero where unknown.
        marks: which end at a surface, bool [R]; the others are free as far as they go.
    """

    points: np.ndarray
    normals: np.ndarray
    marks: np.ndarray


class Sensor:
    """One sensor: remembers where it looks; used by one thread."""

    def __init__(self) -> None:
        """Have seen nothing."""
        self._view: View | None = None
        self._shown: deque[np.ndarray] = deque(maxlen=_CLOUDS)
        self._image: tuple[tuple[int, int], Bins, np.ndarray] | None = None
        self._pattern = RayPattern()

    @property
    def fixed(self) -> bool:
        """Whether the pixels of its clouds always look in the same directions."""
        return self._pattern.fixed

    def rays(
        self,
        config: RangeSensorConfig,
        points: np.ndarray,
        exact_m: float,
        looks: np.ndarray | None = None,
    ) -> SensorRays:
        """Return the rays of one cloud or depth image.

        Args:
            config: of the sensor.
            points: [H, W, 3], m, the sensor's frame, as the sensor says them: (0, 0, 0), NaN and
                infinity included. Organised if H > 1.
            exact_m: a range noisier than this (1 sigma) marks nothing, the edge of a voxel, say.
            looks: vectors [H, W, 3] in which the pixels look, of any length, if that is known.
        """
        shape = points.shape[:2]
        range_m = np.sqrt(np.einsum("hwi,hwi->hw", points, points))
        with np.errstate(invalid="ignore"):
            hit = (range_m > max(config.min_range_m, 1e-6)) & (range_m <= config.max_range_m)
        range_m = np.where(hit, range_m, np.nan)
        returns = np.where(hit[..., None], points, np.nan)
        clear = self._clear(config, points, hit, returns, range_m, looks)
        lost = np.zeros(shape, bool)
        if config.drop_flying_pixels and shape[0] > 1:
            lost = flying(config, range_m)
            returns[lost] = np.nan
        organised = shape[0] > 1
        if organised and shape[0] * shape[1] <= config.rays:
            flat = returns.reshape(-1, 3)
            found = Thinned(flat, np.isfinite(flat[:, 0]).astype(int))
            ends = clear.reshape(-1, 3)
            return self._rays(config, Bins(*shape), found, ends, exact_m, shape[0] * shape[1])
        bins, of = self._bins(config, shape, returns, clear)
        found = thinned(config, returns.reshape(-1, 3), of, bins.total)
        ends = _clear_bins(clear.reshape(-1, 3), lost.reshape(-1), of, bins.total, organised)
        return self._rays(config, bins, found, ends, exact_m, config.rays)

    def _clear(
        self,
        config: RangeSensorConfig,
        points: np.ndarray,
        hit: np.ndarray,
        returns: np.ndarray,
        range_m: np.ndarray,
        looks: np.ndarray | None,
    ) -> np.ndarray:
        """Return unit vectors [H, W, 3] along which nothing is, NaN elsewhere."""
        nowhere = np.full(points.shape, np.nan)
        if config.clear_if_beyond:
            beyond = ~hit & np.isfinite(points).all(axis=-1)
            length = np.linalg.norm(np.where(beyond[..., None], points, 0.0), axis=-1)
            beyond &= (length > config.max_range_m) & np.isfinite(length)
            nowhere[beyond] = points[beyond] / length[beyond, None]
        if not config.clears or (looks is None and points.shape[0] == 1):
            return nowhere
        said = np.zeros(hit.shape, bool)
        if config.clear_if_nan:
            said |= np.isnan(points).any(axis=-1) & ~np.isinf(points).any(axis=-1)
        if config.clear_if_infinite:
            said |= np.isposinf(points).any(axis=-1) & ~np.isneginf(points).all(axis=-1)
        if config.clear_if_zero:
            said |= (points == 0.0).all(axis=-1)
        if looks is None:
            looks = self._pattern.learn(returns, range_m)
        unit = looks / np.linalg.norm(looks, axis=-1, keepdims=True)
        return np.where(said[..., None], unit, nowhere)

    def _bins(
        self,
        config: RangeSensorConfig,
        shape: tuple[int, int],
        returns: np.ndarray,
        clear: np.ndarray,
    ) -> tuple[Bins, np.ndarray]:
        """Return how the view is divided, and the bin [H x W] of each point."""
        flat = np.where(np.isfinite(clear), clear, returns).reshape(-1, 3)
        if shape[0] > 1:
            if self._image is None or self._image[0] != shape:
                view = view_of(flat[:: max(1, len(flat) // 65536)], config.rays)
                extent = (shape[1], shape[0]) if view is None else view.extent_rad
                bins = bins_for(config.rays, *map(float, extent))
                bins = Bins(min(bins.rows, shape[0]), min(bins.columns, shape[1]))
                found = (shape, bins, image_bins(shape, bins))
                if view is None:
                    return found[1], found[2]
                self._image = found
            return self._image[1], self._image[2]
        self._shown.append(flat[np.isfinite(flat[:, 0])][:: max(1, len(flat) // _SAMPLES)])
        if self._view is not None:
            of, outside = view_bins(self._view, flat)
            if outside <= _OUTSIDE:
                return self._view.bins, of
        self._view = view_of(np.concatenate(self._shown), config.rays) or self._view
        if self._view is None:
            return Bins(1, 1), np.zeros(len(flat), np.int64)
        return self._view.bins, view_bins(self._view, flat)[0]

    def _rays(
        self,
        config: RangeSensorConfig,
        bins: Bins,
        found: Thinned,
        clear: np.ndarray,
        exact_m: float,
        count: int,
    ) -> SensorRays:
        """Return rays, ``count`` of them, of one return or one clear direction per bin."""
        points = found.points.astype(np.float32)
        image = points.reshape(bins.rows, bins.columns, 3)
        with np.errstate(invalid="ignore"):
            normals = image_normals(image).reshape(-1, 3)
        marks = np.isfinite(points[:, 0])
        range_m = np.linalg.norm(points, axis=1)
        independent = np.sqrt(np.clip(found.returns, 1, _INDEPENDENT))
        sigma_m = config.range_noise_a_m + config.range_noise_b_per_m * range_m**2
        sigma_m = sigma_m / independent
        with np.errstate(invalid="ignore"):
            vague = sigma_m > exact_m
            left = np.where(vague, 1.0 - _SIGMAS * sigma_m / range_m, 1.0)
            points = points * np.where(left > 0.0, left, np.nan)[:, None].astype(np.float32)
        free = ~marks & np.isfinite(clear[:, 0])
        points[free] = config.max_range_m * clear[free]
        marks &= ~vague
        normals = np.where(marks[:, None], normals, 0.0)
        short = count - len(points)
        return SensorRays(
            np.pad(points, ((0, short), (0, 0)), constant_values=np.nan),
            np.pad(normals, ((0, short), (0, 0))).astype(np.float32),
            np.pad(marks, (0, short)),
        )


def _clear_bins(
    clear: np.ndarray, lost: np.ndarray, of: np.ndarray, count: int, organised: bool
) -> np.ndarray:
    """Return unit vectors [count, 3] along which nothing is, NaN for bins that cannot say that.

    Args:
        clear: unit vectors [N, 3] of pixels in which nothing is, NaN for others.
        lost: pixels [N] in which something is, but nobody knows where.
        of: their bins [N].
        count: of bins.
        organised: whether a pixel that says nothing is counted against it.
    """
    is_clear = np.isfinite(clear[:, 0])
    nothing = np.full((count, 3), np.nan)
    if not is_clear.any():
        return nothing
    clears = np.bincount(of[is_clear], minlength=count)
    pixels = np.bincount(of, minlength=count) if organised else clears
    good = (clears > 0) & (clears >= _CLEAR_SHARE * pixels)
    good &= np.bincount(of[lost], minlength=count) == 0
    sums = [np.bincount(of[is_clear], clear[is_clear, i], minlength=count) for i in range(3)]
    direction = np.stack(sums, axis=1)
    length = np.linalg.norm(direction, axis=1)
    good &= length > 0.0
    nothing[good] = direction[good] / length[good, None]
    return nothing
