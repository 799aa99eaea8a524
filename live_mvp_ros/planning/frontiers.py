# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frontiers for the baselines: clusters of unknown cells beside free ones, and where to see them.

B. Yamauchi, "A frontier-based approach for autonomous exploration" (1997); clusters that are split
along their principal axis and viewpoints around them after B. Zhou et al., "FUEL" (2021). Host
code; cells are indices [ix, iy], lengths are in cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

_BESIDE = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
_AROUND = np.ones((3, 3), bool)
_SAMPLES_PER_CELL = 1.5  # along a line of sight
_MOST_LOOKED_AT = 8  # cells of a cluster whose visibility is tested
_ANGLES = 16
_ENOUGH = 0.8  # of the best coverage: among such viewpoints the nearest is taken


class Viewpoint(NamedTuple):
    """A cell from which to look at a cluster."""

    cell: tuple[int, int]
    yaw_rad: float
    distance_m: float
    """Cost of the way from the drone."""
    size: int
    """Cells of the cluster."""


def frontier_cells(free: np.ndarray, resolvable: np.ndarray) -> np.ndarray:
    """Return the unknown cells [nx, ny] that may be resolved and lie beside free ones."""
    return resolvable & np.asarray(ndimage.binary_dilation(free, _BESIDE))


def clusters(frontier: np.ndarray, least_cells: int, longest_cells: float) -> list[np.ndarray]:
    """Return connected frontiers [n, 2] of at least so many cells, cut where they are too long."""
    labels, _ = ndimage.label(frontier, _AROUND)
    found: list[np.ndarray] = []
    for number, area in enumerate(ndimage.find_objects(labels), start=1):
        corner = [part.start for part in area]
        cells = np.argwhere(labels[area] == number) + corner
        if len(cells) >= least_cells:
            found += _cut(cells, longest_cells)
    return found


def _cut(cells: np.ndarray, longest: float) -> list[np.ndarray]:
    """Halve a cluster across its principal axis until it is short enough."""
    away = cells - cells.mean(axis=0)
    axis = np.linalg.eigh(away.T @ away)[1][:, -1]
    along = away @ axis
    low, high = float(np.min(along)), float(np.max(along))
    if high - low <= longest:
        return [cells]
    side = along < 0.5 * (low + high)
    return [*_cut(cells[side], longest), *_cut(cells[~side], longest)]


def in_sight(free: np.ndarray, eyes: np.ndarray, cells: np.ndarray, reach: float) -> np.ndarray:
    """Return whether each eye [n, 2] sees its cell [n, 2]: within reach, all free between."""
    n = max(2, int(np.ceil(_SAMPLES_PER_CELL * reach)))
    t = (np.arange(1, n, dtype=np.float32) / n)[:, None]
    between = []
    for axis in (0, 1):
        start = eyes[:, axis].astype(np.float32)
        between.append(np.rint(start + t * (cells[:, axis] - start)).astype(np.int32))
    at_end = (between[0] == cells[:, 0]) & (between[1] == cells[:, 1])
    clear = free.ravel().take(between[0] * free.shape[1] + between[1])
    near = np.hypot(*(cells - eyes).T) <= reach
    return near & np.asarray(np.all(clear | at_end, axis=0))


def viewpoints(
    found: list[np.ndarray],
    free: np.ndarray,
    distance_m: np.ndarray,
    here: tuple[int, int],
    radii: np.ndarray,
    fov_rad: float,
) -> list[Viewpoint | None]:
    """Return where to see each cluster from; None if from nowhere on the rings around it.

    Args:
        found: clusters [n, 2].
        free: [nx, ny] bool, what can be seen through.
        distance_m: [nx, ny] cost of the way from the drone; infinite where it shall not go.
        here: the drone's cell, a candidate as well.
        radii: of the rings, in cells.
        fov_rad: field of view.
    """
    return [_viewpoint(c, free, distance_m, here, radii, fov_rad) for c in found]


def _viewpoint(
    cells: np.ndarray,
    free: np.ndarray,
    distance_m: np.ndarray,
    here: tuple[int, int],
    radii: np.ndarray,
    fov_rad: float,
) -> Viewpoint | None:
    eyes = _candidates(cells, distance_m, here, radii)
    if not len(eyes):
        return None
    shown = cells[:: -(-len(cells) // _MOST_LOOKED_AT)]
    pairs = np.repeat(eyes, len(shown), axis=0), np.tile(shown, (len(eyes), 1))
    seen = in_sight(free, *pairs, float(radii[-1])).reshape(len(eyes), len(shown))
    yaw, covered = _best_look(eyes, shown, seen, fov_rad)
    if not covered.max():
        return None
    good = np.flatnonzero(covered >= _ENOUGH * covered.max())
    ways = distance_m[tuple(eyes[good].T)]
    best = good[np.argmin(ways)]
    i, j = eyes[best]
    return Viewpoint((int(i), int(j)), float(yaw[best]), float(ways.min()), len(cells))


def _candidates(
    cells: np.ndarray, distance_m: np.ndarray, here: tuple[int, int], radii: np.ndarray
) -> np.ndarray:
    """Return the cells [n, 2] on rings around the middle of a cluster where the drone can go."""
    angle = 2.0 * np.pi * np.arange(_ANGLES) / _ANGLES
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    eyes = np.rint(cells.mean(axis=0) + (radii[:, None, None] * ring).reshape(-1, 2)).astype(int)
    if np.hypot(*(cells.mean(axis=0) - here)) <= radii[-1]:
        eyes = np.concatenate([eyes, [here]])
    eyes = eyes[np.all((eyes >= 0) & (eyes < distance_m.shape), axis=1)]
    return eyes[np.isfinite(distance_m[tuple(eyes.T)])]


def _best_look(
    eyes: np.ndarray, cells: np.ndarray, seen: np.ndarray, fov_rad: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the yaw [n] towards what each eye sees, and how many cells that look covers."""
    towards = cells[None] - eyes[:, None]
    angle = np.arctan2(towards[..., 1], towards[..., 0])
    yaw = np.arctan2((np.sin(angle) * seen).sum(axis=1), (np.cos(angle) * seen).sum(axis=1))
    off = np.abs((angle - yaw[:, None] + np.pi) % (2.0 * np.pi) - np.pi)
    return yaw, np.count_nonzero(seen & (off <= 0.5 * fov_rad), axis=1)
