# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Surfels: one small disc of surface per cell of a coarse grid, what targets are measured to.

A scan shows only some of the surfaces around a point in front of the drone. The surfels remember
those of all scans, so that the distance to learn is the distance to the nearest surface known,
whichever scan showed it. The distance to a disc of radius r around p with normal n is

    sqrt(h^2 + max(l - r, 0)^2),  h = n . (x - p),  l^2 = |x - p|^2 - h^2

(Pfister et al., "Surfels: Surface Elements as Rendering Primitives", 2000, for the term). The
latest hit in a cell wins, so that a surface that moves is followed. A disc is forgotten when its
voxel has become clearly free, which is looked after where the rays of a scan pass. Which cells
ever held a disc is kept as a list, so that one can be drawn without looking for it: everything
here costs what a scan touches, whatever the volume.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.mapping.choice import accepted
from live_mvp_ros.mapping.evidence import Evidence, log_odds_at
from live_mvp_ros.mapping.map_config import LiveMapConfig
from live_mvp_ros.mapping.rays import segments, walk
from live_mvp_ros.mapping.scan import Scan

CELL_M = 0.25
RADIUS_M = 0.12
_CLEARLY_FREE = -1.0  # log-odds
_PUSH_VOXELS = 0.02  # evidence of a hit lies so far behind it
_AWAY_M = 1e3  # where the discs of empty cells are
_FORGET_RAYS = 1024  # of a scan, in turn, along which discs are forgotten
_TRIES = 4  # per point around a disc: few cells lost theirs
_RIM_M = 2.0 * CELL_M
_AROUND = np.array(list(np.ndindex(3, 3, 3)), np.int32) - 1


class Surfels(NamedTuple):
    """Discs of cells in flat order with a rim of one cell.

    Attributes:
        discs: centre and normal [C, 6], map frame.
        cells: indices of cells that ever held a disc, in the order in which they came [C].
        place: of each cell in that list [C]; -1: it never held one.
        filled: length of the list.
    """

    discs: jax.Array
    cells: jax.Array
    place: jax.Array
    filled: jax.Array


def grid_shape(config: LiveMapConfig) -> tuple[int, int, int]:
    """Return the cells of the coarse grid, its rim included."""
    extent = np.array(config.upper_m) - np.array(config.lower_m)
    nx, ny, nz = (math.ceil(e / CELL_M - 1e-6) + 4 for e in extent)
    return nx, ny, nz


def init_surfels(config: LiveMapConfig) -> Surfels:
    """Return no discs."""
    count = math.prod(grid_shape(config))
    return Surfels(
        discs=jnp.full((count, 6), _AWAY_M, jnp.float32),
        cells=jnp.zeros(count, jnp.int32),
        place=jnp.full(count, -1, jnp.int32),
        filled=jnp.int32(0),
    )


def integrate(config: LiveMapConfig, surfels: Surfels, scan: Scan) -> Surfels:
    """Return the discs after one more scan; hits without a normal leave none."""
    offset = scan.points_m - scan.origin_m
    near = jnp.linalg.norm(offset, axis=1) <= config.max_range_m  # false for NaN
    known = jnp.sum(scan.normals**2, axis=1) > 0.5
    cell = _cell(config, scan.points_m.T)
    bound = jnp.array(grid_shape(config))[:, None]
    inside = jnp.all((cell >= 1) & (cell < bound - 1), axis=0)
    index = jnp.where(near & known & inside, _flat(config, cell), surfels.discs.shape[0])
    discs = jnp.concatenate([scan.points_m, scan.normals], axis=1)
    listed = _listed(surfels, index)
    return listed._replace(discs=surfels.discs.at[index].set(discs, mode="drop"))


def _listed(surfels: Surfels, index: jax.Array) -> Surfels:
    """Return the discs with cells [R] on the list; those beyond the last cell are left out."""
    beyond = surfels.cells.shape[0]
    lane = jnp.arange(index.shape[0])
    new = surfels.place.at[index].get(mode="fill", fill_value=0) < 0
    index = jnp.where(new, index, beyond)
    # a cell that comes several times is listed by the ray whose number was written last
    place = surfels.place.at[index].set(lane, mode="drop")
    first = place.at[index].get(mode="fill", fill_value=-1) == lane
    index = jnp.where(first, index, beyond)
    at = surfels.filled + jnp.cumsum(first, dtype=jnp.int32) - 1
    return surfels._replace(
        cells=surfels.cells.at[jnp.where(first, at, beyond)].set(index, mode="drop"),
        place=place.at[index].set(at, mode="drop"),
        filled=surfels.filled + jnp.sum(first, dtype=jnp.int32),
    )


def forget(
    config: LiveMapConfig, surfels: Surfels, evidence: Evidence, scan: Scan, turn: jax.Array
) -> Surfels:
    """Return the discs without those whose evidence voxel speaks clearly of free space.

    Looked after are the discs in cells that rays of the scan pass: of more than ``_FORGET_RAYS``
    rays evenly spread ones, others with every ``turn`` (int32).
    """
    rays = scan.points_m.shape[0]
    kept = min(rays, _FORGET_RAYS)
    chosen = ((jnp.arange(kept) * rays) // kept + turn % -(-rays // kept)) % rays
    lower = jnp.array(config.lower_m) - _RIM_M
    ends = (scan.points_m[chosen] - lower).T / CELL_M
    passed = segments((scan.origin_m - lower) / CELL_M, ends)
    reach = jnp.minimum(passed.stop, config.max_range_m / CELL_M)

    def look(discs: jax.Array, cell: jax.Array, active: jax.Array) -> jax.Array:
        index = jnp.where(active, _flat(config, cell), discs.shape[0])
        disc = discs.at[index].get(mode="fill", fill_value=_AWAY_M)
        inside = disc[:, :3] - _PUSH_VOXELS * config.resolution_m * disc[:, 3:]
        gone = log_odds_at(config, evidence, inside.T) < _CLEARLY_FREE
        index = jnp.where(gone, index, discs.shape[0])
        return discs.at[index].set(_AWAY_M, mode="drop")

    shape = grid_shape(config)
    discs = walk(passed._replace(stop=reach), shape, look, surfels.discs)
    return surfels._replace(discs=discs)


def points_near(config: LiveMapConfig, surfels: Surfels, count: int, key: jax.Array) -> jax.Array:
    """Return points [3, count] around discs drawn evenly, or anywhere if there are none."""
    disc_key, place_key = jax.random.split(key)
    tried = jax.random.randint(disc_key, (_TRIES * count,), 0, jnp.maximum(surfels.filled, 1))
    discs = surfels.discs[surfels.cells[tried], :3]
    centre = discs[accepted(discs[:, 0] < _AWAY_M, count)].T
    part = jax.random.uniform(place_key, (3, count))
    lower, upper = jnp.array(config.lower_m)[:, None], jnp.array(config.upper_m)[:, None]
    around = jnp.clip(centre + CELL_M * (2.0 * part - 1.0), lower, upper)
    return jnp.where(centre[0] < _AWAY_M, around, lower + (upper - lower) * part)


def nearest(config: LiveMapConfig, surfels: Surfels, x: jax.Array) -> jax.Array:
    """Return the distance [N] from points x [3, N] to the nearest disc in the cells around.

    Right up to ``CELL_M``; large where the cells around hold none.
    """
    bound = jnp.array(grid_shape(config))[:, None]
    cell = jnp.clip(_cell(config, x), 1, bound - 2)
    first = _flat(config, cell)
    _, ny, nz = grid_shape(config)
    steps = jnp.array((_AROUND[:, 0] * ny + _AROUND[:, 1]) * nz + _AROUND[:, 2])

    def look(least: jax.Array, step: jax.Array) -> tuple[jax.Array, None]:
        discs = surfels.discs.at[first + step].get(mode="promise_in_bounds")
        return jnp.minimum(least, _squared_distance(discs.T, x)), None

    # cell after cell: all 27 at once do not fit the caches, and take three times as long
    squared, _ = jax.lax.scan(look, jnp.full(x.shape[1], jnp.inf), steps)
    return jnp.sqrt(squared)


def _squared_distance(discs: jax.Array, x: jax.Array) -> jax.Array:
    """Return the squared distances [N] from points x [3, N] to discs [6, N]."""
    away = [x[i] - discs[i] for i in range(3)]
    height = sum(away[i] * discs[3 + i] for i in range(3))
    lateral = jnp.sqrt(jnp.maximum(sum(a * a for a in away) - height**2, 0.0))
    return jnp.asarray(height**2 + jnp.maximum(lateral - RADIUS_M, 0.0) ** 2)


def _cell(config: LiveMapConfig, x: jax.Array) -> jax.Array:
    lower = jnp.array(config.lower_m)[:, None] - _RIM_M
    scaled = jnp.nan_to_num((x - lower) / CELL_M, nan=-1.0)
    return jnp.floor(jnp.clip(scaled, -1.0, 1e6)).astype(jnp.int32)


def _flat(config: LiveMapConfig, cell: jax.Array) -> jax.Array:
    _, ny, nz = grid_shape(config)
    return (cell[0] * ny + cell[1]) * nz + cell[2]
