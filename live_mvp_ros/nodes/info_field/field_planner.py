# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One computation of the field after the other, each going on from the one before."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import planning
from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.nodes.info_field.completion_reporter import Planned
from live_mvp_ros.nodes.info_field.heard_goal import Goal
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs, InfoFieldState
from live_mvp_ros.ros import goal
from live_mvp_ros.ros.convert import pose_messages
from live_mvp_ros.ros.convert.grid_messages import ProbabilityGrid
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.refusals import InvalidMessageError

LONGEST_STEP_S = 1.0


class Job(NamedTuple):
    """One computation."""

    grid: ProbabilityGrid
    vehicle: VehicleState
    seen_from: VehicleState
    """Where the vehicle was when the last of the grid was seen."""
    goal: Goal
    mission: ExplorationStatus


class FieldPlanner:
    """Plans on one thread, the worker's.

    Attributes:
        spec: the geometry of the last map, None before the first.
    """

    def __init__(self) -> None:
        """Begin with the first map."""
        self.spec: GridSpec | None = None
        self._state: Any = None
        self._led_to_ns = 0  # stamp of the goal of the last field
        self._last_ns = 0
        self._map_ns = 0

    def plan(self, config: InfoFieldConfig, job: Job, flying: bool) -> Planned:
        """Compute the next field; a map of another geometry starts a new one.

        Args:
            config: of the field.
            job: what to plan for.
            flying: whether time passes for targets and cells.
        """
        grid, vehicle, _, wanted, _ = job
        if grid.spec != self.spec:
            self.spec, self._last_ns = grid.spec, vehicle.stamp_ns
            self._map_ns = grid.stamp_ns
            self._state = planning.init(config, grid.spec)
        elapsed_s = 1e-9 * (vehicle.stamp_ns - self._last_ns) if flying else 0.0
        looked_s = 1e-9 * (grid.stamp_ns - self._map_ns) if flying else 0.0
        self._last_ns, self._map_ns = vehicle.stamp_ns, grid.stamp_ns
        if wanted.stamp_ns != self._led_to_ns:
            self._led_to_ns = wanted.stamp_ns
            self._state = planning.with_new_goal(self._state)
        planned = _planned(config, job, self._state, elapsed_s, looked_s)
        self._state = planned.state
        return planned

    def prepare(self, config: InfoFieldConfig, spec: GridSpec) -> Planned:
        """Make ready for maps of a geometry; returns what is planned where nothing is known."""
        unknown = ProbabilityGrid(
            0, spec, np.full(spec.shape, 0.5, np.float32), np.zeros(spec.shape, bool)
        )
        zero = np.zeros(3, np.float32)
        somewhere = VehicleState(0, zero, zero, np.array([1.0, 0.0, 0.0, 0.0], np.float32), zero)
        job = Job(unknown, somewhere, somewhere, Goal(zero, 0), ExplorationStatus())
        return _planned(config, job, planning.init(config, spec), 0.0, 0.0)


def _planned(
    config: InfoFieldConfig, job: Job, state: InfoFieldState, elapsed_s: float, looked_s: float
) -> Planned:
    grid, vehicle, seen_from, wanted, mission = job
    inputs = InfoFieldInputs(
        p=jnp.asarray(grid.p),
        known=jnp.asarray(grid.known),
        position_m=jnp.asarray(vehicle.position),
        yaw_rad=jnp.float32(pose_messages.yaw_of(vehicle.attitude)),
        goal_m=jnp.asarray(wanted.position_m, jnp.float32),
        dt_s=jnp.float32(min(max(elapsed_s, 0.0), LONGEST_STEP_S)),
        to_goal=jnp.asarray(mission.to_goal_now),
        goal_tolerance_m=jnp.float32(goal.tolerance_m(mission)),
        seen=planning.MapSeen(
            jnp.asarray(seen_from.position),
            jnp.float32(pose_messages.yaw_of(seen_from.attitude)),
            jnp.float32(looked_s),
        ),
    )
    state, output = planning.plan(config, grid.spec, state, inputs)
    return Planned(config, grid.spec, inputs, state, jax.tree.map(np.asarray, output))


def check_geometry(config: InfoFieldConfig, spec: GridSpec) -> None:
    """Refuse a map on which no field can begin; nothing is computed or allocated for that.

    Raises:
        InvalidMessageError: its cells are larger than a look reaches.
    """
    try:
        jax.eval_shape(lambda: planning.init(config, spec))
    except ConfigurationError as error:
        raise InvalidMessageError(str(error)) from None
