# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a real vehicle suffers and its model leaves out: wind, drag, motors that lag, wrong masses.

    T' = ((1 + e_T) T_cmd - T) / tau_m                                motors
    v' = (R(q) [0, 0, T/m] - (k + k_0) (v - w)) / (1 + e_m) - [0, 0, g]
    w  = w_0 + u,   u' = -u / tau_u + white noise                     wind and gusts

with m and k_0 the mass and the drag of ``QuadrotorConfig``, which is what the controller believes.
Drag is relative to the air, so without drag there is no wind to feel; for small quadrotors it is
0.2 to 0.6 per second (Faessler, Franchi and Scaramuzza, RA-L 2018). Gusts are an
Ornstein-Uhlenbeck process: the spectrum of Dryden for gusts along the way (MIL-F-8785C), here for
all three axes. Up and down they are half as strong: near the ground it has them so.
Map frame (ENU), metres, seconds, newtons.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.config import configuration, parameter, replace
from live_mvp_ros.vehicle.quadrotor import (
    GRAVITY_M_S2,
    QuadrotorConfig,
    QuadrotorState,
    clip_command,
    rk4_step,
    simulate,
)

_VERTICAL_SHARE = 0.5  # of the gusts along the ground


@configuration
class DisturbanceConfig:
    """How a simulated vehicle differs from what its controller believes; not at all by default."""

    wind_m_s: tuple[float, float, float] = parameter(
        default=(0.0, 0.0, 0.0),
        unit="m/s",
        low=-30.0,
        high=30.0,
        help="Velocity of the air, map frame; it acts through drag.",
    )
    gust_sigma_m_s: float = parameter(
        default=0.0,
        unit="m/s",
        low=0.0,
        high=15.0,
        help="Gusts about the wind, 1 sigma per horizontal axis, half of it up and down.",
    )
    gust_time_constant_s: float = parameter(
        default=2.0, unit="s", low=0.05, high=100.0, help="How long a gust lasts."
    )
    drag_per_s: float = parameter(
        default=0.0,
        unit="1/s",
        low=0.0,
        high=10.0,
        help="Linear drag beyond `vehicle.drag_per_s`, unknown to the controller.",
    )
    thrust_error: float = parameter(
        default=0.0,
        low=-0.5,
        high=0.5,
        help="Share by which the thrust is more than what is commanded.",
    )
    mass_error: float = parameter(
        default=0.0,
        low=-0.5,
        high=1.0,
        help="Share by which it is heavier than `vehicle.mass_kg`.",
    )
    motor_time_constant_s: float = parameter(
        default=0.0,
        unit="s",
        low=0.0,
        high=1.0,
        help="Time constant with which the thrust follows its command; 0: at once.",
    )

    @property
    def none(self) -> bool:
        """Whether the vehicle is what its controller believes, in air that stands still."""
        return not (
            any(self.wind_m_s)
            or self.gust_sigma_m_s
            or self.drag_per_s
            or self.thrust_error
            or self.mass_error
            or self.motor_time_constant_s
        )


class DisturbanceState(NamedTuple):
    """What of the disturbances goes on."""

    gust_m_s: jax.Array
    """[3] of the air, beside the steady wind, map frame."""
    thrust_n: jax.Array
    """What the motors give now."""
    key: jax.Array


def init(config: DisturbanceConfig, vehicle: QuadrotorConfig, key: jax.Array) -> DisturbanceState:
    """Return the state of a vehicle that hovers as the air begins to move."""
    weight_n = (1.0 + config.mass_error) * vehicle.mass_kg * GRAVITY_M_S2
    return DisturbanceState(jnp.zeros(3), jnp.float32(weight_n), key)


def step(
    config: DisturbanceConfig,
    vehicle: QuadrotorConfig,
    state: DisturbanceState,
    flown: QuadrotorState,
    command: jax.Array,
    dt_s: jax.Array | float,
    substeps: int,
) -> tuple[DisturbanceState, QuadrotorState]:
    """Return the disturbances and the vehicle ``dt_s`` later; jittable.

    Without disturbances it is ``vehicle.simulate``.

    Args:
        config: what is disturbed.
        vehicle: what the controller believes.
        state: from the step before.
        flown: where the vehicle truly is.
        command: [4] thrust [N] and body rates [rad/s], clipped and held.
        dt_s: the air moves alike for so long.
        substeps: of the Runge-Kutta method (static).
    """
    if config.none:
        return state, simulate(vehicle, flown, command, dt_s, substeps)
    key, gust_key = jax.random.split(state.key)
    gust_m_s = _next_gust(config, state.gust_m_s, gust_key, dt_s)
    air_m_s = jnp.asarray(config.wind_m_s) + gust_m_s
    true, h = _true_vehicle(config, vehicle), dt_s / substeps
    command = clip_command(vehicle, command)
    aimed_n = (1.0 + config.thrust_error) * command[0]

    def substep(
        _: jax.Array, now: tuple[jax.Array, QuadrotorState]
    ) -> tuple[jax.Array, QuadrotorState]:
        thrust_n, body = now
        thrust_n, mean_n = _spin_up(config, thrust_n, aimed_n, h)
        # drag is that of a vehicle which flies in air that stands still: of one seen from the air
        seen = body._replace(velocity=body.velocity - air_m_s)
        seen = rk4_step(true, seen, command.at[0].set(mean_n), h)
        return thrust_n, seen._replace(
            position=seen.position + h * air_m_s, velocity=seen.velocity + air_m_s
        )

    thrust_n, after = jax.lax.fori_loop(0, substeps, substep, (state.thrust_n, flown))
    return DisturbanceState(gust_m_s, thrust_n, key), after


def push(
    config: DisturbanceConfig,
    vehicle: QuadrotorConfig,
    state: DisturbanceState,
    flown: QuadrotorState,
) -> jax.Array | None:
    """Return what a hover must be told [3], m/s^2, map frame; None without disturbances.

    It is the acceleration beyond the model of who commands the thrust that the vehicle then needs.
    """
    if config.none:
        return None
    lift = (1.0 + config.thrust_error) / (1.0 + config.mass_error)
    wind_m_s = jnp.asarray(config.wind_m_s) + state.gust_m_s
    true = _true_vehicle(config, vehicle)
    drag = true.drag_per_s * (wind_m_s - flown.velocity) + vehicle.drag_per_s * flown.velocity
    weight = jnp.array([0.0, 0.0, GRAVITY_M_S2])
    return weight - (weight - drag) / lift


def _next_gust(
    config: DisturbanceConfig, gust_m_s: jax.Array, key: jax.Array, dt_s: jax.Array | float
) -> jax.Array:
    """Return the gust [3] ``dt_s`` later; the variance stays what it is at any step."""
    kept = jnp.exp(-dt_s / config.gust_time_constant_s)
    sigma = config.gust_sigma_m_s * jnp.array([1.0, 1.0, _VERTICAL_SHARE])
    return kept * gust_m_s + jnp.sqrt(1.0 - kept**2) * sigma * jax.random.normal(key, (3,))


def _true_vehicle(config: DisturbanceConfig, vehicle: QuadrotorConfig) -> QuadrotorConfig:
    """Return the vehicle that is really flown; its drag is a force, which moves a mass less."""
    heavier = 1.0 + config.mass_error
    return replace(
        vehicle,
        mass_kg=heavier * vehicle.mass_kg,
        drag_per_s=(vehicle.drag_per_s + config.drag_per_s) / heavier,
    )


def _spin_up(
    config: DisturbanceConfig, thrust_n: jax.Array, aimed_n: jax.Array, dt_s: jax.Array | float
) -> tuple[jax.Array, jax.Array]:
    """Return the thrust ``dt_s`` later, and its mean until then."""
    if config.motor_time_constant_s == 0.0:
        return aimed_n, aimed_n
    lags = dt_s / config.motor_time_constant_s
    gap_n, left = thrust_n - aimed_n, jnp.exp(-lags)
    return aimed_n + gap_n * left, aimed_n + gap_n * (1.0 - left) / lags
