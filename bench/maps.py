# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Maps as they arise in a flight: what a drone has seen of a world from some places, by log-odds.

Known free, known occupied and unknown cells with the probabilities of the map node: every look
adds 0.85 to the log-odds of a surface and takes 0.4 from those of free cells, within -2 and 3.5.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy import ndimage

from live_mvp_ros import worlds
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import fsmi, trajectory

HIT, MISS, LEAST, MOST = 0.85, 0.4, -2.0, 3.5
STRIDE_CELLS = 20  # farthest from one place of looking to the next
LOOKS_PER_PLACE = 4


class FlownMap(NamedTuple):
    """A partly known map."""

    spec: GridSpec
    p: np.ndarray
    """[nx, ny] occupancy probability, 0.5 where unknown."""
    known: np.ndarray
    """[nx, ny] bool."""
    occupied: np.ndarray
    """[nx, ny] bool, what is really there."""


def flown_map(
    name: str, places: int, seed: int, range_m: float = 5.0, resolution_m: float = 0.1
) -> FlownMap:
    """Return what looking around from some places along a random walk makes known of a world."""
    world = worlds.load_world(name)
    spec = worlds.world_grid(world, resolution_m)
    occupied = worlds.ground_truth_grid(world, spec, world.start_m[2])
    here = np.asarray(spec.cell_index(jnp.asarray(world.start_m)[:2]))
    return look_around(spec, occupied, here, places, seed, range_m)


def look_around(
    spec: GridSpec, occupied: np.ndarray, here: np.ndarray, places: int, seed: int, range_m: float
) -> FlownMap:
    """Return the map after full turns at some places; the walk starts near the cell ``here``."""
    rng = np.random.default_rng(seed)
    roomy = ndimage.distance_transform_edt(~occupied) * spec.resolution_m > 0.4
    labels = ndimage.label(roomy)[0]
    cells = np.argwhere(roomy)
    start = cells[np.argmin(np.sum((cells - here) ** 2, axis=1))]
    cells = np.argwhere(labels == labels[tuple(start)])
    at, log_odds, known = start, np.zeros(spec.shape), np.zeros(spec.shape, bool)
    for _ in range(places):
        seen = _seen(spec, range_m, jnp.asarray(occupied), _centre(spec, at))
        known |= np.asarray(seen)
        change = LOOKS_PER_PLACE * np.where(occupied, HIT, -MISS)
        log_odds = np.where(seen, np.clip(log_odds + change, LEAST, MOST), log_odds)
        near = cells[np.sum((cells - at) ** 2, axis=1) <= STRIDE_CELLS**2]
        at = near[rng.integers(len(near))]
    p = np.where(known, 1.0 / (1.0 + np.exp(-log_odds)), 0.5).astype(np.float32)
    return FlownMap(spec, p, known, occupied)


@partial(jax.jit, static_argnums=(0, 1))
def _seen(spec: GridSpec, range_m: float, occupied: jax.Array, xy: jax.Array) -> jax.Array:
    sensor = fsmi.SensorConfig(fov_rad=2.0 * math.pi, range_m=range_m)
    return trajectory.visible_cells(sensor, spec, jnp.where(occupied, 0.97, 0.12), xy, 0.0)


def _centre(spec: GridSpec, cell: np.ndarray) -> jax.Array:
    return jnp.asarray(spec.origin_m + spec.resolution_m * cell, jnp.float32)


def rooms(size_m: float, seed: int, resolution_m: float = 0.1) -> tuple[GridSpec, np.ndarray]:
    """Return a square building of rooms of 6 m with doors of 1.2 m: which cells are occupied."""
    rng = np.random.default_rng(seed)
    n = round(size_m / resolution_m)
    spec = GridSpec((0.5 * resolution_m, 0.5 * resolution_m), resolution_m, (n, n))
    occupied = np.zeros((n, n), bool)
    occupied[[0, -1]] = occupied[:, [0, -1]] = True
    pitch, door = round(6.0 / resolution_m), round(1.2 / resolution_m)
    for turned in (occupied, occupied.T):
        for wall in range(pitch, n - 1, pitch):
            turned[wall] = True
            for room in range(0, n, pitch):
                width = min(pitch, n - room) - door - 2
                if width > 0:
                    at = room + 1 + rng.integers(width)
                    turned[wall, at : at + door] = False
    # where two walls cross, the second one closed the doors of the first
    return spec, occupied
