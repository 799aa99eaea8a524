# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an exploring agent observes: the map around the drone, turned to its heading, and itself.

Everything is scaled to [-1, 1]. Crops are [size, size]: the first axis runs ahead, the second to
the left, the drone is in the middle. Nothing of it is the truth: all is what the drone believes.
"""

from __future__ import annotations

from typing import TypedDict

import jax
import jax.numpy as jnp

from live_mvp_ros import mapping
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.environments.hints import Hints
from live_mvp_ros.environments.proposals import Proposals
from live_mvp_ros.sim import inner_loop, planar
from live_mvp_ros.sim.inner_loop import Flying
from live_mvp_ros.sim.loop_config import ClosedLoopConfig
from live_mvp_ros.vehicle import QuadrotorState

CHANNELS = ("known", "occupied", "exposure", "gain", "guidance")
"""Of the map: known is 0 or 1; occupied the probability, 0.5 where unknown; exposure what the live
map has learned of it, with planar sensing the same as known; gain g / (g + GAIN_NATS); guidance in
half sides of the crop, relative to the drone's place, cut off at -1 and 1."""
STATE = (
    *("velocity_forward", "velocity_left", "velocity_up"),
    *("yaw_rate", "roll", "pitch", "altitude_error", "time_left"),
)
"""Velocities as shares of the speed limit, the yaw rate of its limit, angles in right angles, the
error in metres, time as a share of an episode's."""
PROPOSAL = ("forward", "left", "gain", "cos_turn", "sin_turn", "valid")
"""Of each: its place relative to the drone in sides of the map, the gain as above, the turn to the
best look there, and 1 where it is one; 0 otherwise throughout."""
GAIN_NATS = 20.0
"""Gain that counts as a half."""


class Observation(TypedDict, total=False):
    """What is observed, float32."""

    map: jax.Array
    """[len(CHANNELS), size, size]."""
    state: jax.Array
    """[len(STATE)]."""
    proposals: jax.Array
    """[K, len(PROPOSAL)], with ``control = proposals``."""


def crop_points(spec: GridSpec, vehicle: QuadrotorState, size: int) -> jax.Array:
    """Return the places [size, size, 2] m of a crop's cells, map frame."""
    offset_m = (jnp.arange(size) - 0.5 * (size - 1)) * spec.resolution_m
    yaw_rad = quaternion.yaw(vehicle.attitude)
    ahead, left = offset_m[:, None], offset_m[None, :]
    cos, sin = jnp.cos(yaw_rad), jnp.sin(yaw_rad)
    x, y = cos * ahead - sin * left, sin * ahead + cos * left
    return vehicle.position[:2] + jnp.stack([x, y], axis=-1)


def crop(spec: GridSpec, grid: jax.Array, points: jax.Array, beyond: jax.Array) -> jax.Array:
    """Return the values [size, size] of a grid [nx, ny] at points, ``beyond`` outside of it."""
    cell = spec.cell_index(points)
    return jnp.where(spec.contains(points), grid[cell[..., 0], cell[..., 1]], beyond)


def observed_map(
    config: ClosedLoopConfig, spec: GridSpec, now: Flying, hints: Hints, size: int
) -> jax.Array:
    """Return the crops [len(CHANNELS), size, size] around the drone."""
    vehicle, known_map = now.believed, now.map
    assert known_map is not None
    points = crop_points(spec, vehicle, size)
    p, known = _around(config, spec, now, points)
    if isinstance(known_map, planar.PlanarMap):
        exposure = known.astype(jnp.float32)
    else:
        altitude_m = jnp.broadcast_to(jnp.asarray(config.body.altitude_m), (size, size, 1))
        at = jnp.concatenate([points, altitude_m], axis=-1)
        exposure = mapping.exposure_at(config.live_map, known_map, at)
    gain = crop(spec, hints.gain, points, jnp.float32(0.0))
    here = spec.cell_index(vehicle.position[:2])
    ahead = crop(spec, hints.guidance, points, jnp.float32(-jnp.inf))
    half_m = 0.5 * size * spec.resolution_m
    guidance = jnp.clip((ahead - hints.guidance[here[0], here[1]]) / half_m, -1.0, 1.0)
    layers = (known, p, exposure, gain / (gain + GAIN_NATS), guidance)
    return jnp.stack([layer.astype(jnp.float32) for layer in layers])


def observed_state(
    config: ClosedLoopConfig, vehicle: QuadrotorState, left_share: jax.Array
) -> jax.Array:
    """Return the drone's own state [len(STATE)]; ``left_share`` of the time is left."""
    body = config.body
    heading = quaternion.from_yaw(quaternion.yaw(vehicle.attitude))
    velocity = quaternion.rotate(quaternion.conjugate(heading), vehicle.velocity)
    up = quaternion.rotate(quaternion.conjugate(vehicle.attitude), jnp.array([0.0, 0.0, 1.0]))
    lean = jnp.stack([jnp.arctan2(up[1], up[2]), jnp.arctan2(-up[0], up[2])]) / (0.5 * jnp.pi)
    rest = jnp.stack([vehicle.position[2] - body.altitude_m, left_share])
    turn = vehicle.body_rates[2:] / body.yaw_rate_max_rad_s
    parts = (velocity / body.speed_max_m_s, turn, lean, rest)
    return jnp.clip(jnp.concatenate(parts), -1.0, 1.0).astype(jnp.float32)


def observed_proposals(spec: GridSpec, vehicle: QuadrotorState, proposals: Proposals) -> jax.Array:
    """Return the proposals [K, len(PROPOSAL)] as seen from the drone."""
    yaw_rad = quaternion.yaw(vehicle.attitude)
    x, y = (proposals.place_m - vehicle.position[:2]).T
    cos, sin = jnp.cos(yaw_rad), jnp.sin(yaw_rad)
    side_m = max(spec.shape) * spec.resolution_m
    turn = proposals.yaw_rad - yaw_rad
    columns = (
        (cos * x + sin * y) / side_m,
        (cos * y - sin * x) / side_m,
        proposals.gain / (proposals.gain + GAIN_NATS),
        jnp.cos(turn),
        jnp.sin(turn),
        jnp.ones_like(x),
    )
    rows = jnp.clip(jnp.stack(columns, axis=-1), -1.0, 1.0)
    return jnp.where(proposals.valid[:, None], rows, 0.0).astype(jnp.float32)


def _around(
    config: ClosedLoopConfig, spec: GridSpec, now: Flying, points: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return occupancy and known [size, size] at points; outside of the map nothing is known."""
    p, known = inner_loop.occupancy(config, now.map)
    return (
        crop(spec, p, points, jnp.float32(0.5)),
        crop(spec, known, points, jnp.array(False)),
    )
