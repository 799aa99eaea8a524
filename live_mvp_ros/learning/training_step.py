# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One training step: fly on every course, differentiate, step with Adam.

What is not finite in a loss or a gradient is made zero, course by course, before the mean is
taken, and counted: a count above zero is for everybody to see.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.sharding import Mesh

from live_mvp_ros.learning import devices
from live_mvp_ros.learning.courses import Courses
from live_mvp_ros.learning.map_flight import Flown, fly
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.policy.actor import Actor, new_policy


class TrainingState(NamedTuple):
    """All that a training is: what is saved, and gone on from.

    Attributes:
        policy: what is learned.
        optimiser: moments of Adam.
        key: random key data, uint32 [2].
        iteration: training steps made.
        nonfinite: numbers that were not finite, of all steps.
    """

    policy: Actor
    optimiser: optax.OptState
    key: jax.Array
    iteration: jax.Array
    nonfinite: jax.Array


class StepReport(NamedTuple):
    """What one training step showed.

    Attributes:
        reward: mean over courses, drones and steps, with zeros for what is not finite.
        loss: the same of the loss.
        gradient_norm: of the mean gradient, shortened where settings want that.
        explored: share of the free voxels observed at the end, mean over courses.
        least_truth_m: least true distance to a surface.
        nonfinite: numbers of this step that were not finite.
    """

    reward: jax.Array
    loss: jax.Array
    gradient_norm: jax.Array
    explored: jax.Array
    least_truth_m: jax.Array
    nonfinite: jax.Array


def begin(config: TrainingConfig) -> TrainingState:
    """Return the training before its first step."""
    policy_key, key = jax.random.split(jax.random.key(config.seed))
    policy = new_policy(policy_key)
    optimiser = optax.adam(config.learning_rate).init(policy)
    return TrainingState(policy, optimiser, jax.random.key_data(key), jnp.int32(0), jnp.int32(0))


def by_policy(policy: Actor, observation: jax.Array, key: jax.Array) -> jax.Array:
    """Return the command [6] of a policy."""
    return policy(observation)


def train_once(
    config: TrainingConfig,
    map_config: LiveMapConfig,
    courses: Courses,
    state: TrainingState,
    mesh: Mesh | None = None,
) -> tuple[TrainingState, StepReport]:
    """Return the training after one more step; pure, to be jitted.

    Args:
        config: of the training.
        map_config: of the live map.
        courses: where it is flown.
        state: before.
        mesh: devices that share the courses, see ``devices``; None for one (static).
    """
    key = jax.random.fold_in(jax.random.wrap_key_data(state.key), state.iteration)
    count = courses.yaws.shape[0]

    def cost(policy: Actor, course: Courses, key: jax.Array) -> tuple[jax.Array, Flown]:
        flown = fly(config, map_config, by_policy, policy, course, key)
        finite = jnp.isfinite(flown.loss)
        return jnp.mean(jnp.where(finite, flown.loss, 0.0)), flown

    slope = jax.vmap(jax.value_and_grad(cost, has_aux=True), in_axes=(None, 0, 0))
    if mesh is not None:
        slope = devices.each_its_own(mesh, slope)
    (loss, flown), gradients = slope(state.policy, courses, jax.random.split(key, count))
    gradient, bad = finite_mean(gradients, config.longest_gradient)
    bad += jnp.sum(~jnp.isfinite(flown.loss)).astype(jnp.int32)
    adam = optax.adam(config.learning_rate)
    change, optimiser = adam.update(gradient, state.optimiser)
    policy: Any = optax.apply_updates(state.policy, change)
    after = TrainingState(policy, optimiser, state.key, state.iteration + 1, state.nonfinite + bad)
    return after, StepReport(
        reward=jnp.mean(jnp.where(jnp.isfinite(flown.reward), flown.reward, 0.0)),
        loss=jnp.mean(loss),
        gradient_norm=optax.global_norm(gradient),
        explored=jnp.mean(flown.explored[:, -1]),
        least_truth_m=jnp.min(flown.truth_m),
        nonfinite=bad,
    )


def finite_mean(gradients: Any, longest: float = 0.0) -> tuple[Any, jax.Array]:
    """Return the mean over the first axis with zeros for what is not finite, and how much was.

    Each gradient of the mean that is longer than ``longest`` is shortened to it; 0: none is.
    """
    leaves = jax.tree.leaves(gradients)
    bad = sum(jnp.sum(~jnp.isfinite(leaf)) for leaf in leaves)
    clean = jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0.0), gradients)
    if longest:
        norms = jax.vmap(optax.global_norm)(clean)
        shares = longest / jnp.maximum(norms, longest)
        clean = jax.vmap(lambda g, share: jax.tree.map(lambda x: share * x, g))(clean, shares)
    return jax.tree.map(partial(jnp.mean, axis=0), clean), jnp.asarray(bad, jnp.int32)
