# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Normal noise for the samples of one control step, cheaper than the library's.

Counters are scrambled by an integer hash (``lowbias32`` of Wellons, "Prospecting for hash
functions", 2018: two multiplications and three shifts) twice, each time with a word of the key,
and turned into normal numbers by the inverse error function. One key gives one set of numbers, on
every machine. Good for sampling; a hash of this size must not be used for secrets.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from live_mvp_ros.base.fusion import computed_here


def normal(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Return independent unit normal numbers; at most 5.2 deviations from zero."""
    first, second = jax.random.bits(key, (2,), jnp.uint32)
    counter = jax.lax.iota(jnp.uint32, math.prod(shape))
    bits = _scrambled(_scrambled(counter ^ first) ^ second)
    # Integers and floating point numbers in one loop would not be vectorised.
    bits = computed_here(bits)
    # Odd multiples of 2^-23 in (-1, 1): symmetric, and never an end, whose image is infinite.
    uniform = (bits >> 9).astype(jnp.float32) * 2.0**-22 - (1.0 - 2.0**-23)
    return (math.sqrt(2.0) * jax.lax.erf_inv(uniform)).reshape(shape)


def _scrambled(x: jax.Array) -> jax.Array:
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)
