# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the loop asks of a planner, and ours: the information field.

A planner turns a map into an information field (``InfoFieldOutput``), which the controller flies
by, whoever made it. A policy decides for itself; beside it a planner only judges what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from live_mvp_ros import planning
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs, InfoFieldOutput
from live_mvp_ros.policy.piloting import Pilot


class Planner(NamedTuple):
    """A planner's two functions; they jit what they want to have jitted."""

    init: Callable[[InfoFieldConfig, GridSpec, jax.Array], Any]
    """(config, geometry of the map, random key) -> state."""
    step: Callable[[InfoFieldConfig, GridSpec, Any, InfoFieldInputs], tuple[Any, InfoFieldOutput]]
    architecture: str = "parallel"
    """How its field reaches the controller, see ``ControllerConfig``."""
    pilot: Pilot | None = None
    """The policy that flies instead of the controller."""
    from_start: bool = False
    """Whether the pilot is told its position from where the flight began."""


def _no_key(config: InfoFieldConfig, spec: GridSpec, key: jax.Array) -> planning.InfoFieldState:
    del key  # the information field draws nothing at random
    return planning.init(config, spec)


PARALLEL = Planner(_no_key, planning.plan)
SEQUENTIAL = PARALLEL._replace(architecture="sequential")
