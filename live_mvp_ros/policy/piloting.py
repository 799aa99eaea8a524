# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A trained policy as the pilot of a quadrotor: observation, command, attitude loop, last filter.

The policy was trained on a body that obeys accelerations and turns as it is told. What flies leans
to accelerate: so of its body rates only the yaw rate is flown, and the attitude follows the
acceleration. Three limits that it never met in training come on top:

- the speed limit: an acceleration is shortened where it would lead beyond it within the time that
  the vehicle takes to answer;
- the acceleration that the body is told to keep;
- the altitude: the planar map, by which the last filter keeps clear of everything, vouches for a
  band around one altitude. Within it the policy flies up and down as it likes; the nearer to its
  edge, the less: a <= k^2 (edge - z) - 2 k v, so that it comes to rest there.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import control
from live_mvp_ros.control.surroundings import clearance_at
from live_mvp_ros.control.tracking import accelerate_turning, limit_norm
from live_mvp_ros.policy.flown_network import Weights, command_of
from live_mvp_ros.policy.kinematic_body import Body, KinematicConfig
from live_mvp_ros.policy.observation import observe
from live_mvp_ros.policy.soft_visibility import Fields
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, QuadrotorState
from live_mvp_ros.vehicle.body import STRAY_M

BAND_M = 2.0 / 3.0 * STRAY_M
"""How far from its altitude a policy may fly; what is left is for the attitude loop."""
_BAND_GAIN_PER_S = 3.0


class Pilot(NamedTuple):
    """What a policy's file holds of what is flown.

    Attributes:
        network: what was learned.
        body: that it was trained with, for the limits of its commands.
    """

    network: Weights
    body: KinematicConfig


class PilotInputs(NamedTuple):
    """One control step's view of the world, as ``control.ControllerInputs``.

    Attributes:
        vehicle: the newest odometry.
        around: clearances and the doubt about them.
        origin_m: [3] where the position is counted from: where the flight began, or zeros for a
            policy that is told the absolute one.
        elapsed_s: time since the previous step.
        age_s: how old the odometry is.
        haste: share of the speed limit that may be flown.
    """

    vehicle: QuadrotorState
    around: control.Around
    origin_m: jax.Array
    elapsed_s: jax.Array | float
    age_s: jax.Array | float = 0.0
    haste: jax.Array | float = 1.0


class Piloted(NamedTuple):
    """A command and what stands behind it.

    Attributes:
        command: [4] thrust [N] and body rates [rad/s].
        wanted: [6] what the policy said.
        clearance_m: clearance at the vehicle.
        code: ``control.OK``, or ``control.NOT_FINITE`` where the policy said no finite numbers.
        safety: ``SafetyCode`` of what the last filter changed.
    """

    command: jax.Array
    wanted: jax.Array
    clearance_m: jax.Array
    code: jax.Array
    safety: jax.Array


def fly(
    config: control.ControllerConfig,
    pilot: Pilot,
    fields: Fields,
    state: control.FlightState,
    inputs: PilotInputs,
) -> tuple[control.FlightState, Piloted]:
    """Ask the policy once and return the command to fly now; jittable but for ``fields``.

    Args:
        config: of body, vehicle and filter; nothing of it is planned with.
        pilot: the policy.
        fields: what the map knows.
        state: of the flight, the same as of any controller: a hold may follow.
        inputs: what is known now.
    """
    vehicle = inputs.vehicle
    seen = Body(vehicle.position, vehicle.velocity, vehicle.attitude, vehicle.body_rates)
    said = command_of(pilot.network, observe(fields, seen, inputs.origin_m, "relative"))
    sound = jnp.all(jnp.isfinite(said))
    wanted = jnp.where(sound, said, 0.0)

    def steered(now: QuadrotorState, push_m_s2: jax.Array) -> jax.Array:
        limits = (config.body, config.vehicle, pilot.body)
        acceleration, turn = allowed(*limits, now, wanted, inputs.haste)
        return accelerate_turning(config.body, config.vehicle, now, acceleration, turn, push_m_s2)

    state, flown = control.steer(
        config, state, vehicle, steered, inputs.elapsed_s, inputs.age_s, inputs.around
    )
    x, y, _ = vehicle.position
    clearance_m = clearance_at(inputs.around.costmap, x, y)
    code = jnp.where(sound, control.OK, control.NOT_FINITE).astype(jnp.int32)
    return state, Piloted(flown.command, said, clearance_m, code, flown.code)


def allowed(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    trained: KinematicConfig,
    state: QuadrotorState,
    command: jax.Array,
    haste: jax.Array | float = 1.0,
) -> tuple[jax.Array, jax.Array]:
    """Return the acceleration [3] (map) and the yaw rate that are flown of a command [6].

    Args:
        body: limits of the vehicle.
        vehicle: how fast it answers.
        trained: the body that the policy was trained with; its limits and drag are kept.
        state: the vehicle.
        command: acceleration in the map [3] in m/s^2, then body rates [3] in rad/s, finite.
        haste: share of the speed limit that may be flown.
    """
    a_max, w_max = trained.acceleration_max_m_s2, trained.rate_max_rad_s
    asked = jnp.clip(command[:3], -a_max, a_max) - trained.drag_per_s * state.velocity
    turn = (1.0 - trained.rate_loss_per_s * trained.step_s) * jnp.clip(command[5], -w_max, w_max)
    gain = vehicle.velocity_gain_per_s
    reached = limit_norm(state.velocity + asked / gain, haste * body.speed_max_m_s)
    slowed = limit_norm(gain * (reached - state.velocity), body.acceleration_max_m_s2)
    low, high = (
        _BAND_GAIN_PER_S**2 * (body.altitude_m + edge - state.position[2])
        - 2.0 * _BAND_GAIN_PER_S * state.velocity[2]
        for edge in (-BAND_M, BAND_M)
    )
    hard = body.acceleration_max_m_s2
    rise = jnp.clip(jnp.clip(slowed[2], low, high), -hard, hard)
    return slowed.at[2].set(rise), turn
