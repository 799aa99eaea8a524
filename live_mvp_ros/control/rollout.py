# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many vehicles at once, each component an array of its own: the model inside the optimiser.

``advance`` is ``vehicle.rk4_step`` rewritten for speed, the same numbers up to rounding. All but
the attitude is linear in what drives it, so the four stages of the Runge-Kutta method become
weights that are known before anything is flown: body rates approach their command, velocity and
position sum the lift of the four attitudes. Components are separate arrays [K] because compilers
for CPUs vectorise over those; a stacked [13, K] costs twice as much.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.vehicle import QuadrotorConfig, QuadrotorState
from live_mvp_ros.vehicle.quadrotor import GRAVITY_M_S2

T = TypeVar("T")
Components = tuple[jax.Array, ...]


class Motion(NamedTuple):
    """State of K vehicles, as ``QuadrotorState`` but with one array [K] per component."""

    position: Components
    velocity: Components
    attitude: Components
    body_rates: Components


def start(vehicle: QuadrotorState, samples: int) -> Motion:
    """Return ``samples`` vehicles in one state."""
    return Motion(
        *(tuple(jnp.broadcast_to(component, samples) for component in field) for field in vehicle)
    )


def advance(
    config: QuadrotorConfig,
    motion: Motion,
    command: Components,
    dt_s: float,
    disturbance_m_s2: jax.Array | None = None,
) -> Motion:
    """Return the motion ``dt_s`` later, the command (thrust, three body rates) held.

    A disturbance [3] is what accelerates the vehicles besides, map frame.
    """
    lags_s = (config.rate_time_constant_s, config.rate_time_constant_s, config.yaw_time_constant_s)
    shares = zip(*(_approach(lag_s, dt_s) for lag_s in lags_s), strict=True)
    rates = [
        tuple(w + s * (c - w) for w, c, s in zip(motion.body_rates, command[1:], of, strict=True))
        for of in shares
    ]
    attitudes, attitude = _turned(motion.attitude, rates, dt_s)
    lifts = [_body_z(q) for q in attitudes]
    per_mass = command[0] * (1.0 / config.mass_kg)
    gravity = (0.0, 0.0, GRAVITY_M_S2)
    *_, now, travelled = _stages(config.drag_per_s, dt_s)

    def integrated(weights: np.ndarray, axis: int) -> jax.Array:
        used = [(float(w), lift[axis]) for w, lift in zip(weights[1:], lifts, strict=True) if w]
        lift = sum(weight * value for weight, value in used)
        constant = float(sum(weights[1:]))
        driven = (
            float(weights[0]) * motion.velocity[axis] + per_mass * lift - constant * gravity[axis]
        )
        if disturbance_m_s2 is None:
            return driven
        return driven + constant * disturbance_m_s2[axis]

    velocity = tuple(integrated(now, axis) for axis in range(3))
    position = tuple(p + integrated(travelled, axis) for axis, p in enumerate(motion.position))
    # without it every component that uses them works them out anew
    return computed_here(Motion(position, velocity, attitude, rates[4]))


def trajectory(
    config: QuadrotorConfig,
    vehicle: QuadrotorState,
    commands: jax.Array,
    dt_s: float,
    disturbance_m_s2: jax.Array | None = None,
) -> jax.Array:
    """Return the positions [H, 3, K] after each of the commands [H, 4, K]."""

    def step(motion: Motion, command: jax.Array) -> tuple[Motion, jax.Array]:
        after = advance(config, motion, tuple(command), dt_s, disturbance_m_s2)
        return after, jnp.stack(after.position)

    return jax.lax.scan(step, start(vehicle, commands.shape[-1]), commands)[1]


def _stages(decay_per_s: float, dt_s: float) -> np.ndarray:
    """Return the stages of a Runge-Kutta step of x' = a - decay x as weights of (x, a_1 ... a_4).

    Rows 0 to 3 are x at the four stages, row 4 is x at the end of the step and row 5 the integral
    of x over it.
    """
    x, *drives = np.eye(5)
    at = [x]
    for drive, step in zip(drives[:3], (0.5, 0.5, 1.0), strict=True):
        at.append(x + step * dt_s * (drive - decay_per_s * at[-1]))
    slopes = [drive - decay_per_s * stage for drive, stage in zip(drives, at, strict=True)]
    mean = np.array([1.0, 2.0, 2.0, 1.0]) / 6.0
    return np.stack([*at, x + dt_s * (mean @ np.stack(slopes)), dt_s * (mean @ np.stack(at))])


def _approach(time_constant_s: float, dt_s: float) -> list[float]:
    """Return how far a body rate has come to its command at the four stages and at the end."""
    return [float(1.0 - stage[0]) for stage in _stages(1.0 / time_constant_s, dt_s)[:5]]


def _turned(
    first: Components, rates: list[Components], dt_s: float
) -> tuple[list[Components], Components]:
    """Return the attitudes of the four stages and the unit one at the end of the step."""
    stages = [first]
    for rate, step in zip(rates[:3], (0.25, 0.25, 0.5), strict=True):
        slope = _spin(stages[-1], rate)
        stages.append(
            computed_here(tuple(a + step * dt_s * s for a, s in zip(first, slope, strict=True)))
        )
    # With stage 2 = 1 + dt/2 k_1 and so on, the weighted mean of the slopes needs only the last.
    last = _spin(stages[3], rates[3])
    end = tuple(
        (b + 2.0 * c + d - a) * (1.0 / 3.0) + (dt_s / 12.0) * s
        for a, b, c, d, s in zip(*stages, last, strict=True)
    )
    end = computed_here(end)
    scale = jax.lax.rsqrt(sum(component * component for component in end))
    return stages, tuple(component * scale for component in end)


def _spin(attitude: Components, rates: Components) -> Components:
    """Return q * (0, rates), twice the rate of change of an attitude q."""
    w, x, y, z = attitude
    p, q, r = rates
    return (
        -x * p - y * q - z * r,
        w * p + y * r - z * q,
        w * q - x * r + z * p,
        w * r + x * q - y * p,
    )


def _body_z(attitude: Components) -> Components:
    """Return the body's z axis in the map frame."""
    w, x, y, z = attitude
    return 2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)
