# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the guidance leads: to a look, to the next stop of the tour, to the goal, or back.

Only one of them counts at a time. Where nothing is left, or the mission says so, it is the goal;
a recovery comes before all. Map frame, metres; grids [nx, ny].
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.geodesy import FAR
from live_mvp_ros.planning.guidance import goal_source
from live_mvp_ros.planning.info_field_data import InfoFieldInputs
from live_mvp_ros.planning.leftover_state import Leftovers
from live_mvp_ros.planning.progress import Progress
from live_mvp_ros.planning.sources import Sources


class Aim(NamedTuple):
    """Where the guidance leads."""

    start_m: jax.Array
    """[nx, ny] what each place to go to costs besides the way, ``FAR`` elsewhere."""
    to_goal: jax.Array
    """bool, the goal comes next."""
    goal: jax.Array
    """[nx, ny] bool, the navigable cell nearest to it."""
    touring: jax.Array
    """bool, the next stop of the tour through the leftovers comes next."""


def aim_of(
    spec: GridSpec,
    inputs: InfoFieldInputs,
    navigable: jax.Array,
    sources: Sources,
    tour: Leftovers,
    watch: Progress,
    nothing_left: jax.Array,
) -> Aim:
    """Choose what comes next.

    Args:
        spec: geometry (static).
        inputs: where the goal is, and whether the mission wants to go there.
        navigable: [nx, ny] bool, where the drone fits and can go.
        sources: what there is to look at.
        tour: through what is left.
        watch: where a recovery leads, if one is under way.
        nothing_left: bool, from the verdict.
    """
    to_goal = nothing_left | inputs.to_goal
    goal = goal_source(spec, navigable, inputs.goal_m)
    stop = tour.cell
    touring = sources.leftovers & tour.active & sources.cells[stop[0], stop[1]]
    at_stop = jnp.full(spec.shape, FAR).at[stop[0], stop[1]].set(0.0)
    start_m = jnp.where(touring, at_stop, sources.costs_m)
    looks_on = jnp.any(sources.cells) & ~to_goal
    start_m = jnp.where(looks_on, start_m, jnp.where(goal, 0.0, FAR))
    recovery = goal_source(spec, navigable, watch.manoeuvre_m)
    start_m = jnp.where(watch.manoeuvre_s > 0.0, jnp.where(recovery, 0.0, FAR), start_m)
    return Aim(start_m, to_goal, goal, touring)
