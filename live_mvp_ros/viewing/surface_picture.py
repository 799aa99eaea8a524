# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The learned surface as triangles that can be drawn: coloured by how well it was seen.

One looks at a flight from above, so what hangs over the drone is set apart: it is to be drawn from
below only, and hides no room. Map frame, metres.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from live_mvp_ros.viewing import pictures
from live_mvp_ros.viewing.point_mesh import point_mesh

MOST_POINTS = 8192
"""Points of a surface that are drawn: the triangles of more would take long to find."""
_BLUE = 64.0
_LIGHT = np.array([0.40, 0.25, 0.88])  # from where it comes, a unit vector
_SHADE = 0.5  # of the colour is left where light comes along the surface
_FLAT = 0.7  # least |z| of the normal of a ceiling


class SurfacePicture(NamedTuple):
    """A surface that can be drawn.

    Attributes:
        points_m: vertices [n, 3].
        colours: of the vertices [n, 3], uint8: red hardly seen, green well; darker aslant.
        faces: triangles [F, 3], seen from both sides.
        overhead: triangles [G, 3] of what hangs over the drone; they turn left seen from below.
        lone: points [m] that are in no triangle.
        left_out: points that were too many.
    """

    points_m: np.ndarray
    colours: np.ndarray
    faces: np.ndarray
    overhead: np.ndarray
    lone: np.ndarray
    left_out: int


def surface_picture(message: Any, altitude_m: float = math.inf) -> SurfacePicture:
    """Return the cloud of a surface, with fields x, y, z and exposure, as triangles.

    Args:
        message: a PointCloud2.
        altitude_m: of the drone; infinite: nothing hangs over it.

    Raises:
        ValueError: the message has no such fields, or its sizes do not agree.
    """
    values = _values(message)
    left_out = max(0, len(values) - MOST_POINTS)
    if left_out:
        chosen = np.random.default_rng(0).choice(len(values), MOST_POINTS, replace=False)
        values = values[np.sort(chosen)]
    points_m = values[:, :3]
    faces, normals = point_mesh(points_m)
    over = _overhead(points_m[faces], altitude_m)
    lone = np.setdiff1d(np.arange(len(points_m)), faces)
    colours = _coloured(values[:, 3], normals)
    overhead = _seen_from_below(points_m, faces[over])
    return SurfacePicture(points_m, colours, faces[~over], overhead, lone, left_out)


def _values(message: Any) -> np.ndarray:
    """Return x, y, z and exposure [n, 4]; a map that was reset has a surface without points."""
    if int(message.height) * int(message.width) == 0:
        return np.zeros((0, 4))
    columns = pictures.cloud_columns(message, "x", "y", "z", "exposure")
    return np.stack(columns, axis=1).astype(float)


def _coloured(exposure: np.ndarray, normals: np.ndarray) -> np.ndarray:
    share = np.clip(np.nan_to_num(exposure), 0.0, 1.0)
    plain = np.stack([255.0 * (1.0 - share), 255.0 * share, np.full_like(share, _BLUE)], axis=1)
    lit = _SHADE + (1.0 - _SHADE) * np.abs(normals @ _LIGHT)
    lit[~normals.any(axis=1)] = 1.0  # of too few points to tell
    return np.asarray(plain * lit[:, None], np.uint8)


def _overhead(corners_m: np.ndarray, altitude_m: float) -> np.ndarray:
    """Return which triangles [F, 3, 3] lie flat and are higher than the drone [F]."""
    normal = np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])
    flat = np.abs(normal[:, 2]) > _FLAT * np.linalg.norm(normal, axis=1)
    return np.asarray(flat & (corners_m[:, :, 2].min(axis=1) > altitude_m))


def _seen_from_below(points_m: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return triangles [G, 3] with corners in such an order that their normals point down."""
    a, b, c = points_m[faces].transpose(1, 0, 2)
    upward = np.cross(b - a, c - a)[:, 2] > 0.0
    return np.where(upward[:, None], faces[:, ::-1], faces)
