# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Watch the progress of an exploration, and give up targets that lead to none.

A planner that is sure of its target and a vehicle that cannot get there, or cannot see from there
what was promised, would try for ever. So time is counted in which nothing new became known, while
the vehicle stays at one place and altogether. When either has lasted too long, the surroundings of
the present target stop being a target. They are tried again once much has been learned elsewhere:
the way may be open then. As every retry must be paid for with new cells, this ends.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.grid import GridSpec

_STILL_RADIUS_M = 0.5  # moving within this is staying at one place
_LEARNING_CELLS = 5  # fewer new cells between two steps are noise at the edges of the map


@configuration
class ProgressConfig:
    """When a target is given up."""

    stalled_patience_s: float = parameter(
        default=6.0,
        unit="s",
        low=0.5,
        high=600.0,
        live=True,
        help="Staying at one place for so long without learning anything gives a target up.",
    )
    idle_patience_s: float = parameter(
        default=25.0,
        unit="s",
        low=1.0,
        high=3600.0,
        live=True,
        help="Learning nothing for so long, even on the move, gives a target up.",
    )
    give_up_radius_m: float = parameter(
        default=0.75,
        unit="m",
        low=0.1,
        high=10.0,
        live=True,
        help="Cells this near to a target are given up with it.",
    )
    retry_cells: int = parameter(
        default=200,
        low=1,
        high=1000000,
        help="After learning so many cells, targets that were given up are tried again.",
    )


class Progress(NamedTuple):
    """What the watch remembers."""

    anchor_m: jax.Array
    """[2] the place at which the vehicle has stayed."""
    stalled_s: jax.Array
    """How long it has stayed there without learning."""
    idle_s: jax.Array
    """How long nothing new became known."""
    known_cells: jax.Array
    """Known cells at the previous step."""
    known_at_give_up: jax.Array
    """Known cells when a target was last given up."""
    given_up: jax.Array
    """[nx, ny] bool, cells that are no target any more."""
    targets_given_up: jax.Array
    """How many times a target was given up."""


def init(spec: GridSpec) -> Progress:
    """Return the watch before the first step."""
    zero, none = jnp.float32(0.0), jnp.int32(0)
    nowhere = jnp.full(2, jnp.inf, jnp.float32)
    return Progress(nowhere, zero, zero, none, none, jnp.zeros(spec.shape, bool), none)


def observe(
    config: ProgressConfig, state: Progress, known: jax.Array, xy: jax.Array, dt_s: jax.Array
) -> Progress:
    """Return the watch after ``dt_s`` more seconds of flight.

    Args:
        config: patience.
        state: before.
        known: [nx, ny] bool, the map now.
        xy: [2] m, the vehicle.
        dt_s: 0 while the vehicle holds on purpose: then no time counts.
    """
    cells = jnp.sum(known, dtype=jnp.int32)
    learning = cells - state.known_cells >= _LEARNING_CELLS
    moved = ~(jnp.sum((xy - state.anchor_m) ** 2) <= _STILL_RADIUS_M**2)
    fresh = cells - state.known_at_give_up >= config.retry_cells
    return state._replace(
        anchor_m=jnp.where(moved | learning, xy, state.anchor_m),
        stalled_s=jnp.where(moved | learning, 0.0, state.stalled_s + dt_s),
        idle_s=jnp.where(learning, 0.0, state.idle_s + dt_s),
        known_cells=cells,
        given_up=state.given_up & ~fresh,
    )


def judge(
    config: ProgressConfig, spec: GridSpec, state: Progress, target_xy: jax.Array
) -> Progress:
    """Give the surroundings of ``target_xy`` [2] up if the watch has run out."""
    late = (state.stalled_s > config.stalled_patience_s) | (state.idle_s > config.idle_patience_s)
    x, y = (jnp.asarray(c, jnp.float32) for c in spec.centres())
    squared = (x[:, None] - target_xy[0]) ** 2 + (y[None, :] - target_xy[1]) ** 2
    near = squared <= config.give_up_radius_m**2
    return state._replace(
        stalled_s=jnp.where(late, 0.0, state.stalled_s),
        idle_s=jnp.where(late, 0.0, state.idle_s),
        known_at_give_up=jnp.where(late, state.known_cells, state.known_at_give_up),
        given_up=state.given_up | (near & late),
        targets_given_up=state.targets_given_up + late,
    )
