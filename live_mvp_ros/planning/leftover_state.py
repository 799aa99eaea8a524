# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is remembered of the tour through what is left; see ``leftovers``."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp

from live_mvp_ros.base.arrays import Array, Scalar
from live_mvp_ros.base.grid import GridSpec

MOST_SKIPPED = 64
"""Of so many regions that were not worth it the report knows place, area and time."""


class Leftovers(NamedTuple):
    """The tour between two steps; JAX or NumPy arrays."""

    going: Scalar
    """bool, only leftovers were left at the last step."""
    active: Scalar
    """bool, ``cell`` is the next stop of a tour."""
    cell: Array
    """[2] int, from where to look next."""
    number: Scalar
    """Which stop of the tour that is, from 1 on; 0 before the first."""
    of: Scalar
    """How many stops there are, those included that are done."""
    skipped: Array
    """[nx, ny] bool, cells that are not worth a look."""
    listed: Array
    """[MOST_SKIPPED, 4] x, y, m2 and s of regions that are not worth it; the first n_skipped."""
    n_skipped: Scalar
    """How many regions are not worth it."""


def init(spec: GridSpec) -> Leftovers:
    """Return what is remembered before the first step."""
    none = jnp.int32(0)
    return Leftovers(
        going=jnp.array(False),
        active=jnp.array(False),
        cell=jnp.zeros(2, jnp.int32),
        number=none,
        of=none,
        skipped=jnp.zeros(spec.shape, bool),
        listed=jnp.zeros((MOST_SKIPPED, 4)),
        n_skipped=none,
    )
