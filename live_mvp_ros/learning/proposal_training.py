# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Learning to choose among proposals: evolution strategies over the weights of their features.

Pairs of opposite changes of the weights fly in the same worlds by the same random numbers
(Salimans et al., "Evolution Strategies as a Scalable Alternative to Reinforcement Learning",
2017). What a flight is worth is the mean over its time of the share that is explored. Ranks within
a world count instead of shares, so that easy worlds and hard ones weigh alike.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from live_mvp_ros.base.config import replace
from live_mvp_ros.environments.explore_config import ExploreConfig
from live_mvp_ros.environments.explore_task import ExploreState, ExploreTask
from live_mvp_ros.learning.proposal_config import ProposalTrainingConfig
from live_mvp_ros.learning.proposal_features import AS_THE_PLANNER, choose, features
from live_mvp_ros.sim import inner_loop


class ChoiceState(NamedTuple):
    """A training between two steps."""

    weights: jax.Array
    """[len(FEATURES)]."""
    optimiser: optax.OptState
    iteration: jax.Array
    """int32."""


class ChoiceReport(NamedTuple):
    """What a step showed."""

    worth: float
    """Mean over all its flights."""
    best: float
    """Mean over the worlds of the best change."""
    touched: int
    """Control periods that ended in contact."""
    step_s: float


def task_of(config: ProposalTrainingConfig, held_out: bool) -> ExploreTask:
    """Return what is flown: as the environment does it, and while training with less work.

    Raises:
        ConfigurationError: there are no such worlds.
    """
    asked = ExploreConfig(
        control="proposals",
        world=config.world,
        worlds=config.held_out if held_out else config.worlds,
        first_seed=config.held_out_seed if held_out else config.first_seed,
        proposals=config.proposals,
        time_limit_s=config.evaluation_s if held_out else config.flight_s,
        explored_share=1.0,
        contact_ends=False,
    )
    if not held_out:
        controller = asked.loop.controller
        mppi = replace(controller.mppi, num_samples=config.samples)
        loop = replace(
            asked.loop,
            looks_per_plan=config.looks_per_choice,
            controller=replace(controller, mppi=mppi),
        )
        asked = replace(asked, loop=loop)
    return ExploreTask.of(asked)


def chosen(task: ExploreTask, weights: jax.Array, state: ExploreState) -> jax.Array:
    """Return the number of the proposal that weights choose, int32."""
    _, known = inner_loop.occupancy(task.loop, state.now.map)
    told = features(task.spec, state, known)
    return choose(weights, told, state.plan.proposals.valid)  # type: ignore[union-attr]


def worth(
    task: ExploreTask, weights: jax.Array, world: jax.Array, key: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the mean explored share of a flight, and its periods in contact; pure."""

    def step(state: ExploreState, _: None) -> tuple[ExploreState, jax.Array]:
        flown = task.advance(state, chosen(task, weights, state))
        return task.plan(flown[0]), flown[-1].explored

    begun = task.plan(task.begin_in(world, key))
    last, explored = jax.lax.scan(step, begun, length=task.step_limit)
    return jnp.mean(explored), last.contacts


def begin(config: ProposalTrainingConfig) -> ChoiceState:
    """Return the state before the first step: it chooses as the planner does."""
    weights = jnp.array(AS_THE_PLANNER)
    return ChoiceState(weights, _optimiser(config).init(weights), jnp.int32(0))


def slope(noise: jax.Array, worths: jax.Array) -> jax.Array:
    """Return the slope [F] of the worth with respect to weights, in units of the noise.

    Args:
        noise: [P, F] changes; of each the opposite was tried, too.
        worths: [2 P, W] of the changes, then of their opposites, in each world.
    """
    order = jnp.argsort(jnp.argsort(worths, axis=0), axis=0)
    ranks = jnp.mean(order / (len(worths) - 1) - 0.5, axis=1)
    pairs = len(noise)
    return (ranks[:pairs] - ranks[pairs:]) @ noise / pairs


def train(config: ProposalTrainingConfig) -> Iterator[tuple[ChoiceState, ChoiceReport]]:
    """Yield after every step.

    Raises:
        ConfigurationError: there are no such worlds.
    """
    task, state = task_of(config, held_out=False), begin(config)
    fly = jax.jit(lambda each: jax.lax.map(lambda one: worth(task, *one), each))
    count, size = config.worlds_per_iteration, task.pool.start_m.shape[0]
    for iteration in range(config.iterations):
        start = time.perf_counter()
        key = jax.random.fold_in(jax.random.key(config.seed), iteration)
        noise_key, world_key, flight_key = jax.random.split(key, 3)
        noise = jax.random.normal(noise_key, (config.pairs, len(state.weights)))
        changed = state.weights + config.noise * jnp.concatenate([noise, -noise])
        worlds = jax.random.permutation(world_key, jnp.arange(count) % size)
        worlds = (worlds + iteration * count) % size
        tried = 2 * config.pairs
        each = (
            jnp.repeat(changed, count, axis=0),
            jnp.tile(worlds, tried),
            jnp.tile(jax.random.split(flight_key, count), tried),
        )
        worths, contacts = fly(each)
        worths = worths.reshape(tried, count)
        uphill = slope(noise, worths)
        updates, optimiser = _optimiser(config).update(-uphill, state.optimiser, state.weights)
        weights = jnp.asarray(optax.apply_updates(state.weights, updates))
        state = ChoiceState(weights, optimiser, state.iteration + 1)
        means = worths.mean(axis=1)
        took = time.perf_counter() - start
        yield (
            state,
            ChoiceReport(float(means.mean()), float(means.max()), int(contacts.sum()), took),
        )


def _optimiser(config: ProposalTrainingConfig) -> optax.GradientTransformation:
    return optax.adam(config.learning_rate)
