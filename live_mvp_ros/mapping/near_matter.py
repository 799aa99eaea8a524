# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ends of rays that miss what they met by as little as the map may be off.

Where odometry drifts, a face between cells in which a surface lies is met now before and now
behind, and past a corner as well. Each time the free cell there is marked, and a door beside it
shut (docs/experiments.md). So what ends within ``OFF_M`` of an upright face, beyond which the cell
is surer to be matter than its own, belongs there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import LOG_ODDS_HIT

OFF_M = 0.03
"""What the map may be off by: matter that reaches less far into a cell may be an error."""
_OVER_M = 1e-3  # so far beyond a face a point is on its other side


def onto_matter(
    log_odds: Callable[[jax.Array], jax.Array],
    lower_m: Sequence[float],
    resolution_m: float,
    ends_m: jax.Array,
) -> jax.Array:
    """Return ends of rays [N, D], those that just miss matter in it; what is NaN stays so.

    Args:
        log_odds: of the cells of points [N, D] that they are matter: [N], 0 where unknown.
        lower_m: corner of the map, x and y first.
        resolution_m: size of its cells.
        ends_m: x and y first, map frame.
    """
    points = jnp.nan_to_num(ends_m)
    at = (points[:, :2] - jnp.asarray(lower_m[:2])) / resolution_m
    to_face_m = (jnp.round(at) - at) * resolution_m
    over_m = to_face_m + jnp.where(to_face_m < 0.0, -_OVER_M, _OVER_M)
    least = jnp.maximum(log_odds(points), 0.0) + LOG_ODDS_HIT
    move = jnp.zeros_like(points)
    for axis in (0, 1):
        across = jnp.zeros_like(points).at[:, axis].set(over_m[:, axis])
        beyond = log_odds(points + across)
        misses = (jnp.abs(to_face_m[:, axis]) < OFF_M) & (beyond > least)
        move = jnp.where(misses[:, None], across, move)
        least = jnp.where(misses, beyond, least)
    return ends_m + move
