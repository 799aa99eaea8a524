# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The reference path: climb the guidance from the drone through known free cells.

Map frame, metres. At every step the best of a ring of headings is taken, judged a few steps ahead
so that the path does not follow the cells' edges. A step never enters a cell that is not free.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.interpolation import interp2d

_HEADINGS = 48
_LOOK_AHEAD = 2.5  # steps at which a heading is judged
_LEAST_CLIMB = 0.1  # metres of guidance per metre of path: less is the rounding of the cells
_ARRIVES_WITHIN = 1.5  # steps: nearer than a cell's diagonal the guidance is flat
_BLOCKED = -1e9
_TURN_SLOPE_PER_RAD = 0.25  # share of the best gain that a radian of turning must be worth
_ARRIVING_M = 1.0  # from here on the heading is that of the coming look


def climb(
    spec: GridSpec,
    guidance: jax.Array,
    free: jax.Array,
    xy: jax.Array,
    target: jax.Array,
    n_points: int,
    step_m: jax.Array | float,
) -> jax.Array:
    """Return the path [n_points, 2] that starts at ``xy`` and climbs ``guidance``.

    Args:
        spec: geometry of the grids (static).
        guidance: [nx, ny] m.
        free: [nx, ny] bool, cells that may be entered.
        xy: [2] start; it stays there if nothing around it is both free and better.
        target: [2] m, where the guidance leads: a path that comes close ends exactly there.
        n_points: length (static). Where the path cannot climb further, its last point repeats.
        step_m: distance between points.
    """
    angle = 2.0 * jnp.pi * jnp.arange(_HEADINGS) / _HEADINGS
    ring = step_m * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)

    def value(points: jax.Array) -> jax.Array:
        u = spec.cell_coordinates(points)
        index = spec.cell_index(points)
        enterable = free[index[..., 0], index[..., 1]] & spec.contains(points)
        u = jnp.clip(u, 0.0, jnp.asarray(spec.shape) - 1.0)
        return jnp.where(enterable, interp2d(guidance, u[..., 0], u[..., 1]), _BLOCKED)

    def step(at: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        near, ahead = value(at + ring), value(at + _LOOK_AHEAD * ring)
        ahead = jnp.maximum(ahead, near)  # a wall further on does not forbid the step itself
        climbs = near > value(at) + _LEAST_CLIMB * step_m
        best = jnp.argmax(jnp.where(climbs, ahead, _BLOCKED))
        following = jnp.where(jnp.any(climbs), at + ring[best], at)
        arrives = jnp.sum((target - at) ** 2) <= (_ARRIVES_WITHIN * step_m) ** 2
        return jnp.where(arrives, target, following), at

    return jax.lax.scan(step, xy, None, length=n_points)[1]


def headings(path: jax.Array, yaw_rad: jax.Array, arrival_yaw_rad: jax.Array) -> jax.Array:
    """Return the yaw [n] along a path [n, 2]: where it goes, near the end where to look."""
    step = jnp.diff(path, axis=0, append=path[-1:])
    length = jnp.linalg.norm(step, axis=-1)
    left = jnp.cumsum(length[::-1])[::-1]
    travel = jnp.where(length > 0.0, jnp.arctan2(step[:, 1], step[:, 0]), yaw_rad)
    return jnp.where(left > _ARRIVING_M, travel, arrival_yaw_rad)


def look_yaw(gain: jax.Array, yaw_rad: jax.Array) -> jax.Array:
    """Return the yaw worth turning to; gain [n_yaw], yaw k is -pi + 2 pi k / n_yaw.

    The largest gain, less what the turn costs: of two equal looks the nearer one, so that a drone
    that has everything around it to see turns round once instead of to and fro.
    """
    n = gain.shape[0]
    yaw = -math.pi + 2.0 * math.pi * jnp.arange(n) / n
    turn = jnp.abs((yaw - yaw_rad + math.pi) % (2.0 * math.pi) - math.pi)
    worth = gain / jnp.maximum(jnp.max(gain), 1e-9) - _TURN_SLOPE_PER_RAD * turn
    return jnp.where(jnp.max(gain) > 0.0, yaw[jnp.argmax(worth)], yaw_rad)
