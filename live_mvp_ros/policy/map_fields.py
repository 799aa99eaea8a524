# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live map as two functions of points, through which gradients reach points and nothing else.

The parameters of the map stand behind a stop-gradient: what flies may move to where the map says
more, but cannot make the map say it.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.mapping.hash_grid import FieldParameters, encode, evaluate
from live_mvp_ros.policy.soft_visibility import FARTHEST_M, Fields


def fields_of(config: LiveMapConfig, parameters: FieldParameters) -> Fields:
    """Return signed distance [N] in metres and exposure [N] at points [3, N] of a live map."""
    fixed = jax.lax.stop_gradient(parameters)

    def fields(points: jax.Array) -> tuple[jax.Array, jax.Array]:
        features = encode(config, fixed.tables, points)
        distance = evaluate(fixed.distance, features)
        return distance, jnp.asarray(jax.nn.sigmoid(evaluate(fixed.exposure, features)))

    return fields


def within(
    fields: Fields, lower_m: tuple[float, float, float], upper_m: tuple[float, float, float]
) -> Fields:
    """Return fields that have nothing to see outside of a volume, where the map learns nothing."""

    def inside(points: jax.Array) -> tuple[jax.Array, jax.Array]:
        distance, exposure = fields(points)
        low, high = (jnp.asarray(end, points.dtype)[:, None] for end in (lower_m, upper_m))
        there = jnp.all((points >= low) & (points <= high), axis=0)
        return jnp.where(there, distance, FARTHEST_M), jnp.where(there, exposure, 1.0)

    return inside
