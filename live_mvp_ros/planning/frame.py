# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The frame of every planner: what it knows of the map before it chooses where to go.

The information field and the baselines that it is compared with take stock by the same function,
so that only the choice differs. Map frame, metres, seconds; grids [nx, ny].
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import OCCUPIED_FROM, GridSpec
from live_mvp_ros.planning.ending import pose_code, usable_pose
from live_mvp_ros.planning.guidance import navigable_now, slowness
from live_mvp_ros.planning.looking import plain_view
from live_mvp_ros.planning.sweep import SweepPlan

if TYPE_CHECKING:
    from live_mvp_ros.planning.info_field_config import InfoFieldConfig
    from live_mvp_ros.planning.info_field_data import InfoFieldInputs

LONGEST_STEP_S = 1.0
"""A node that was stalled for longer did not look at one place all the time."""
GOAL_TOLERANCE_M = 1.5
"""From here a goal counts as reached where nobody says otherwise: the mission does, as its
``goal_tolerance_m``, and hands it to the planner with the goal."""
N_BEAMS = 12
"""Beams over the field of view that a gain counts: all gains scale with it, and their shares
decide."""
N_YAW = 16
"""Headings of a look: 22.5 degrees apart, about a quarter of a field of view."""
LOCAL_RESOLUTION_M = 0.25
"""Cell of the yaw-resolved gain around the drone: looks differ little within, and the controller
interpolates."""
FINER = 4
"""Times as many directions in what is looked at, and in the last search."""


class MapSeen(NamedTuple):
    """How old a map is: what was looked at since cannot be in it.

    Attributes:
        position_m: [3] of base_link, when the last of the map was seen.
        yaw_rad: heading then.
        dt_s: how much longer than the map of the previous step this one has looked.
    """

    position_m: jax.Array
    yaw_rad: jax.Array
    dt_s: jax.Array


class Stock(NamedTuple):
    """What is known of the map."""

    free: jax.Array
    """bool, known to be free."""
    looks: jax.Array
    """How well each cell is looked at now, 0 to 1."""
    looked_s: jax.Array
    """How long a still unknown cell has been in plain view."""
    navigable: jax.Array
    """bool, where the drone fits and can go."""
    slow: jax.Array
    """What a metre counts."""
    looking_s: jax.Array
    """[] how much longer the map has looked."""


def sweep_plan(config: InfoFieldConfig, spec: GridSpec, finer: int = 1) -> SweepPlan:
    """Return the directions and the reach of sight, with ``finer`` times as many directions."""
    return SweepPlan.of(finer * config.n_directions, config.range_m / spec.resolution_m)


def usable(spec: GridSpec, inputs: InfoFieldInputs) -> tuple[jax.Array, InfoFieldInputs]:
    """Return whether the pose is one (``PlanCode``), and inputs to compute with in any case."""
    position_m = jnp.asarray(inputs.position_m, jnp.float32)
    goal_m = jnp.asarray(inputs.goal_m, jnp.float32)
    code = pose_code(spec, position_m, inputs.yaw_rad, goal_m, inputs.dt_s)
    position_m, yaw_rad = usable_pose(spec, position_m, jnp.asarray(inputs.yaw_rad))
    finite = jnp.isfinite(inputs.p)
    return code, dataclasses.replace(
        inputs,
        p=jnp.where(finite, inputs.p, 0.5),
        known=inputs.known & finite,
        position_m=position_m,
        yaw_rad=yaw_rad,
        goal_m=jnp.where(jnp.all(jnp.isfinite(goal_m)), goal_m, position_m),
        dt_s=jnp.clip(jnp.nan_to_num(jnp.asarray(inputs.dt_s)), 0.0, LONGEST_STEP_S),
        seen=None if inputs.seen is None else _usable_seen(spec, inputs.seen),
    )


def _usable_seen(spec: GridSpec, seen: MapSeen) -> MapSeen:
    position_m = jnp.asarray(seen.position_m, jnp.float32)
    position_m, yaw_rad = usable_pose(spec, position_m, jnp.asarray(seen.yaw_rad))
    return MapSeen(position_m, yaw_rad, jnp.nan_to_num(jnp.asarray(seen.dt_s)))


def take_stock(
    config: InfoFieldConfig, spec: GridSpec, looked_s: jax.Array, inputs: InfoFieldInputs
) -> Stock:
    """Return what is known of the map.

    Args:
        config: of the planner.
        spec: geometry (static).
        looked_s: [nx, ny] of the step before.
        inputs: the map, the pose and the time since the step before.
    """
    xy = jnp.asarray(inputs.position_m)[:2]
    free = inputs.known & (inputs.p < OCCUPIED_FROM)
    plan = sweep_plan(config, spec, FINER)
    seen = inputs.seen or MapSeen(inputs.position_m, inputs.yaw_rad, inputs.dt_s)
    looks = plain_view(spec, plan, free, seen.position_m[:2], seen.yaw_rad, config.fov_rad)
    looking_s = jnp.clip(seen.dt_s, 0.0, LONGEST_STEP_S)
    return Stock(
        free=free,
        looks=looks,
        looked_s=jnp.where(inputs.known, 0.0, looked_s + looking_s * looks),
        navigable=navigable_now(config.body, spec, free, xy),
        slow=slowness(config.body, spec, free),
        looking_s=looking_s,
    )
