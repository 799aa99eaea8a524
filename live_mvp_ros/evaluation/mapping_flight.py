# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Standard flights: what every world's map is measured by.

A flight of 120 s looks ten times a second. It goes through places 2.5 m apart, chosen one by one
as far as possible from those before, in the order of a short tour and by the shortest ways that
keep 0.3 m from everything at the altitude of the start. It turns all the time, so that
most of what can be seen is seen. Nothing in it is random, and nothing depends on the map. Map
frame, metres.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.evaluation.metrics import navigable_mask
from live_mvp_ros.planning.tour import open_tour
from live_mvp_ros.worlds import World, ground_truth_grid, world_grid

PERIOD_S = 0.1
LOOKS = 1200
TURN_RAD_S = 1.0
SPACING_M = 2.5
CLEARANCE_M = 0.3
BOB_M = 0.3  # the altitude goes up and down by this
_STEPS = ((1, 0), (0, 1), (1, 1), (1, -1))


class FlightPath(NamedTuple):
    """Poses at which to look: positions [N, 3] (map frame) and headings [N] about +z."""

    positions_m: np.ndarray
    yaws_rad: np.ndarray


def standard_flight(world: World, looks: int = LOOKS) -> FlightPath:
    """Return the standard flight through a world, or one of fewer looks on the same way."""
    spec = world_grid(world, 0.1)
    occupied = np.array(ground_truth_grid(world, spec, world.start_m[2]))
    occupied[[0, -1], :] = occupied[:, [0, -1]] = True  # an open world ends where its bound does
    free = navigable_mask(occupied, spec, CLEARANCE_M, world.start_m)
    start = tuple(int(i) for i in spec.cell_index(jnp.asarray(world.start_m[:2])))
    way = _tour(free, int(np.ravel_multi_index(start, free.shape)), SPACING_M / 0.1)
    xy = _walked(_positions(spec, way), looks)
    time_s = PERIOD_S * np.arange(looks)
    altitude = world.start_m[2] + BOB_M * np.sin(0.5 * time_s)
    yaws = world.start_yaw_rad + TURN_RAD_S * time_s
    return FlightPath(np.column_stack([xy, altitude]), yaws)


def _tour(free: np.ndarray, start: int, spacing: float) -> np.ndarray:
    """Return the cells (flat indices) of a short tour through places ``spacing`` cells apart."""
    links = _links(free)
    places, ways, before = [start], [], []
    while True:
        lengths, previous = csgraph.dijkstra(links, indices=places[-1], return_predecessors=True)
        ways.append(lengths)
        before.append(previous)
        nearest = np.min(ways, axis=0)
        nearest[~np.isfinite(nearest)] = -1.0
        if nearest.max() < spacing:
            break
        places.append(int(np.argmax(nearest)))
    between = np.array(ways)[:, places]
    order = [0, *(1 + i for i in open_tour(between[0, 1:], between[1:, 1:]))]
    cells = [start]
    for here, there in itertools.pairwise(order):
        leg = [places[there]]
        while leg[-1] != places[here]:
            leg.append(int(before[here][leg[-1]]))
        cells += leg[-2::-1]
    return np.array(cells)


def _links(free: np.ndarray) -> sparse.csr_array:
    """Return the lengths, in cells, between neighbouring free cells (eight neighbours)."""
    index = np.arange(free.size).reshape(free.shape)
    padded = np.pad(free, 1)
    nx, ny = free.shape
    rows, columns, lengths = [], [], []
    for dx, dy in _STEPS:
        both = free & padded[1 + dx : 1 + dx + nx, 1 + dy : 1 + dy + ny]
        rows.append(index[both])
        columns.append(index[both] + dx * ny + dy)
        lengths.append(np.full(both.sum(), np.hypot(dx, dy)))
    ends = (np.concatenate(rows), np.concatenate(columns))
    one_way = sparse.coo_array((np.concatenate(lengths), ends), (free.size, free.size))
    return (one_way + one_way.T).tocsr()


def _positions(spec: GridSpec, cells: np.ndarray) -> np.ndarray:
    """Return the positions [N, 2] of cells, smoothed over a few of them."""
    x, y = spec.centres()
    ix, iy = np.unravel_index(cells, spec.shape)
    xy = np.column_stack([x[ix], y[iy]])
    width = 3
    padded = np.pad(xy, ((width, width), (0, 0)), mode="edge")
    return np.mean([padded[i : i + len(xy)] for i in range(2 * width + 1)], axis=0)


def _walked(xy: np.ndarray, count: int) -> np.ndarray:
    """Return ``count`` points [count, 2] at equal distances along a line."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(xy, axis=0), axis=1))])
    at = np.linspace(0.0, along[-1], count)
    return np.column_stack([np.interp(at, along, xy[:, axis]) for axis in (0, 1)])
