# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Choose among random tries, so that nothing has to be counted or searched to draw from it."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def accepted(good: jax.Array, count: int) -> jax.Array:
    """Return which tries [count] to take: the first good ones, in order.

    If there are fewer than ``count``, all of them, over and over; if there is none, the first
    tries. Tries that were drawn evenly from many things give things drawn evenly from the good
    ones.

    Args:
        good: bool [T], T >= count.
        count: how many to take.
    """
    rank = jnp.cumsum(good, dtype=jnp.int32)
    turn = jnp.arange(count)
    wanted = turn % jnp.maximum(rank[-1], 1)
    return jnp.where(rank[-1] > 0, jnp.searchsorted(rank, wanted + 1), turn)
