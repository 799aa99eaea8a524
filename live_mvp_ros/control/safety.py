# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The last word before a command leaves: actuator limits, geofence and altitude band.

The cost terms already keep away from all of these. This filter does not rely on them: when the
state is about to leave the geofence, whatever the planner asked for is replaced by a command that
brings the vehicle back inside. Of a state that is not finite nothing can be known: then the
command is to hover level, so that whatever leaves is finite.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import quaternion
from live_mvp_ros.control.tracking import TrackingConfig, track_velocity
from live_mvp_ros.vehicle import QuadrotorConfig, QuadrotorState, clip_command, hover_command


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
        reaction_s: the state is looked at this far ahead, at constant velocity.
    """
    lower, upper = jnp.asarray(lower_m), jnp.asarray(upper_m)
    ahead = state.position + reaction_s * state.velocity
    inside = jnp.clip(ahead, lower, upper)
    leaving = jnp.any(jnp.abs(ahead - inside) > 0.0)
    back = jnp.clip(state.position, lower, upper) - state.position
    # Stop along the axes that lead out, return along those already beyond.
    velocity = jnp.where(ahead == inside, state.velocity, 2.0 * back)
    heading = quaternion.yaw(state.attitude)
    recovery = track_velocity(tracking, vehicle, state, velocity, heading)
    usable = jnp.all(jnp.isfinite(command))
    replaced = leaving | ~usable
    chosen = jnp.where(replaced, recovery, command)
    finite = jnp.all(jnp.isfinite(chosen))
    return clip_command(vehicle, jnp.where(finite, chosen, hover_command(vehicle))), replaced


def distance_outside(
    lower_m: tuple[float, float, float],
    upper_m: tuple[float, float, float],
    position_m: np.ndarray,
) -> float:
    """Return how far [m] a position [3] is outside of a geofence; 0 inside."""
    return float(np.linalg.norm(position_m - np.clip(position_m, lower_m, upper_m)))
