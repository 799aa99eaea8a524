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

from live_mvp_ros.planning.directions import SweepPlan, aside, lattices, restore, square

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
    steps, none = _steps(plan, target, opaque, exact, max(target.shape))
    lengths = jnp.asarray(np.tile(plan.steps(), 4), jnp.float32)[:, None, None]
    return jnp.where(steps == none, FAR_CELLS, lengths * steps)


def in_sight(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool = True
) -> jax.Array:
    """Return from which cells [n_directions, nx, ny] a target is seen within the plan's range.

    The same as ``first_hit(...) <= plan.range_cells``, several times faster.
    """
    reach, most = _reach(plan)
    steps, _ = _steps(plan, target, opaque, exact, most)
    return steps <= jnp.asarray(np.tile(reach, 4), steps.dtype)[:, None, None]


def sees_any(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool = True
) -> jax.Array:
    """Return the cells [nx, ny] that see a target in some direction: any of ``in_sight``."""
    reach, most = _reach(plan)
    ways, _ = _both_ways(plan, target, opaque, exact, most)
    limit = jnp.asarray(reach, ways[0].dtype)[:, None]
    seen = [[jnp.any(steps <= limit, axis=2)] for steps in ways]
    return jnp.any(restore(seen[0], seen[1], 0, (target.shape[0], target.shape[1])), axis=0)


def _reach(plan: SweepPlan) -> tuple[np.ndarray, int]:
    """Return the steps [n_slopes] in a range, and how far steps must be counted."""
    reach = np.floor(plan.range_cells / plan.steps() + 1e-6).astype(int)
    return reach, int(reach.max()) + 1


def _steps(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool, most: int
) -> tuple[jax.Array, int]:
    """Return the steps [n_directions, nx, ny] to the first target and what stands for none."""
    ways, none = _both_ways(plan, target, opaque, exact, most)
    parts = [[steps[:, :, s] for s in range(len(plan.slopes))] for steps in ways]
    return restore(parts[0], parts[1], 0, (target.shape[0], target.shape[1])), none


def _both_ways(
    plan: SweepPlan, target: jax.Array, opaque: jax.Array, exact: bool, most: int
) -> tuple[list[jax.Array], int]:
    """Return the steps [n, 2, n_slopes, n] forward and backward, and what stands for none.

    Small integers: the sweep is bound by memory. Counts above ``most`` may read as none.
    """
    dtype = jnp.uint8 if most < np.iinfo(np.uint8).max else jnp.uint16
    none = int(jnp.iinfo(dtype).max)
    if most >= none:
        raise ValueError(f"{most} steps are not allowed: use at most {none - 1}")
    wall, goal = lattices(square(opaque, 0, True)), lattices(square(target, 0, False))
    return [_sweep(plan, wall, goal, exact, way, dtype, none) for way in (True, False)], none


def _sweep(
    plan: SweepPlan,
    wall: jax.Array,
    goal: jax.Array,
    exact: bool,
    forward: bool,
    dtype: Any,
    none: int,
) -> jax.Array:
    n = wall.shape[0]
    empty = jnp.asarray(none, dtype)
    moves = plan.moves(n, forward)
    sides = [jnp.asarray(side)[:, :, None] for side in _corners(plan, n, exact, forward)]

    def column(carry: Arrays, here: Arrays) -> tuple[Arrays, jax.Array]:
        steps, wall_before = carry
        wall_i, goal_i, move, own, other, both = here
        near = aside(steps, move, none)
        near = jnp.where(near < none - 1, near + 1, empty)
        spread = jnp.broadcast_to(wall_i[:, None], steps.shape)
        beside, ahead = aside(spread, move, True), wall_before[:, None]
        cut = (own & beside) | (other & ahead) | (both & beside & ahead)
        near = jnp.where(cut | wall_i[:, None], empty, near)
        out = jax.lax.optimization_barrier(jnp.where(goal_i[:, None], jnp.zeros_like(near), near))
        return (out, wall_i), out

    start = (jnp.full((2, len(plan.slopes), n), empty), jnp.ones((2, n), bool))
    inputs = (wall, goal, jnp.asarray(moves), *sides)
    return jax.lax.scan(column, start, inputs, reverse=forward)[1]


def _corners(
    plan: SweepPlan, n: int, exact: bool, forward: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where a line cuts a corner of its own column, of the next one, or of both.

    Each [n, n_slopes]. A line read backwards cuts the same cells, so own and next change places.
    """
    moves = plan.moves(n, True)
    early, through = plan.corners(n) if exact else (np.zeros(moves.shape, bool), moves != 0)
    late = (moves != 0) & ~early & ~through
    if forward:
        return early, late, through
    first = np.zeros((1, moves.shape[1]), bool)
    early, late, through = (np.concatenate([first, side[:-1]]) for side in (early, late, through))
    return late, early, through
