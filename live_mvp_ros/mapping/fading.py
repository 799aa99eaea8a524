# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How evidence fades against fresh looks: by the way flown since a place was last looked at.

A pose drifts with the way flown, say by 0.5 % of it and 0.05 degrees a metre. What was seen d
metres ago then lies 0.005 d off, and as much again at 5 m by the heading: 0.1 m, a cell, after
10 m. Evidence that is looked at again is therefore first weakened,

    log-odds <- log-odds exp(-d / FADING_M),   FADING_M = 10 m,

and then changed by the look. What nobody looks at again stays as it is: it is still the best that
is known there. While a place stays in view nothing is lost, because d begins anew with each look;
hovering does not count, because nothing drifts by it, and time does not either.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

FADING_M = 10.0  # way after which evidence has shrunk to 1/e
STRIDE_M = 0.25  # the way is counted in such strides: noise of a hovering pose is no way
JUMP_M = 2.0  # farther between two looks it is another drone, or a pose that was reset


class Way(NamedTuple):
    """How far a vehicle flew.

    Attributes:
        flown_m: length of the way, whole strides of it.
        last_m: position [D] up to which it was counted, map frame; NaN before the first look.
    """

    flown_m: jax.Array
    last_m: jax.Array


def no_way(dimensions: int) -> Way:
    """Return the way of a vehicle that has not looked yet."""
    return Way(jnp.zeros((), jnp.float32), jnp.full(dimensions, jnp.nan, jnp.float32))


def continued(way: Way, position_m: jax.Array) -> Way:
    """Return the way up to the position [D] of the next look.

    Steps of less than ``STRIDE_M`` are counted once they add up to it; a jump of more than
    ``JUMP_M`` is not flown, and begins a new place to count from.
    """
    step_m = jnp.linalg.norm(position_m - way.last_m)
    jumped = ~(step_m <= JUMP_M)  # so is the first look: NaN
    strode = step_m >= STRIDE_M
    flown_m = way.flown_m + jnp.where(strode & ~jumped, step_m, 0.0)
    return Way(flown_m, jnp.where(jumped | strode, position_m, way.last_m))


def stamp(way: Way) -> jax.Array:
    """Return the strides flown, uint16, to be kept with what is looked at now.

    They begin anew every 16 km; evidence that old may then pass for fresh.
    """
    return jnp.floor(way.flown_m / STRIDE_M).astype(jnp.int32).astype(jnp.uint16)


def flown_since_m(way: Way, stamps: jax.Array) -> jax.Array:
    """Return the way [...] flown since looks with the given stamps (uint16) [...]."""
    return STRIDE_M * (stamp(way) - stamps).astype(jnp.float32)  # modulo 2^16


def faded(log_odds: jax.Array, moved_m: jax.Array) -> jax.Array:
    """Return log-odds [...] as they count against a fresh look, ``moved_m`` [...] flown later."""
    return log_odds * jnp.exp(-moved_m / FADING_M)
