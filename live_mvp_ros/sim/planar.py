# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Planar sensing: a fan of range beams at the flight altitude, and the grid that it fills.

The fast stand-in for depth camera and live map where only planning and control are of interest.
Beams march through the true occupancy in half cells, which is also the quantum of their noise.
Cells before the first occupied one are evidence for free space, the cell in which the measured
range ends is evidence for an obstacle, and what lies beyond is not touched. Log-odds of the
inverse sensor model of FSMI (Zhang et al.): +0.85 for a hit, -0.4 for a miss, at most one change
of a cell per look, hits first. Before the change, what is known of the cell fades with the way
flown since its last look (``mapping.fading``): the pose from which that was made has drifted.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import mapping
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.base.grid import (
    LOG_ODDS_HIT,
    LOG_ODDS_MAX,
    LOG_ODDS_MIN,
    LOG_ODDS_MISS,
    GridSpec,
)
from live_mvp_ros.mapping import fading
from live_mvp_ros.vehicle import BodyConfig, QuadrotorState
from live_mvp_ros.vehicle.odometry import EXACT, DriftConfig

_ACROSS = 1e-3  # of a cell: so far before the edge of a cell lies the cell before it
_INTO_M = 0.01  # what is no known wall is marked so far behind where a beam ends


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
    body: BodyConfig = BodyConfig()


class PlanarMap(NamedTuple):
    """What the beams have found; [nx, ny]."""

    log_odds: jax.Array
    seen: jax.Array
    """bool, observed at least once."""
    stamp: jax.Array
    """uint16, when each cell was looked at last (``fading.stamp``)."""
    way: fading.Way
    alignment: mapping.Alignment | None
    """Where the odometry frame lies in the map; None where odometry is exact."""


def init(spec: GridSpec, expected: DriftConfig = EXACT) -> PlanarMap:
    """Return a map of which nothing is known; ``expected`` is how the odometry may drift."""
    return PlanarMap(
        jnp.zeros(spec.shape, jnp.float32),
        jnp.zeros(spec.shape, bool),
        jnp.zeros(spec.shape, jnp.uint16),
        fading.no_way(2),
        mapping.init_alignment(spec) if expected.drifts else None,
    )


def occupancy(state: PlanarMap) -> tuple[jax.Array, jax.Array]:
    """Return the occupancy probability [nx, ny], 0.5 where unknown, and which cells are known."""
    # without the barriers it is worked out element by element wherever it is read
    log_odds = computed_here(state.log_odds)
    p = computed_here(jax.nn.sigmoid(log_odds))
    return jnp.where(state.seen, p, 0.5), state.seen


class Ranges(NamedTuple):
    """What one fan of beams measured; counted in samples of half a cell along each beam."""

    free: jax.Array
    """[n_beams] how many samples are free."""
    end: jax.Array
    """[n_beams] the sample in which the beam is reported to end."""
    ends: jax.Array
    """[n_beams] bool, whether it met anything within its range."""
    range_m: jax.Array
    """[n_beams] to the face of what it met, m."""


def measure(
    config: PlanarSensorConfig,
    spec: GridSpec,
    occupied: jax.Array,
    vehicle: QuadrotorState,
    key: jax.Array,
) -> Ranges:
    """Look once at what is really there.

    Args:
        config: the sensor.
        spec: geometry of ``occupied`` (static).
        occupied: [nx, ny] bool, what is really there.
        vehicle: where it really is.
        key: random key of the range noise.
    """
    points = _points(config, spec, vehicle)
    index, inside, n = spec.cell_index(points), spec.contains(points), points.shape[1]
    solid = occupied[index[..., 0], index[..., 1]] | ~inside
    first = jnp.where(jnp.any(solid, axis=1), jnp.argmax(solid, axis=1), n)
    noise_m = config.noise_sigma_m * jax.random.normal(key, first.shape)
    shift = jnp.round(noise_m / (0.5 * spec.resolution_m)).astype(jnp.int32)
    end = jnp.clip(first + shift, 0, n - 1)
    beams = jnp.arange(config.n_beams)
    met = beams, jnp.minimum(first, n - 1)
    range_m = _face_m(config, spec, occupied, vehicle, index[met]) + noise_m
    return Ranges(jnp.minimum(first, end), end, (first < n) & inside[met], range_m)


def _face_m(
    config: PlanarSensorConfig,
    spec: GridSpec,
    occupied: jax.Array,
    vehicle: QuadrotorState,
    met: jax.Array,
) -> jax.Array:
    """Return the way [n_beams] m along each beam to the face of what it met in a cell.

    Between two samples lies at most one cell whose corner both missed: it may be matter already.
    """
    entry_m = _entry_m(config, spec, vehicle, met)
    before_m = jnp.maximum(entry_m - _ACROSS * spec.resolution_m, 0.0)[:, None]
    before = vehicle.position[:2] + before_m * _directions(config, vehicle)
    cell = spec.cell_index(before)
    solid = occupied[cell[:, 0], cell[:, 1]] & spec.contains(before)
    return jnp.where(solid, _entry_m(config, spec, vehicle, cell), entry_m)


def _entry_m(
    config: PlanarSensorConfig, spec: GridSpec, vehicle: QuadrotorState, cell: jax.Array
) -> jax.Array:
    """Return the way [n_beams] m along each beam to the edge of a cell [n_beams, 2] on it."""
    towards = _directions(config, vehicle)
    centre_m = jnp.asarray(spec.origin_m) + spec.resolution_m * cell
    edge_m = centre_m - 0.5 * spec.resolution_m * jnp.sign(towards)
    moves = jnp.abs(towards) > 1e-6
    along_m = (edge_m - vehicle.position[:2]) / jnp.where(moves, towards, 1.0)
    return jnp.maximum(jnp.max(jnp.where(moves, along_m, -jnp.inf), axis=1), 0.0)


def crossed(
    config: PlanarSensorConfig,
    spec: GridSpec,
    vehicle: QuadrotorState,
    ranges: Ranges,
    matter_m: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Return the cells [nx, ny] that beams pass through, and those in which they end.

    From where ``vehicle`` says that the ranges were measured: the truth tells what was really
    seen, its odometry what it takes it for. Where that is a guess, ``matter_m`` [n_beams, 2] says
    where something was met.
    """
    points = _points(config, spec, vehicle)
    index, inside = spec.cell_index(points), spec.contains(points)
    passed = (jnp.arange(points.shape[1])[None, :] < ranges.free[:, None]) & inside
    beams = jnp.arange(config.n_beams)
    at = points[beams, ranges.end] if matter_m is None else matter_m
    ends = ranges.ends
    free = jnp.zeros(spec.shape, bool).at[index[..., 0], index[..., 1]].max(passed)
    cell, ends = spec.cell_index(at), ends & spec.contains(at)
    hit = jnp.zeros(spec.shape, bool).at[cell[:, 0], cell[:, 1]].max(ends)
    return free, hit


def _ends(
    config: PlanarSensorConfig, spec: GridSpec, vehicle: QuadrotorState, ranges: Ranges
) -> jax.Array:
    """Return where the beams [n_beams, 2] ended, frame of ``vehicle``; NaN where they did not."""
    ends = vehicle.position[:2] + ranges.range_m[:, None] * _directions(config, vehicle)
    return jnp.where(ranges.ends[:, None], ends, jnp.nan)


def _matter(
    config: PlanarSensorConfig,
    spec: GridSpec,
    vehicle: QuadrotorState,
    ranges: Ranges,
    aligned: mapping.Alignment,
) -> jax.Array:
    """Return where the beams [n_beams, 2] met something, a little inside of it, map frame."""
    ends = _ends(config, spec, vehicle, ranges)
    misses_m = mapping.onto_walls(spec, aligned, vehicle.position[:2], ends)
    on_wall = jnp.any(misses_m != 0.0, axis=1, keepdims=True)
    onward_m = _INTO_M * _directions(config, vehicle)
    return jnp.nan_to_num(ends + jnp.where(on_wall, misses_m, onward_m))


def _onto_matter(spec: GridSpec, state: PlanarMap, ends_m: jax.Array) -> jax.Array:
    """Return ends of beams [n_beams, 2], those that just miss occupied cells in them."""

    def log_odds(points_m: jax.Array) -> jax.Array:
        cell = spec.cell_index(points_m)
        return jnp.where(spec.contains(points_m), state.log_odds[cell[:, 0], cell[:, 1]], 0.0)

    lower_m = [at - 0.5 * spec.resolution_m for at in spec.origin_m]
    return mapping.onto_matter(log_odds, lower_m, spec.resolution_m, ends_m)


def step(
    config: PlanarSensorConfig,
    spec: GridSpec,
    state: PlanarMap,
    vehicle: QuadrotorState,
    ranges: Ranges,
    expected: DriftConfig = EXACT,
) -> PlanarMap:
    """Return the map that knows what one look measured.

    Where odometry may drift, the look is aligned with the map first.

    Args:
        config: the sensor.
        spec: geometry of the map (static).
        state: the map so far.
        vehicle: as its odometry has it.
        ranges: what was measured from there.
        expected: how the odometry may drift.
    """
    aligned, matter_m = state.alignment, None
    if aligned is not None:
        ends_m, at_m = _ends(config, spec, vehicle, ranges), vehicle.position[:2]
        aligned = mapping.aligned(expected, spec, aligned, at_m, ends_m)
        vehicle = mapping.in_map(aligned.transform, vehicle)
        matter_m = _onto_matter(spec, state, _matter(config, spec, vehicle, ranges, aligned))
    xy = vehicle.position[:2]
    free, hit = crossed(config, spec, vehicle, ranges, matter_m)
    footprint_m = config.body.footprint_m
    clear_m = config.body.start_clear_m(spec.resolution_m)
    radius_m = jnp.where(jnp.any(state.seen), footprint_m, clear_m)
    x, y = (jnp.asarray(c, jnp.float32) for c in spec.centres())
    around = (x[:, None] - xy[0]) ** 2 + (y[None, :] - xy[1]) ** 2 <= radius_m**2
    free = (free | (around & ~state.seen)) & ~hit
    change = jnp.where(hit, LOG_ODDS_HIT, jnp.where(free, -LOG_ODDS_MISS, 0.0))
    way, looked_at = fading.continued(state.way, xy), free | hit
    left = fading.faded(state.log_odds, fading.flown_since_m(way, state.stamp))
    after = jnp.clip(left + change, LOG_ODDS_MIN, LOG_ODDS_MAX)
    return PlanarMap(
        jnp.where(looked_at, after, state.log_odds),
        state.seen | looked_at,
        jnp.where(looked_at, fading.stamp(way), state.stamp),
        way,
        aligned,
    )


def _points(config: PlanarSensorConfig, spec: GridSpec, vehicle: QuadrotorState) -> jax.Array:
    """Return the samples [n_beams, n, 2] along the beams, half a cell apart, map frame."""
    half_m = 0.5 * spec.resolution_m
    n = math.ceil(config.range_m / half_m)
    direction = _directions(config, vehicle)[:, None]
    along_m = half_m * jnp.arange(1, n + 1)
    points = vehicle.position[:2] + along_m[None, :, None] * direction
    # where they are used they might be computed again, and rounded into the next cell
    return computed_here(points)


def _directions(config: PlanarSensorConfig, vehicle: QuadrotorState) -> jax.Array:
    """Return the directions [n_beams, 2] of the beams, map frame."""
    yaw_rad = quaternion.yaw(vehicle.attitude)
    angle = yaw_rad + config.fov_rad * (jnp.arange(config.n_beams) / (config.n_beams - 1) - 0.5)
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
