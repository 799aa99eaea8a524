# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The command that leaves: the plan's where it may be flown, a stop where it may not.

``fly`` plans and flies, ``proceed`` goes on with that plan while the next one is late, ``steer``
flies what somebody else commands, ``stay`` holds position; all pass the last filter. A vehicle
that stops keeps the place where it came to hold (its anchor) until it flies again, so that it does
not drift.
That place is on the way of the last safe plan where one is near: straight on, where braking alone
would end, there need not be room.

All go by where the vehicle will be when the command acts, and reckon with what pushes it
(``observer``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import controller, mppi, observer
from live_mvp_ros.control.controller import ControllerConfig, ControllerInputs, ControlOutput
from live_mvp_ros.control.safety import Around, Filtered, filter_command
from live_mvp_ros.control.surroundings import best_heading, clearance_at
from live_mvp_ros.control.tracking import hold, tilt_error
from live_mvp_ros.vehicle import QuadrotorState, at_rest, rk4_step

FOLLOWED_S = 0.3
"""So far a plan can be followed while the next one is not there."""
_REACTION_S = 0.1  # of body rates and attitude, before the vehicle decelerates
_STOP_SAMPLES = 9  # along the way to a stop, some 0.6 m at full speed
_BESIDE_M = 0.5  # a plan that leads no nearer past the place of a stop is from another flight


class FlightState(NamedTuple):
    """The controller's state and where the vehicle holds."""

    controller: controller.ControllerState
    anchor_m: jax.Array
    """[3] where it holds, map frame."""
    anchor_yaw_rad: jax.Array
    anchored: jax.Array
    """Whether it holds; otherwise the anchor is out of date."""
    observer: observer.ObserverState
    """What was sent, and what pushes the vehicle."""
    way_m: jax.Array
    """[n, 3] where the last safe plan leads, as far as it was checked, map frame."""
    led: jax.Array
    """Whether there has been a safe plan."""
    safety: jax.Array
    """``SafetyCode`` of the command sent last."""
    start: QuadrotorState
    """Where the vehicle is when the first command of the latest plan acts; level and at rest where
    nobody knows."""


def init(config: ControllerConfig, key: jax.Array) -> FlightState:
    """Return the state of a vehicle that has not flown yet."""
    return FlightState(
        controller.init(config, key),
        jnp.zeros(3),
        jnp.float32(0.0),
        jnp.array(False),
        observer.init(config.vehicle),
        jnp.zeros((_checked_steps(config), 3)),
        jnp.array(False),
        jnp.int32(SafetyCode.CLEAR),
        at_rest(jnp.zeros(3)),
    )


def fly(
    config: ControllerConfig, state: FlightState, inputs: ControllerInputs
) -> tuple[FlightState, ControlOutput]:
    """Plan, and return the command to send now; jittable, ``config`` first.

    The output's ``code`` says whether the plan is safe. One that is not is flown only while the
    way to a stop would lead nearer to something than the plan does: around a corner, braking goes
    straight on. Otherwise the vehicle stops, and turns to where a look teaches most: what it then
    sees may open a way.
    """
    state, acts = _observe(config, state, inputs.vehicle, inputs.elapsed_s, inputs.age_s)
    inputs = inputs._replace(disturbance_m_s2=acts.disturbance_m_s2)
    planner, output = controller.step(config, state.controller, inputs._replace(vehicle=acts.soon))
    inputs = inputs._replace(vehicle=acts.now)
    holding, stop = _hold(config, state, inputs.vehicle, _look_around(inputs))
    evades = output.plan_clearance_m > _stop_clearance(inputs, holding.anchor_m)
    evades &= output.code == controller.NO_SAFE_PLAN
    planned = (output.code == controller.OK) | evades
    around = Around(inputs.costmap, inputs.doubt_m)
    wanted = jnp.where(planned, output.command, stop)
    command, safety = _filtered(config, inputs.vehicle, wanted, around)
    heading = quaternion.yaw(inputs.vehicle.attitude)
    safe, checked = output.code == controller.OK, output.plan[: _checked_steps(config)]
    known = jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in acts.soon]))
    unknown = at_rest(jnp.zeros(3))
    after = holding._replace(
        controller=planner,
        anchor_yaw_rad=jnp.where(jnp.isfinite(heading), heading, state.anchor_yaw_rad),
        anchored=holding.anchored & ~planned,
        observer=observer.sent(state.observer, command),
        way_m=jnp.where(safe, checked, state.way_m),
        led=state.led | safe,
        safety=safety,
        start=jax.tree.map(lambda a, b: jnp.where(known, a, b), acts.soon, unknown),
    )
    return after, output._replace(command=command, safety=safety)


def proceed(
    config: ControllerConfig,
    state: FlightState,
    vehicle: QuadrotorState,
    elapsed_s: jax.Array | float,
    age_s: jax.Array | float = 0.0,
    around: Around | None = None,
) -> Filtered:
    """Return the command of the last plan ``elapsed_s`` after it was begun; jittable.

    For the time until a late plan is there: a body rate that is held instead turns the vehicle
    over. The lean is brought to what the plan has then, wherever the vehicle is: so the command
    answers this odometry, and what was not flown of the plan is made up for. Where there is no
    plan to follow, as the last outcome was a stop, it goes on stopping.

    Args:
        config: of the controller.
        state: with the plan.
        vehicle: the newest odometry.
        elapsed_s: since planning began, and so, too, from when the first command of the plan acts
            until this one does; of a plan ``FOLLOWED_S`` count.
        age_s: of the odometry, as in ``ControllerInputs``.
        around: the map, None while there is none.
    """
    at_s = jnp.clip(elapsed_s, 0.0, FOLLOWED_S)
    planned = mppi.shift(state.controller.nominal, at_s / config.mppi.step_s)[0]
    meant = _planned_for(config, state, at_s)
    axis = quaternion.rotate(meant.attitude, jnp.array([0.0, 0.0, 1.0]))
    state, acts = _observe(config, state, vehicle, elapsed_s, age_s)
    turn = config.vehicle.attitude_gain_per_s * tilt_error(acts.now.attitude, axis)
    _, stop = _hold(config, state, acts.now, state.anchor_yaw_rad)
    wanted = jnp.where(state.anchored, stop, planned.at[1:3].add(turn))
    return _filtered(config, acts.now, wanted, around)


def stay(
    config: ControllerConfig,
    state: FlightState,
    vehicle: QuadrotorState,
    elapsed_s: jax.Array | float = 0.0,
    age_s: jax.Array | float = 0.0,
    around: Around | None = None,
) -> tuple[FlightState, jax.Array]:
    """Return the command [4] that brings the vehicle to rest and keeps it there; jittable.

    The plan is forgotten: what was planned before a stop is out of date after it. ``elapsed_s``
    and ``age_s`` are those of ``ControllerInputs``; ``around`` is the map, None while there is
    none.
    """
    state, acts = _observe(config, state, vehicle, elapsed_s, age_s)
    vehicle = acts.now
    heading = quaternion.yaw(vehicle.attitude)
    turned = state.anchored | ~jnp.isfinite(heading)
    yaw = jnp.where(turned, state.anchor_yaw_rad, heading)
    after, command = _hold(config, state, vehicle, yaw)
    fresh = controller.init(config, state.controller.key)
    command, safety = _filtered(config, vehicle, command, around)
    after = after._replace(
        controller=fresh,
        anchor_yaw_rad=yaw,
        observer=observer.sent(state.observer, command),
        safety=safety,
    )
    return after, command


def steer(
    config: ControllerConfig,
    state: FlightState,
    vehicle: QuadrotorState,
    wanted: Callable[[QuadrotorState, jax.Array], jax.Array],
    elapsed_s: jax.Array | float = 0.0,
    age_s: jax.Array | float = 0.0,
    around: Around | None = None,
) -> tuple[FlightState, Filtered]:
    """Return what may be flown of somebody else's command; jittable.

    Args:
        config: of the body, the vehicle and the filter.
        state: of the flight; there is no plan in it afterwards.
        vehicle: the newest odometry.
        wanted: the command [4] of the vehicle when it acts and of what pushes it then [3], map
            frame.
        elapsed_s: as in ``ControllerInputs``.
        age_s: the same.
        around: the map, None while there is none.
    """
    state, acts = _observe(config, state, vehicle, elapsed_s, age_s)
    asked = wanted(acts.now, acts.disturbance_m_s2)
    flown = _filtered(config, acts.now, asked, around)
    heading = quaternion.yaw(acts.now.attitude)
    after = state._replace(
        anchor_yaw_rad=jnp.where(jnp.isfinite(heading), heading, state.anchor_yaw_rad),
        anchored=jnp.array(False),
        observer=observer.sent(state.observer, flown.command),
        led=jnp.array(False),
        safety=flown.code,
    )
    return after, flown


def off_track_m(state: FlightState, position_m: np.ndarray) -> float:
    """Return how far [m] a position [3] is from the way of the last safe plan; 0 without one.

    Where it holds instead, the way ends in the place that it holds.
    """
    if not bool(state.led):
        return 0.0
    way_m = np.asarray(state.way_m)
    if bool(state.anchored):
        way_m = np.concatenate([way_m, np.asarray(state.anchor_m)[None]])
    return float(np.min(np.linalg.norm(way_m - np.asarray(position_m), axis=1)))


class _Acts(NamedTuple):
    """What a command that is sent now will meet."""

    soon: QuadrotorState
    """Where the vehicle is when it acts."""
    now: QuadrotorState
    """The same, but exactly the odometry where that is at once."""
    disturbance_m_s2: jax.Array
    """[3] what pushes it."""


def _observe(
    config: ControllerConfig,
    state: FlightState,
    vehicle: QuadrotorState,
    elapsed_s: jax.Array | float,
    age_s: jax.Array | float,
) -> tuple[FlightState, _Acts]:
    """Return the state that knows the odometry, and what the next command will meet."""
    seen = observer.observe(
        config.observer,
        config.vehicle,
        config.latency_s,
        state.observer,
        vehicle,
        elapsed_s,
        age_s,
    )
    soon = observer.predicted(config.vehicle, config.latency_s, seen, vehicle, age_s)
    later = jnp.asarray(config.latency_s + age_s) > 0.0
    now = jax.tree.map(lambda then, reported: jnp.where(later, then, reported), soon, vehicle)
    return state._replace(observer=seen), _Acts(soon, now, observer.disturbance(seen))


def _hold(
    config: ControllerConfig, state: FlightState, vehicle: QuadrotorState, yaw_rad: jax.Array
) -> tuple[FlightState, jax.Array]:
    speed = jnp.linalg.norm(vehicle.velocity)
    stopping_s = _REACTION_S + 0.5 * speed / config.body.acceleration_max_m_s2
    rest = _on_the_way(state, vehicle.position + stopping_s * vehicle.velocity)
    known = jnp.all(jnp.isfinite(rest))
    anchor = jnp.where(state.anchored | ~known, state.anchor_m, rest)
    push = observer.disturbance(state.observer)
    command = hold(config.body, config.vehicle, vehicle, anchor, yaw_rad, push)
    return state._replace(anchor_m=anchor, anchored=state.anchored | known), command


def _planned_for(
    config: ControllerConfig, state: FlightState, elapsed_s: jax.Array
) -> QuadrotorState:
    """Return the vehicle as the latest plan has it ``elapsed_s`` after its start."""
    push = observer.disturbance(state.observer)

    def fly(now: QuadrotorState, step: tuple[jax.Array, jax.Array]) -> tuple[QuadrotorState, None]:
        command, dt_s = step
        return rk4_step(config.vehicle, now, command, dt_s, push), None

    steps = min(math.ceil(FOLLOWED_S / config.mppi.step_s), config.mppi.horizon_steps)
    lasts_s = jnp.clip(elapsed_s - config.mppi.step_s * jnp.arange(steps), 0, config.mppi.step_s)
    return jax.lax.scan(fly, state.start, (state.controller.nominal[:steps], lasts_s))[0]


def _checked_steps(config: ControllerConfig) -> int:
    return min(config.plan.safe_steps, config.mppi.horizon_steps)


def _on_the_way(state: FlightState, place_m: jax.Array) -> jax.Array:
    """Return the point [3] of the last safe plan beside a place, or the place if none is near."""
    gaps = jnp.linalg.norm(state.way_m - place_m, axis=1)
    nearest = jnp.argmin(gaps)
    beside = state.led & (gaps[nearest] <= _BESIDE_M)
    return jnp.where(beside, state.way_m[nearest], place_m)


def _stop_clearance(inputs: ControllerInputs, anchor_m: jax.Array) -> jax.Array:
    """Return the least clearance [m] on the way from the vehicle to where it would hold."""
    share = jnp.linspace(0.0, 1.0, _STOP_SAMPLES)[:, None]
    way = inputs.vehicle.position + share * (anchor_m - inputs.vehicle.position)
    return jnp.min(clearance_at(inputs.costmap, way[:, 0], way[:, 1]))


def _look_around(inputs: ControllerInputs) -> jax.Array:
    """Return the heading [rad] from which a vehicle that cannot move on learns most."""
    x, y, _ = inputs.vehicle.position
    yaw = quaternion.yaw(inputs.vehicle.attitude)
    return best_heading(inputs.field, x, y, yaw, yaw)


def _filtered(
    config: ControllerConfig, vehicle: QuadrotorState, command: jax.Array, around: Around | None
) -> Filtered:
    return filter_command(
        config.body,
        config.vehicle,
        config.fence,
        vehicle,
        command,
        around,
        config.safety.speed_share_max,
    )
