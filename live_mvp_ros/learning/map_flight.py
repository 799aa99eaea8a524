# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Several drones in one live map, as a differentiable function of what pilots them.

Per step, drone after drone looks and the map learns from what it sees; then all of them observe,
command and move, and what they would see from where they are now is rewarded. The truth makes the
depth, and nothing else: features and rewards are of the map. Gradients run back from rewards
through poses to commands and through poses to observations; the map, its scans and its parameters
stand behind a stop-gradient. What happens between two updates is computed again on the way back
(jax.checkpoint): to keep it would take some ten megabytes for each drone and step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import mapping
from live_mvp_ros.base import quaternion
from live_mvp_ros.learning import led_back
from live_mvp_ros.learning.courses import Courses
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.learning.truth_scan import scan_of_truth
from live_mvp_ros.mapping import LiveMap, LiveMapConfig
from live_mvp_ros.mapping.hash_grid import FieldParameters
from live_mvp_ros.policy import ray_fan
from live_mvp_ros.policy.kinematic_body import Body, at_rest, driven, limits
from live_mvp_ros.policy.look_reward import reward, unseen_in_view
from live_mvp_ros.policy.map_fields import fields_of, within
from live_mvp_ros.policy.new_space import new_in_view, unseen_around
from live_mvp_ros.policy.observation import observe
from live_mvp_ros.worlds.scene import Scene, distance_first_axis

SAFE_M, EFFORT_WEIGHT = 0.12, 0.01

Pilot = Callable[[Any, jax.Array, jax.Array], jax.Array]
"""Command [6] of parameters, an observation [206] and random key data."""


class Flown(NamedTuple):
    """What came of a flight of N drones over S steps.

    Attributes:
        loss: [S, N].
        reward: mean over a drone's rays [S, N].
        position: [S, N, 3] m, map frame.
        truth_m: true distance to the nearest surface [S, N], to score, never to learn from.
        explored: share of the free voxels that were observed [S], 0..1, the same.
    """

    loss: jax.Array
    reward: jax.Array
    position: jax.Array
    truth_m: jax.Array
    explored: jax.Array


class Known(NamedTuple):
    """What the map knows between two updates: parameters of its fields, voxels that were seen."""

    parameters: FieldParameters
    seen: jax.Array


def loss_of(
    distance_m: jax.Array,
    command: jax.Array,
    rewarded: jax.Array,
    safety_weight: jax.Array | float = 4.0,
    safety_width_m: float = 1.0,
) -> jax.Array:
    """Return the weight (4) times nearness, + 0.01 |command|^2 - reward.

    Nearness is softplus(0.12 - distance) at a width of 1 m: width softplus((0.12 - distance) /
    width).
    """
    near = safety_width_m * jax.nn.softplus((SAFE_M - distance_m) / safety_width_m)
    return safety_weight * near + EFFORT_WEIGHT * jnp.sum(command**2) - rewarded


def fly(
    config: TrainingConfig,
    map_config: LiveMapConfig,
    pilot: Pilot,
    parameters: Any,
    course: Courses,
    key: jax.Array,
) -> Flown:
    """Fly once through one course (a row of ``Courses``).

    Args:
        config: of the training.
        map_config: of the live map, which begins empty.
        pilot: what commands.
        parameters: of the pilot, the same for all drones.
        course: where; the start is drawn from its K.
        key: of all random numbers.
    """
    map_key, start_key, pilot_key = jax.random.split(key, 3)
    chosen = jax.random.randint(start_key, (), 0, course.yaws.shape[0])
    starts, yaw = course.starts[chosen], course.yaws[chosen]
    bodies = jax.vmap(lambda start: at_rest(start, yaw))(starts)
    free_count = jnp.maximum(jnp.sum(course.free), 1)

    def between(
        parameters: Any, known: Known, bodies: Body, keys: jax.Array
    ) -> tuple[Body, jax.Array, jax.Array]:
        one = lambda body, start, k: _one_drone(  # noqa: E731
            config, map_config, pilot, parameters, known, body, start, k
        )
        return jax.vmap(one)(bodies, starts, keys)

    again = jax.checkpoint(between)

    def step(now: tuple[LiveMap, Body], key: jax.Array) -> tuple[tuple[LiveMap, Body], Flown]:
        state, bodies = now
        state = _learned(map_config, state, course.scene, jax.lax.stop_gradient(bodies))
        keys = jax.random.split(key, config.drones)
        known = Known(state.parameters, state.evidence.seen)
        bodies, lost, rewarded = again(parameters, known, bodies, keys)
        where = jax.lax.stop_gradient(bodies.position)
        truth = distance_first_axis(course.scene, where.T)
        seen = jnp.moveaxis(state.evidence.seen, -1, 0) & course.free
        explored = jnp.sum(seen) / free_count
        return (state, bodies), Flown(lost, rewarded, where, truth, explored)

    begin = (mapping.init(map_config, map_key), bodies)
    return jax.lax.scan(step, begin, jax.random.split(pilot_key, config.steps))[1]


def _learned(map_config: LiveMapConfig, state: LiveMap, scene: Scene, bodies: Body) -> LiveMap:
    """Return the map after every drone has looked once, one after the other."""

    def look(state: LiveMap, body: Body) -> tuple[LiveMap, None]:
        return mapping.step(map_config, state, scan_of_truth(scene, body))[0], None

    return jax.lax.scan(look, state, bodies)[0]


def _one_drone(
    config: TrainingConfig,
    map_config: LiveMapConfig,
    pilot: Pilot,
    parameters: Any,
    known: Known,
    body: Body,
    start: jax.Array,
    key: jax.Array,
) -> tuple[Body, jax.Array, jax.Array]:
    """Return one drone after a step, its loss and its reward."""
    fields = fields_of(map_config, known.parameters)
    command = pilot(parameters, observe(fields, body, start, config.position), key)
    body = driven(config.body, body, led_back.within(command, limits(config.body)))
    rays = quaternion.rotate(body.attitude[:, None], jnp.asarray(ray_fan.fan(), jnp.float32))
    earned = jnp.mean(reward(fields, body.position, rays, ray_fan.SAMPLES))
    worth = config.reward_weight * earned
    if config.unseen_weight:
        inside = within(fields, map_config.lower_m, map_config.upper_m)
        sought = jnp.mean(unseen_in_view(inside, body.position, rays, ray_fan.SAMPLES))
        worth = worth + config.unseen_weight * sought
    if config.new_weight:
        unseen, low = unseen_around(known.seen), jnp.asarray(map_config.lower_m)
        place = (unseen, low, map_config.resolution_m, body.position)
        new = jnp.mean(new_in_view(fields, *place, rays, ray_fan.SAMPLES))
        worth = worth + config.new_weight * new
    distance = fields(body.position[:, None])[0][0]
    if config.fence:
        low, high = (jnp.asarray(end) for end in (map_config.lower_m, map_config.upper_m))
        to_bound = jnp.minimum(body.position - low, high - body.position)
        distance = jnp.minimum(distance, jnp.min(to_bound))
    weight, width_m = config.safety_weight, config.safety_width_m
    return body, loss_of(distance, command, worth, weight, width_m), earned
