# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The policy: a small network from an observation to a command.

Two hidden layers of 64 with tanh; six numbers come out, the acceleration in the map [3] in m/s^2
and the body rates [3] in rad/s. The body cuts them off at its limits. Equinox, not Flax: its
modules are pytrees, as every state here is, so the functions of JAX serve both, and it brings two
small packages where Flax brings a dozen.
"""

from __future__ import annotations

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp

from live_mvp_ros.policy.flown_network import COMMANDS, HIDDEN, Weights
from live_mvp_ros.policy.observation import SIZE

_FIRST_SCALE = 0.1
"""Of the last layer at the beginning: an untrained policy hardly moves."""


class Actor(eqx.Module):
    """Layers 206 -> 64 -> 64 -> 6; every leaf is an array that is learned."""

    layers: tuple[eqx.nn.Linear, ...]

    def __call__(self, observation: jax.Array) -> jax.Array:
        """Return the command [6] of an observation [206]."""
        h = observation
        for layer in self.layers[:-1]:
            h = jnp.tanh(layer(h))
        return self.layers[-1](h)


def new_policy(key: jax.Array) -> Actor:
    """Return an untrained policy."""
    sizes = list(itertools.pairwise((SIZE, *HIDDEN, COMMANDS)))
    keys = jax.random.split(key, len(sizes))
    layers = [eqx.nn.Linear(n, m, key=k) for (n, m), k in zip(sizes, keys, strict=True)]
    last = layers[-1]
    smaller = (_FIRST_SCALE * last.weight, jnp.zeros(COMMANDS))
    layers[-1] = eqx.tree_at(lambda layer: (layer.weight, layer.bias), last, smaller)
    return Actor(tuple(layers))


def weights_of(policy: Actor) -> Weights:
    """Return what a policy has learned as plain arrays."""
    layers = policy.layers
    biases = [layer.bias for layer in layers if layer.bias is not None]
    return Weights(tuple(layer.weight for layer in layers), tuple(biases))
