# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The planners that flights are compared by: ours, and the baselines, by name.

All of them fly with the same controller, vehicle, sensor and limits, but for ``policy``: there a
trained policy flies, with the same vehicle, sensor, limits and last filter, and the information
field only judges what is left. It never gives a target up, since nobody flies to its targets.
"""

from __future__ import annotations

from typing import Any

from live_mvp_ros import planning
from live_mvp_ros.base.config import ConfigurationError, replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.baselines.baselines import BASELINES
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs, InfoFieldOutput
from live_mvp_ros.planning.progress import LONGEST_PATIENCE_S
from live_mvp_ros.policy.piloting import Pilot
from live_mvp_ros.policy.policy_file import PolicyFileError, load_policy
from live_mvp_ros.sim.planner import PARALLEL, SEQUENTIAL, Planner

PLANNERS: dict[str, Planner] = {
    "parallel": PARALLEL,
    "sequential": SEQUENTIAL,
    **{name: Planner(*functions) for name, functions in BASELINES.items()},
}
"""Planners by name; the first two differ in the controller's architecture."""


POLICY = "policy"
"""What flies the file of a policy."""


def planner_of(name: str, checkpoint: str = "") -> Planner:
    """Return a planner by its name.

    Args:
        name: one of ``PLANNERS``, or ``POLICY``.
        checkpoint: the file of the policy; empty for the others.

    Raises:
        ConfigurationError: there is none of that name, or its file cannot be flown.
    """
    if name == POLICY:
        return _policy(checkpoint)
    if name not in PLANNERS:
        names = ", ".join([*PLANNERS, POLICY])
        raise ConfigurationError(f"planner = {name!r} is not allowed: it must be one of {names}")
    return PLANNERS[name]


def _policy(checkpoint: str) -> Planner:
    if not checkpoint:
        raise ConfigurationError("planner = 'policy' needs a file to fly: give --checkpoint FILE")
    try:
        found = load_policy(checkpoint)
    except PolicyFileError as error:
        raise ConfigurationError(str(error)) from error
    return PARALLEL._replace(
        step=_judged,
        pilot=Pilot(found.network, found.body),
        from_start=found.position == "relative",
    )


def _judged(
    config: InfoFieldConfig, spec: GridSpec, state: Any, inputs: InfoFieldInputs
) -> tuple[Any, InfoFieldOutput]:
    """Judge what is left, with all the patience that there is."""
    patient = replace(config.progress, patience_s=LONGEST_PATIENCE_S)
    return planning.plan(replace(config, progress=patient), spec, state, inputs)
