# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole system in one process: world, camera, map, field, controller, vehicle, step by step.

The very functions that the nodes call, in a fixed order and on one clock, so that one seed gives
one flight. Rates are those of the graph: control 50 Hz, depth 10 Hz, map and field 5 Hz.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import control, mapping, planning, quaternion, worlds
from live_mvp_ros.config import configuration, parameter, replace
from live_mvp_ros.control.mission import MissionDecision, MissionInputs
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.vehicle import QuadrotorState, at_rest, simulate


@configuration
class ClosedLoopConfig:
    """Every component's configuration, and the rates at which they run."""

    control_period_s: float = parameter(
        default=0.02, unit="s", low=0.001, high=0.5, help="Time between two commands."
    )
    depth_every: int = parameter(
        default=5, low=1, high=1000, help="Control steps per depth image."
    )
    field_every: int = parameter(
        default=10, low=1, high=1000, help="Control steps per map and field."
    )
    substeps: int = parameter(
        default=8, low=1, high=1000, help="Simulation steps per control step."
    )
    camera: worlds.DepthCameraConfig = worlds.DepthCameraConfig()
    live_map: mapping.LiveMapConfig = mapping.LiveMapConfig()
    info_field: planning.InfoFieldConfig = planning.InfoFieldConfig()
    controller: control.ControllerConfig = control.ControllerConfig()
    mission: control.MissionConfig = control.MissionConfig()


class View(NamedTuple):
    """What the drone knows of the world between two updates of its map."""

    p: jax.Array
    """[nx, ny] occupancy probability, 0.5 where unknown."""
    known: jax.Array
    """[nx, ny] bool."""
    field: planning.InfoFieldOutput
    guide: control.GuidanceField
    costmap: control.CostMap


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """One control step of a flight; map frame.

    Attributes:
        time_s: since the start.
        vehicle: state before the command.
        command: [4] N, rad/s.
        decision: mission state and reason.
        clearance_m: as the controller sees it, NaN while it holds.
        view: the latest map and information field.
    """

    time_s: float
    vehicle: QuadrotorState
    command: np.ndarray
    decision: MissionDecision
    clearance_m: float
    view: View


def configure(world: worlds.World, config: ClosedLoopConfig | None = None) -> ClosedLoopConfig:
    """Return ``config`` for the volume of ``world``; commands act at once in this loop."""
    config = ClosedLoopConfig() if config is None else config
    margin = config.controller.vehicle.radius_m
    lower, upper = list(world.lower_m), list(world.upper_m)
    lower[2], upper[2] = lower[2] + margin, upper[2] - margin
    costs = replace(config.controller.costs, altitude_m=world.start_m[2])
    fence = {"lower_m": tuple(lower), "upper_m": tuple(upper)}
    return replace(
        config,
        live_map=replace(config.live_map, lower_m=world.lower_m, upper_m=world.upper_m),
        controller=replace(config.controller, **fence, costs=costs, latency_s=0.0),
    )


def fly(world: worlds.World, config: ClosedLoopConfig, seed: int) -> Iterator[Snapshot]:
    """Explore ``world`` and yield every control step; ends when the mission is done.

    Args:
        world: ground truth: only the depth camera looks at it.
        config: from ``configure``.
        seed: of all random keys.
    """
    loop = Loop(world, config, seed)
    decision: MissionDecision | None = None
    while decision is None or decision.state is not control.MissionState.DONE:
        snapshot = loop.advance(decision)
        decision = snapshot.decision
        yield snapshot


class Loop:
    """The states of all stages between two steps; ``fly`` is what most callers want."""

    def __init__(self, world: worlds.World, config: ClosedLoopConfig, seed: int) -> None:
        """Put the vehicle at the start of ``world``, with an empty map."""
        self.world, self.config = world, config
        keys = jax.random.split(jax.random.key(seed), 3)
        self.vehicle = at_rest(jnp.asarray(world.start_m), world.start_yaw_rad)
        self.map = mapping.init(config.live_map, keys[0])
        self.spec = mapping.map_grid(config.live_map)
        self.field_state = planning.init(config.info_field, self.spec)
        self.flight = control.init(config.controller, keys[1])
        self.sensor_key = keys[2]
        self.count = 0
        self.look = jax.jit(look, donate_argnums=1)
        self.plan = jax.jit(plan, static_argnames="spec")
        self.fly = jax.jit(control.fly)
        self.stay = jax.jit(control.stay)
        self.simulate = jax.jit(simulate, static_argnames="substeps")

    @property
    def time_s(self) -> float:
        """Time since the start."""
        return self.count * self.config.control_period_s

    def advance(self, previous: MissionDecision | None) -> Snapshot:
        """Run one control period."""
        config, count = self.config, self.count
        if count % config.depth_every == 0:
            self.sensor_key, key = jax.random.split(self.sensor_key)
            self.map = self.look(config, self.map, self.world.scene, self.vehicle, key)
        if count % config.field_every == 0:
            self.field_state, self.view = self.plan(
                config,
                self.field_state,
                self.map,
                self.vehicle,
                jnp.asarray(self.world.goal_m),
                spec=self.spec,
            )
        time_s = self.time_s
        decision = control.decide(config.mission, previous, self._situation(time_s))
        command, clearance = self._command(decision)
        snapshot = Snapshot(
            time_s, self.vehicle, np.asarray(command), decision, clearance, self.view
        )
        self.vehicle = self.simulate(
            config.controller.vehicle,
            self.vehicle,
            command,
            config.control_period_s,
            substeps=config.substeps,
        )
        self.count += 1
        return snapshot

    def _command(self, decision: MissionDecision) -> tuple[jax.Array, float]:
        if not decision.flies:
            self.flight, command = self.stay(self.config.controller, self.flight, self.vehicle)
            return command, float("nan")
        inputs = control.ControllerInputs(
            self.vehicle,
            self.view.costmap,
            self.view.guide,
            jnp.float32(self.config.control_period_s),
        )
        self.flight, output = self.fly(self.config.controller, self.flight, inputs)
        return output.command, float(output.clearance_m)

    def _situation(self, time_s: float) -> MissionInputs:
        """Everything is always fresh here: the loop runs its stages in step."""
        field = self.view.field
        away = np.asarray(self.world.goal_m)[:2] - np.asarray(self.vehicle.position)[:2]
        return MissionInputs(
            odom_age_s=0.0,
            map_age_s=0.0,
            field_age_s=0.0,
            elapsed_s=time_s,
            distance_to_goal_m=float(np.linalg.norm(away)),
            nothing_left=bool(field.nothing_left),
            goal_reachable=bool(field.goal_reachable),
        )


def look(
    config: ClosedLoopConfig,
    live_map: mapping.LiveMap,
    scene: worlds.Scene,
    vehicle: QuadrotorState,
    key: jax.Array,
) -> mapping.LiveMap:
    """Take a depth image and learn from it."""
    points = worlds.render(config.camera, scene, vehicle.position, vehicle.attitude, key)
    rotation, origin = worlds.camera_pose(config.camera, vehicle.position, vehicle.attitude)
    scan = mapping.scan_from_cloud(points, rotation, origin, vehicle.position)
    return mapping.step(config.live_map, live_map, scan)[0]


def plan(
    config: ClosedLoopConfig,
    state: planning.InfoFieldState,
    live_map: mapping.LiveMap,
    vehicle: QuadrotorState,
    goal_m: jax.Array,
    spec: GridSpec,
) -> tuple[planning.InfoFieldState, View]:
    """Read the map and prepare what the controller flies by."""
    altitude = jnp.asarray(config.controller.costs.altitude_m)
    p, known = mapping.occupancy(config.live_map, live_map, altitude)
    inputs = planning.InfoFieldInputs(
        p,
        known,
        vehicle.position,
        quaternion.yaw(vehicle.attitude),
        goal_m,
        jnp.float32(config.field_every * config.control_period_s),
    )
    state, field = planning.step(config.info_field, spec, state, inputs)
    guide = control.prepare_field(
        spec,
        field.guidance,
        field.local_gain,
        field.local_origin_m,
        config.info_field.local_resolution_m,
        field.reference_path_m,
        field.reference_yaw_rad,
    )
    costmap = control.build_costmap(spec, p, known, config.controller.costmap_reach_m)
    return state, View(p, known, field, guide, costmap)
