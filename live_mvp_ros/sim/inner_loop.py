# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The compiled part of the loop in one process: what happens between two plans.

Control and vehicle run at the control rate, and the sensor looks after every few steps. Sensor and
score alone see the truth; everything else goes by what the drone believes.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

from live_mvp_ros import control, mapping, planning, worlds
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M
from live_mvp_ros.policy import piloting
from live_mvp_ros.policy.map_fields import fields_of
from live_mvp_ros.policy.sent_fields import fields_of_plane
from live_mvp_ros.policy.soft_visibility import Fields
from live_mvp_ros.sim import planar
from live_mvp_ros.sim.loop_config import ClosedLoopConfig
from live_mvp_ros.sim.stretch import HELD
from live_mvp_ros.vehicle import QuadrotorState, at_rest, delay, disturbances, odometry

KnownMap: TypeAlias = planar.PlanarMap | mapping.LiveMap
"""What the drone knows: of planar sensing, or of camera and live map."""
KEYS = 4
"""That the key of a flight is split into: of map, controller, sensor, planner."""


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
    disturbances: disturbances.DisturbanceState
    odometry: odometry.OdometryState
    reported: QuadrotorState
    """Where it is by its odometry: for the map, which joins a look and the report of its time."""
    delay: delay.DelayState
    heard: QuadrotorState
    """The report that has come."""
    age_s: jax.Array
    """How old that is."""
    believed: QuadrotorState
    """Where it is by that and by the map, which tells where the odometry frame lies: for
    everything else."""
    flight: control.FlightState
    map: KnownMap | None
    """None while it is handed over to be updated in place."""
    seen: jax.Array
    """[nx, ny] bool, what the sensor really saw, while odometry is not exact."""
    costmap: control.CostMap
    sensor_key: jax.Array


class Steering(NamedTuple):
    """A policy that flies instead of the controller."""

    pilot: piloting.Pilot
    origin_m: jax.Array
    """[3] where its position is counted from, map frame."""


class Beginning(NamedTuple):
    """A vehicle at its start, before anything was reported."""

    vehicle: QuadrotorState
    disturbances: disturbances.DisturbanceState
    odometry: odometry.OdometryState
    delay: delay.DelayState


class Log(NamedTuple):
    """What ``fly`` notes; n control steps, values before each command."""

    vehicle: QuadrotorState
    """[n, ...] where it truly was."""
    believed_m: jax.Array
    """[n, 3], frame of the map."""
    command: jax.Array
    """[n, 4] N, rad/s."""
    clearance_m: jax.Array
    """[n] as the controller sees it, NaN while it holds."""
    code: jax.Array
    """[n] int32, result code of the controller, ``HELD`` while it holds."""
    safety: jax.Array
    """[n] int32, ``SafetyCode`` of what the last filter changed."""


def occupancy(config: ClosedLoopConfig, known: KnownMap | None) -> tuple[jax.Array, jax.Array]:
    """Return the occupancy probability [nx, ny], 0.5 where unknown, and which cells are known."""
    assert known is not None
    if isinstance(known, planar.PlanarMap):
        return planar.occupancy(known)
    return mapping.occupancy(config.live_map, known, jnp.asarray(config.body.altitude_m))


def known_fields(config: ClosedLoopConfig, spec: GridSpec, known: KnownMap | None) -> Fields:
    """Return what a map says to a policy: its own fields, or those made of a planar map."""
    assert known is not None
    if isinstance(known, planar.PlanarMap):
        low, high = config.controller.lower_m[2], config.controller.upper_m[2]
        return fields_of_plane(spec, *planar.occupancy(known), low, high)
    return fields_of(config.live_map, known.parameters)


def learn(
    config: ClosedLoopConfig, spec: GridSpec, truth: Truth, now: Flying, key: jax.Array
) -> Flying:
    """Return what follows from one more look of the sensor."""
    vehicle, reported = now.vehicle, now.reported
    after: KnownMap
    assert now.map is not None
    if isinstance(now.map, planar.PlanarMap):
        ranges = planar.measure(config.planar, spec, truth.occupied, vehicle, key)
        expected = config.expected_drift
        after = planar.step(config.planar, spec, now.map, reported, ranges, expected)
    else:
        points = worlds.render(config.camera, truth.scene, vehicle.position, vehicle.attitude, key)
        pose = worlds.camera_pose(config.camera, reported.position, reported.attitude)
        scan = mapping.scan_from_cloud(points, *pose, reported.position)
        after = mapping.step(config.live_map, now.map, scan)[0]
    now = now._replace(map=after, believed=believed_in(after, now.heard))
    if config.odometry.exact:
        return now  # what the map knows is where the map has it
    exactly = planar.measure(truth.fan, spec, truth.occupied, vehicle, key)
    free, hit = planar.crossed(truth.fan, spec, vehicle, exactly)
    return now._replace(seen=now.seen | free | hit)


def believed_in(known: KnownMap | None, reported: QuadrotorState) -> QuadrotorState:
    """Return the state in a map of a vehicle that its odometry reports."""
    assert known is not None
    if known.alignment is None:
        return reported
    return mapping.in_map(known.alignment.transform, reported)


def fan(config: ClosedLoopConfig) -> planar.PlanarSensorConfig:
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
    now = learn(config, spec, truth, now, key)
    p, known = occupancy(config, now.map)
    costmap = control.build_costmap(spec, p, known, config.controller.costmap_reach_m)
    return now._replace(costmap=costmap, sensor_key=following)


def take_off(
    config: ClosedLoopConfig,
    truth: Truth,
    start_m: jax.Array,
    start_yaw_rad: jax.Array | float,
    key: jax.Array,
    *,
    spec: GridSpec,
) -> Flying:
    """Put the vehicle at its start [3], level and at rest, and look once.

    Args:
        config: of the loop.
        truth: what the sensor looks at.
        start_m: [3] of the vehicle.
        start_yaw_rad: its heading.
        key: random key of the flight.
        spec: geometry of the map (static).
    """
    map_key, control_key, sensor_key, _ = jax.random.split(key, KEYS)
    odometry_key, disturbed_key, delay_key = (jax.random.fold_in(key, KEYS + k) for k in range(3))
    vehicle = at_rest(jnp.asarray(start_m), start_yaw_rad)
    empty: KnownMap
    if config.sensing == "full":
        empty = mapping.init(config.live_map, map_key)
    else:
        empty = planar.init(spec, config.expected_drift)
    beginning = Beginning(
        vehicle,
        disturbances.init(config.disturbances, config.controller.vehicle, disturbed_key),
        odometry.init(config.odometry, vehicle, odometry_key),
        delay.init(config.odometry, config.control_period_s, vehicle, delay_key),
    )
    flight = control.init(config.controller, control_key)
    return begin(config, truth, beginning, flight, empty, sensor_key, spec=spec)


@partial(jax.jit, static_argnames="spec")
def begin(
    config: ClosedLoopConfig,
    truth: Truth,
    beginning: Beginning,
    flight: control.FlightState,
    empty: KnownMap,
    sensor_key: jax.Array,
    *,
    spec: GridSpec,
) -> Flying:
    """Look for the first time.

    Args:
        config: of the loop.
        truth: what the sensor looks at.
        beginning: where the vehicle truly is.
        flight: of the controller.
        empty: the map of which nothing is known.
        sensor_key: random key of all looks.
        spec: geometry of the map (static).
    """
    vehicle = beginning.vehicle
    drift, reported = odometry.step(config.odometry, beginning.odometry, vehicle)
    now = Flying(
        vehicle=vehicle,
        disturbances=beginning.disturbances,
        odometry=drift,
        reported=reported,
        delay=beginning.delay,
        heard=reported,
        age_s=jnp.float32(0.0),
        believed=reported,
        flight=flight,
        map=empty,
        seen=jnp.zeros(spec.shape, bool),
        costmap=control.CostMap.of(spec, jnp.zeros(spec.shape)),
        sensor_key=sensor_key,
    )
    return _look(config, spec, truth, now)


@partial(jax.jit, static_argnames="spec")
def read(
    config: ClosedLoopConfig,
    now: Flying,
    goal_m: jax.Array,
    *,
    spec: GridSpec,
) -> planning.InfoFieldInputs:
    """Return what the planner wants to know.

    Args:
        config: of the loop.
        now: what is believed is read, the truth is not.
        goal_m: [3] map frame.
        spec: geometry of the map (static).
    """
    p, known = occupancy(config, now.map)
    position_m, yaw = now.believed.position, quaternion.yaw(now.believed.attitude)
    elapsed_s = jnp.float32(config.stretch_s)
    tolerance_m = jnp.asarray(config.mission.goal_tolerance_m)
    return planning.InfoFieldInputs(
        p, known, position_m, yaw, goal_m, elapsed_s, goal_tolerance_m=tolerance_m
    )


def pushed(
    config: ClosedLoopConfig, now: Flying, command: jax.Array, period_s: jax.Array
) -> Flying:
    """Fly a command [4] for one period."""
    after, vehicle = disturbances.step(
        config.disturbances,
        config.controller.vehicle,
        now.disturbances,
        now.vehicle,
        command,
        period_s,
        config.substeps,
    )
    return now._replace(vehicle=vehicle, disturbances=after)


def hear(config: ClosedLoopConfig, now: Flying, period_s: jax.Array) -> Flying:
    """Hear what has come of the odometry a period later, by where the vehicle truly is."""
    drift, reported = odometry.step(config.odometry, now.odometry, now.vehicle)
    late, heard, age_steps = delay.step(
        config.odometry, config.control_period_s, now.delay, reported
    )
    return now._replace(
        odometry=drift,
        reported=reported,
        delay=late,
        heard=heard,
        age_s=age_steps * period_s,
        believed=believed_in(now.map, heard),
    )


@partial(jax.jit, static_argnames="spec", donate_argnames="learned")
def fly(
    config: ClosedLoopConfig,
    truth: Truth,
    now: Flying,
    learned: KnownMap,
    field: planning.InfoFieldOutput,
    flies: jax.Array,
    steering: Steering | None = None,
    *,
    spec: GridSpec,
) -> tuple[Flying, Log]:
    """Run one stretch: control and vehicle at the control rate, a look after every few steps.

    Args:
        config: of the loop.
        truth: what the sensor looks at.
        now: at the beginning, without its map.
        learned: the map of ``now``; it is used up.
        field: what is flown by.
        flies: bool, whether the mission flies; otherwise the vehicle holds.
        steering: what flies instead of the controller, None for that.
        spec: geometry of the map (static).

    Returns:
        What it has become at the end, and the log of the way there.
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
        inputs = control.ControllerInputs(
            now.believed, now.costmap, guide, period_s, age_s=now.age_s
        )
        flight, output = control.fly(config.controller, now.flight, inputs)
        return flight, output.command, output.clearance_m, jnp.asarray(output.code, jnp.int32)

    def piloted(
        fields: Fields, now: Flying
    ) -> tuple[control.FlightState, jax.Array, jax.Array, jax.Array]:
        assert steering is not None
        inputs = piloting.PilotInputs(
            now.believed, control.Around(now.costmap), steering.origin_m, period_s, now.age_s
        )
        flight, said = piloting.fly(config.controller, steering.pilot, fields, now.flight, inputs)
        return flight, said.command, said.clearance_m, said.code

    def held(now: Flying) -> tuple[control.FlightState, jax.Array, jax.Array, jax.Array]:
        around = control.Around(now.costmap)
        flight, command = control.stay(
            config.controller, now.flight, now.believed, period_s, now.age_s, around
        )
        return flight, command, jnp.float32(jnp.nan), jnp.int32(HELD)

    def control_step(fields: Fields | None, now: Flying, _: None) -> tuple[Flying, Log]:
        flown = planned if fields is None else partial(piloted, fields)
        flight, command, clearance_m, code = jax.lax.cond(flies, flown, held, now)
        believed_m = now.believed.position
        log = Log(now.vehicle, believed_m, command, clearance_m, code, flight.safety)
        now = pushed(config, now._replace(flight=flight), command, period_s)
        now = hear(config, now, period_s)
        return now, log

    def until_look(now: Flying, _: None) -> tuple[Flying, Log]:
        fields = None if steering is None else known_fields(config, spec, now.map)
        step = partial(control_step, fields)
        now, log = jax.lax.scan(step, now, length=config.steps_per_look)
        return _look(config, spec, truth, now), log

    now, log = jax.lax.scan(until_look, now, length=config.looks_per_plan)
    return now, jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), log)
