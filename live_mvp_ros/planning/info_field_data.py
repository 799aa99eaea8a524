# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What goes into a step of the information field, what comes out, and what it remembers.

Map frame, metres, nats; grids [nx, ny].
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import ending, leftover_state, progress
from live_mvp_ros.planning.frame import GOAL_TOLERANCE_M, MapSeen
from live_mvp_ros.planning.info_field_config import InfoFieldConfig


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldInputs:
    """What one step needs; map frame.

    Attributes:
        p: [nx, ny] occupancy probability, 0.5 = unknown.
        known: [nx, ny] bool, observed at least once.
        position_m: [3] of base_link.
        yaw_rad: heading of the camera (of base_link).
        goal_m: [3], where to go when nothing is left.
        dt_s: time since the previous step during which the drone looked from about this pose; 0
            while it holds on purpose, so that no patience runs out.
        to_goal: bool, lead to the goal whatever is left to see.
        goal_tolerance_m: the mission's: a navigable cell this close to the goal makes it
            reachable.
        seen: when the map was made; None for a map of now.
    """

    p: jax.Array
    known: jax.Array
    position_m: jax.Array
    yaw_rad: jax.Array
    goal_m: jax.Array
    dt_s: jax.Array
    to_goal: jax.Array | bool = False
    goal_tolerance_m: jax.Array | float = GOAL_TOLERANCE_M
    seen: MapSeen | None = None


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldState:
    """What survives between steps.

    Attributes:
        looked_s: [nx, ny] how long a still unknown cell has been in plain view.
        progress: the watch that gives up targets which lead to nothing.
        doubt: what is occupied and may not be.
        ending: the evidence that nothing is left.
        leftovers: the tour through what is left.
    """

    looked_s: jax.Array
    progress: progress.Progress
    doubt: ending.Doubt
    ending: ending.Ending
    leftovers: leftover_state.Leftovers


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldOutput:
    """The information field; map frame, grids [nx, ny].

    Attributes:
        gain: nats, largest over yaw; 0 where the cell is not known to be free.
        best_yaw: rad, the yaw of that gain.
        guidance: m, higher is better, slope one in the open, more in narrow places.
        local_gain: [n_yaw, lx, ly] nats around the drone; yaw k is -pi + 2 pi k / n_yaw.
        local_origin_m: [2] centre of local cell [0, 0].
        reference_path_m: [40, 3], 0.05 s apart at the speed limit, first point at the drone.
        reference_yaw_rad: [40].
        nothing_left: bool, no navigable cell sees anything that can still become known or must be
            looked at again; False when ``code`` is not OK.
        goal_reachable: bool, a navigable cell lies within ``goal_tolerance_m`` of the goal.
        reachable_unknown_m2: area of the unknown that navigable cells see.
        explored_fraction: known free area / (known free area + reachable unknown).
        target_m: [2] where the guidance leads from the drone.
        navigable: [nx, ny] bool, where the drone fits and can go.
        sources: [nx, ny] bool, from where a look teaches something.
        frontier: [nx, ny] bool, what may become known and lies beside free cells.
        looks_again: bool, only what is in doubt is left: it is looked at again.
        leftover: [2] int32, which stop of the tour through what is left comes next, of how many.
        settled: bool, nothing has been left for long enough to end a mission.
        code: a ``PlanCode``: OK, or why there is no plan; then the rest is finite but means
            nothing, and the state has not changed.
    """

    gain: jax.Array
    best_yaw: jax.Array
    guidance: jax.Array
    local_gain: jax.Array
    local_origin_m: jax.Array
    reference_path_m: jax.Array
    reference_yaw_rad: jax.Array
    nothing_left: jax.Array
    goal_reachable: jax.Array
    reachable_unknown_m2: jax.Array
    explored_fraction: jax.Array
    target_m: jax.Array
    navigable: jax.Array
    sources: jax.Array
    frontier: jax.Array
    looks_again: jax.Array
    leftover: jax.Array
    settled: jax.Array
    code: jax.Array


def init(config: InfoFieldConfig, spec: GridSpec) -> InfoFieldState:
    """Return the state before the first look.

    Raises:
        ConfigurationError: the range is shorter than a cell of the map.
    """
    if config.range_m < spec.resolution_m:
        raise ConfigurationError(
            f"range_m = {config.range_m:g} is not allowed on this map: it must be at least one "
            f"cell, {spec.resolution_m:g} m"
        )
    return InfoFieldState(
        looked_s=jnp.zeros(spec.shape),
        progress=progress.init(spec),
        doubt=ending.no_doubt(spec),
        ending=ending.no_evidence(),
        leftovers=leftover_state.init(spec),
    )


def with_new_goal(state: InfoFieldState) -> InfoFieldState:
    """Return the state for another goal: that the old one was given up says nothing about it."""
    watch = state.progress._replace(goal_given_up=jnp.array(False))
    return dataclasses.replace(state, progress=watch)
