# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a policy is worth on worlds and from starts that it was not trained on, beside chance."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.learning.courses import Courses
from live_mvp_ros.learning.map_flight import Flown, Pilot, fly
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.policy.kinematic_body import limits


class Score(NamedTuple):
    """Means over all held-out starts.

    Attributes:
        reward: per step and drone.
        explored: share of the free voxels observed at the end, 0..1.
        explored_area: mean of that share over the flight, the area under its curve.
        touched: share of flights in which a drone came nearer to a surface than its radius.
    """

    reward: jax.Array
    explored: jax.Array
    explored_area: jax.Array
    touched: jax.Array


def at_random(config: TrainingConfig) -> Pilot:
    """Return a pilot whose commands are drawn anew every step, evenly within the limits."""
    most = limits(config.body)

    def pilot(parameters: Any, observation: jax.Array, key: jax.Array) -> jax.Array:
        return most * jax.random.uniform(key, (6,), minval=-1.0, maxval=1.0)

    return pilot


def score(
    config: TrainingConfig,
    map_config: LiveMapConfig,
    pilot: Pilot,
    parameters: Any,
    courses: Courses,
) -> Score:
    """Return what a pilot is worth on all starts of all courses; pure, to be jitted.

    Starts are flown one after the other, worlds side by side: memory does not grow with starts.
    The same random numbers serve every pilot.
    """
    config = config.in_evaluation
    starts = jnp.moveaxis(courses.starts, 1, 0)
    keys = jax.random.split(jax.random.key(config.seed), starts.shape[0])

    def from_one(start: tuple[jax.Array, jax.Array, jax.Array]) -> Flown:
        place, yaw, key = start
        there = courses._replace(starts=place[:, None], yaws=yaw[:, None])
        each = jax.random.split(key, place.shape[0])
        return jax.vmap(lambda c, k: fly(config, map_config, pilot, parameters, c, k))(there, each)

    flown = jax.lax.map(from_one, (starts, jnp.moveaxis(courses.yaws, 1, 0), keys))
    near = jnp.min(flown.truth_m, axis=(2, 3)) < map_config.body.radius_m
    return Score(
        reward=jnp.mean(flown.reward),
        explored=jnp.mean(flown.explored[..., -1]),
        explored_area=jnp.mean(flown.explored),
        touched=jnp.mean(near),
    )
