# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The last word before a command leaves: actuator limits, geofence, altitude band and lean.

The cost terms already keep away from all of these. This filter does not rely on them: when the
state is about to leave the geofence, whatever the planner asked for is replaced by a command that
brings the vehicle back inside; when it leans, or is about to lean, farther than any plan does, by
one that levels it. Of a state that is not finite nothing can be known: then the command is to
hover level, so that whatever leaves is finite.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import quaternion
from live_mvp_ros.control.tracking import TrackingConfig, track_velocity
from live_mvp_ros.vehicle import QuadrotorConfig, QuadrotorState, clip_command, hover_command

LEAN_MAX_RAD = 1.0
"""A vehicle that leans farther than this has lost control: plans lean a third as far."""

_TURNING_S = 0.1  # how far ahead a lean is looked at, at constant body rates


def filter_command(
    tracking: TrackingConfig,
    vehicle: QuadrotorConfig,
    lower_m: tuple[float, float, float],
    upper_m: tuple[float, float, float],
    state: QuadrotorState,
    command: jax.Array,
    reaction_s: float = 0.4,
) -> tuple[jax.Array, jax.Array]:
    """Return the command [4] that may be flown and whether it was replaced.

    Args:
        tracking: gains of the command that leads back.
        vehicle: physical constants and limits.
        lower_m: lower corner of the geofence, map frame.
        upper_m: upper corner of the geofence, map frame.
        state: the vehicle.
        command: [4] wanted thrust [N] and body rates [rad/s].
        reaction_s: the state is looked at this far ahead, at constant velocity; in z until it
            has stopped.
    """
    lower, upper = jnp.asarray(lower_m), jnp.asarray(upper_m)
    ahead = state.position + reaction_s * state.velocity
    # A fall takes long to stop: down and up it is the way to a stop that must stay inside.
    rise = state.velocity[2]
    ahead = ahead.at[2].add(0.5 * rise * jnp.abs(rise) / tracking.acceleration_max_m_s2)
    inside = jnp.clip(ahead, lower, upper)
    leaving = jnp.any(jnp.abs(ahead - inside) > 0.0)
    back = jnp.clip(state.position, lower, upper) - state.position
    # Stop along the axes that lead out, return along those already beyond.
    velocity = jnp.where(ahead == inside, state.velocity, 2.0 * back)
    heading = quaternion.yaw(state.attitude)
    recovery = track_velocity(tracking, vehicle, state, velocity, heading)
    usable = jnp.all(jnp.isfinite(command))
    replaced = leaving | leans(state, LEAN_MAX_RAD) | ~usable
    chosen = jnp.where(replaced, recovery, command)
    finite = jnp.all(jnp.isfinite(chosen))
    return clip_command(vehicle, jnp.where(finite, chosen, hover_command(vehicle))), replaced


def leans(state: QuadrotorState, lean_max_rad: jax.Array | float) -> jax.Array:
    """Return whether a vehicle leans too far, or is about to."""
    rates = jnp.concatenate([jnp.zeros(1), state.body_rates])
    turning = 0.5 * quaternion.multiply(state.attitude, rates)
    soon = quaternion.normalise(state.attitude + _TURNING_S * turning)
    return jnp.minimum(_upright(state.attitude), _upright(soon)) < jnp.cos(lean_max_rad)


def level(tracking: TrackingConfig, vehicle: QuadrotorConfig, state: QuadrotorState) -> jax.Array:
    """Return the command [4] that levels a vehicle and stops its fall, not its way."""
    velocity = state.velocity.at[2].set(0.0)
    return track_velocity(tracking, vehicle, state, velocity, quaternion.yaw(state.attitude))


def _upright(attitude: jax.Array) -> jax.Array:
    """Return the cosine of the lean."""
    _, x, y, _ = attitude
    return 1.0 - 2.0 * (x * x + y * y)


def distance_outside(
    lower_m: tuple[float, float, float],
    upper_m: tuple[float, float, float],
    position_m: np.ndarray,
) -> float:
    """Return how far [m] a position [3] is outside of a geofence; 0 inside."""
    return float(np.linalg.norm(position_m - np.clip(position_m, lower_m, upper_m)))
