# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The network of a trained policy as plain arrays: what flies needs nothing that trains.

The same function as ``actor.Actor``, without Equinox, which is installed for training only.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.policy.observation import SIZE

COMMANDS = 6
HIDDEN = (64, 64)
SHAPES = tuple((m, n) for n, m in itertools.pairwise((SIZE, *HIDDEN, COMMANDS)))
"""Of the weights of the layers, [out, in]."""


class Weights(NamedTuple):
    """What was learned, first layer first.

    Attributes:
        weights: [out, in] of each layer.
        biases: [out] of each layer.
    """

    weights: tuple[jax.Array, ...]
    biases: tuple[jax.Array, ...]


def command_of(network: Weights, observation: jax.Array) -> jax.Array:
    """Return the command [6] of an observation [206]: m/s^2 in the map, rad/s of the body."""
    h = observation
    layers = list(zip(network.weights, network.biases, strict=True))
    for weight, bias in layers[:-1]:
        h = jnp.tanh(weight @ h + bias)
    weight, bias = layers[-1]
    return weight @ h + bias
