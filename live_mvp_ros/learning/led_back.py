# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Limits of a command that a gradient leads back from.

A command that is cut off has no slope, so a policy that has once asked for more than the body does
would ask for it for ever. Here the slope beyond a limit is that within it, for descents that lead
back; none leads farther out (the inverting gradients of Hausknecht and Stone, 2016,
arXiv:1511.04143, without the part within the limits).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


@jax.custom_vjp
def within(command: jax.Array, most: jax.Array) -> jax.Array:
    """Return a command cut off at +-``most``, both [...]; its slope is for a loss to descend."""
    return jnp.clip(command, -most, most)


def _forward(command: jax.Array, most: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return within(command, most), (command, most)


def _backward(kept: tuple[jax.Array, jax.Array], slope: jax.Array) -> tuple[jax.Array, jax.Array]:
    command, most = kept
    farther = ((command > most) & (slope < 0.0)) | ((command < -most) & (slope > 0.0))
    return jnp.where(farther, 0.0, slope), jnp.zeros_like(most)


within.defvjp(_forward, _backward)
