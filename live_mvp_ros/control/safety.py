# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The last word before a command leaves: actuator limits, geofence, altitude band and lean.

The cost terms already keep away from all of these. This filter does not rely on them: when the
state is about to leave the geofence, whatever the planner asked for is replaced by a command that
brings the vehicle back inside, no faster than it may fly; when it leans, or is about to lean,
farther than any plan does, by one that levels it. Of a state that is not finite nothing can be
known: then the command is to hover level, so that whatever leaves is finite.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.control.tracking import limit_norm, track_velocity
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    QuadrotorState,
    clip_command,
    hover_command,
)
from live_mvp_ros.vehicle.body import STRAY_M

LEAN_MAX_RAD = 1.0
"""A vehicle that leans farther than this has lost control: plans lean a third as far."""

_TURNING_S = 0.1  # how far ahead a lean is looked at, at constant body rates
_LEAST_RETURN = 0.25  # of the speed limit: so fast it returns however fast it flies otherwise
_LEAST_BAND = 0.2  # of the height of a volume that is too low for the body: what is left to fly in


class Fence(NamedTuple):
    """The box in which the vehicle's centre may be, map frame."""

    lower_m: tuple[float, float, float]
    upper_m: tuple[float, float, float]


def fence(
    body: BodyConfig, lower_m: tuple[float, float, float], upper_m: tuple[float, float, float]
) -> Fence:
    """Return where the body's centre may be in a volume: not where it touches floor or ceiling.

    Sideways the map decides: what lies outside of it is not known to be free.
    """
    (x0, y0, z0), (x1, y1, z1) = lower_m, upper_m
    room_m = min(body.fits_from_m + STRAY_M, 0.5 * (1.0 - _LEAST_BAND) * (z1 - z0))
    return Fence((x0, y0, z0 + room_m), (x1, y1, z1 - room_m))


def filter_command(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    fence: Fence,
    state: QuadrotorState,
    command: jax.Array,
    reaction_s: float = 0.4,
) -> tuple[jax.Array, jax.Array]:
    """Return the command [4] that may be flown and whether it was replaced.

    Args:
        body: limits of the vehicle.
        vehicle: physical constants and limits.
        fence: where its centre may be.
        state: the vehicle.
        command: [4] wanted thrust [N] and body rates [rad/s].
        reaction_s: the state is looked at this far ahead, at constant velocity; in z until it
            has stopped.
    """
    lower, upper = jnp.asarray(fence.lower_m), jnp.asarray(fence.upper_m)
    ahead = state.position + reaction_s * state.velocity
    # A fall takes long to stop: down and up it is the way to a stop that must stay inside.
    rise = state.velocity[2]
    ahead = ahead.at[2].add(0.5 * rise * jnp.abs(rise) / body.acceleration_max_m_s2)
    inside = jnp.clip(ahead, lower, upper)
    leaving = jnp.any(jnp.abs(ahead - inside) > 0.0)
    back = jnp.clip(state.position, lower, upper) - state.position
    # Stop along the axes that lead out, return along those already beyond. The way along the
    # others is kept: to brake is to lean.
    kept = jnp.where(ahead == inside, state.velocity, 0.0)
    returning = jnp.where(ahead == inside, 0.0, 2.0 * back)
    velocity = kept + limit_norm(returning, _left(body.speed_max_m_s, kept))
    heading = quaternion.yaw(state.attitude)
    recovery = track_velocity(body, vehicle, state, velocity, heading)
    usable = jnp.all(jnp.isfinite(command))
    replaced = leaving | leans(state, LEAN_MAX_RAD) | ~usable
    chosen = jnp.where(replaced, recovery, command)
    finite = jnp.all(jnp.isfinite(chosen))
    return clip_command(vehicle, jnp.where(finite, chosen, hover_command(vehicle))), replaced


def _left(speed_max_m_s: jax.Array | float, kept_m_s: jax.Array) -> jax.Array:
    """Return the speed [m/s] that the limit leaves across a velocity [3]; never nothing."""
    left = jnp.sqrt(jnp.maximum(speed_max_m_s**2 - jnp.sum(kept_m_s**2), 0.0))
    return jnp.maximum(left, _LEAST_RETURN * speed_max_m_s)


def leans(state: QuadrotorState, lean_max_rad: jax.Array | float) -> jax.Array:
    """Return whether a vehicle leans too far, or is about to."""
    rates = jnp.concatenate([jnp.zeros(1), state.body_rates])
    turning = 0.5 * quaternion.multiply(state.attitude, rates)
    soon = quaternion.normalise(state.attitude + _TURNING_S * turning)
    return jnp.minimum(_upright(state.attitude), _upright(soon)) < jnp.cos(lean_max_rad)


def level(body: BodyConfig, vehicle: QuadrotorConfig, state: QuadrotorState) -> jax.Array:
    """Return the command [4] that levels a vehicle and stops its fall, not its way."""
    velocity = state.velocity.at[2].set(0.0)
    heading = quaternion.yaw(state.attitude)
    return track_velocity(body, vehicle, state, velocity, heading)


def _upright(attitude: jax.Array) -> jax.Array:
    """Return the cosine of the lean."""
    _, x, y, _ = attitude
    return 1.0 - 2.0 * (x * x + y * y)


def distance_outside(fence: Fence, position_m: np.ndarray) -> float:
    """Return how far [m] a position [3] is outside of a geofence; 0 inside."""
    return float(np.linalg.norm(position_m - np.clip(position_m, fence.lower_m, fence.upper_m)))
