# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole system in one process: world, sensor, map, planner, controller, vehicle.

The very functions that the nodes call, in a fixed order and on one clock, so that one seed gives
one flight, bit for bit on one machine. A flight is a sequence of stretches: at the beginning of
each the planner reads the map, then one jitted scan runs control and vehicle at the control rate
and the sensor at its own until the next plan is due.

Two kinds of sensing: ``planar`` (range beams into a grid, many times faster than real time) and
``full`` (depth camera and live map).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import control, mapping, planning, quaternion, worlds
from live_mvp_ros.completion_report import CompletionReport, ending
from live_mvp_ros.config import configuration, parameter, replace
from live_mvp_ros.control.mission import MissionDecision, MissionInputs, MissionState
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.planning.completion import CompletionInputs, completion_report
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.info_field import InfoFieldState
from live_mvp_ros.sim import planar
from live_mvp_ros.sim.planners import PLANNERS
from live_mvp_ros.vehicle import BodyConfig, QuadrotorState, at_rest, simulate

SENSING = ("planar", "full")
OVER = (MissionState.DONE, MissionState.FAULT)
HAVE_A_BODY = ("live_map", "info_field", "controller")
"""Components whose body is that of the loop."""
_RANGE_MARGIN_M = 0.2  # the last part of the range is seen only where beams happen to end
_FULL_RATES = {"control_period_s": 0.02, "steps_per_look": 5, "looks_per_plan": 2}


@configuration
class ClosedLoopConfig:
    """Every component's configuration, and the rates at which they run."""

    planner: str = parameter(
        default="parallel", choices=tuple(PLANNERS), help="What turns a map into a way to fly."
    )
    sensing: str = parameter(default="planar", choices=SENSING, help="How the map is made.")
    control_period_s: float = parameter(
        default=0.05, unit="s", low=0.001, high=0.5, help="Time between two commands."
    )
    steps_per_look: int = parameter(
        default=2, low=1, high=1000, help="Control steps per look of the sensor."
    )
    looks_per_plan: int = parameter(
        default=5, low=1, high=1000, help="Looks per step of the planner."
    )
    substeps: int = parameter(
        default=8, low=1, high=1000, help="Simulation steps per control step."
    )
    body: BodyConfig = BodyConfig()
    planar: planar.PlanarSensorConfig = planar.PlanarSensorConfig()
    camera: worlds.DepthCameraConfig = worlds.DepthCameraConfig()
    live_map: mapping.LiveMapConfig = mapping.LiveMapConfig()
    info_field: planning.InfoFieldConfig = planning.InfoFieldConfig()
    controller: control.ControllerConfig = control.ControllerConfig()
    mission: control.MissionConfig = control.MissionConfig()

    @property
    def stretch_s(self) -> float:
        """Time between two plans."""
        return self.control_period_s * self.steps_per_look * self.looks_per_plan


class View(NamedTuple):
    """What the drone knows when it plans."""

    p: jax.Array
    """[nx, ny] occupancy probability, 0.5 where unknown."""
    known: jax.Array
    """[nx, ny] bool."""
    field: planning.InfoFieldOutput


@dataclasses.dataclass(frozen=True)
class Stretch:
    """A flight between two plans; map frame, n control steps, values before each command.

    Attributes:
        time_s: [n] since the start.
        position_m: [n, 3].
        velocity_m_s: [n, 3].
        attitude: [n, 4] (w, x, y, z).
        command: [n, 4] N, rad/s.
        clearance_m: [n] as the controller sees it, NaN while it holds.
        decision: mission state and reason.
        view: map and information field that were flown by.
        wall_s: time since the stretch before it was handed out: what the caller did meanwhile
            counts, the completion report does not.
        completion: what the mission leaves behind and why; None before it is done.
    """

    time_s: np.ndarray
    position_m: np.ndarray
    velocity_m_s: np.ndarray
    attitude: np.ndarray
    command: np.ndarray
    clearance_m: np.ndarray
    decision: MissionDecision
    view: View
    wall_s: float
    completion: CompletionReport | None = None


def configure(
    world: worlds.World,
    planner: str = "parallel",
    sensing: str = "planar",
    time_limit_s: float = 0.0,
    base: ClosedLoopConfig | None = None,
) -> ClosedLoopConfig:
    """Return the configuration for the volume of a world; commands act at once in this loop.

    Args:
        world: gives bounds, altitude and geofence.
        planner: one of ``planners.PLANNERS``.
        sensing: "planar" or "full"; sets the rates and the range that the planner counts on.
        time_limit_s: longest flight; 0 means no limit.
        base: everything else.

    Raises:
        ConfigurationError: a name is not known, or a value is not allowed.
    """
    base = ClosedLoopConfig() if base is None else base
    controller = replace(
        base.controller,
        architecture="sequential" if planner == "sequential" else "parallel",
        lower_m=world.lower_m,
        upper_m=world.upper_m,
        latency_s=0.0,
    )
    info_field = base.info_field
    if sensing == "planar":
        seen = {"range_m": base.planar.range_m - _RANGE_MARGIN_M, "fov_rad": base.planar.fov_rad}
        info_field = replace(info_field, **seen)
    configured = replace(
        base,
        body=replace(base.body, altitude_m=world.start_m[2]),
        planner=planner,
        sensing=sensing,
        **(_FULL_RATES if sensing == "full" else {}),
        live_map=replace(base.live_map, lower_m=world.lower_m, upper_m=world.upper_m),
        info_field=info_field,
        controller=controller,
        mission=replace(base.mission, time_limit_s=time_limit_s),
    )
    return with_one_body(configured)


def with_one_body(config: ClosedLoopConfig) -> ClosedLoopConfig:
    """Return the configuration with ``config.body`` as that of every component."""
    components = {name: replace(getattr(config, name), body=config.body) for name in HAVE_A_BODY}
    return replace(config, **components)


def map_grid(world: worlds.World, config: ClosedLoopConfig) -> GridSpec:
    """Return the geometry of the maps in views."""
    if config.sensing == "full":
        return mapping.map_grid(config.live_map)
    return worlds.world_grid(world, config.planar.resolution_m)


def sensor_range_m(config: ClosedLoopConfig) -> float:
    """Return how far the sensor makes cells known."""
    return config.live_map.max_range_m if config.sensing == "full" else config.planar.range_m


def explore(world: worlds.World, config: ClosedLoopConfig, seed: int) -> Iterator[Stretch]:
    """Explore ``world`` and yield every stretch; ends when the mission is done.

    Args:
        world: ground truth: only the sensor looks at it.
        config: from ``configure``.
        seed: of all random keys.
    """
    loop = Loop(world, config, seed)
    while loop.decision is None or loop.decision.state not in OVER:
        yield loop.advance()


class Truth(NamedTuple):
    """What the sensor looks at."""

    scene: worlds.Scene
    occupied: jax.Array
    """[nx, ny] bool at the flight altitude, for planar sensing."""


class Flying(NamedTuple):
    """All that changes between two control steps."""

    vehicle: QuadrotorState
    flight: control.FlightState
    map: Any
    costmap: control.CostMap
    sensor_key: jax.Array


class Loop:
    """The states of all stages between two stretches; ``explore`` is what most callers want.

    Attributes:
        now: vehicle, flight, map and sensor.
        view: what the next stretch is flown by.
        decision: of the mission in the stretch before, None before the first one.
    """

    def __init__(self, world: worlds.World, config: ClosedLoopConfig, seed: int) -> None:
        """Put the vehicle at the start of ``world``, and look once."""
        self._handed_out = time.perf_counter()
        self.world, self.config = world, config
        self.spec = map_grid(world, config)
        self._goal_m = jnp.asarray(world.goal_m)
        keys = jax.random.split(jax.random.key(seed), 4)
        occupied = worlds.ground_truth_grid(world, self.spec, world.start_m[2])
        # in shapes that worlds of one kind share: else every seed would be compiled anew
        scene = worlds.padded(world.scene) if config.sensing == "full" else worlds.Scene(())
        self.truth = Truth(scene, jnp.asarray(occupied))
        self.planner = PLANNERS[config.planner]
        self.planner_state = self.planner.init(config.info_field, self.spec, keys[3])
        self.decision: MissionDecision | None = None
        self.stretches = 0
        self._planned_s = 0.0
        vehicle = at_rest(jnp.asarray(world.start_m), world.start_yaw_rad)
        if config.sensing == "full":
            empty: Any = mapping.init(config.live_map, keys[0])
        else:
            empty = planar.init(self.spec)
        self.now: Flying = _begin(
            config,
            self.truth,
            vehicle,
            control.init(config.controller, keys[1]),
            empty,
            keys[2],
            spec=self.spec,
        )
        self.view = self._plan()

    @property
    def time_s(self) -> float:
        """Time since the start."""
        return self.stretches * self.config.stretch_s

    def advance(self) -> Stretch:
        """Fly until the next plan is due, and plan it.

        JAX computes in the background. What comes next is ordered before anybody waits for what
        was flown, so that neither the ordering nor the caller's own work costs time.
        """
        view, before = self.view, self.now
        if int(view.field.code) == PlanCode.OK:
            self._planned_s = self.time_s
        decision = control.decide(self.config.mission, self.decision, self._situation())
        flies = np.bool_(decision.flies)
        self.now, ordered = _fly(
            self.config, self.truth, before, view.field, flies, spec=self.spec
        )
        over = decision.state in OVER
        if not over:
            self.view = self._plan()
        log = jax.tree.map(np.asarray, ordered)
        wall_s = time.perf_counter() - self._handed_out
        completion = None
        if over:
            completion = self._completion(view, before, decision)
            reason = ending(decision.reason, completion.in_words())
            decision = dataclasses.replace(decision, reason=reason)
        steps = np.arange(len(log.command))
        stretch = Stretch(
            time_s=self.time_s + self.config.control_period_s * steps,
            position_m=log.vehicle.position,
            velocity_m_s=log.vehicle.velocity,
            attitude=log.vehicle.attitude,
            command=log.command,
            clearance_m=log.clearance_m,
            decision=decision,
            view=view,
            wall_s=wall_s,
            completion=completion,
        )
        self.decision, self.stretches = decision, self.stretches + 1
        self._handed_out = time.perf_counter()
        return stretch

    def _plan(self) -> View:
        """Let the planner read the map."""
        p, known, inputs = _read(self.config, self.now, self._goal_m)
        self.planner_state, field = self.planner.step(
            self.config.info_field, self.spec, self.planner_state, inputs
        )
        return View(p, known, field)

    def _completion(self, view: View, at: Flying, decision: MissionDecision) -> CompletionReport:
        """Say what is left."""
        ours = self.planner_state if isinstance(self.planner_state, InfoFieldState) else None
        inputs = CompletionInputs(
            p=view.p,
            known=view.known,
            navigable=view.field.navigable,
            looked_s=self.planner_state.looked_s,
            progress=self.planner_state.progress,
            position_m=at.vehicle.position,
            goal_m=self.world.goal_m,
            nothing_left=bool(view.field.nothing_left),
            goal_reached=decision.goal_reached,
            ended=decision.reason,
            leftovers=None if ours is None else ours.leftovers,
            doubt=None if ours is None else ours.doubt,
        )
        return completion_report(self.config.info_field, self.spec, inputs)

    def _situation(self) -> MissionInputs:
        """Everything is always fresh here: the loop runs its stages in step."""
        field = self.view.field
        away = np.asarray(self.world.goal_m)[:2] - np.asarray(self.now.vehicle.position)[:2]
        return MissionInputs(
            odom_age_s=0.0,
            map_age_s=0.0,
            field_age_s=0.0,
            elapsed_s=self.time_s,
            distance_to_goal_m=float(np.linalg.norm(away)),
            nothing_left=bool(field.nothing_left),
            goal_reachable=bool(field.goal_reachable),
            settled=bool(field.settled),
            code=int(field.code),
            looks_again=bool(field.looks_again),
            leftover=(int(field.leftover[0]), int(field.leftover[1])),
            code_s=self.time_s - self._planned_s,
        )


class _Log(NamedTuple):
    vehicle: QuadrotorState
    command: jax.Array
    clearance_m: jax.Array


def _occupancy(config: ClosedLoopConfig, state: Any) -> tuple[jax.Array, jax.Array]:
    if config.sensing == "full":
        altitude_m = jnp.asarray(config.body.altitude_m)
        return mapping.occupancy(config.live_map, state, altitude_m)
    return planar.occupancy(state)


def _learn(
    config: ClosedLoopConfig,
    spec: GridSpec,
    truth: Truth,
    state: Any,
    vehicle: QuadrotorState,
    key: jax.Array,
) -> Any:
    """Return the map after one more look of the sensor."""
    if config.sensing == "planar":
        return planar.step(config.planar, spec, state, truth.occupied, vehicle, key)
    pose = (vehicle.position, vehicle.attitude)
    points = worlds.render(config.camera, truth.scene, *pose, key)
    rotation, origin = worlds.camera_pose(config.camera, *pose)
    scan = mapping.scan_from_cloud(points, rotation, origin, vehicle.position)
    return mapping.step(config.live_map, state, scan)[0]


def _look(config: ClosedLoopConfig, spec: GridSpec, truth: Truth, now: Flying) -> Flying:
    """Look, learn, and prepare the clearances that the controller flies by."""
    following, key = jax.random.split(now.sensor_key)
    state = _learn(config, spec, truth, now.map, now.vehicle, key)
    p, known = _occupancy(config, state)
    costmap = control.build_costmap(spec, p, known, config.controller.costmap_reach_m)
    return now._replace(map=state, costmap=costmap, sensor_key=following)


@partial(jax.jit, static_argnames="spec")
def _begin(
    config: ClosedLoopConfig,
    truth: Truth,
    vehicle: QuadrotorState,
    flight: control.FlightState,
    empty: Any,
    sensor_key: jax.Array,
    *,
    spec: GridSpec,
) -> Flying:
    """Look for the first time."""
    nothing = control.CostMap.of(spec, jnp.zeros(spec.shape))
    return _look(config, spec, truth, Flying(vehicle, flight, empty, nothing, sensor_key))


@jax.jit
def _read(
    config: ClosedLoopConfig, now: Flying, goal_m: jax.Array
) -> tuple[jax.Array, jax.Array, planning.InfoFieldInputs]:
    """Return the occupancy, which cells are known, and what the planner wants to know."""
    p, known = _occupancy(config, now.map)
    yaw = quaternion.yaw(now.vehicle.attitude)
    elapsed_s = jnp.float32(config.stretch_s)
    inputs = planning.InfoFieldInputs(p, known, now.vehicle.position, yaw, goal_m, elapsed_s)
    return p, known, inputs


@partial(jax.jit, static_argnames="spec")
def _fly(
    config: ClosedLoopConfig,
    truth: Truth,
    now: Flying,
    field: planning.InfoFieldOutput,
    flies: jax.Array,
    *,
    spec: GridSpec,
) -> tuple[Flying, _Log]:
    """Run one stretch: control and vehicle at the control rate, a look after every few steps."""
    guide = control.prepare_field(
        spec,
        field.guidance,
        field.local_gain,
        field.local_origin_m,
        config.info_field.local_resolution_m,
        field.reference_path_m,
        field.reference_yaw_rad,
    )
    period_s = jnp.float32(config.control_period_s)

    def planned(now: Flying) -> tuple[control.FlightState, jax.Array, jax.Array]:
        inputs = control.ControllerInputs(now.vehicle, now.costmap, guide, period_s)
        flight, output = control.fly(config.controller, now.flight, inputs)
        return flight, output.command, output.clearance_m

    def held(now: Flying) -> tuple[control.FlightState, jax.Array, jax.Array]:
        flight, command = control.stay(config.controller, now.flight, now.vehicle)
        return flight, command, jnp.float32(jnp.nan)

    def control_step(now: Flying, _: None) -> tuple[Flying, _Log]:
        flight, command, clearance_m = jax.lax.cond(flies, planned, held, now)
        vehicle = simulate(
            config.controller.vehicle, now.vehicle, command, period_s, config.substeps
        )
        log = _Log(now.vehicle, command, clearance_m)
        return now._replace(vehicle=vehicle, flight=flight), log

    def until_look(now: Flying, _: None) -> tuple[Flying, _Log]:
        now, log = jax.lax.scan(control_step, now, length=config.steps_per_look)
        return _look(config, spec, truth, now), log

    now, log = jax.lax.scan(until_look, now, length=config.looks_per_plan)
    return now, jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), log)
