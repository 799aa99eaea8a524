# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Walk rays through a grid, cell by cell, all of them in lockstep.

Each ray visits, in order, exactly the cells that its segment passes (Amanatides and Woo, "A Fast
Voxel Traversal Algorithm for Ray Tracing", 1987). What is done in a cell is up to the caller, on
arrays that are carried along and, being the only ones of their kind, changed in place: the work is
that of the cells on the rays, whatever the size of the grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp

Carried = TypeVar("Carried")
Visit = Callable[[Carried, jax.Array, jax.Array], Carried]


class Segments(NamedTuple):
    """R segments from one point, in cells of a grid.

    Attributes:
        start: common start [3, 1].
        direction: unit vectors [3, R].
        stop: length [R] to walk.
        usable: which there are, bool [R].
    """

    start: jax.Array
    direction: jax.Array
    stop: jax.Array
    usable: jax.Array


def segments(start: jax.Array, ends: jax.Array) -> Segments:
    """Return the segments from a point [3] to points [3, R], both in cells; ``stop`` is there.

    What is not finite, or shorter than a millionth of a cell, is not usable.
    """
    offset = ends - start[:, None]
    usable = jnp.all(jnp.isfinite(offset), axis=0) & jnp.all(jnp.isfinite(start))
    offset = jnp.where(usable, offset, 0.0)
    start = jnp.where(jnp.isfinite(start), start, 0.0)[:, None]
    length = jnp.linalg.norm(offset, axis=0)
    return Segments(start, offset / jnp.maximum(length, 1e-6), length, usable & (length > 1e-6))


def walk(
    rays: Segments, shape: tuple[int, int, int], visit: Visit[Carried], carried: Carried
) -> Carried:
    """Return what visiting all cells of a grid on all segments makes of ``carried``.

    Args:
        rays: may begin and end outside of the grid.
        shape: cells of the grid.
        visit: gets what is carried, one cell per segment [3, R] and which segments are still
            under way, bool [R]; it must not look at the cells of the others.
        carried: given to the first visit.
    """
    start, direction, stop, usable = rays
    bound = jnp.array(shape, jnp.int32)[:, None]
    direction = jnp.where(jnp.abs(direction) < 1e-9, 1e-9, direction)  # parallel to an axis
    inverse = 1.0 / direction
    to_low, to_high = -start * inverse, (bound - start) * inverse
    enter = jnp.maximum(jnp.max(jnp.minimum(to_low, to_high), axis=0), 0.0)
    leave = jnp.minimum(jnp.min(jnp.maximum(to_low, to_high), axis=0), stop)
    ahead = (direction > 0.0).astype(jnp.int32)
    axes = jnp.arange(3)[:, None]

    def advance(now: tuple[jax.Array, jax.Array, Carried]) -> tuple[jax.Array, jax.Array, Carried]:
        cell, active, carried = now
        carried = visit(carried, cell, active)
        crossing = (cell + ahead - start) * inverse
        step = jnp.where(axes == jnp.argmin(crossing, axis=0), 2 * ahead - 1, 0)
        cell = cell + step
        inside = jnp.all((cell >= 0) & (cell < bound), axis=0)
        return cell, active & inside & (jnp.min(crossing, axis=0) < leave), carried

    first = jnp.clip(jnp.floor(start + enter * direction).astype(jnp.int32), 0, bound - 1)
    begin = (first, usable & (enter < leave), carried)
    return jax.lax.while_loop(lambda now: jnp.any(now[1]), advance, begin)[2]
