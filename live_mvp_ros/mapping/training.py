# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Losses of the neural fields and their optimiser.

Distance: G(hit)^2, the squared error to the target distance elsewhere, and the eikonal loss
(|grad G| - 1)^2 at the hits, with the gradient from differences over a tetrahedron: about as wide
as the finest cells, it spreads the loss over neighbouring ones (Li et al., "Neuralangelo", 2023).
Exposure: cross entropy with both classes weighted alike, points on rays by 1 / (1 + r^2) where
they were seen. Adam: Kingma and Ba, 2015.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.mapping.hash_grid import FieldParameters, encode, evaluate
from live_mvp_ros.mapping.map_config import LiveMapConfig
from live_mvp_ros.mapping.samples import RaySamples

_LEARNING_RATE = 1e-3  # of the networks; with 2e-3 surfaces are no better
_TABLE_LEARNING_RATE = 3e-3  # of the hash tables, more: a place is seen for seconds
_FREE_WEIGHT = 1.0  # of the distance loss off the surface: its targets are as exact as hits are
_EIKONAL_WEIGHT = 0.03  # of the loss on the slope, little: it only has to smooth
_EXPOSURE_WEIGHT = 0.005  # of the exposure loss; 0.001 and 0.02 are worse
_BETA_1, _BETA_2, _EPSILON = 0.9, 0.99, 1e-10
_EIKONAL_STEP_M = 0.02
_TETRAHEDRON = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32)


class AdamState(NamedTuple):
    """First and second moments of the gradient and the number of steps."""

    mean: FieldParameters
    square: FieldParameters
    steps: jax.Array


class Losses(NamedTuple):
    """Unweighted loss terms and their weighted total."""

    total: jax.Array
    surface: jax.Array
    free: jax.Array
    eikonal: jax.Array
    exposure: jax.Array


class Batch(NamedTuple):
    """What one update learns from.

    Attributes:
        samples: points on rays, N of them.
        volume: points [3, V] from the whole volume.
        volume_distance_m: the distance to learn there [V].
        volume_weight: weight [V] for it; 0 where there is nothing to learn.
        seen: whether the V points, then the free samples, were ever observed, bool [V + M].
    """

    samples: RaySamples
    volume: jax.Array
    volume_distance_m: jax.Array
    volume_weight: jax.Array
    seen: jax.Array


def init_adam(parameters: FieldParameters) -> AdamState:
    """Return the state before the first step."""
    mean, square = (jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))
    return AdamState(mean, square, jnp.int32(0))


def losses(
    config: LiveMapConfig, parameters: FieldParameters, batch: Batch
) -> tuple[jax.Array, Losses]:
    """Return the total loss, twice: alone for differentiation and among its terms."""
    s = batch.samples
    around = _around_ends(s)
    rays, count = s.is_hit.shape[0], s.distance_m.shape[0]
    free_count = batch.seen.shape[0] - batch.volume.shape[1]
    points = jnp.concatenate([around, s.x, batch.volume], axis=1)
    # without the barrier XLA encodes once more, slowly, for the part that the exposure takes
    features = computed_here(encode(config, parameters.tables, points))
    distance = evaluate(parameters.distance, features)
    first = around.shape[1]
    error = distance[first:] - jnp.concatenate([s.distance_m, batch.volume_distance_m])
    surface = _mean(error[:rays] ** 2, s.is_hit)
    free = _mean(error[rays:] ** 2, jnp.concatenate([s.weight[rays:], batch.volume_weight]))
    corners = distance[:first].reshape(4, -1)
    slope = (_TETRAHEDRON.T @ corners) / (4.0 * _EIKONAL_STEP_M)
    steepness = jnp.sqrt(jnp.sum(slope**2, axis=0) + 1e-12)
    eikonal = _mean((steepness - 1.0) ** 2, s.is_hit)
    exposed = evaluate(parameters.exposure, features[:, first + count - free_count :])
    exposure = _exposure_loss(exposed, batch)
    total = surface + _FREE_WEIGHT * free + _EIKONAL_WEIGHT * eikonal + _EXPOSURE_WEIGHT * exposure
    return total, Losses(total, surface, free, eikonal, exposure)


def _around_ends(s: RaySamples) -> jax.Array:
    """Return four points around the end of each ray, [3, 4 R]."""
    ends = s.x[:, None, : s.is_hit.shape[0]]
    return (ends + _EIKONAL_STEP_M * _TETRAHEDRON.T[:, :, None]).reshape(3, -1)


def _mean(values: jax.Array, weights: jax.Array) -> jax.Array:
    return jnp.sum(values * weights) / jnp.maximum(jnp.sum(weights), 1e-6)


def _exposure_loss(logits: jax.Array, batch: Batch) -> jax.Array:
    """Return the cross entropy of exposure, free samples first, both classes weighted alike."""
    ones = jnp.ones(batch.volume.shape[1])
    free = batch.seen.shape[0] - ones.shape[0]
    valid, range_m = batch.samples.valid[-free:], batch.samples.range_m[-free:]
    seen = jnp.concatenate([batch.seen[-free:], batch.seen[:-free]])
    positive = jnp.concatenate([valid / (1.0 + range_m**2), ones]) * seen
    negative = jnp.concatenate([1.0 * valid, ones]) * ~seen
    return _mean(jax.nn.softplus(-logits), positive) + _mean(jax.nn.softplus(logits), negative)


class Update(NamedTuple):
    """Parameters and optimiser after an update, its losses, and whether it was made (bool)."""

    parameters: FieldParameters
    adam: AdamState
    losses: Losses
    done: jax.Array


def update(
    config: LiveMapConfig,
    parameters: FieldParameters,
    adam: AdamState,
    batch: Batch,
    wanted: jax.Array,
) -> Update:
    """Make one step of Adam on a batch.

    Nothing changes, and the losses are NaN, if the step is not ``wanted`` (bool). Nothing changes
    either if a gradient is not finite: with finite ones no parameter can become anything else.
    """
    gradient, terms = jax.grad(lambda p: losses(config, p, batch), has_aux=True)(parameters)
    squares = sum(jnp.sum(g * g) for g in jax.tree.leaves(gradient))
    rates = jnp.array([_LEARNING_RATE, _TABLE_LEARNING_RATE])
    done = wanted & jnp.isfinite(squares)
    steps = adam.steps + done
    # a step that is not made is one of size 0 that keeps both moments: cheaper than a choice
    keep_1, keep_2 = jnp.where(done, _BETA_1, 1.0), jnp.where(done, _BETA_2, 1.0)
    debias = jnp.sqrt(1.0 - _BETA_2 ** jnp.maximum(steps, 1))
    rates = jnp.where(done, rates * debias / (1.0 - _BETA_1 ** jnp.maximum(steps, 1)), 0.0)
    gradient = jax.tree.map(lambda g: jnp.where(done, g, 0.0), gradient)
    mean = jax.tree.map(lambda m, g: keep_1 * m + (1.0 - keep_1) * g, adam.mean, gradient)
    square = jax.tree.map(
        lambda v, g: keep_2 * v + (1.0 - keep_2) * (g * g), adam.square, gradient
    )
    sizes = jax.tree.map(lambda _: rates[0], parameters)._replace(tables=rates[1])
    new = jax.tree.map(
        lambda p, m, v, size: p - size * m / (jnp.sqrt(v) + _EPSILON * debias),
        parameters,
        mean,
        square,
        sizes,
    )
    said = Losses(*[jnp.where(wanted, term, jnp.nan) for term in terms])
    return Update(new, AdamState(mean, square, steps), said, done)
