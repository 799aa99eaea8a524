# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bilinear lookup of gridded values: exact at grid points, 0 outside, fit for jit and vmap.

Map frame: u, v are ``GridSpec.cell_coordinates``. ``control.tables`` packs values for thousands of
lookups at once and goes on constant outside.
"""

from __future__ import annotations

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


def _split(u: jax.Array, n: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the grid points below and above, and the remainder; one alone is both."""
    lower = jnp.clip(jnp.floor(u), 0, max(n - 2, 0))
    index = lower.astype(jnp.int32)
    return index, jnp.minimum(index + 1, n - 1), u - lower


def _within(u: jax.Array, n: int) -> jax.Array:
    return (u >= 0.0) & (u <= n - 1.0)
