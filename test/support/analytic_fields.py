# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fields with known values, to ask features and rewards about."""

from __future__ import annotations

import jax.numpy as jnp

from live_mvp_ros.policy.soft_visibility import Fields


def wall(x_m: float, exposure: float = 0.0) -> Fields:
    """Return everything beyond x solid, with one exposure everywhere."""
    return lambda points: (x_m - points[0], jnp.full_like(points[0], exposure))


def ball(centre: tuple[float, float, float], radius_m: float, exposure: float = 0.0) -> Fields:
    """Return a solid ball, whose exposure falls off smoothly away from the map's origin."""

    def fields(points):
        away = points - jnp.asarray(centre, points.dtype)[:, None]
        distance = jnp.sqrt(jnp.sum(away**2, axis=0) + 1e-12) - radius_m
        return distance, exposure * jnp.exp(-0.1 * jnp.sum(points**2, axis=0))

    return fields


def nothing(exposure: float = 0.0) -> Fields:
    """Return space in which surfaces are far away."""
    return lambda points: (jnp.full_like(points[0], 10.0), jnp.full_like(points[0], exposure))
