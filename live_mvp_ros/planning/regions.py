# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Regions of a final map: openings, labels, what can be seen or entered. Host code.

Masks are bool [nx, ny]; lengths are in cells unless their name says metres.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy import ndimage

from live_mvp_ros.base.grid import GridSpec, in_cells
from live_mvp_ros.planning.fitting import fitting_places, joined_cells
from live_mvp_ros.planning.geodesy import connected_cells
from live_mvp_ros.planning.observable import observable_cells

_AROUND = np.ones((3, 3), bool)
_BESIDE = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
_DOOR_CELLS = 3  # fewer free cells beside a region are gaps in the surface of a wall
_DOOR_STEPS = 3  # how far from a region its doors may lie


def eroded(mask: np.ndarray, radius: float) -> np.ndarray:
    """Return the cells farther than ``radius`` from every cell that is not in ``mask``."""
    if mask.all():
        return mask
    distance: np.ndarray = ndimage.distance_transform_edt(mask)
    return distance > radius


def opened(mask: np.ndarray, radius: float) -> np.ndarray:
    """Return the cells of every disc of a radius that fits into ``mask``."""
    core = eroded(mask, radius)
    if not core.any():
        return core
    distance: np.ndarray = ndimage.distance_transform_edt(~core)
    return distance <= radius


def labelled(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the connected regions of ``mask`` as numbers from 1 on, and how many there are."""
    labels, count = ndimage.label(mask, _AROUND)
    return labels, int(count)


def grown(labels: np.ndarray, into: np.ndarray) -> np.ndarray:
    """Return regions grown by one cell into cells of ``into`` that belong to none."""
    neighbours = ndimage.grey_dilation(labels, footprint=_BESIDE)
    return np.where((labels == 0) & into, neighbours, labels)


def beside(mask: np.ndarray) -> np.ndarray:
    """Return ``mask`` and its four-neighbours."""
    return np.asarray(ndimage.binary_dilation(mask, _BESIDE))


def doors(region: np.ndarray, free: np.ndarray, passable: np.ndarray) -> np.ndarray:
    """Return the free cells a few steps from a region, by passable cells; not where they are few.

    Args:
        region: unknown cells.
        free: cells known to be free.
        passable: cells to step on, without what is narrow: gaps in the surface of a wall.
    """
    beside_it = _ribbon(region, passable) & free
    labels, count = labelled(beside_it)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    return beside_it & (sizes[labels] >= _DOOR_CELLS)


def behind(
    region: np.ndarray, opening: np.ndarray, passable: np.ndarray, least_depth: float
) -> np.ndarray:
    """Return the cells of a region that lie near its doors: not deeper than these are half wide.

    How deep an unknown region is, nobody knows: what is hidden in a corner and the inside of the
    wall behind it are one. A corner hidden from a straight line of sight is half as deep.
    """
    labels, _ = labelled(opening)
    within = region | _ribbon(region, passable)
    near = np.zeros_like(region)
    for number, area in enumerate(ndimage.find_objects(labels), start=1):
        width = np.hypot(*(part.stop - part.start for part in area))
        depth = round(max(0.5 * float(width), least_depth)) + _DOOR_STEPS
        near |= ndimage.binary_dilation(labels == number, _BESIDE, depth, mask=within)
    return near & region


def _ribbon(region: np.ndarray, passable: np.ndarray) -> np.ndarray:
    """Return a region and what is within a few steps of it."""
    return np.asarray(
        ndimage.binary_dilation(region, _BESIDE, _DOOR_STEPS, mask=passable | region)
    )


def touched(region: np.ndarray, labels: np.ndarray) -> int:
    """Return the number of the region of ``labels`` that touches ``region`` most; 0 for none."""
    around = labels[np.asarray(ndimage.binary_dilation(region, _AROUND, 2)) & (labels > 0)]
    return int(np.argmax(np.bincount(around))) if around.size else 0


def joined(passable: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the passable cells that a path through such cells joins to a seed."""
    return np.asarray(connected_cells(jnp.asarray(passable), jnp.asarray(seeds)))


def roamed(
    occupied: np.ndarray, spec: GridSpec, radius_m: float, navigable: np.ndarray
) -> np.ndarray:
    """Return where the drone would fit and could go, were everything unknown free."""
    places = fitting_places(jnp.asarray(occupied), spec, radius_m)
    return np.asarray(joined_cells(places, jnp.asarray(navigable)))


def visible(opaque: np.ndarray, eyes: np.ndarray, range_cells: int) -> np.ndarray:
    """Return the cells, not opaque ones, that ``eyes`` see within range."""
    if not eyes.any():
        return np.zeros_like(eyes)
    seen = observable_cells(jnp.asarray(opaque), jnp.asarray(eyes), range_cells)
    return np.asarray(seen) | (eyes & ~opaque)


def cell_of(spec: GridSpec, at_m: Any) -> tuple[int, int]:
    """Return the index of the cell of a position [2] or [3], clamped to the grid."""
    u = in_cells(np.asarray(at_m, float)[:2], spec.origin_m, spec.resolution_m)
    i, j = np.clip(np.rint(u), 0, np.asarray(spec.shape) - 1).astype(int)
    return int(i), int(j)


def cell_mask(spec: GridSpec, at_m: Any) -> np.ndarray:
    """Return a mask of the one cell that holds a position [2] or [3]."""
    mask = np.zeros(spec.shape, bool)
    mask[cell_of(spec, at_m)] = True
    return mask


def within(spec: GridSpec, at_m: Any, radius_m: float) -> np.ndarray:
    """Return a mask of the cells whose centre is within a radius of a position [2] or [3]."""
    x, y = spec.centres()
    at = np.asarray(at_m, float)
    return np.hypot(x[:, None] - at[0], y[None, :] - at[1]) <= radius_m


def contains(spec: GridSpec, at_m: Any) -> bool:
    """Return whether a position [2] or [3] lies in some cell of the grid."""
    u = in_cells(np.asarray(at_m, float)[:2], spec.origin_m, spec.resolution_m)
    return bool(np.all((u >= -0.5) & (u < np.asarray(spec.shape) - 0.5)))


def middle_m(spec: GridSpec, region: np.ndarray) -> tuple[float, float]:
    """Return the centre [m] of the region's cell that is nearest to its centroid."""
    cells = np.argwhere(region)
    nearest = cells[np.argmin(((cells - cells.mean(axis=0)) ** 2).sum(axis=1))]
    x, y = np.asarray(spec.origin_m) + spec.resolution_m * nearest
    return round(float(x), 4), round(float(y), 4)
