# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Surface points: where the learned distance is zero near occupied evidence.

Each occupied voxel's centre is moved onto the zero of G by Newton's method along its gradient,
x <- x - G grad G / |grad G|^2; points that do not arrive close by are dropped.

Of more voxels than points are wanted, those of cell i are taken whose frac(i . a) is below the
share that there is room for, with a = (1/g, 1/g^2, 2/(1 + sqrt 5)) and g^3 = g + 1 (Roberts, "The
Unreasonable Effectiveness of Quasirandom Sequences", 2018): surfaces are planes mostly, and 1/g
and 1/g^2 are the best for two dimensions. The points lie evenly on planes of every axis, and
depend on no other voxel: as the map grows points go, and none is moved to another place.
"""

from __future__ import annotations

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.mapping import evidence as voxels
from live_mvp_ros.mapping import hash_grid
from live_mvp_ros.mapping.live_map import LiveMap, exposure_at
from live_mvp_ros.mapping.map_config import LiveMapConfig

_STEPS = 3
_ZERO_M = 0.02  # a surface point's |G| is below this
_SPREAD = (0xC13FA9A9, 0x91E10DA5, 0x9E3779B9)  # a in units of 2^-32
_ROOM = 0.97  # of the points are aimed at, for the share taken is not exactly the one meant


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["points", "distance", "exposure", "count"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class SurfacePoints:
    """Points on the learned surface.

    Attributes:
        points: positions [P, 3], map frame; NaN beyond the valid ones.
        distance: G [P] in metres; NaN beyond the valid ones.
        exposure: Q [P] in 0..1; NaN beyond the valid ones.
        count: how many are valid.
    """

    points: jax.Array
    distance: jax.Array
    exposure: jax.Array
    count: jax.Array


def surface(config: LiveMapConfig, state: LiveMap, max_points: int) -> SurfacePoints:
    """Return up to ``max_points`` points of the surface, spread evenly, valid ones first."""
    start, chosen = _occupied_centres(config, state, max_points)

    def newton(_: int, x: jax.Array) -> jax.Array:
        value, slope = hash_grid.distance_and_slope(config, state.parameters, x)
        length = jnp.clip(value, -config.resolution_m, config.resolution_m)
        return x - length * slope / jnp.maximum(jnp.sum(slope**2, axis=0), 0.1)

    x = jax.lax.fori_loop(0, _STEPS, newton, start)
    value = hash_grid.evaluate(
        state.parameters.distance, hash_grid.encode(config, state.parameters.tables, x)
    )
    moved = jnp.linalg.norm(x - start, axis=0)
    good = chosen & (jnp.abs(value) < _ZERO_M) & (moved < 2.0 * config.resolution_m)
    order = jnp.argsort(~good, stable=True)
    good = good[order]
    points = x.T[order]
    exposed = exposure_at(config, state, points)
    return SurfacePoints(
        jnp.where(good[:, None], points, jnp.nan),
        jnp.where(good, value[order], jnp.nan),
        jnp.where(good, exposed, jnp.nan),
        jnp.sum(good.astype(jnp.int32)),
    )


def _occupied_centres(
    config: LiveMapConfig, state: LiveMap, max_points: int
) -> tuple[jax.Array, jax.Array]:
    """Return centres [3, P] of occupied voxels, evenly spread if many, and which exist."""
    nx, ny, nz = config.shape
    occupied = voxels.occupied(state.evidence).reshape(nz, nx, ny)
    count = jnp.sum(occupied)
    share = jnp.where(count > max_points, _ROOM * max_points / jnp.maximum(count, 1), 1.0)
    a, b, c = (np.uint32(factor) for factor in _SPREAD)
    axes = (jnp.arange(size, dtype=jnp.uint32) for size in (nx, ny, nz))
    x, y, z = jnp.meshgrid(*axes, indexing="ij", sparse=True)
    turn = jnp.transpose(x * a + y * b + z * c, (2, 0, 1))  # modulo 2^32, as meant
    kept = occupied & (turn.astype(jnp.float32) * 2.0**-32 <= share)
    (index,) = jnp.nonzero(kept.reshape(-1), size=max_points, fill_value=occupied.size)
    exists = index < occupied.size
    z, x, y = jnp.unravel_index(jnp.where(exists, index, 0), (nz, nx, ny))
    cell = jnp.stack([x, y, z])
    lower = jnp.array(config.lower_m)[:, None]
    return lower + (cell + 0.5) * config.resolution_m, exists
