# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Evidence voxels: log-odds of occupancy, exact about what was never seen.

Each ray visits, in order, exactly the voxels that its segment passes (Amanatides and Woo, "A Fast
Voxel Traversal Algorithm for Ray Tracing", 1987); all rays advance in lockstep. In one scan a
voxel changes at most once: by a hit if any ray ends in it, else by a miss if any passes through.
End points are pushed a little along the ray into the surface, because surfaces often lie exactly
on the face between two voxels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.mapping.choice import draw_true
from live_mvp_ros.mapping.config import LiveMapConfig
from live_mvp_ros.mapping.scan import Scan

_PUSH_VOXELS = 0.02


class Evidence(NamedTuple):
    """Log-odds [nx, ny, nz] (positive: occupied) and which voxels were ever observed (bool)."""

    log_odds: jax.Array
    seen: jax.Array


def init_evidence(config: LiveMapConfig) -> Evidence:
    """Return evidence about nothing."""
    return Evidence(jnp.zeros(config.shape, jnp.float32), jnp.zeros(config.shape, bool))


def integrate(config: LiveMapConfig, evidence: Evidence, scan: Scan) -> Evidence:
    """Return the evidence after one more scan."""
    free, hit = observed(config, scan)
    first = ~jnp.any(evidence.seen)
    radius = jnp.where(first, config.start_radius_m, config.footprint_radius_m)
    around = footprint(config, scan.body_m, radius) & ~evidence.seen
    free = (free | around) & ~hit
    change = jnp.where(hit, config.log_odds_hit, jnp.where(free, -config.log_odds_miss, 0.0))
    log_odds = jnp.clip(evidence.log_odds + change, config.log_odds_min, config.log_odds_max)
    return Evidence(log_odds, evidence.seen | free | hit)


def observed(config: LiveMapConfig, scan: Scan) -> tuple[jax.Array, jax.Array]:
    """Return which voxels [nx, ny, nz] some ray passes through, and in which some ray ends."""
    shape = config.shape
    dump = math.prod(shape)  # one more entry takes the writes of rays that are finished
    bound = jnp.array(shape, jnp.int32)[:, None]
    start = ((scan.origin_m - jnp.array(config.lower_m)) / config.resolution_m)[:, None]
    offset = (scan.points_m - scan.origin_m).T / config.resolution_m
    usable = jnp.all(jnp.isfinite(offset), axis=0) & jnp.all(jnp.isfinite(start))
    offset = jnp.where(usable, offset, 0.0)
    start = jnp.where(jnp.isfinite(start), start, 0.0)
    length = jnp.linalg.norm(offset, axis=0)
    usable &= length > 1e-6
    direction = offset / jnp.maximum(length, 1e-6)
    limit = config.max_range_m / config.resolution_m
    stop = jnp.minimum(length + _PUSH_VOXELS, limit)

    passed = _traverse(start, direction, stop, usable, shape)
    end = jnp.floor(start + direction * (length + _PUSH_VOXELS)).astype(jnp.int32)
    ends = usable & (length <= limit) & jnp.all((end >= 0) & (end < bound), axis=0)
    index = jnp.where(ends, _flat(end, shape), dump)
    hit = jnp.zeros(dump + 1, bool).at[index].set(True, mode="promise_in_bounds")
    return passed[:dump].reshape(shape), hit[:dump].reshape(shape)


def _flat(cell: jax.Array, shape: tuple[int, int, int]) -> jax.Array:
    return (cell[0] * shape[1] + cell[1]) * shape[2] + cell[2]


def _traverse(
    start: jax.Array,
    direction: jax.Array,
    stop: jax.Array,
    usable: jax.Array,
    shape: tuple[int, int, int],
) -> jax.Array:
    """Return the voxels, flat with one entry more, on segments in voxel units [3, R]."""
    bound = jnp.array(shape, jnp.int32)[:, None]
    direction = jnp.where(jnp.abs(direction) < 1e-9, 1e-9, direction)  # parallel to an axis
    inverse = 1.0 / direction
    to_low, to_high = -start * inverse, (bound - start) * inverse
    enter = jnp.maximum(jnp.max(jnp.minimum(to_low, to_high), axis=0), 0.0)
    leave = jnp.minimum(jnp.min(jnp.maximum(to_low, to_high), axis=0), stop)
    ahead = (direction > 0.0).astype(jnp.int32)
    axes = jnp.arange(3)[:, None]
    dump = math.prod(shape)

    def advance(carry: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, ...]:
        cell, active, passed = carry
        index = jnp.where(active, _flat(cell, shape), dump)
        passed = passed.at[index].set(True, mode="promise_in_bounds")
        crossing = (cell + ahead - start) * inverse
        step = jnp.where(axes == jnp.argmin(crossing, axis=0), 2 * ahead - 1, 0)
        cell = cell + step
        inside = jnp.all((cell >= 0) & (cell < bound), axis=0)
        return cell, active & inside & (jnp.min(crossing, axis=0) < leave), passed

    first = jnp.floor(start + enter * direction).astype(jnp.int32)
    carry = (jnp.clip(first, 0, bound - 1), usable & (enter < leave), jnp.zeros(dump + 1, bool))
    return jax.lax.while_loop(lambda c: jnp.any(c[1]), advance, carry)[2]  # type: ignore[arg-type]


def footprint(config: LiveMapConfig, body_m: jax.Array, radius_m: jax.Array) -> jax.Array:
    """Return which voxels [nx, ny, nz] have their centre within a radius of the vehicle."""
    x, y, z = (
        config.lower_m[i] + (jnp.arange(n) + 0.5) * config.resolution_m - body_m[i]
        for i, n in enumerate(config.shape)
    )
    squared = x[:, None, None] ** 2 + y[None, :, None] ** 2 + z[None, None, :] ** 2
    return squared <= radius_m**2


def band_occupancy(
    config: LiveMapConfig, evidence: Evidence, altitude_m: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the probability [nx, ny] of the band around an altitude, and where it is known.

    A cell is known if any voxel of the band was ever observed; its probability is the highest of
    the observed ones, 0.5 where none was.
    """
    heights = config.lower_m[2] + (jnp.arange(config.shape[2]) + 0.5) * config.resolution_m
    away = jnp.abs(heights - altitude_m)
    # the layer that holds the altitude is always part of the band
    in_band = away <= jnp.maximum(config.band_half_height_m, jnp.min(away)) + 1e-4
    counted = evidence.seen & in_band
    known = jnp.any(counted, axis=2)
    highest = jnp.max(jnp.where(counted, evidence.log_odds, -jnp.inf), axis=2)
    return jnp.where(known, jax.nn.sigmoid(highest), 0.5), known


def layer_seen(config: LiveMapConfig, evidence: Evidence, altitude_m: jax.Array) -> jax.Array:
    """Return which voxels [nx, ny] of the layer at an altitude were ever observed."""
    layer = jnp.floor((altitude_m - config.lower_m[2]) / config.resolution_m).astype(jnp.int32)
    return evidence.seen[:, :, jnp.clip(layer, 0, config.shape[2] - 1)]


def never_seen_points(
    config: LiveMapConfig, evidence: Evidence, count: int, key: jax.Array
) -> jax.Array:
    """Return points [3, count] drawn evenly from the voxels that were never observed.

    Where all were, the points are anywhere.
    """
    voxel_key, place_key = jax.random.split(key)
    column, layer = draw_true((~evidence.seen).reshape(-1, config.shape[2]), count, voxel_key)
    cell = jnp.stack([column // config.shape[1], column % config.shape[1], layer])
    part = jax.random.uniform(place_key, (3, count))
    return jnp.array(config.lower_m)[:, None] + config.resolution_m * (cell + part)


def seen_at(config: LiveMapConfig, evidence: Evidence, x: jax.Array) -> jax.Array:
    """Return whether the voxels of points x [3, N] were ever observed; outside: False."""
    return _looked_up(config, evidence.seen, x, outside=False)


def log_odds_at(config: LiveMapConfig, evidence: Evidence, x: jax.Array) -> jax.Array:
    """Return the log-odds of the voxels of points x [3, N]; outside: 0."""
    return _looked_up(config, evidence.log_odds, x, outside=0.0)


def _looked_up(
    config: LiveMapConfig, values: jax.Array, x: jax.Array, outside: float
) -> jax.Array:
    """Return the values [nx, ny, nz] of the voxels of points x [3, N]."""
    scaled = (x - jnp.array(config.lower_m)[:, None]) / config.resolution_m
    cell = jnp.floor(jnp.clip(scaled, -1.0, 1e6)).astype(jnp.int32)
    bound = jnp.array(config.shape)[:, None]
    inside = jnp.all((cell >= 0) & (cell < bound), axis=0)
    index = _flat(jnp.clip(cell, 0, bound - 1), config.shape)
    found = values.reshape(-1).at[index].get(mode="promise_in_bounds")
    return jnp.where(inside, found, outside)
