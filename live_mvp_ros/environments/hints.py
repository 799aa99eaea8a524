# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the planner says about the map so far: where a look teaches most, and the way there.

For an agent that flies itself. The planner is asked anew each time, without a memory of what it
has given up, so what it says is a function of the map alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import planning
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs


class Hints(NamedTuple):
    """Two grids [nx, ny], see ``InfoFieldOutput``."""

    gain: jax.Array
    """Nats, the best look from each cell."""
    guidance: jax.Array
    """m, higher is better."""


Renew = Callable[[jax.Array, Hints, InfoFieldInputs], Hints]


def no_hints(spec: GridSpec) -> Hints:
    """Return what is known before the planner was asked."""
    return Hints(jnp.zeros(spec.shape), jnp.zeros(spec.shape))


def hints_of(config: InfoFieldConfig, spec: GridSpec, inputs: InfoFieldInputs) -> Hints:
    """Return what the planner says of a map."""
    _, field = planning.step(config, spec, planning.init(config, spec), inputs)
    return Hints(field.gain, field.guidance)


def renewing(config: InfoFieldConfig, spec: GridSpec) -> Renew:
    """Return a function (due, hints, inputs) -> hints that asks the planner where it is due.

    Under ``vmap`` members take turns: a plan takes longer than all else in a step, and side by
    side all would be planned whenever one is due.
    """

    @jax.custom_batching.sequential_vmap
    def renew(due: jax.Array, before: Hints, inputs: InfoFieldInputs) -> Hints:
        return jax.lax.cond(due, lambda: hints_of(config, spec, inputs), lambda: before)

    return renew
