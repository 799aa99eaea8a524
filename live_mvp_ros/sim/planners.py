# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The planners that the closed loop can fly with: ours, and the baselines it is compared with.

All of them turn a map into an information field (``InfoFieldOutput``), which the same controller
flies by, with the same vehicle, sensor and limits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from live_mvp_ros import planning
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs, InfoFieldOutput
from live_mvp_ros.sim.baselines import BASELINES


class Planner(NamedTuple):
    """A planner's two functions; they jit what they want to have jitted."""

    init: Callable[[InfoFieldConfig, GridSpec, jax.Array], Any]
    """(config, geometry of the map, random key) -> state."""
    step: Callable[[InfoFieldConfig, GridSpec, Any, InfoFieldInputs], tuple[Any, InfoFieldOutput]]


def _no_key(config: InfoFieldConfig, spec: GridSpec, key: jax.Array) -> planning.InfoFieldState:
    del key  # the information field draws nothing at random
    return planning.init(config, spec)


INFORMATION_FIELD = Planner(_no_key, planning.plan)

PLANNERS: dict[str, Planner] = {
    "parallel": INFORMATION_FIELD,
    "sequential": INFORMATION_FIELD,
    **{name: Planner(*functions) for name, functions in BASELINES.items()},
}
"""Planners by name; the first two differ in the controller's architecture."""
