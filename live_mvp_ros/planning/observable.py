# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which cells can be seen at all: line of sight from some place where the drone can be.

The same directional sweeps as the information gain: from every cell, along each of many
directions, how far is the first navigable cell. Lines do not slip diagonally between two blocked
cells.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from live_mvp_ros.planning.sweep import SweepPlan, first_hit

OBSERVABLE_DIRECTIONS = 96


@partial(jax.jit, static_argnames=("range_cells", "n_directions"))
def observable_cells(
    blocked: jax.Array,
    navigable: jax.Array,
    range_cells: int,
    n_directions: int = OBSERVABLE_DIRECTIONS,
) -> jax.Array:
    """Return the cells that are in line of sight of some navigable cell within range.

    Args:
        blocked: [nx, ny] bool, cells that stop the view.
        navigable: [nx, ny] bool, where the eye may be.
        range_cells: longest distance of view in cells (static).
        n_directions: a multiple of 8 (static).

    Returns:
        [nx, ny] bool, cells that are not blocked.
    """
    plan = SweepPlan.of(n_directions, range_cells)
    distance = first_hit(plan, navigable & ~blocked, blocked)
    return jnp.any(distance <= range_cells, axis=0) & ~blocked
