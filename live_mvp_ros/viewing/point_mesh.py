# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Triangles between points of a surface, which come in no order and without normals.

Each point looks at its nearest neighbours in the plane that fits them best (Hoppe et al., "Surface
Reconstruction from Unorganized Points", 1992), and finds those triangles with it in whose
circumcircle none of them lies: those of Delaunay's triangulation there (Gopi et al., "Surface
Reconstruction Based on Lower Dimensional Localized Delaunay Triangulation", 2000). What at least
two of its corners find is a triangle of the mesh; what only one finds closes gaps between these.
Vertices are the points as they are, and what is wider than points usually are apart stays open:
doors, and what was never seen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

NEIGHBOURS = 10
WIDEST = 3.0  # longest edge, over the usual distance of the fourth neighbour
_FOURTH = 4
_AGREE = 2  # corners that find a triangle
_SLIVER = 0.02  # least area, over half the square of the longest edge
_CHUNK = 1024  # points at once, which fit the caches


class PointMesh(NamedTuple):
    """Triangles between points.

    Attributes:
        faces: indices of the points [F, 3], in no order of turning.
        normals: unit normals at the points [n, 3], towards any of the two sides.
    """

    faces: np.ndarray
    normals: np.ndarray


def point_mesh(points_m: np.ndarray) -> PointMesh:
    """Return triangles between points [n, 3] in metres, all finite; fewer than four have none."""
    if len(points_m) <= _FOURTH:
        return PointMesh(np.zeros((0, 3), np.int32), np.zeros((len(points_m), 3), np.float32))
    points = np.asarray(points_m, float)
    away_m, near = cKDTree(points).query(points, k=min(NEIGHBOURS, len(points) - 1) + 1)
    widest_m = WIDEST * float(np.median(away_m[:, _FOURTH]))
    axes = _axes(points, near)
    found = []
    for begin in range(0, len(points), _CHUNK):
        some = slice(begin, begin + _CHUNK)
        offset = points[near[some, 1:]] - points[some, None]
        flat = np.einsum("nkc,nac->nka", offset, axes[some, 1:])
        found.append(_around(near[some], flat, offset, widest_m))
    triangles, times = np.unique(np.concatenate(found), axis=0, return_counts=True)
    sure, unsure = triangles[times >= _AGREE], triangles[times < _AGREE]
    faces = np.concatenate([sure, _closing(sure, unsure, len(points))])
    return PointMesh(faces.astype(np.int32), axes[:, 0].astype(np.float32))


def _axes(points: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the axes [n, 3, 3] of each neighbourhood, as rows: its normal, then the plane."""
    around = points[near]
    centred = around - around.mean(axis=1, keepdims=True)
    _, columns = np.linalg.eigh(np.einsum("nki,nkj->nij", centred, centred))
    return np.swapaxes(columns, 1, 2)


def _around(near: np.ndarray, flat: np.ndarray, offset: np.ndarray, widest_m: float) -> np.ndarray:
    """Return triangles [T, 3], in rising order, of points and two of their neighbours each.

    Args:
        near: the points, then their neighbours [n, 1 + k].
        flat: the neighbours, seen from their points, in the planes of these [n, k, 2], in metres.
        offset: the same in space [n, k, 3].
        widest_m: longest edge.
    """
    first, second = np.triu_indices(flat.shape[1], 1)
    u, v = flat[:, first], flat[:, second]
    turn = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]  # twice the area, with a sign
    length = np.linalg.norm(offset, axis=2)
    apart = np.linalg.norm(offset[:, first] - offset[:, second], axis=2)
    longest = np.maximum(np.maximum(length[:, first], length[:, second]), apart)
    row, pair = np.nonzero((longest <= widest_m) & (np.abs(turn) > _SLIVER * longest**2))
    u, v, turn = u[row, pair], v[row, pair], turn[row, pair]
    # the circle through the point and both neighbours has its centre at c; w is inside of it where
    # |w - c| < |c|, which is w . w < 2 w . c
    uu, vv = np.sum(u * u, axis=1), np.sum(v * v, axis=1)
    across = [uu * v[:, 1] - vv * u[:, 1], vv * u[:, 0] - uu * v[:, 0]]
    c = np.stack(across, axis=1) / (2.0 * turn[:, None])
    w = flat[row]
    ww = np.sum(w * w, axis=2)
    inside = ww < (2.0 - 1e-6) * np.einsum("pka,pa->pk", w, c)
    lane = np.arange(len(row))
    inside[lane, first[pair]] = inside[lane, second[pair]] = False
    good = ~inside.any(axis=1)
    row, pair = row[good], pair[good]
    corners = [near[row, 0], near[row, 1 + first[pair]], near[row, 1 + second[pair]]]
    return np.sort(np.stack(corners, axis=1), axis=1)


def _closing(sure: np.ndarray, unsure: np.ndarray, points: int) -> np.ndarray:
    """Return those of the unsure triangles of which two edges lie on the rim of the sure ones."""
    edges, times = np.unique(_edges(sure, points), return_counts=True)
    on_rim = np.isin(_edges(unsure, points), edges[times == 1]).reshape(3, -1)
    return unsure[np.sum(on_rim, axis=0) >= 2]


def _edges(faces: np.ndarray, points: int) -> np.ndarray:
    """Return a number for each edge [3 F] of faces whose corners are in rising order."""
    a, b, c = faces.T.astype(np.int64)
    return np.concatenate([a * points + b, b * points + c, a * points + c])
