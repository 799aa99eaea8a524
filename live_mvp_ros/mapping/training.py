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

from live_mvp_ros.mapping.config import LiveMapConfig
from live_mvp_ros.mapping.fields import FieldParameters, encode, evaluate
from live_mvp_ros.mapping.samples import RaySamples

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
        seen: whether the V points, then the N, were ever observed, bool.
    """

    samples: RaySamples
    volume: jax.Array
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
    around, at_hit = _around_hits(config, s)
    points = jnp.concatenate([batch.volume, s.x, around], axis=1)
    features = encode(config, parameters.tables, points)
    inner, outer = batch.volume.shape[1], batch.seen.shape[0]
    distance = evaluate(parameters.distance, features[:, inner:])
    error = distance[: s.distance_m.shape[0]] - s.distance_m
    surface = _mean(error**2, s.is_hit)
    free = _mean(error**2, s.weight * ~s.is_hit)
    corners = distance[s.distance_m.shape[0] :].reshape(4, -1)
    slope = (_TETRAHEDRON.T @ corners) / (4.0 * _EIKONAL_STEP_M)
    steepness = jnp.sqrt(jnp.sum(slope**2, axis=0) + 1e-12)
    eikonal = _mean((steepness - 1.0) ** 2, at_hit)
    exposure = _exposure_loss(evaluate(parameters.exposure, features[:, :outer]), batch)
    total = (
        surface
        + config.free_weight * free
        + config.eikonal_weight * eikonal
        + config.exposure_weight * exposure
    )
    return total, Losses(total, surface, free, eikonal, exposure)


def _around_hits(config: LiveMapConfig, s: RaySamples) -> tuple[jax.Array, jax.Array]:
    """Return four points around the end of each ray, [3, 4 R], and which ends are hits [R]."""
    frames = config.replay_frames + 1
    ends = s.x.reshape(3, frames, -1, config.train_rays)[:, :, 0].reshape(3, 1, -1)
    at_hit = s.is_hit.reshape(frames, -1, config.train_rays)[:, 0].reshape(-1)
    around = ends + _EIKONAL_STEP_M * _TETRAHEDRON.T[:, :, None]
    return around.reshape(3, -1), at_hit


def _mean(values: jax.Array, weights: jax.Array) -> jax.Array:
    return jnp.sum(values * weights) / jnp.maximum(jnp.sum(weights), 1e-6)


def _exposure_loss(logits: jax.Array, batch: Batch) -> jax.Array:
    """Return the cross entropy of exposure, with both classes weighted alike."""
    s = batch.samples
    ones = jnp.ones(batch.volume.shape[1])
    positive = jnp.concatenate([ones, s.valid / (1.0 + s.range_m**2)]) * batch.seen
    negative = jnp.concatenate([ones, 1.0 * s.valid]) * ~batch.seen
    return _mean(jax.nn.softplus(-logits), positive) + _mean(jax.nn.softplus(logits), negative)


def update(
    config: LiveMapConfig, parameters: FieldParameters, adam: AdamState, batch: Batch
) -> tuple[FieldParameters, AdamState, Losses]:
    """Return parameters and optimiser after one step of Adam on a batch."""
    gradient, terms = jax.grad(lambda p: losses(config, p, batch), has_aux=True)(parameters)
    steps = adam.steps + 1
    mean = jax.tree.map(lambda m, g: _BETA_1 * m + (1 - _BETA_1) * g, adam.mean, gradient)
    square = jax.tree.map(lambda v, g: _BETA_2 * v + (1 - _BETA_2) * g**2, adam.square, gradient)
    debias_1, debias_2 = 1 - _BETA_1**steps, 1 - _BETA_2**steps
    rates = jax.tree.map(lambda _: config.learning_rate, parameters)
    rates = rates._replace(tables=config.table_learning_rate)

    def moved(p: jax.Array, m: jax.Array, v: jax.Array, rate: jax.Array) -> jax.Array:
        return p - rate * (m / debias_1) / (jnp.sqrt(v / debias_2) + _EPSILON)

    return (
        jax.tree.map(moved, parameters, mean, square, rates),
        AdamState(mean, square, steps),
        terms,
    )
