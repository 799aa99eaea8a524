# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a vehicle does by a pilot's accelerations and yaw rate, and when there are none.

Along the directions that are wished it accelerates until it is at its speed limit; along the
others it brakes, so that a vehicle goes where it is steered to. With nothing wished it comes to
rest and holds the place. The attitude loop and the last filter are those of every controller.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.control.safety import Around, Fence, Filtered, filter_command
from live_mvp_ros.control.tracking import accelerate, hold
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, QuadrotorState

_REACTION_S = 0.2
"""A vehicle leans back after so long: meanwhile it goes on."""


class ManualState(NamedTuple):
    """Where a vehicle rests while nothing is wished."""

    place_m: jax.Array
    """[3], map frame."""
    yaw_rad: jax.Array
    rests: jax.Array
    """Whether it does, bool; else place and heading mean nothing."""


class ManualWish(NamedTuple):
    """What a pilot wishes of a vehicle."""

    acceleration_m_s2: jax.Array
    """[3] forward along the heading, left of it, up."""
    yaw_rate_rad_s: jax.Array
    """To the left."""
    idle: jax.Array
    """Whether it is to rest, bool."""


def init() -> ManualState:
    """Return the state of a vehicle that has not rested yet."""
    return ManualState(jnp.zeros(3), jnp.float32(0.0), jnp.array(False))


def steer(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    fence: Fence,
    state: ManualState,
    now: QuadrotorState,
    wish: ManualWish,
    around: Around | None = None,
    speed_share_max: jax.Array | float = 1.3,
) -> tuple[ManualState, Filtered]:
    """Return the next state, and the command that may be flown; jittable.

    Args:
        body: limits of the vehicle.
        vehicle: physical constants and limits.
        fence: where its centre may be.
        state: of this pilot.
        now: the vehicle.
        wish: what is wished.
        around: the map; None while there is none.
        speed_share_max: see ``SafetyConfig``.
    """
    yaw = quaternion.yaw(now.attitude)
    stopping_s = _REACTION_S + 0.5 * jnp.linalg.norm(now.velocity) / body.acceleration_max_m_s2
    kept = state.rests
    rest = ManualState(
        jnp.where(kept, state.place_m, now.position + stopping_s * now.velocity),
        jnp.where(kept, state.yaw_rad, yaw),
        wish.idle,
    )
    wanted = _acceleration(body, vehicle, now, yaw, wish.acceleration_m_s2)
    turned = yaw + wish.yaw_rate_rad_s / vehicle.yaw_gain_per_s
    flown = accelerate(body, vehicle, now, wanted, turned)
    resting = hold(body, vehicle, now, rest.place_m, rest.yaw_rad)
    command = jnp.where(wish.idle, resting, flown)
    return rest, filter_command(body, vehicle, fence, now, command, around, speed_share_max)


def _acceleration(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    now: QuadrotorState,
    yaw: jax.Array,
    wished: jax.Array,
) -> jax.Array:
    """Return the acceleration [3] in the map for one that is wished along the heading."""
    cos, sin = jnp.cos(yaw), jnp.sin(yaw)
    ahead = jnp.stack([cos, sin, jnp.zeros_like(yaw)])
    left = jnp.stack([-sin, cos, jnp.zeros_like(yaw)])
    up = jnp.array([0.0, 0.0, 1.0])
    axes = jnp.stack([ahead, left, up])
    speed = axes @ now.velocity
    gain, fastest = vehicle.velocity_gain_per_s, body.speed_max_m_s
    left_to_gain = gain * (jnp.sign(wished) * fastest - speed)
    limited = jnp.sign(wished) * jnp.minimum(jnp.abs(wished), jnp.sign(wished) * left_to_gain)
    hard = body.acceleration_max_m_s2
    braking = jnp.clip(-gain * speed, -hard, hard)
    return jnp.where(wished == 0.0, braking, limited) @ axes
