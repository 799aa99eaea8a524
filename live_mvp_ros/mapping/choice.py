# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draw true entries of a large mask evenly, with one pass over it."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def draw_true(mask: jax.Array, count: int, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return rows [count] and columns [count] of true entries of a mask [R, C], each as likely.

    Any entries if none is true. True entries are counted by row, a rank is drawn, and only the
    row of that rank is looked at more closely.
    """
    mask = jax.lax.optimization_barrier(mask)  # else it is computed again in every sum
    last = jnp.cumsum(jnp.sum(mask, axis=1, dtype=jnp.int32))
    rank = jax.random.randint(key, (count,), 0, jnp.maximum(last[-1], 1))
    row = jnp.minimum(jnp.searchsorted(last, rank, side="right"), mask.shape[0] - 1)
    inside = jnp.cumsum(mask[row], axis=1, dtype=jnp.int32)
    before = last[row] - inside[:, -1]
    return row, jnp.argmax(inside > (rank - before)[:, None], axis=1)
