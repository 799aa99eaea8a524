# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the model does not know: where the vehicle is by now, and what pushes it.

Odometry is old when it comes, and a command acts later still. Until then the vehicle flies by the
commands that were sent before, which are known: ``predicted`` flies them.

What really accelerates it is more than the model says: wind, drag, a thrust or a mass that is not
the nominal one. A disturbance observer finds the rest d in what becomes of the velocity v,

    v^' = T/m R(q) e_z - g e_z - k v + d^ + L1 (v - v^),     d^' = L2 (v - v^)

(Ohnishi, Shibata and Murakami, IEEE/ASME Trans. Mechatronics 1996; in steps it is the critically
damped alpha-beta filter). It takes the attitude as it was measured and the thrust that acted, not
what the controller wanted: so what it finds does not depend on how the controller uses it, and
feeding it forward cannot make it unstable. Both poles lie at one time constant; what is found is
bounded, and too little to matter is nothing: then flights are those of a perfect model.
Map frame, metres, seconds.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.control.tracking import limit_norm
from live_mvp_ros.vehicle import QuadrotorConfig, QuadrotorState, hover_command, rk4_step
from live_mvp_ros.vehicle.quadrotor import GRAVITY_M_S2

QUIET_M_S2 = 0.02
"""Less than this is nothing: it is 0.2 % of the weight, and moves a hover by 3 mm."""
LONGEST_GAP_S = 0.15
"""After more than this without odometry nobody knows what was flown meanwhile."""
_KEPT_COMMANDS = 12  # 0.24 s at 50 Hz: as old as odometry and command may be together


@configuration
class ObserverConfig:
    """How disturbances are found."""

    time_constant_s: float = parameter(
        default=0.1,
        unit="s",
        low=0.02,
        high=10.0,
        help="Time in which disturbances are found; noise of the velocity counts less if longer.",
    )
    acceleration_max_m_s2: float = parameter(
        default=3.0,
        unit="m/s^2",
        low=0.0,
        high=20.0,
        help="No disturbance is taken for stronger; 0: there are none.",
    )


class ObserverState(NamedTuple):
    """What was sent, and what became of it."""

    commands: jax.Array
    """[n, 4] sent before, the last one first."""
    since_s: jax.Array
    """[n] how long ago the planning of each began, at the beginning of the present one."""
    vehicle: QuadrotorState
    """As the odometry before had it."""
    age_s: jax.Array
    """How old that was when it was planned from."""
    seen: jax.Array
    """Whether there was one."""
    velocity_m_s: jax.Array
    """[3] as the observer has it."""
    acceleration_m_s2: jax.Array
    """[3] what it finds beyond the model."""


def init(vehicle: QuadrotorConfig) -> ObserverState:
    """Return the state of who has hovered so far, and seen nothing."""
    zero = jnp.zeros(3)
    return ObserverState(
        jnp.tile(hover_command(vehicle), (_KEPT_COMMANDS, 1)),
        jnp.zeros(_KEPT_COMMANDS),
        QuadrotorState(zero, zero, quaternion.identity(), zero),
        jnp.float32(0.0),
        jnp.array(False),
        zero,
        zero,
    )


def sent(state: ObserverState, command: jax.Array) -> ObserverState:
    """Return the state after a command [4] was sent."""
    return state._replace(
        commands=jnp.concatenate([command[None], state.commands[:-1]]),
        since_s=jnp.concatenate([jnp.zeros(1), state.since_s[:-1]]),
    )


def disturbance(state: ObserverState) -> jax.Array:
    """Return what to reckon with: an acceleration [3] that the model does not know."""
    found = state.acceleration_m_s2
    return jnp.where(jnp.linalg.norm(found) < QUIET_M_S2, jnp.zeros(3), found)


def observe(
    config: ObserverConfig,
    vehicle: QuadrotorConfig,
    latency_s: jax.Array | float,
    state: ObserverState,
    report: QuadrotorState,
    elapsed_s: jax.Array | float,
    age_s: jax.Array | float,
) -> ObserverState:
    """Return the state that knows one more odometry; jittable.

    Args:
        config: of the observer.
        vehicle: as it is believed to be.
        latency_s: from the beginning of a planning until its command acts.
        state: before.
        report: the odometry; one that is not finite teaches nothing.
        elapsed_s: since the planning before began; what is not positive is taken for nothing.
        age_s: of the odometry as planning begins.
    """
    elapsed_s = jnp.where(elapsed_s > 0.0, elapsed_s, 0.0)  # nor where it is NaN
    age_s = jnp.where(age_s > 0.0, age_s, 0.0)
    state = state._replace(since_s=state.since_s + elapsed_s)
    between_s = elapsed_s + state.age_s - age_s  # the stamps of the two reports
    finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in report]))
    learns = finite & state.seen & (between_s > 0.0) & (between_s <= LONGEST_GAP_S)
    again = state.seen & (between_s <= 0.0)  # the same report, or an older one
    dt_s = jnp.where(learns, between_s, 1.0)
    thrust_n = _acting_thrust(state, latency_s, -age_s - dt_s, -age_s)
    velocity, acceleration = _corrected(config, vehicle, state, report, thrust_n, dt_s)
    takes = finite & ~again

    def chosen(learned: jax.Array, started: jax.Array, before: jax.Array) -> jax.Array:
        return jnp.where(learns, learned, jnp.where(takes, started, before))

    found = state.acceleration_m_s2
    return state._replace(
        vehicle=jax.tree.map(lambda new, old: jnp.where(takes, new, old), report, state.vehicle),
        age_s=jnp.where(takes, age_s, state.age_s + elapsed_s),
        seen=state.seen | takes,
        velocity_m_s=chosen(velocity, report.velocity, state.velocity_m_s),
        acceleration_m_s2=chosen(acceleration, found, found),
    )


def predicted(
    vehicle: QuadrotorConfig,
    latency_s: jax.Array | float,
    state: ObserverState,
    report: QuadrotorState,
    age_s: jax.Array | float,
) -> QuadrotorState:
    """Return where the vehicle is when the next command acts.

    Args:
        vehicle: as it is believed to be.
        latency_s: from the beginning of a planning until its command acts.
        state: that knows the report.
        report: the odometry.
        age_s: of it as planning begins.
    """
    push, span_s = disturbance(state), latency_s + jnp.where(age_s > 0.0, age_s, 0.0)
    until_s = jnp.minimum(state.since_s, span_s).at[-1].set(span_s)
    lasts_s = jnp.diff(until_s, prepend=0.0)

    def fly(
        now: QuadrotorState, sent_before: tuple[jax.Array, jax.Array]
    ) -> tuple[QuadrotorState, None]:
        command, dt_s = sent_before
        after = rk4_step(vehicle, now, command, dt_s, push)
        return jax.tree.map(lambda a, b: jnp.where(dt_s > 0.0, a, b), after, now), None

    older = state.commands[:0:-1], lasts_s[:0:-1]
    before, _ = jax.lax.scan(fly, report, older)
    return rk4_step(vehicle, before, state.commands[0], lasts_s[0], push)


def _acting_thrust(
    state: ObserverState,
    latency_s: jax.Array | float,
    begin_s: jax.Array,
    end_s: jax.Array,
) -> jax.Array:
    """Return the mean thrust [N] that acted between two times before the present planning."""
    began_s = jnp.clip(latency_s - state.since_s, begin_s, end_s).at[-1].set(begin_s)
    ended_s = jnp.concatenate([end_s[None], began_s[:-1]])
    return jnp.sum((ended_s - began_s) * state.commands[:, 0]) / (end_s - begin_s)


def _corrected(
    config: ObserverConfig,
    vehicle: QuadrotorConfig,
    state: ObserverState,
    report: QuadrotorState,
    thrust_n: jax.Array,
    dt_s: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Return the velocity [3] and the disturbance [3] after ``dt_s`` that end in a report."""
    axis = _mean_axis(state.vehicle, report, dt_s)
    drag = vehicle.drag_per_s * 0.5 * (state.vehicle.velocity + report.velocity)
    known = (thrust_n / vehicle.mass_kg) * axis - drag
    known = known.at[2].add(-GRAVITY_M_S2)
    foreseen = state.velocity_m_s + dt_s * (known + state.acceleration_m_s2)
    kept = jnp.exp(-dt_s / config.time_constant_s)
    missed = report.velocity - foreseen
    velocity = foreseen + (1.0 - kept**2) * missed
    found = state.acceleration_m_s2 + (1.0 - kept) ** 2 / dt_s * missed
    return velocity, limit_norm(found, config.acceleration_max_m_s2)


def _mean_axis(before: QuadrotorState, after: QuadrotorState, dt_s: jax.Array) -> jax.Array:
    """Return the mean [3] of the thrust axis, by its values and slopes at both ends.

    It is the trapezoidal rule with the correction of Euler and Maclaurin, exact for cubics.
    """
    (first, rise), (last, fall) = _axis(before), _axis(after)
    return 0.5 * (first + last) + (dt_s / 12.0) * (rise - fall)


def _axis(state: QuadrotorState) -> tuple[jax.Array, jax.Array]:
    """Return the thrust axis [3] in the map frame, and its rate of change [3]."""
    p, q, _ = state.body_rates
    up = quaternion.rotate(state.attitude, jnp.array([0.0, 0.0, 1.0]))
    return up, quaternion.rotate(state.attitude, jnp.stack([q, -p, jnp.zeros_like(p)]))
