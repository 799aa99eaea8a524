# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Known space that must be looked at again before it is flown through.

Where odometry drifts, a map takes free cells near the vehicle that were last looked at too long a
way ago for unknown: what was free there may lie somewhere else by now. For the controller they are
what they are in the map, unknown and not safe. A planner would go there to explore, and never end.
So it remembers what was known before: ways lead through such cells as before and nobody goes to
them for their own sake, but where the way leads into some, the vehicle looks where it flies
instead of where a look teaches most. What it then sees is known again, or blocks the way.

Stands around the step of any planner: ``remember`` before, ``watchful`` after it.
"""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.grid import OCCUPIED_FROM, GridSpec
from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M
from live_mvp_ros.planning.info_field import InfoFieldInputs, InfoFieldOutput

REMEMBERED_WITHIN_M = 6.0
"""Cells that become unknown farther away from the vehicle are forgotten: the map was reset."""
_FREE = 0.2  # occupancy of a cell that was free
_AHEAD_M = 2.5  # of the way: from here on it is looked at, which is some time before it is flown
_BESIDE_M = 0.4  # of the way: what is so near to it must be known
_LEAD_M = 1.0  # it looks at the place on the way so far ahead


class Memory(NamedTuple):
    """What was known at the step before; [nx, ny]."""

    free: jax.Array
    """bool, known to be free, or remembered to be."""


def init(spec: GridSpec) -> Memory:
    """Return the memory of nothing."""
    return Memory(jnp.zeros(spec.shape, bool))


def remember(
    spec: GridSpec, memory: Memory, inputs: InfoFieldInputs
) -> tuple[Memory, InfoFieldInputs, jax.Array]:
    """Put back what the map no longer trusts.

    Args:
        spec: geometry (static).
        memory: from the step before.
        inputs: of a planner, as the map has it.

    Returns:
        The memory for the next step, the inputs with which to plan, and the mask [nx, ny] of the
        cells that were put back.
    """
    xy = jnp.asarray(inputs.position_m)[:2]
    x, y = (jnp.asarray(c, jnp.float32) for c in spec.centres())
    near = (x[:, None] - xy[0]) ** 2 + (y[None, :] - xy[1]) ** 2 <= REMEMBERED_WITHIN_M**2
    outdated = memory.free & ~inputs.known & near
    p = jnp.where(outdated, _FREE, inputs.p)
    known = inputs.known | outdated
    after = Memory(known & (p < OCCUPIED_FROM))
    return after, dataclasses.replace(inputs, p=p, known=known), outdated


def watchful(spec: GridSpec, output: InfoFieldOutput, outdated: jax.Array) -> InfoFieldOutput:
    """Return the field of a planner, with the looks along its way where that is outdated."""
    path = output.reference_path_m[:, :2]
    step_m = jnp.linalg.norm(jnp.diff(path, axis=0), axis=1)
    flown_m = jnp.concatenate([jnp.zeros(1), jnp.cumsum(step_m)])
    beside = _within(spec, outdated, path, _BESIDE_M)
    looks_ahead = jnp.any(beside & (flown_m <= _AHEAD_M))
    along = _looks_along(output.local_origin_m, output.local_gain.shape, path, flown_m)
    return dataclasses.replace(output, local_gain=jnp.where(looks_ahead, along, output.local_gain))


def _within(spec: GridSpec, mask: jax.Array, points: jax.Array, reach_m: float) -> jax.Array:
    """Return which points [n, 2] have a cell of ``mask`` within a square around them."""
    half = math.ceil(reach_m / spec.resolution_m)
    offset = jnp.arange(-half, half + 1)
    cell = spec.cell_index(points)
    i = jnp.clip(cell[:, 0, None] + offset, 0, spec.shape[0] - 1)
    j = jnp.clip(cell[:, 1, None] + offset, 0, spec.shape[1] - 1)
    return jnp.any(mask[i[:, :, None], j[:, None, :]], axis=(1, 2))


def _looks_along(
    origin_m: jax.Array,
    shape: tuple[int, ...],
    path: jax.Array,
    flown_m: jax.Array,
) -> jax.Array:
    """Return the preference [n_yaw, lx, ly] for looking at the way a little ahead."""
    n_yaw, lx, ly = shape
    x = origin_m[0] + LOCAL_RESOLUTION_M * jnp.arange(lx)
    y = origin_m[1] + LOCAL_RESOLUTION_M * jnp.arange(ly)
    squared = (x[:, None, None] - path[:, 0]) ** 2 + (y[None, :, None] - path[:, 1]) ** 2
    nearest = jnp.argmin(squared, axis=-1)
    ahead = jnp.searchsorted(flown_m, flown_m + _LEAD_M)
    goal = path[jnp.clip(ahead, 0, len(path) - 1)][nearest]
    away = goal - jnp.stack(jnp.broadcast_arrays(x[:, None], y[None, :]), axis=-1)
    yaw = jnp.arctan2(away[..., 1], away[..., 0])
    headings = -math.pi + 2.0 * math.pi / n_yaw * jnp.arange(n_yaw)
    off = jnp.abs((headings[:, None, None] - yaw + math.pi) % (2.0 * math.pi) - math.pi)
    return jnp.maximum(1.0 - off / (2.0 * math.pi / n_yaw), 0.0)
