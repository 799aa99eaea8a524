# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far every cell sees in every direction: line of sight by one sweep over all lines.

Along a line the steps to the first target obey n_i = 0 at a target, "none" at an opaque cell and
n_{i+1} + 1 elsewhere. The lines are those of ``directions``; where one changes rows between two
columns it touches the corner of a third cell, which must not be opaque either.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.planning.columns import over_columns
from live_mvp_ros.planning.directions import SweepPlan, Window, aside, lattices

Arrays = Any  # carries and slices of scans: tuples of arrays whose lengths the loops fix

FAR_CELLS = 1e6


def first_hit(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool = True
) -> jax.Array:
    """Return how far [n_directions, nx, ny] in cells the first target before anything opaque is.

    A line ends at the first target or opaque cell that it visits, and where it cuts the corner of
    an opaque cell between two that it visits. ``FAR_CELLS`` where no target comes first. The start
    cell counts.

    Args:
        plan: directions (static); its range does not limit the result.
        target: [nx, ny] bool.
        opaque: [nx, ny] bool; a target that is opaque counts as a target.
        exact: lines are those of the lattice (static). Otherwise they only do not slip between two
            opaque cells, as if they could start anywhere in their cell.
    """
    window = Window.of_all((target.shape[0], target.shape[1]))
    steps, none = _steps(plan, window, target, opaque, exact, max(target.shape))
    lengths = np.tile(plan.steps(), 4).astype(np.float32)
    return jnp.stack(
        [
            jnp.where(n == none, FAR_CELLS, length * n)
            for n, length in zip(steps, lengths, strict=True)
        ]
    )


def in_sight(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool = True
) -> jax.Array:
    """Return from which cells [n_directions, nx, ny] a target is seen within the plan's range.

    The same as ``first_hit(...) <= plan.range_cells``, several times faster.
    """
    window = Window.of_all((target.shape[0], target.shape[1]))
    return jnp.stack(seen_in(plan, window, target, opaque, exact))


def seen_in(
    plan: SweepPlan, window: Window, target: jax.Array, opaque: jax.Array, exact: bool = True
) -> list[jax.Array]:
    """Return ``in_sight`` of the cells of a window: a mask [wx, wy] for each direction.

    Args:
        plan: directions and range (static).
        window: whose margin holds all cells within range, or all there are.
        target: [nx, ny] bool, of the whole map.
        opaque: [nx, ny] bool, of the whole map.
        exact: as in ``first_hit``.
    """
    reach, most = _reach(plan)
    steps, _ = _steps(plan, window, target, opaque, exact, most)
    return [n <= int(limit) for n, limit in zip(steps, np.tile(reach, 4), strict=True)]


def sees_any(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool = True
) -> jax.Array:
    """Return the cells [nx, ny] that see a target in some direction: any of ``in_sight``."""
    window = Window.of_all((target.shape[0], target.shape[1]))
    seen = jnp.zeros(target.shape, bool)
    for part in plan.parts(target.size):
        reach, most = _reach(part)
        swept, _ = _swept(part, window, target, opaque, exact, most)
        for lattice, steps in enumerate(swept):
            limit = jnp.asarray(reach, steps.dtype)[:, None]
            way = jnp.any(steps <= limit, axis=2)
            seen |= window.restored(way[::-1, 0] | way[:, 1], lattice)
        # one part after the other: together they would need the memory of all
        seen, target, opaque = computed_here((seen, target, opaque))
    return seen


def _reach(plan: SweepPlan) -> tuple[np.ndarray, int]:
    """Return the steps [n_slopes] in a range, and how far steps must be counted."""
    reach = np.floor(plan.range_cells / plan.steps() + 1e-6).astype(int)
    return reach, int(reach.max()) + 1


def _steps(
    plan: SweepPlan,
    window: Window,
    target: jax.Array,
    opaque: jax.Array,
    exact: bool,
    most: int,
) -> tuple[list[jax.Array], int]:
    """Return the steps [wx, wy] to the first target for each direction, and what is none."""
    swept, none = _swept(plan, window, target, opaque, exact, most)
    return [
        window.restored(swept[lattice][:: 2 * way - 1, way, s], lattice)
        for way in (0, 1)
        for lattice in (0, 1)
        for s in range(len(plan.slopes))
    ], none


def _swept(
    plan: SweepPlan,
    window: Window,
    target: jax.Array,
    opaque: jax.Array,
    exact: bool,
    most: int,
) -> tuple[list[jax.Array], int]:
    """Return the steps [column, 2, n_slopes, row] of each lattice, and what is none.

    First forward, with the columns in reversed order, then backward.
    Small integers: the sweep is bound by memory. Counts above ``most`` may read as none.
    """
    dtype = jnp.uint8 if most < np.iinfo(np.uint8).max else jnp.uint16
    none = int(jnp.iinfo(dtype).max)
    if most >= none:
        raise ValueError(f"{most} steps are not allowed: use at most {none - 1}")
    walls, goals = (
        lattices(window.cut(grid, fill)) for grid, fill in ((opaque, True), (target, False))
    )
    swept = [
        _sweep(wall, goal, _tables(plan, window, lattice, exact), dtype, none)
        for lattice, (wall, goal) in enumerate(zip(walls, goals, strict=True))
    ]
    return swept, none


def _tables(plan: SweepPlan, window: Window, lattice: int, exact: bool) -> Arrays:
    """Return how lines move, and where they cut corners; each [n, 2 n_slopes].

    First forward, from the last column on, then backward.
    """
    first, n = window.span(lattice)
    ahead, back = (
        [
            window.of_columns(table, lattice)
            for table in (plan.moves(n, way, first), *_corners(plan, first, n, exact, way))
        ]
        for way in (True, False)
    )
    return tuple(
        jnp.concatenate([one[::-1], other], axis=1) for one, other in zip(ahead, back, strict=True)
    )


def _sweep(wall: jax.Array, goal: jax.Array, tables: Arrays, dtype: Any, none: int) -> jax.Array:
    """Return the steps [n, 2, n_slopes, m], forward from the last column on, then backward."""
    m, half = wall.shape[1], tables[0].shape[1] // 2
    empty = jnp.asarray(none, dtype)
    moves, *sides = tables
    sides = [side[:, :, None] for side in sides]
    walls, goals = (jnp.stack([grid[::-1], grid], axis=1) for grid in (wall, goal))

    def column(carry: Arrays, here: Arrays) -> tuple[Arrays, jax.Array]:
        steps, wall_before = carry
        wall_i, goal_i, move, own, other, both = here
        near = aside(steps, move, empty)
        near = jnp.where(near < none - 1, near + 1, empty)
        spread, ahead, found = (
            jnp.broadcast_to(grid[:, None], (2, half, m)).reshape(2 * half, m)
            for grid in (wall_i, wall_before, goal_i)
        )
        beside = aside(spread, move, True)
        cut = (own & beside) | (other & ahead) | (both & beside & ahead)
        near = jnp.where(cut | spread, empty, near)
        # it keeps the compiler from fusing arithmetic into the copy, as in ``sweep``
        out = computed_here(jnp.where(found, jnp.zeros_like(near), near))
        return (out, wall_i), out

    start = (jnp.full((2 * half, m), empty), jnp.ones((2, m), bool))
    inputs = (walls, goals, jnp.asarray(moves), *(jnp.asarray(side) for side in sides))
    swept = over_columns(column, start, inputs, start[0])
    return swept.reshape(-1, 2, half, m)


def _corners(
    plan: SweepPlan, first: int, n: int, exact: bool, forward: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where a line cuts a corner of its own column, of the next one, or of both.

    Each [n, n_slopes]. A line read backwards cuts the same cells, so own and next change places.
    """
    moves = plan.moves(n, True, first)
    early, through = plan.corners(n, first) if exact else (np.zeros(moves.shape, bool), moves != 0)
    late = (moves != 0) & ~early & ~through
    if forward:
        return early, late, through
    none = np.zeros((1, moves.shape[1]), bool)
    early, late, through = (np.concatenate([none, side[:-1]]) for side in (early, late, through))
    return late, early, through
