# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Facets: small pieces of surface, from a depth image or from the surface itself.

From depth, pixels are points; the normal is the cross product of the central differences of
neighbours, and mean curvature that of the first and second fundamental form (do Carmo,
Differential Geometry of Curves and Surfaces, section 3.3): H = (eG - 2fF + gE) / (2 (EG - F^2)),
positive where the surface is convex. Where normals of neighbours differ by more than
``SMOOTH_RAD`` the surface has an edge, or pixels are too coarse for it: no facets are made there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from live_mvp_ros.packets.packet_types import (
    DEPTH_REPROJECTION,
    SURFACE_SAMPLING,
    CameraIntrinsics,
    FacetRecord,
)
from live_mvp_ros.packets.pinhole import View, rays
from live_mvp_ros.packets.stages import Stage

SMOOTH_RAD = math.radians(10.0)
LEAST_FACING = 0.2
"""Least cosine between normal and ray: on a surface seen nearly along it pixels are far apart."""


class Facets(NamedTuple):
    """Facets: places [N, 3] in metres, outward unit normals [N, 3], mean curvature [N] in 1/m."""

    points: np.ndarray
    normals: np.ndarray
    curvature: np.ndarray
    source: int
    numbers: np.ndarray
    """Of what they belong to [N]: 0 or as a segmentation says."""

    def seen_from(self, view: View) -> Facets:
        """Return facets of an optical frame in the frame of the view."""
        points = self.points @ view.rotation.T + view.place
        return self._replace(points=points, normals=self.normals @ view.rotation.T)

    def records(
        self, stamp_ns: int, frame_id: str, tick: int, names: Sequence[str], column_id: str
    ) -> Iterator[FacetRecord]:
        """Yield the facets as packets; ``names`` are those of what the numbers stand for."""
        rows = zip(
            self.points.tolist(),
            self.normals.tolist(),
            self.curvature.tolist(),
            self.numbers.tolist(),
            strict=True,
        )
        for point, normal, curvature, number in rows:
            yield FacetRecord(
                stamp_ns,
                frame_id,
                tick,
                names[number],
                column_id,
                tuple(point),
                tuple(normal),
                curvature,
                self.source,
            )


def facets_from_depth(
    depth: np.ndarray,
    camera: CameraIntrinsics,
    every_px: int,
    segmentation: np.ndarray | None = None,
) -> Facets:
    """Return one facet each ``every_px`` pixels where the surface is smooth, optical frame.

    Args:
        depth: image [height, width] along the optical axis in metres, NaN: no return.
        camera: of the image.
        every_px: distance of facets, at least 1.
        segmentation: numbers [height, width] of what is seen; without one they are 0.

    Raises:
        ValueError: ``every_px`` is not allowed.
    """
    if every_px < 1:
        raise ValueError(f"every_px = {every_px} is not allowed: it must be at least 1")
    directions = rays(camera)
    points = directions * np.asarray(depth, float)[..., None]
    along_x, along_y = _slope(points, 1), _slope(points, 0)
    normals = np.cross(along_y, along_x)
    with np.errstate(invalid="ignore", divide="ignore"):
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        curvature = _mean_curvature(along_x, along_y, normals)
        facing = -np.sum(normals * directions, axis=-1) / np.linalg.norm(directions, axis=-1)
        smooth = _smooth(normals) & (facing >= LEAST_FACING)
    wanted = np.zeros(smooth.shape, bool)
    wanted[every_px // 2 :: every_px, every_px // 2 :: every_px] = True
    chosen = wanted & smooth & np.isfinite(curvature)
    numbers = np.zeros(chosen.shape) if segmentation is None else segmentation
    return Facets(
        points[chosen],
        normals[chosen],
        curvature[chosen],
        DEPTH_REPROJECTION,
        numbers[chosen].astype(int),
    )


def facets_on_surface(near: Facets, stage: Stage) -> Facets:
    """Return the facets of a stage's surface next to others, which are in its frame."""
    found = stage.surface(near.points)
    return Facets(found.points, found.normals, found.curvature, SURFACE_SAMPLING, near.numbers)


def _slope(values: np.ndarray, axis: int) -> np.ndarray:
    """Return half the central differences [height, width, 3], NaN at the edges."""
    result = np.full(values.shape, np.nan)
    if axis:
        result[:, 1:-1] = 0.5 * (values[:, 2:] - values[:, :-2])
    else:
        result[1:-1] = 0.5 * (values[2:] - values[:-2])
    return result


def _mean_curvature(along_x: np.ndarray, along_y: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Return the mean curvature [height, width], positive for convex: normals diverge there."""
    dot = lambda a, b: np.sum(a * b, axis=-1)  # noqa: E731
    n_x, n_y = _slope(normals, 1), _slope(normals, 0)
    big_e, big_f, big_g = dot(along_x, along_x), dot(along_x, along_y), dot(along_y, along_y)
    e, g = dot(n_x, along_x), dot(n_y, along_y)
    f = 0.5 * (dot(n_x, along_y) + dot(n_y, along_x))
    return (e * big_g - 2.0 * f * big_f + g * big_e) / (2.0 * (big_e * big_g - big_f**2))


def _smooth(normals: np.ndarray) -> np.ndarray:
    """Return where the normals of all four neighbours are nearly the same [height, width]."""
    result = np.zeros(normals.shape[:2], bool)
    middle = normals[1:-1, 1:-1]
    others = (normals[:-2, 1:-1], normals[2:, 1:-1], normals[1:-1, :-2], normals[1:-1, 2:])
    same = [np.sum(middle * other, axis=-1) > math.cos(SMOOTH_RAD) for other in others]
    result[1:-1, 1:-1] = np.all(same, axis=0)
    return result
