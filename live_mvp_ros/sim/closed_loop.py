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
from live_mvp_ros.planning import progress
from live_mvp_ros.planning.completion import CompletionInputs, completion_report
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M
from live_mvp_ros.planning.info_field import InfoFieldState
from live_mvp_ros.sim import planar
from live_mvp_ros.sim.planners import PLANNERS
from live_mvp_ros.vehicle import BodyConfig, QuadrotorState, at_rest, odometry, simulate
from live_mvp_ros.vehicle.odometry import DriftConfig

SENSING = ("planar", "full")
HELD = -1
"""Instead of a result code: nothing was planned."""
HAVE_A_BODY = ("planar", "live_map", "info_field", "controller")
"""Components whose body is that of the loop."""
OVER = (MissionState.DONE, MissionState.FAULT)
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
    odometry: odometry.OdometryConfig = odometry.OdometryConfig()

    @property
    def expected_drift(self) -> DriftConfig:
        """How the vehicle expects its odometry to drift: as it does."""
        return odometry.drift_of(self.odometry)

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
    """A flight between two plans; n control steps, values before each command.

    What is true is in the frame of the world, what is believed in that of the map; they differ by
    the drift of the odometry.

    Attributes:
        time_s: [n] since the start.
        position_m: [n, 3], true.
        velocity_m_s: [n, 3], true.
        attitude: [n, 4] (w, x, y, z), true.
        believed_position_m: [n, 3], by its own odometry.
        command: [n, 4] N, rad/s.
        clearance_m: [n] as the controller sees it, NaN while it holds.
        code: [n] result code of the controller (``control.OK``, ...), ``HELD`` while it holds.
        decision: mission state and reason.
        view: map and information field that were flown by.
        seen: [nx, ny] bool, cells of the true world that the sensor had really seen by then.
        given_up: how many targets the watch over progress had given up by then.
        wall_s: time since the stretch before it was handed out: what the caller did meanwhile
            counts, the completion report does not.
        completion: what the mission leaves behind and why; None before it is done.
    """

    time_s: np.ndarray
    position_m: np.ndarray
    velocity_m_s: np.ndarray
    attitude: np.ndarray
    believed_position_m: np.ndarray
    command: np.ndarray
    clearance_m: np.ndarray
    code: np.ndarray
    decision: MissionDecision
    view: View
    seen: np.ndarray
    given_up: int
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
    return with_shared(configured)


def with_shared(config: ClosedLoopConfig) -> ClosedLoopConfig:
    """Return the configuration with the body and the odometry of the loop in every component."""
    body = odometry.cautious(config.body, config.expected_drift)
    components = {name: replace(getattr(config, name), body=body) for name in HAVE_A_BODY}
    live_map = replace(components["live_map"], odometry=config.expected_drift)
    return replace(config, **{**components, "live_map": live_map})


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
    fan: planar.PlanarSensorConfig
    """Beams without noise that stand for what the sensor sees in the plane, for the score."""


class Flying(NamedTuple):
    """All that changes between two control steps."""

    vehicle: QuadrotorState
    """Where it truly is: for the sensor and the score alone."""
    odometry: odometry.OdometryState
    reported: QuadrotorState
    """Where it is by its odometry."""
    believed: QuadrotorState
    """Where it is by that and by the map, which tells where the odometry frame lies: for
    everything else."""
    flight: control.FlightState
    map: Any
    seen: jax.Array
    """[nx, ny] bool, what the sensor really saw, while odometry is not exact."""
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
        self.truth = Truth(scene, jnp.asarray(occupied), _fan(config))
        self.planner = PLANNERS[config.planner]
        self.planner_state = self.planner.init(config.info_field, self.spec, keys[3])
        self._way_m: list[np.ndarray] = []
        self.decision: MissionDecision | None = None
        self.stretches = 0
        self._planned_s = 0.0
        vehicle = at_rest(jnp.asarray(world.start_m), world.start_yaw_rad)
        if config.sensing == "full":
            empty: Any = mapping.init(config.live_map, keys[0])
        else:
            empty = planar.init(self.spec, config.expected_drift)
        odometry_key = jax.random.fold_in(jax.random.key(seed), len(keys))
        self.now: Flying = _begin(
            config,
            self.truth,
            vehicle,
            odometry.init(config.odometry, vehicle, odometry_key),
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
        given_up = self.planner_state.progress.taken[progress.Rung.GIVE_UP - 1]
        # the map is updated in place: nobody looks at the one before again
        self.now, ordered = _fly(
            self.config,
            self.truth,
            before._replace(map=None),
            before.map,
            view.field,
            flies,
            spec=self.spec,
        )
        over = decision.state in OVER
        if not over:
            self.view = self._plan()
        log = jax.tree.map(np.asarray, ordered)
        wall_s = time.perf_counter() - self._handed_out
        completion = None
        if over:
            completion = self._completion(view, before, decision)
            way_m = np.concatenate([*self._way_m, log.believed_m[:1]])
            off_m = odometry.error_bound_m(self.config.odometry, way_m)
            completion = dataclasses.replace(completion, odometry_error_m=round(off_m, 2))
            reason = ending(decision.reason, completion.in_words())
            decision = dataclasses.replace(decision, reason=reason)
        steps = np.arange(len(log.command))
        stretch = Stretch(
            time_s=self.time_s + self.config.control_period_s * steps,
            position_m=log.vehicle.position,
            velocity_m_s=log.vehicle.velocity,
            attitude=log.vehicle.attitude,
            believed_position_m=log.believed_m,
            command=log.command,
            clearance_m=log.clearance_m,
            code=log.code,
            decision=decision,
            view=view,
            seen=np.asarray(view.known if self.config.odometry.exact else before.seen),
            given_up=int(given_up),
            wall_s=wall_s,
            completion=completion,
        )
        self._way_m.append(log.believed_m)
        self.decision, self.stretches = decision, self.stretches + 1
        self._handed_out = time.perf_counter()
        return stretch

    def _plan(self) -> View:
        """Let the planner read the map."""
        inputs = _read(self.config, self.now, self._goal_m, spec=self.spec)
        self.planner_state, field = self.planner.step(
            self.config.info_field, self.spec, self.planner_state, inputs
        )
        return View(inputs.p, inputs.known, field)

    def _completion(self, view: View, at: Flying, decision: MissionDecision) -> CompletionReport:
        """Say what is left."""
        ours = self.planner_state if isinstance(self.planner_state, InfoFieldState) else None
        inputs = CompletionInputs(
            p=view.p,
            known=view.known,
            navigable=view.field.navigable,
            looked_s=self.planner_state.looked_s,
            progress=self.planner_state.progress,
            position_m=at.believed.position,
            goal_m=self.world.goal_m,
            nothing_left=bool(view.field.nothing_left),
            goal_reached=decision.goal_reached,
            ended=decision.reason,
            leftovers=None if ours is None else ours.leftovers,
            doubt=None if ours is None else ours.doubt,
            goal_tolerance_m=self.config.mission.goal_tolerance_m,
        )
        return completion_report(self.config.info_field, self.spec, inputs)

    def _situation(self) -> MissionInputs:
        """Everything is always fresh here: the loop runs its stages in step."""
        field = self.view.field
        away = np.asarray(self.world.goal_m)[:2] - np.asarray(self.now.believed.position)[:2]
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
    believed_m: jax.Array
    command: jax.Array
    clearance_m: jax.Array
    code: jax.Array


def _occupancy(config: ClosedLoopConfig, state: Any) -> tuple[jax.Array, jax.Array]:
    if config.sensing == "full":
        altitude_m = jnp.asarray(config.body.altitude_m)
        return mapping.occupancy(config.live_map, state, altitude_m)
    return planar.occupancy(state)


def _learn(
    config: ClosedLoopConfig, spec: GridSpec, truth: Truth, now: Flying, key: jax.Array
) -> Flying:
    """Return what follows from one more look of the sensor."""
    vehicle, reported = now.vehicle, now.reported
    if config.sensing == "planar":
        ranges = planar.measure(config.planar, spec, truth.occupied, vehicle, key)
        expected = config.expected_drift
        after: Any = planar.step(config.planar, spec, now.map, reported, ranges, expected)
    else:
        points = worlds.render(config.camera, truth.scene, vehicle.position, vehicle.attitude, key)
        pose = worlds.camera_pose(config.camera, reported.position, reported.attitude)
        scan = mapping.scan_from_cloud(points, *pose, reported.position)
        after = mapping.step(config.live_map, now.map, scan)[0]
    now = now._replace(map=after, believed=_believed(after, reported))
    if config.odometry.exact:
        return now  # what the map knows is where the map has it
    exactly = planar.measure(truth.fan, spec, truth.occupied, vehicle, key)
    free, hit = planar.crossed(truth.fan, spec, vehicle, exactly)
    return now._replace(seen=now.seen | free | hit)


def _believed(known: Any, reported: QuadrotorState) -> QuadrotorState:
    """Return the state in a map of a vehicle that its odometry reports."""
    if known.alignment is None:
        return reported
    return mapping.in_map(known.alignment.transform, reported)


def _fan(config: ClosedLoopConfig) -> planar.PlanarSensorConfig:
    """Return the beams of ``Truth``; of a configuration that is not traced."""
    if config.sensing == "planar":
        return replace(config.planar, noise_sigma_m=0.0)
    return planar.PlanarSensorConfig(
        n_beams=config.camera.width_px,
        fov_rad=config.camera.hfov_rad,
        range_m=config.live_map.max_range_m,
        noise_sigma_m=0.0,
    )


def _look(config: ClosedLoopConfig, spec: GridSpec, truth: Truth, now: Flying) -> Flying:
    """Look, learn, and prepare the clearances that the controller flies by."""
    following, key = jax.random.split(now.sensor_key)
    now = _learn(config, spec, truth, now, key)
    p, known = _occupancy(config, now.map)
    costmap = control.build_costmap(spec, p, known, config.controller.costmap_reach_m)
    return now._replace(costmap=costmap, sensor_key=following)


@partial(jax.jit, static_argnames="spec")
def _begin(
    config: ClosedLoopConfig,
    truth: Truth,
    vehicle: QuadrotorState,
    drift: odometry.OdometryState,
    flight: control.FlightState,
    empty: Any,
    sensor_key: jax.Array,
    *,
    spec: GridSpec,
) -> Flying:
    """Look for the first time."""
    drift, believed = odometry.step(config.odometry, drift, vehicle)
    nothing = control.CostMap.of(spec, jnp.zeros(spec.shape))
    seen = jnp.zeros(spec.shape, bool)
    now = Flying(vehicle, drift, believed, believed, flight, empty, seen, nothing, sensor_key)
    return _look(config, spec, truth, now)


@partial(jax.jit, static_argnames="spec")
def _read(
    config: ClosedLoopConfig,
    now: Flying,
    goal_m: jax.Array,
    *,
    spec: GridSpec,
) -> planning.InfoFieldInputs:
    """Return what the planner wants to know."""
    p, known = _occupancy(config, now.map)
    position_m, yaw = now.believed.position, quaternion.yaw(now.believed.attitude)
    elapsed_s = jnp.float32(config.stretch_s)
    tolerance_m = jnp.asarray(config.mission.goal_tolerance_m)
    return planning.InfoFieldInputs(
        p, known, position_m, yaw, goal_m, elapsed_s, goal_tolerance_m=tolerance_m
    )


@partial(jax.jit, static_argnames="spec", donate_argnames="learned")
def _fly(
    config: ClosedLoopConfig,
    truth: Truth,
    now: Flying,
    learned: Any,
    field: planning.InfoFieldOutput,
    flies: jax.Array,
    *,
    spec: GridSpec,
) -> tuple[Flying, _Log]:
    """Run one stretch: control and vehicle at the control rate, a look after every few steps.

    ``learned`` is the map of ``now``, and is used up.
    """
    now = now._replace(map=learned)
    guide = control.prepare_field(
        spec,
        field.guidance,
        field.local_gain,
        field.local_origin_m,
        LOCAL_RESOLUTION_M,
        field.reference_path_m,
        field.reference_yaw_rad,
    )
    period_s = jnp.float32(config.control_period_s)

    def planned(now: Flying) -> tuple[control.FlightState, jax.Array, jax.Array, jax.Array]:
        inputs = control.ControllerInputs(now.believed, now.costmap, guide, period_s)
        flight, output = control.fly(config.controller, now.flight, inputs)
        return flight, output.command, output.clearance_m, jnp.asarray(output.code, jnp.int32)

    def held(now: Flying) -> tuple[control.FlightState, jax.Array, jax.Array, jax.Array]:
        flight, command = control.stay(config.controller, now.flight, now.believed)
        return flight, command, jnp.float32(jnp.nan), jnp.int32(HELD)

    def control_step(now: Flying, _: None) -> tuple[Flying, _Log]:
        flight, command, clearance_m, code = jax.lax.cond(flies, planned, held, now)
        vehicle = simulate(
            config.controller.vehicle, now.vehicle, command, period_s, config.substeps
        )
        drift, reported = odometry.step(config.odometry, now.odometry, vehicle)
        log = _Log(now.vehicle, now.believed.position, command, clearance_m, code)
        now = now._replace(vehicle=vehicle, odometry=drift, reported=reported, flight=flight)
        now = now._replace(believed=_believed(now.map, reported))
        return now, log

    def until_look(now: Flying, _: None) -> tuple[Flying, _Log]:
        now, log = jax.lax.scan(control_step, now, length=config.steps_per_look)
        return _look(config, spec, truth, now), log

    now, log = jax.lax.scan(until_look, now, length=config.looks_per_plan)
    return now, jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), log)
