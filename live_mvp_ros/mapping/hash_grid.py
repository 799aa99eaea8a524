# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The neural fields G (signed distance) and Q (exposure) on one multi-resolution hash grid.

Encoding after Mueller et al., "Instant Neural Graphics Primitives with a Multiresolution Hash
Encoding", 2022: at each level the eight corners of the cell around a point are hashed into a table
of feature pairs (coordinates times primes, XOR-ed, masked to the table size) and interpolated
trilinearly. Two networks 2L -> 64 -> 64 -> 1 (ReLU) read the features: one gives G in metres, the
other the logit of Q. G and Q share the tables, which halves the cost of both queries and updates;
the points they are trained at are the same.

Points are [3, N], map frame, metres, clamped to the volume and a margin around it.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.mapping.map_config import COARSEST_CELLS, LiveMapConfig

MARGIN_M = 0.5  # surfaces on the bound of the volume are learned from both sides
PRIMES = (1, 2654435761, 805459861)


class Network(NamedTuple):
    """Weights [out, in] and biases [out] of three layers."""

    weights: tuple[jax.Array, jax.Array, jax.Array]
    biases: tuple[jax.Array, jax.Array, jax.Array]


class FieldParameters(NamedTuple):
    """Everything that is learned: tables [2, L * T] (feature first) and both networks."""

    tables: jax.Array
    distance: Network
    exposure: Network


def init_fields(config: LiveMapConfig, key: jax.Array) -> FieldParameters:
    """Return tables from N(0, 1e-4) and networks with He's initial weights."""
    table_key, distance_key, exposure_key = jax.random.split(key, 3)
    tables = 1e-4 * jax.random.normal(table_key, (2, config.levels << config.table_size_log2))
    distance = _init_network(config, distance_key)
    return FieldParameters(tables, distance, _init_network(config, exposure_key))


def _init_network(config: LiveMapConfig, key: jax.Array) -> Network:
    sizes = (2 * config.levels, config.hidden_width, config.hidden_width, 1)
    pairs = list(itertools.pairwise(sizes))
    weights = [
        jax.random.normal(k, (n_out, n_in)) * np.sqrt(2.0 / n_in).astype(np.float32)
        for k, (n_in, n_out) in zip(jax.random.split(key, 3), pairs, strict=True)
    ]
    biases = [jnp.zeros(n_out) for _, n_out in pairs]
    return Network((*weights,), (*biases,))  # type: ignore[arg-type]


def level_cells(config: LiveMapConfig) -> np.ndarray:
    """Return the cells per side [L] of the levels, a geometric sequence rounded down."""
    ratio = config.finest_cells / COARSEST_CELLS
    exponent = np.arange(config.levels) / max(config.levels - 1, 1)
    return np.floor(COARSEST_CELLS * ratio**exponent + 1e-6).astype(np.float32)


def encode(config: LiveMapConfig, tables: jax.Array, x: jax.Array) -> jax.Array:
    """Return the features [2 L, N] of points x [3, N] (map frame)."""
    lower, upper = np.array(config.lower_m) - MARGIN_M, np.array(config.upper_m) + MARGIN_M
    side = float(np.max(upper - lower))  # the same scale on every axis
    unit = (jnp.clip(x, lower[:, None], upper[:, None]) - lower[:, None]) / side
    scaled = unit[:, None, :] * level_cells(config)[:, None]
    cell = jnp.floor(jax.lax.stop_gradient(scaled))
    part = scaled - cell
    whole = cell.astype(jnp.uint32)
    primes = np.array(PRIMES, np.uint32)
    hashed = [(whole[a] * primes[a], (whole[a] + 1) * primes[a]) for a in range(3)]
    size = 1 << config.table_size_log2
    first = (jnp.arange(config.levels, dtype=jnp.int32) * size)[:, None]
    entries, weights = [], []
    for corner in np.ndindex(2, 2, 2):
        i, j, k = corner
        index = (hashed[0][i] ^ hashed[1][j] ^ hashed[2][k]) & np.uint32(size - 1)
        entries.append(first + index.astype(jnp.int32))
        sides = [part[a] if corner[a] else 1.0 - part[a] for a in range(3)]
        weights.append(sides[0] * sides[1] * sides[2])
    features = _interpolate(tables, jnp.stack(entries), jnp.stack(weights))
    return features.reshape(2 * config.levels, -1)


@jax.custom_vjp
def _interpolate(tables: jax.Array, entries: jax.Array, weights: jax.Array) -> jax.Array:
    """Return the weighted sums [2, L, N] of table entries at eight corners [8, L, N].

    The gradient is spelt out because the automatic one scatters each corner into a table of its
    own and adds sixteen of them.
    """
    corners = list(zip(entries, weights, strict=True))
    return jnp.stack(
        [sum(t.at[e].get(mode="promise_in_bounds") * w for e, w in corners) for t in tables]
    )


_Saved = tuple[jax.Array, jax.Array, jax.Array]


def _interpolate_forward(
    tables: jax.Array, entries: jax.Array, weights: jax.Array
) -> tuple[jax.Array, _Saved]:
    return _interpolate(tables, entries, weights), (tables, entries, weights)


def _interpolate_backward(saved: _Saved, gradient: jax.Array) -> tuple[jax.Array, None, jax.Array]:
    tables, entries, weights = saved
    pairs = list(zip(tables, gradient, strict=True))
    to_tables = [
        jnp.zeros_like(t).at[entries].add(weights * g, mode="promise_in_bounds") for t, g in pairs
    ]
    to_weights = sum(t.at[entries].get(mode="promise_in_bounds") * g for t, g in pairs)
    return jnp.stack(to_tables), None, jnp.asarray(to_weights)


_interpolate.defvjp(_interpolate_forward, _interpolate_backward)


def evaluate(network: Network, features: jax.Array) -> jax.Array:
    """Return the output [N] of a network for features [2 L, N]."""
    h = features
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        h = jax.nn.relu(weight @ h + bias[:, None])
    return (network.weights[-1] @ h)[0] + network.biases[-1]


def distance_and_slope(
    config: LiveMapConfig, parameters: FieldParameters, x: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return G [N] and its gradient [3, N] at points x [3, N]."""

    def total(points: jax.Array) -> tuple[jax.Array, jax.Array]:
        values = evaluate(parameters.distance, encode(config, parameters.tables, points))
        return jnp.sum(values), values

    (_, values), slope = jax.value_and_grad(total, has_aux=True)(x)
    return values, slope
