# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What there is to say of each proposal of the planner, and which of them is chosen by it.

Only what the drone believes is said: its map, its pose, and what the planner makes of them. The
choice is the valid proposal of the greatest score, the scalar product of features and weights.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.environments.explore_observation import GAIN_NATS
from live_mvp_ros.environments.explore_task import ExploreState
from live_mvp_ros.environments.proposals import Proposed

FEATURES = ("gain", "distance", "detour", "turn", "look_turn", "unknown", "kept", "first")
"""gain: g / (g + GAIN_NATS). distance: straight, in units of 10 m. detour: how much farther the
place is than the planner's own way leads nearer to its target by going there, in units of 10 m; 0
on that way. turn, look_turn: from the heading to the place, and to its best look, in half turns.
unknown: share of unknown cells within UNKNOWN_M. kept: exp(-d / KEPT_M) of the distance d to what
was flown to before. first: 1 for the proposal of the greatest gain."""
SCALE_M = 10.0
UNKNOWN_M = 2.4
KEPT_M = 1.0
AS_THE_PLANNER = tuple(-1.0 if name == "detour" else 0.0 for name in FEATURES)
"""Weights that choose what lies on the planner's own way."""
MOST_GAIN = tuple(1.0 if name == "first" else 0.0 for name in FEATURES)
"""Weights that choose the best look, wherever it is."""


def features(spec: GridSpec, state: ExploreState, known: jax.Array) -> jax.Array:
    """Return the features [K, len(FEATURES)] of the proposals of a state.

    Args:
        spec: geometry of the map (static).
        state: with proposals.
        known: [nx, ny] bool, the cells of its map that are known.
    """
    plan, vehicle = state.plan, state.now.believed
    assert isinstance(plan, Proposed)
    places, here_m = plan.proposals, vehicle.position[:2]
    away = places.place_m - here_m
    distance_m = jnp.linalg.norm(away, axis=-1)
    here = spec.cell_index(here_m)
    guidance = plan.hints.guidance
    nearer_m = guidance[places.cell[:, 0], places.cell[:, 1]] - guidance[here[0], here[1]]
    yaw_rad = quaternion.yaw(vehicle.attitude)
    before_m = jnp.linalg.norm(places.place_m - plan.follower.target_m, axis=-1)
    columns = (
        places.gain / (places.gain + GAIN_NATS),
        distance_m / SCALE_M,
        jnp.clip((distance_m - nearer_m) / SCALE_M, 0.0, 5.0),
        _turn(jnp.arctan2(away[:, 1], away[:, 0]) - yaw_rad),
        _turn(places.yaw_rad - yaw_rad),
        _unknown(spec, known, places.cell),
        jnp.where(jnp.isfinite(before_m), jnp.exp(-before_m / KEPT_M), 0.0),
        jnp.arange(len(distance_m)) == 0,
    )
    return jnp.stack([column.astype(jnp.float32) for column in columns], axis=-1)


def choose(weights: jax.Array, told: jax.Array, valid: jax.Array) -> jax.Array:
    """Return the number of the proposal of the greatest score, int32; the first of none.

    Args:
        weights: [len(FEATURES)].
        told: [K, len(FEATURES)].
        valid: [K] bool.
    """
    score = jnp.where(valid, told @ weights, -jnp.inf)
    return jnp.argmax(score).astype(jnp.int32)


def _turn(angle_rad: jax.Array) -> jax.Array:
    """Return angles as shares of half a turn, 0 to 1."""
    return jnp.abs((angle_rad + math.pi) % (2.0 * math.pi) - math.pi) / math.pi


def _unknown(spec: GridSpec, known: jax.Array, cell: jax.Array) -> jax.Array:
    """Return the share [K] of cells around cells [K, 2] that are unknown; beyond none is."""
    half = max(1, round(UNKNOWN_M / spec.resolution_m))
    padded = jnp.pad(~known, half)
    side = 2 * half + 1
    around = jax.vmap(lambda c: jax.lax.dynamic_slice(padded, (c[0], c[1]), (side, side)))(cell)
    offset = jnp.arange(side) - half
    disc = offset[:, None] ** 2 + offset[None, :] ** 2 <= half**2
    return jnp.sum(around & disc, axis=(1, 2)) / jnp.sum(disc)
