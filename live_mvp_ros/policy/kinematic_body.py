# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A body that is told accelerations and body rates: what a policy is trained to fly.

    v <- v + dt (a - 0.05 v),  p <- p + dt v,  w = (1 - 0.02 dt) w_commanded,
    q <- normalised(q + dt/2 q (0, w)).

Map frame ENU, body frame FLU, quaternions (w, x, y, z) from body to map. Gravity is the business
of the attitude loop that flies such commands on a real vehicle.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter


@configuration
class KinematicConfig:
    """How the body moves."""

    step_s: float = parameter(
        default=0.05, unit="s", low=0.001, high=0.5, help="Time of one step."
    )
    acceleration_max_m_s2: float = parameter(
        default=3.5, unit="m/s^2", low=0.1, high=50.0, help="Most acceleration on each axis."
    )
    rate_max_rad_s: float = parameter(
        default=1.2, unit="rad/s", low=0.1, high=20.0, help="Fastest turn about each axis."
    )
    drag_per_s: float = parameter(
        default=0.05, unit="1/s", low=0.0, high=10.0, help="Share of the velocity lost per second."
    )
    rate_loss_per_s: float = parameter(
        default=0.02, unit="1/s", low=0.0, high=10.0, help="Share of a commanded rate lost."
    )


class Body(NamedTuple):
    """State of one body.

    Attributes:
        position: [3] m, map frame.
        velocity: [3] m/s, map frame.
        attitude: unit quaternion [4] from body to map.
        rate: angular velocity [3] rad/s, body frame.
    """

    position: jax.Array
    velocity: jax.Array
    attitude: jax.Array
    rate: jax.Array


def at_rest(position: jax.Array, yaw_rad: jax.Array | float = 0.0) -> Body:
    """Return a level body that hovers at a position [3] with a heading."""
    position = jnp.asarray(position)
    zero = jnp.zeros_like(position)
    attitude = quaternion.from_yaw(jnp.asarray(yaw_rad, position.dtype))
    return Body(position, zero, attitude, zero)


def limits(config: KinematicConfig) -> jax.Array:
    """Return the greatest command [6]: acceleration [3] in m/s^2, then body rates [3] in rad/s."""
    return jnp.repeat(jnp.array([config.acceleration_max_m_s2, config.rate_max_rad_s]), 3)


def moved(config: KinematicConfig, body: Body, command: jax.Array) -> Body:
    """Return the body after one step.

    Args:
        config: how it moves.
        body: before.
        command: acceleration in the map [3] in m/s^2, then body rates [3] in rad/s; what is
            beyond the limits is cut off.
    """
    most = limits(config)
    return driven(config, body, jnp.clip(command, -most, most))


def driven(config: KinematicConfig, body: Body, command: jax.Array) -> Body:
    """Return the body after one step of a command [6] that is within the limits; see ``moved``."""
    dt = config.step_s
    acceleration, rate = command[:3], (1.0 - config.rate_loss_per_s * dt) * command[3:]
    velocity = body.velocity + dt * (acceleration - config.drag_per_s * body.velocity)
    spin = jnp.concatenate([jnp.zeros_like(rate[:1]), rate])
    turned = body.attitude + 0.5 * dt * quaternion.multiply(body.attitude, spin)
    position = body.position + dt * velocity
    return Body(position, velocity, quaternion.normalise(turned), rate)


def forward(body: Body) -> jax.Array:
    """Return where the body looks: its x axis [3] in the map."""
    ahead = jnp.zeros_like(body.position).at[0].set(1.0)
    return quaternion.rotate(body.attitude, ahead)
