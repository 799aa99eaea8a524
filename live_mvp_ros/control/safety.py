# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The last word before a command leaves: actuator limits, geofence and altitude band.

The cost terms already keep away from all of these. This filter does not rely on them: when the
state is about to leave the geofence, whatever the planner asked for is replaced by a command that
brings the vehicle back inside. Of a state that is not finite nothing can be known: then the
command is to hover level, so that whatever leaves is finite.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import quaternion
from live_mvp_ros.control.tracking import TrackingConfig, track_velocity
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    QuadrotorState,
    clip_command,
    hover_command,
)

_STRAY_M = 0.1  # how far a flight strays from its altitude when it leans and brakes
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
    room_m = min(body.fits_from_m + _STRAY_M, 0.5 * (1.0 - _LEAST_BAND) * (z1 - z0))
    return Fence((x0, y0, z0 + room_m), (x1, y1, z1 - room_m))


def filter_command(
    tracking: TrackingConfig,
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    fence: Fence,
    state: QuadrotorState,
    command: jax.Array,
    reaction_s: float = 0.4,
) -> tuple[jax.Array, jax.Array]:
    """Return the command [4] that may be flown and whether it was replaced.

    Args:
        tracking: gains of the command that leads back.
        body: limits of the vehicle.
        vehicle: physical constants and limits.
        fence: where its centre may be.
        state: the vehicle.
        command: [4] wanted thrust [N] and body rates [rad/s].
        reaction_s: the state is looked at this far ahead, at constant velocity.
    """
    lower, upper = jnp.asarray(fence.lower_m), jnp.asarray(fence.upper_m)
    ahead = state.position + reaction_s * state.velocity
    inside = jnp.clip(ahead, lower, upper)
    leaving = jnp.any(jnp.abs(ahead - inside) > 0.0)
    back = jnp.clip(state.position, lower, upper) - state.position
    # Stop along the axes that lead out, return along those already beyond.
    velocity = jnp.where(ahead == inside, state.velocity, 2.0 * back)
    heading = quaternion.yaw(state.attitude)
    recovery = track_velocity(tracking, body, vehicle, state, velocity, heading)
    usable = jnp.all(jnp.isfinite(command))
    replaced = leaving | ~usable
    chosen = jnp.where(replaced, recovery, command)
    finite = jnp.all(jnp.isfinite(chosen))
    return clip_command(vehicle, jnp.where(finite, chosen, hover_command(vehicle))), replaced
