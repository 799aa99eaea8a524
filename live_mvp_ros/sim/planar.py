# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Planar sensing: a fan of range beams at the flight altitude, and the grid that it fills.

The fast stand-in for depth camera and live map where only planning and control are of interest.
Beams march through the true occupancy in half cells, which is also the quantum of their noise.
Cells before the first occupied one are evidence for free space, the cell in which the measured
range ends is evidence for an obstacle, and what lies beyond is not touched. Log-odds of the
inverse sensor model of FSMI (Zhang et al.): +0.85 for a hit, -0.4 for a miss, at most one change
of a cell per look, hits first.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import quaternion
from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.vehicle import QuadrotorState

LOG_ODDS_HIT, LOG_ODDS_MISS = 0.85, 0.4
LOG_ODDS_MIN, LOG_ODDS_MAX = -2.0, 3.5


@configuration
class PlanarSensorConfig:
    """The fan of beams and the grid."""

    resolution_m: float = parameter(
        default=0.1, unit="m", low=0.02, high=1.0, help="Edge length of a map cell."
    )
    n_beams: int = parameter(default=128, low=2, high=2048, help="Beams over the field of view.")
    fov_rad: float = parameter(
        default=math.radians(80.0),
        unit="rad",
        low=0.05,
        high=2.0 * math.pi,
        help="Horizontal field of view.",
    )
    range_m: float = parameter(
        default=5.0, unit="m", low=0.5, high=50.0, help="Longest range of a beam."
    )
    noise_sigma_m: float = parameter(
        default=0.01, unit="m", low=0.0, high=1.0, live=True, help="Range noise, 1 sigma."
    )
    footprint_radius_m: float = parameter(
        default=0.25,
        unit="m",
        low=0.0,
        high=5.0,
        help="Never-seen cells this near become free: the drone is there.",
    )
    start_radius_m: float = parameter(
        default=0.5,
        unit="m",
        low=0.0,
        high=5.0,
        help="The same at the first look: a drone starts where there is room.",
    )


class PlanarMap(NamedTuple):
    """What the beams have found; [nx, ny]."""

    log_odds: jax.Array
    seen: jax.Array
    """bool, observed at least once."""


def init(spec: GridSpec) -> PlanarMap:
    """Return a map of which nothing is known."""
    return PlanarMap(jnp.zeros(spec.shape, jnp.float32), jnp.zeros(spec.shape, bool))


def occupancy(state: PlanarMap) -> tuple[jax.Array, jax.Array]:
    """Return the occupancy probability [nx, ny], 0.5 where unknown, and which cells are known."""
    # without the barriers it is worked out element by element wherever it is read
    log_odds = jax.lax.optimization_barrier(state.log_odds)
    p = jax.lax.optimization_barrier(jax.nn.sigmoid(log_odds))
    return jnp.where(state.seen, p, 0.5), state.seen


def step(
    config: PlanarSensorConfig,
    spec: GridSpec,
    state: PlanarMap,
    occupied: jax.Array,
    vehicle: QuadrotorState,
    key: jax.Array,
) -> PlanarMap:
    """Look once and return the map that knows it.

    Args:
        config: the sensor.
        spec: geometry of the map and of ``occupied`` (static).
        state: the map so far.
        occupied: [nx, ny] bool, what is really there.
        vehicle: its position and heading, map frame.
        key: random key of the range noise.
    """
    xy = vehicle.position[:2]
    free, hit = _observed(config, spec, occupied, xy, quaternion.yaw(vehicle.attitude), key)
    radius_m = jnp.where(jnp.any(state.seen), config.footprint_radius_m, config.start_radius_m)
    x, y = (jnp.asarray(c, jnp.float32) for c in spec.centres())
    around = (x[:, None] - xy[0]) ** 2 + (y[None, :] - xy[1]) ** 2 <= radius_m**2
    free = (free | (around & ~state.seen)) & ~hit
    change = jnp.where(hit, LOG_ODDS_HIT, jnp.where(free, -LOG_ODDS_MISS, 0.0))
    log_odds = jnp.clip(state.log_odds + change, LOG_ODDS_MIN, LOG_ODDS_MAX)
    return PlanarMap(log_odds, state.seen | free | hit)


def _observed(
    config: PlanarSensorConfig,
    spec: GridSpec,
    occupied: jax.Array,
    xy: jax.Array,
    yaw_rad: jax.Array,
    key: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Return the cells [nx, ny] that beams pass through, and those in which they end."""
    half_m = 0.5 * spec.resolution_m
    n = math.ceil(config.range_m / half_m)
    angle = yaw_rad + config.fov_rad * (jnp.arange(config.n_beams) / (config.n_beams - 1) - 0.5)
    direction = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)[:, None]
    along_m = half_m * jnp.arange(1, n + 1)
    points = xy + along_m[None, :, None] * direction
    index = spec.cell_index(points)
    inside = spec.contains(points)
    solid = occupied[index[..., 0], index[..., 1]] | ~inside
    first = jnp.where(jnp.any(solid, axis=1), jnp.argmax(solid, axis=1), n)
    noise_m = config.noise_sigma_m * jax.random.normal(key, first.shape)
    shift = jnp.round(noise_m / half_m).astype(jnp.int32)
    end = jnp.clip(first + shift, 0, n - 1)  # the sample at which the beam is reported to end
    passed = jnp.arange(n)[None, :] < jnp.minimum(first, end)[:, None]
    free = jnp.zeros(spec.shape, bool).at[index[..., 0], index[..., 1]].max(passed)
    beams = jnp.arange(config.n_beams)
    cell = index[beams, end]
    ends = (first < n) & inside[beams, end]
    hit = jnp.zeros(spec.shape, bool).at[cell[:, 0], cell[:, 1]].max(ends)
    return free, hit
