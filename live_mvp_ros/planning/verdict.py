# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What one plan says about the end: whether anything is left, and whether there is a plan at all.

Nothing is left when no look teaches anything, no doubt has just arisen (``ending``), and it has
been so for long enough. A drone that fits nowhere has no plan. Map frame, grids [nx, ny].
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import ending
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.expectation import View
from live_mvp_ros.planning.fitting import fitting_cells
from live_mvp_ros.planning.guidance import near
from live_mvp_ros.planning.info_field_config import InfoFieldConfig
from live_mvp_ros.planning.info_field_data import InfoFieldInputs


class Verdict(NamedTuple):
    """What a plan says about the end."""

    code: jax.Array
    """A ``PlanCode``."""
    valid: jax.Array
    """bool, the code is OK: there is a plan."""
    nothing_left: jax.Array
    """bool, by all that is known; never without a plan."""
    evidence: ending.Ending
    """What speaks for it, remembered until the next plan."""
    doubted: jax.Array
    """[nx, ny] bool, to be looked at again from the next plan on."""


def verdict_of(
    config: InfoFieldConfig,
    spec: GridSpec,
    inputs: InfoFieldInputs,
    code: jax.Array,
    evidence: ending.Ending,
    doubt: ending.Doubt,
    view: View,
    navigable: jax.Array,
    sources: jax.Array,
) -> Verdict:
    """Say whether anything is left to look at.

    Args:
        config: of the planner.
        spec: geometry (static).
        inputs: the map and the goal.
        code: whether the pose is one, from ``frame.usable``.
        evidence: of the plans before.
        doubt: what is looked at again, from ``ending.looked_again``.
        view: the map as the planner sees it.
        navigable: [nx, ny] bool, where the drone fits and can go.
        sources: [nx, ny] bool, from where a look teaches something.
    """
    doubted = _doubted(config, spec, inputs, doubt, view, navigable, jnp.any(sources))
    # Doubts that have just arisen are looked at from the next plan on, if anything sees them.
    arisen = jnp.any(doubted) & ~jnp.any(doubt.doubted)
    empty = ~jnp.any(sources) & ~arisen
    fits = fitting_cells(~view.free, spec, config.body.fits_from_m)
    confined = empty & ~jnp.any(fits & navigable)
    no_room = jnp.int32(int(PlanCode.NO_ROOM))
    code = jnp.where((code == int(PlanCode.OK)) & confined, no_room, code)
    valid = code == int(PlanCode.OK)
    evidence, nothing_left = ending.remembered(evidence, empty & valid, inputs.dt_s)
    return Verdict(code, valid, nothing_left & valid, evidence, doubted)


def _doubted(
    config: InfoFieldConfig,
    spec: GridSpec,
    inputs: InfoFieldInputs,
    doubt: ending.Doubt,
    view: View,
    navigable: jax.Array,
    something_left: jax.Array,
) -> jax.Array:
    """Return the cells [nx, ny] to look at again; they are asked for when nothing else is left."""
    at_goal = near(spec, inputs.goal_m[:2], inputs.goal_tolerance_m)

    def asked() -> jax.Array:
        return ending.in_doubt(
            doubt,
            spec,
            inputs.p,
            inputs.known & ~view.free,
            ~inputs.known & view.opaque,
            navigable,
            config.body.fits_from_m,
            ending.DOUBT_PATIENCE_S,
            config.look_patience_s,
            config.body,
            (view.frontier & ~view.gaps) | (at_goal & ~jnp.any(at_goal & navigable)),
        )

    none = jnp.zeros(spec.shape, bool)
    return jax.lax.cond(~something_left | jnp.any(doubt.doubted), asked, lambda: none)
