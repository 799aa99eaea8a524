# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The planners that flights are compared by: ours, and the baselines, by name.

All of them fly with the same controller, vehicle, sensor and limits.
"""

from __future__ import annotations

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.baselines.baselines import BASELINES
from live_mvp_ros.sim.planner import PARALLEL, SEQUENTIAL, Planner

PLANNERS: dict[str, Planner] = {
    "parallel": PARALLEL,
    "sequential": SEQUENTIAL,
    **{name: Planner(*functions) for name, functions in BASELINES.items()},
}
"""Planners by name; the first two differ in the controller's architecture."""


def planner_of(name: str) -> Planner:
    """Return a planner by its name.

    Raises:
        ConfigurationError: there is none of that name.
    """
    if name not in PLANNERS:
        raise ConfigurationError(
            f"planner = {name!r} is not allowed: it must be one of {', '.join(PLANNERS)}"
        )
    return PLANNERS[name]
