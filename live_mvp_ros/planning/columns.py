# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sweeps over the columns of a grid, laid out in memory when their turn comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp

Carry = Any  # tuples of arrays whose lengths the caller fixes
Out = TypeVar("Out")


def over_columns(
    column: Callable[[Carry, Any], tuple[Carry, Out]],
    start: Carry,
    inputs: Any,
    like: Out,
    reverse: bool = False,
) -> Out:
    """Return what ``column`` puts out for each column of the inputs: [n, ...] for each ``like``.

    As ``lax.scan``, whose results are written over zeros that do not wait for the inputs: the
    compiler lays out the memory of many sweeps before the first one runs. These are written over a
    value of the first input.

    Args:
        column: from what was carried and one column of the inputs to what is carried on and put
            out.
        start: carried into the first column.
        inputs: arrays [n, ...], first one that is computed late.
        like: arrays of the shape and type of what is put out.
        reverse: begin with the last column (static).
    """
    leaves = jax.tree.leaves(inputs)
    n, some = leaves[0].shape[0], leaves[0].ravel()[0]

    def advance(k: jax.Array, so_far: tuple[Carry, Out]) -> tuple[Carry, Out]:
        carry, out = so_far
        at = n - 1 - k if reverse else k
        here = jax.tree.map(lambda a: jax.lax.dynamic_index_in_dim(a, at, keepdims=False), inputs)
        carry, made = column(carry, here)
        written = partial(jax.lax.dynamic_update_index_in_dim, index=at, axis=0)
        return carry, jax.tree.map(written, out, made)

    def room(one: jax.Array) -> jax.Array:
        return jnp.broadcast_to(some.astype(one.dtype), (n, *one.shape))

    return jax.lax.fori_loop(0, n, advance, (start, jax.tree.map(room, like)))[1]
