# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The last word before a command leaves: command in, command out, reason code out.

The cost terms already keep away from all limits. This filter does not rely on them, whatever the
controller. It asks, in this order:

- thrust and rates within what the vehicle has;
- no faster than a share beyond the speed limit: else the command slows down;
- about to leave the geofence: a command that brings the vehicle back inside, no faster than it may
  fly;
- leaning, or about to lean, farther than any plan does: a command that levels;
- a stop before whatever is not known to be free is left after the command (``barrier``), with a
  margin that grows with the uncertainty of the position and the age of the data: else it brakes.

Of a state that is not finite nothing can be known: then the command is to hover level, so that
whatever leaves is finite. Each intervention has a ``SafetyCode``.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control.barrier import judge_command
from live_mvp_ros.control.surroundings import CostMap
from live_mvp_ros.control.tracking import limit_norm, track_velocity
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    QuadrotorState,
    hover_command,
)
from live_mvp_ros.vehicle.body import STRAY_M
from live_mvp_ros.vehicle.guard import leans, limited

LEAN_MAX_RAD = 1.0
"""A vehicle that leans farther than this has lost control: plans lean a third as far."""

REACTION_S = 0.4
"""So far ahead the geofence is looked at."""
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


@configuration
class SafetyConfig:
    """How much room the last filter leaves beyond the body, and how much speed."""

    speed_share_max: float = parameter(
        default=1.3,
        low=1.0,
        high=10.0,
        live=True,
        help="Speed from which on the filter slows down, in multiples of the speed limit.",
    )
    sigmas: float = parameter(
        default=2.0,
        low=0.0,
        high=10.0,
        live=True,
        help="Standard deviations of the position that are kept free beyond the body.",
    )
    map_fresh_s: float = parameter(
        default=1.0,
        unit="s",
        low=0.0,
        high=60.0,
        live=True,
        help="A map younger than this is taken as it is.",
    )
    map_growth_m_s: float = parameter(
        default=0.05,
        unit="m/s",
        low=0.0,
        high=5.0,
        live=True,
        help="Room kept beyond the body per second that the map is older.",
    )


class Around(NamedTuple):
    """What the filter knows of the surroundings."""

    costmap: CostMap
    doubt_m: jax.Array | float = 0.0
    """How much more room is kept than the body takes, see ``doubt_m``."""


class Filtered(NamedTuple):
    """A command that may be flown."""

    command: jax.Array
    """[4] N and rad/s."""
    code: jax.Array
    """``SafetyCode`` of what was changed, int32."""


def doubt_m(
    config: SafetyConfig,
    body: BodyConfig,
    *,
    position_sigma_m: float = 0.0,
    odometry_age_s: float = 0.0,
    map_age_s: float = 0.0,
) -> float:
    """Return how much more room [m] to keep, as data is uncertain and old.

    Since the odometry the vehicle may have accelerated as hard as it is told to, unseen: a t^2/2.
    Values that are not finite are not counted: they have keepers of their own.
    """
    moved_m = 0.5 * float(body.acceleration_max_m_s2) * max(odometry_age_s, 0.0) ** 2
    changed_m = config.map_growth_m_s * max(map_age_s - config.map_fresh_s, 0.0)
    parts = (config.sigmas * position_sigma_m, moved_m, changed_m)
    return float(sum(part for part in parts if np.isfinite(part)))


def filter_command(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    fence: Fence,
    state: QuadrotorState,
    command: jax.Array,
    around: Around | None = None,
    speed_share_max: jax.Array | float = 1.3,
) -> Filtered:
    """Return the command that may be flown, and why it is another one than ``command``.

    Args:
        body: limits of the vehicle.
        vehicle: physical constants and limits.
        fence: where its centre may be.
        state: the vehicle when the command acts.
        command: [4] wanted thrust [N] and body rates [rad/s].
        around: the map; None while there is none.
        speed_share_max: see ``SafetyConfig``.
    """
    sound = jnp.all(jnp.stack([jnp.all(jnp.isfinite(part)) for part in state]))
    usable = sound & jnp.all(jnp.isfinite(command))
    asked, over = limited(jnp, vehicle, jnp.where(usable, command, hover_command(vehicle)))
    heading = quaternion.yaw(state.attitude)
    velocity, leaving = _inside(body, fence, state)
    fast = jnp.linalg.norm(state.velocity) > speed_share_max * body.speed_max_m_s
    velocity = jnp.where(leaving, velocity, limit_norm(velocity, body.speed_max_m_s))
    leaning = leans(jnp, state.attitude, state.body_rates, LEAN_MAX_RAD)
    replaced = fast | leaving | leaning | ~usable
    steered = track_velocity(body, vehicle, state, velocity, heading)
    flown = jnp.where(replaced & sound, steered, asked)
    near = jnp.array(False)
    if around is not None:
        margin_m = body.fits_from_m + around.doubt_m
        verdict = judge_command(body, vehicle, state, flown, around.costmap, margin_m)
        flown, near = jnp.where(sound, verdict.command, flown), verdict.replaced
    finite = jnp.all(jnp.isfinite(flown))
    flown = jnp.where(finite, flown, hover_command(vehicle))
    code = _last_of(
        (SafetyCode.ACTUATOR, over),
        (SafetyCode.SPEED, fast),
        (SafetyCode.FENCE, leaving),
        (SafetyCode.LEAN, leaning),
        (SafetyCode.OBSTACLE, near),
        (SafetyCode.NOT_FINITE, ~usable | ~finite),
    )
    return Filtered(flown, code)


def _last_of(*cases: tuple[SafetyCode, jax.Array]) -> jax.Array:
    code = jnp.int32(SafetyCode.CLEAR)
    for reason, holds in cases:
        code = jnp.where(holds, jnp.int32(reason), code)
    return code


def _inside(body: BodyConfig, fence: Fence, state: QuadrotorState) -> tuple[jax.Array, jax.Array]:
    """Return the velocity [3] that keeps inside of a fence, and whether it is about to leave.

    The state is looked at ``REACTION_S`` ahead at constant velocity; in z until it has stopped.
    """
    lower, upper = jnp.asarray(fence.lower_m), jnp.asarray(fence.upper_m)
    ahead = state.position + REACTION_S * state.velocity
    # A fall takes long to stop: down and up it is the way to a stop that must stay inside.
    rise = state.velocity[2]
    ahead = ahead.at[2].add(0.5 * rise * jnp.abs(rise) / body.acceleration_max_m_s2)
    inside = jnp.clip(ahead, lower, upper)
    back = jnp.clip(state.position, lower, upper) - state.position
    # Stop along the axes that lead out, return along those already beyond. The way along the
    # others is kept: to brake is to lean.
    kept = jnp.where(ahead == inside, state.velocity, 0.0)
    returning = jnp.where(ahead == inside, 0.0, 2.0 * back)
    velocity = kept + limit_norm(returning, _left(body.speed_max_m_s, kept))
    return velocity, jnp.any(jnp.abs(ahead - inside) > 0.0)


def _left(speed_max_m_s: jax.Array | float, kept_m_s: jax.Array) -> jax.Array:
    """Return the speed [m/s] that the limit leaves across a velocity [3]; never nothing."""
    left = jnp.sqrt(jnp.maximum(speed_max_m_s**2 - jnp.sum(kept_m_s**2), 0.0))
    return jnp.maximum(left, _LEAST_RETURN * speed_max_m_s)


def distance_outside(fence: Fence, position_m: np.ndarray) -> float:
    """Return how far [m] a position [3] is outside of a geofence; 0 inside."""
    return float(np.linalg.norm(position_m - np.clip(position_m, fence.lower_m, fence.upper_m)))
