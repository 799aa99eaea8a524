# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What moves: returns where there was nothing, known for as long as they are new.

Log-odds follow what changes slowly. Somebody who walks towards the sensor is in each voxel for
less than a scan: it takes three hits to believe that a voxel is taken that was free, and he is in
the next one by then. So returns from voxels that were clearly free, as those behind them were, and
that lie beside nothing solid, count at once: where at least ``_RETURNS`` of them are in a cell of
the planar map and its neighbours, that cell is taken, for ``_SCANS`` scans. A return that is
noisy, or whose pose is off by a voxel, lies beside the surface that it is of, or before it, and
behind a surface nothing is known as free (compare Schmid et al., "Dynablox: Real-time Detection of
Diverse Dynamic Objects in Complex Environments", RA-L 2023).

What has gone leaves no trace: the cell is what the evidence says of it again, and that clears at
the rate at which it was made.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.mapping.evidence import Evidence, log_odds_at
from live_mvp_ros.mapping.map_config import LiveMapConfig, map_grid
from live_mvp_ros.mapping.scan import Scan

TAKEN = 0.9
"""Probability that a cell is occupied in which something moves."""
_CLEARLY_FREE = -0.8  # log-odds: two misses more than hits
_RETURNS = 3  # in a cell and its eight neighbours
_SCANS = 5  # half a second
_BEHIND_VOXELS = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
_BESIDE = np.array([(i, j, 0) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j], np.float32)
_AROUND = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)], np.int32)


class Moving(NamedTuple):
    """Where something moved.

    Attributes:
        scan: number of the scan in which it was last seen in a cell [nx, ny]; 0: never.
        returns: how many returns of a scan counted in a cell [nx, ny].
        counted: the number of that scan [nx, ny], so that nothing has to be cleaned up.
        number: of the last scan.
    """

    scan: jax.Array
    returns: jax.Array
    counted: jax.Array
    number: jax.Array


def init_moving(config: LiveMapConfig) -> Moving:
    """Return that nothing was ever seen to move."""
    scan, returns, counted = (jnp.zeros(map_grid(config).shape, jnp.int32) for _ in range(3))
    return Moving(scan, returns, counted, jnp.int32(0))


def noticed(config: LiveMapConfig, moving: Moving, evidence: Evidence, scan: Scan) -> Moving:
    """Return what moves after one more scan.

    Args:
        config: of the map.
        moving: after the scan before.
        evidence: before this scan.
        scan: in the map.
    """
    spec, number = map_grid(config), moving.number + 1
    cell = _cells(spec, scan.points_m, _surprising(config, evidence, scan))
    counted = moving.counted.at[cell[0], cell[1]].set(number, mode="drop")
    returns = moving.returns.at[cell[0], cell[1]].set(0, mode="drop")
    returns = returns.at[cell[0], cell[1]].add(1, mode="drop")
    around = cell[:, :, None] + _AROUND.T[:, None, :]
    inside = jnp.all(around >= 0, axis=0)
    near = returns.at[around[0], around[1]].get(mode="fill", fill_value=0)
    inside &= counted.at[around[0], around[1]].get(mode="fill", fill_value=0) == number
    enough = jnp.sum(jnp.where(inside, near, 0), axis=1) >= _RETURNS
    i = jnp.where(enough, cell[0], spec.shape[0])
    scans = moving.scan.at[i, cell[1]].set(number, mode="drop")
    return Moving(scans, returns, counted, number)


def taken(moving: Moving) -> jax.Array:
    """Return in which cells [nx, ny] something moves now, bool."""
    return (moving.scan > 0) & (moving.number - moving.scan < _SCANS)


def _surprising(config: LiveMapConfig, evidence: Evidence, scan: Scan) -> jax.Array:
    """Return which rays [R] end in what was free, at the body's height and before nothing."""
    ends, offset = scan.points_m.T, (scan.points_m - scan.origin_m).T
    length = jnp.linalg.norm(offset, axis=0)
    near = length <= config.max_range_m  # false for NaN
    near &= jnp.abs(ends[2] - config.body.altitude_m) <= config.half_height_m
    if scan.marks is not None:
        near &= scan.marks
    step = config.resolution_m * offset / jnp.maximum(length, 1e-6)
    behind = ends[:, :, None] + step[:, :, None] * _BEHIND_VOXELS
    beside = ends[:, :, None] + config.resolution_m * _BESIDE.T[:, None, :]
    looked = jnp.concatenate([ends[:, :, None], behind, beside], axis=2)
    found = log_odds_at(config, evidence, jnp.nan_to_num(looked).reshape(3, -1))
    found = found.reshape(looked.shape[1:])
    along = 1 + len(_BEHIND_VOXELS)
    free = jnp.all(found[:, :along] < _CLEARLY_FREE, axis=1)
    return near & free & ~jnp.any(found[:, along:] > 0.0, axis=1)


def _cells(spec: GridSpec, points: jax.Array, wanted: jax.Array) -> jax.Array:
    """Return the cells [2, R] of points [R, 3]; one beyond the grid for those not wanted."""
    xy = jnp.nan_to_num(points[:, :2])
    wanted &= spec.contains(xy)
    index = spec.cell_index(xy)
    return jnp.stack([jnp.where(wanted, index[:, 0], spec.shape[0]), index[:, 1]])
