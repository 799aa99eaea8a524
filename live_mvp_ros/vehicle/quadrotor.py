# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rigid quadrotor with a first-order body-rate loop, 13 states.

    p' = v
    v' = R(q) [0, 0, T/m] - [0, 0, g] - drag v
    q' = 1/2 q * (0, w)
    w' = (w_cmd - w) / tau          tau about z is another one than about x and y

Position and velocity in the map frame (ENU), q = (w, x, y, z) turns body (FLU) into map, w in the
body frame. The command is [T, w_x, w_y, w_z]: collective thrust [N] along body +z and body rates
[rad/s]. Components are the first axis and samples the last: one vehicle is [3], K of them [3, K].
This is the model class of Williams et al., "Information-Theoretic MPC" (ICRA 2017), with the rate
loop of a common autopilot in place of motor dynamics.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2 as GRAVITY_M_S2


@configuration
class QuadrotorConfig:
    """Physical constants and actuator limits of the vehicle."""

    mass_kg: float = parameter(default=1.0, unit="kg", low=0.05, high=100.0, help="Take-off mass.")
    rate_time_constant_s: float = parameter(
        default=0.05,
        unit="s",
        low=0.005,
        high=1.0,
        help="Time constant of the body-rate loop, roll and pitch.",
    )
    yaw_time_constant_s: float = parameter(
        default=0.05,
        unit="s",
        low=0.005,
        high=2.0,
        help="Time constant of the body-rate loop, yaw: motors turn a vehicle slower about z.",
    )
    drag_per_s: float = parameter(
        default=0.0,
        unit="1/s",
        low=0.0,
        high=10.0,
        help="Linear drag: deceleration per unit of velocity.",
    )
    thrust_ratio_max: float = parameter(
        default=4.0,
        low=1.1,
        high=20.0,
        help="Greatest collective thrust, in multiples of the weight.",
    )
    body_rate_max_rad_s: float = parameter(
        default=10.0,
        unit="rad/s",
        low=0.5,
        high=50.0,
        help="Greatest commanded rate about each axis.",
    )

    @property
    def attitude_gain_per_s(self) -> float:
        """Body rate per attitude error: the loop around body rates is slower than theirs."""
        return min(8.0, 0.4 / self.rate_time_constant_s)

    @property
    def velocity_gain_per_s(self) -> float:
        """Acceleration per velocity error: the loop around the attitude is slower still."""
        return 0.625 * self.attitude_gain_per_s

    @property
    def yaw_gain_per_s(self) -> float:
        """Yaw rate per heading error."""
        return min(2.0, 0.4 / self.yaw_time_constant_s)


class QuadrotorState(NamedTuple):
    """State of one vehicle or of a batch (component axis first, sample axis last)."""

    position: jax.Array
    """[3, ...] m, map frame."""
    velocity: jax.Array
    """[3, ...] m/s, map frame."""
    attitude: jax.Array
    """[4, ...] unit quaternion (w, x, y, z), body to map."""
    body_rates: jax.Array
    """[3, ...] rad/s, body frame."""


def at_rest(position: jax.Array, yaw_rad: jax.Array | float = 0.0) -> QuadrotorState:
    """Return a level vehicle at rest at ``position`` [3] (m, map) with a heading."""
    zero = jnp.zeros(3)
    # A Python number would give a weakly typed attitude, and a second compilation of what flies.
    attitude = quaternion.from_yaw(jnp.asarray(yaw_rad, jnp.float32))
    return QuadrotorState(jnp.asarray(position, jnp.float32), zero, attitude, zero)


def hover_command(config: QuadrotorConfig) -> jax.Array:
    """Return the command [4] that keeps a level vehicle where it is."""
    return jnp.array([config.mass_kg * GRAVITY_M_S2, 0.0, 0.0, 0.0])


def clip_command(config: QuadrotorConfig, command: jax.Array) -> jax.Array:
    """Return ``command`` [4, ...] within the actuator limits."""
    thrust_max = config.thrust_ratio_max * config.mass_kg * GRAVITY_M_S2
    rate_max = config.body_rate_max_rad_s
    thrust = jnp.clip(command[:1], 0.0, thrust_max)
    return jnp.concatenate([thrust, jnp.clip(command[1:], -rate_max, rate_max)])


def derivative(
    config: QuadrotorConfig,
    state: QuadrotorState,
    command: jax.Array,
    disturbance_m_s2: jax.Array | None = None,
) -> QuadrotorState:
    """Return the time derivative of ``state`` under ``command`` [4, ...], field by field.

    A disturbance is an acceleration [3, ...] in the map frame beyond what the model knows.
    """
    w, x, y, z = state.attitude
    body_z = jnp.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    acceleration = (command[0] / config.mass_kg) * body_z - config.drag_per_s * state.velocity
    acceleration = acceleration.at[2].add(-GRAVITY_M_S2)
    if disturbance_m_s2 is not None:
        acceleration = acceleration + disturbance_m_s2
    p, q, r = state.body_rates
    attitude_rate = 0.5 * jnp.stack(
        [
            -x * p - y * q - z * r,
            w * p + y * r - z * q,
            w * q - x * r + z * p,
            w * r + x * q - y * p,
        ]
    )
    rate_change = (command[1:] - state.body_rates) / config.rate_time_constant_s
    if config.yaw_time_constant_s != config.rate_time_constant_s:
        slower = config.rate_time_constant_s / config.yaw_time_constant_s
        rate_change = rate_change.at[2].multiply(slower)
    return QuadrotorState(state.velocity, acceleration, attitude_rate, rate_change)


def rk4_step(
    config: QuadrotorConfig,
    state: QuadrotorState,
    command: jax.Array,
    dt_s: jax.Array | float,
    disturbance_m_s2: jax.Array | None = None,
) -> QuadrotorState:
    """Advance by ``dt_s`` with the classical Runge-Kutta method, the command [4, ...] held."""

    def moved(rate: QuadrotorState, dt: jax.Array | float) -> QuadrotorState:
        return jax.tree.map(lambda value, slope: value + dt * slope, state, rate)

    k1 = derivative(config, state, command, disturbance_m_s2)
    k2 = derivative(config, moved(k1, 0.5 * dt_s), command, disturbance_m_s2)
    k3 = derivative(config, moved(k2, 0.5 * dt_s), command, disturbance_m_s2)
    k4 = derivative(config, moved(k3, dt_s), command, disturbance_m_s2)
    mean = jax.tree.map(lambda a, b, c, d: (a + 2.0 * (b + c) + d) / 6.0, k1, k2, k3, k4)
    after = moved(mean, dt_s)
    return after._replace(attitude=quaternion.normalise(after.attitude))


def simulate(
    config: QuadrotorConfig,
    state: QuadrotorState,
    command: jax.Array,
    dt_s: jax.Array | float,
    substeps: int,
) -> QuadrotorState:
    """Advance by ``dt_s`` in ``substeps`` Runge-Kutta steps, the command clipped and held."""
    command = clip_command(config, command)
    h = dt_s / substeps
    return jax.lax.fori_loop(
        0, substeps, lambda _, current: rk4_step(config, current, command, h), state
    )
