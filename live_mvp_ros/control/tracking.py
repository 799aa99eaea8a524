# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Geometric tracking: from a wanted velocity or position to collective thrust and body rates.

A cascade after Lee, Leok and McClamroch, "Geometric tracking control of a quadrotor UAV on SE(3)"
(CDC 2010), with a proportional attitude loop because the command is body rates: the wanted
acceleration fixes the thrust axis, the wanted heading fixes the rest of the attitude.
It holds position when nothing better is known, and proposes samples to the MPPI.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, QuadrotorState, clip_command
from live_mvp_ros.vehicle.guard import GRAVITY_M_S2, LEAST_LIFT

# Gains of a cascade: each loop is slower than the one inside it, the innermost being the rate loop
# of the vehicle (20 per second). With these and those of vehicle.guard every upset ends level and
# at rest (tested).
_POSITION_GAIN_PER_S = 1.5  # wanted velocity per position error
_HOLD_SPEED_M_S = 1.0  # a vehicle that holds goes back to its place no faster
_LEAST_AHEAD_M = 0.1  # a way point nearer than this gives no direction any more


def track_velocity(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    state: QuadrotorState,
    velocity_m_s: jax.Array,
    yaw_rad: jax.Array,
    disturbance_m_s2: jax.Array | None = None,
) -> jax.Array:
    """Return the command [4] that drives ``state`` towards a velocity [3] (map) and a heading."""
    wanted = vehicle.velocity_gain_per_s * (velocity_m_s - state.velocity)
    wanted = limit_norm(wanted, body.acceleration_max_m_s2)
    return accelerate(body, vehicle, state, wanted, yaw_rad, disturbance_m_s2)


def hold(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    state: QuadrotorState,
    position_m: jax.Array,
    yaw_rad: jax.Array,
    disturbance_m_s2: jax.Array | None = None,
) -> jax.Array:
    """Return the command [4] that brings the vehicle to rest at a position [3] (map)."""
    fastest = jnp.minimum(_HOLD_SPEED_M_S, body.speed_max_m_s)
    gain = min(_POSITION_GAIN_PER_S, 0.3 * vehicle.velocity_gain_per_s)
    velocity = limit_norm(gain * (position_m - state.position), fastest)
    return track_velocity(body, vehicle, state, velocity, yaw_rad, disturbance_m_s2)


def accelerate(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    state: QuadrotorState,
    acceleration_m_s2: jax.Array,
    yaw_rad: jax.Array,
    disturbance_m_s2: jax.Array | None = None,
) -> jax.Array:
    """Return the command [4] for an acceleration [3] (map, without gravity) and a heading.

    A disturbance [3] is what accelerates the vehicle besides, map frame.
    """
    yaw_error = wrap_angle(yaw_rad - quaternion.yaw(state.attitude))
    turn = vehicle.yaw_gain_per_s * yaw_error
    return accelerate_turning(body, vehicle, state, acceleration_m_s2, turn, disturbance_m_s2)


def accelerate_turning(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    state: QuadrotorState,
    acceleration_m_s2: jax.Array,
    yaw_rate_rad_s: jax.Array,
    disturbance_m_s2: jax.Array | None = None,
) -> jax.Array:
    """Return the command [4] for an acceleration [3] (map, without gravity) and a yaw rate.

    A disturbance [3] is what accelerates the vehicle besides, map frame.
    """
    force = acceleration_m_s2.at[2].add(GRAVITY_M_S2)
    if disturbance_m_s2 is not None:
        force = force - disturbance_m_s2
    force = force.at[2].set(jnp.maximum(force[2], LEAST_LIFT * GRAVITY_M_S2))
    tilt = tilt_error(state.attitude, force / jnp.linalg.norm(force))
    limit = body.yaw_rate_max_rad_s
    rates = jnp.stack(
        [
            vehicle.attitude_gain_per_s * tilt[0],
            vehicle.attitude_gain_per_s * tilt[1],
            jnp.clip(yaw_rate_rad_s, -limit, limit),
        ]
    )
    body_z = quaternion.rotate(state.attitude, jnp.array([0.0, 0.0, 1.0]))
    thrust = vehicle.mass_kg * jnp.maximum(jnp.dot(force, body_z), 0.0)
    return clip_command(vehicle, jnp.concatenate([thrust[None], rates]))


def tilt_error(attitude: jax.Array, axis_map: jax.Array) -> jax.Array:
    """Return the rotation vector [2], body x and y, that turns the thrust axis onto another one.

    Args:
        attitude: [4] body to map.
        axis_map: [3] unit vector that the thrust is to point along, map frame.
    """
    axis = quaternion.rotate(quaternion.conjugate(attitude), axis_map)
    cross = jnp.stack([-axis[1], axis[0]])
    angle = jnp.arctan2(jnp.sqrt(jnp.sum(cross**2) + 1e-12), axis[2])
    return angle * cross / jnp.sqrt(jnp.sum(cross**2) + 1e-12)


def towards(
    state: QuadrotorState,
    path_m: jax.Array,
    speed_m_s: jax.Array | float,
    lookahead: int = 4,
) -> tuple[jax.Array, jax.Array]:
    """Return the velocity [3] to follow a path, and the index of the way point aimed at.

    Args:
        state: one vehicle.
        path_m: [n, 3] way points, map frame.
        speed_m_s: greatest speed.
        lookahead: how many way points beyond the nearest to aim.
    """
    gaps = jnp.sum((path_m - state.position) ** 2, axis=1)
    carrot = jnp.minimum(jnp.argmin(gaps) + lookahead, path_m.shape[0] - 1)
    ahead, left = path_m[carrot] - state.position, path_m[-1] - state.position
    # The way point gives the direction; only the end of the path is a reason to slow down.
    speed = jnp.minimum(speed_m_s, 2.0 * _POSITION_GAIN_PER_S * _norm(left))
    return ahead * (speed / jnp.maximum(_norm(ahead), _LEAST_AHEAD_M)), carrot


def limit_norm(vector: jax.Array, limit: jax.Array | float) -> jax.Array:
    """Return ``vector`` [n], shortened to length ``limit`` where it is longer."""
    return vector * jnp.minimum(1.0, limit / _norm(vector))


def _norm(vector: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(vector**2) + 1e-12)


def wrap_angle(angle: jax.Array) -> jax.Array:
    """Return an angle [rad] in [-pi, pi)."""
    return (angle + jnp.pi) % (2.0 * jnp.pi) - jnp.pi
