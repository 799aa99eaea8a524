# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Multilinear lookup of gridded values: exact at grid points, 0 outside, fit for jit and vmap.

A field that depends on yaw, [n_yaw, nx, ny], is looked up by ``interp3d``; its yaw-independent
view, the best gain over yaw and the yaw of it, comes from ``best_over_yaw``. Map frame: u, v are
``GridSpec.cell_coordinates``.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp


def interp2d(values: jax.Array, u: jax.Array, v: jax.Array) -> jax.Array:
    """Return the bilinear interpolation of values [nx, ny] at fractional cells (u, v), any shape.

    Whole numbers are grid points; beyond the outermost grid points the result is 0.
    """
    i, above, fu = _split(u, values.shape[0])
    j, beside, fv = _split(v, values.shape[1])
    low = values[i, j] * (1.0 - fv) + values[i, beside] * fv
    high = values[above, j] * (1.0 - fv) + values[above, beside] * fv
    inside = _within(u, values.shape[0]) & _within(v, values.shape[1])
    return jnp.where(inside, low * (1.0 - fu) + high * fu, 0.0)


def interp3d(values: jax.Array, u: jax.Array, v: jax.Array, yaw_rad: jax.Array) -> jax.Array:
    """Return the trilinear interpolation of values [n_yaw, nx, ny]; yaw is periodic.

    Layer k belongs to yaw -pi + 2 pi k / n_yaw. Outside the grid of u, v the result is 0.
    """
    n_yaw = values.shape[0]
    turn = (yaw_rad + math.pi) * (n_yaw / (2.0 * math.pi))
    base = jnp.floor(turn)
    share = turn - base
    k = base.astype(jnp.int32) % n_yaw
    i, above, fu = _split(u, values.shape[1])
    j, beside, fv = _split(v, values.shape[2])

    def layer(k: jax.Array) -> jax.Array:
        low = values[k, i, j] * (1.0 - fv) + values[k, i, beside] * fv
        high = values[k, above, j] * (1.0 - fv) + values[k, above, beside] * fv
        return low * (1.0 - fu) + high * fu

    result = layer(k) * (1.0 - share) + layer((k + 1) % n_yaw) * share
    inside = _within(u, values.shape[1]) & _within(v, values.shape[2])
    return jnp.where(inside, result, 0.0)


def best_over_yaw(values: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the largest of values [n_yaw, ...] over yaw and its yaw [...] rad."""
    n_yaw = values.shape[0]
    best = jnp.argmax(values, axis=0)
    return jnp.max(values, axis=0), best * (2.0 * math.pi / n_yaw) - math.pi


def _split(u: jax.Array, n: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the grid points below and above, and the remainder; one alone is both."""
    lower = jnp.clip(jnp.floor(u), 0, max(n - 2, 0))
    index = lower.astype(jnp.int32)
    return index, jnp.minimum(index + 1, n - 1), u - lower


def _within(u: jax.Array, n: int) -> jax.Array:
    return (u >= 0.0) & (u <= n - 1.0)
