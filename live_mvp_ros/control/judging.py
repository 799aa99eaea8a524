# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fly all samples through the model and judge them on the way, moment by moment.

The samples' states are used while they are fresh and never stored: a horizon of 30 moments of
1,000 vehicles with 13 components does not fit the nearest cache, one moment does.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.control.costs import TERMS, CostSetup, Moment, Surroundings
from live_mvp_ros.control.rollout import Motion, advance, start
from live_mvp_ros.control.surroundings import clearance_in
from live_mvp_ros.vehicle import QuadrotorState


class Plan(NamedTuple):
    """How the horizon is flown and judged (static)."""

    terms: tuple[str, ...]
    """Names of the cost terms that are summed."""
    step_s: float
    look_stride: int
    """The look term is evaluated at every look_stride-th moment and held between."""
    safe_steps: int
    """Moments, from the first, in which the least clearance is taken."""
    displayed: int
    """How many samples' positions are returned."""


class Judgement(NamedTuple):
    """What became of K samples."""

    cost: jax.Array
    """[K] all terms, integrated over the horizon."""
    clearance_m: jax.Array
    """[K] least clearance of the moments within the safety horizon."""
    shown_m: jax.Array
    """[n, H, 3] positions of some samples, map frame."""


class _Sums(NamedTuple):
    cost: jax.Array
    clearance_m: jax.Array
    look: jax.Array


def judge(
    plan: Plan,
    setup: CostSetup,
    vehicle: QuadrotorState,
    commands: jax.Array,
    surroundings: Surroundings,
    disturbance_m_s2: jax.Array | None = None,
) -> Judgement:
    """Return the cost of flying each of the commands [H, 4, K] from the state of one vehicle.

    A disturbance [3] is what accelerates it besides, map frame.
    """
    steps, _, samples = commands.shape
    every = max(1, samples // plan.displayed)
    terms = [TERMS[name] for name in plan.terms if name != "look"]
    zero = jnp.zeros(samples)

    def moment_at(motion: Motion, command: jax.Array, way_point: jax.Array) -> Moment:
        x, y, _ = motion.position
        # several terms read it, and a lookup is dear
        clearance = computed_here(clearance_in(surroundings.clearance, x, y))
        return Moment(*motion, tuple(command), clearance, way_point)

    def look(moment: Moment, h: jax.Array, before: jax.Array) -> jax.Array:
        if "look" not in plan.terms:
            return before
        return jax.lax.cond(
            h % plan.look_stride == 0,
            lambda: TERMS["look"](setup, moment, surroundings),
            lambda: before,
        )

    def step(
        carry: tuple[Motion, _Sums], at: tuple[jax.Array, jax.Array, jax.Array]
    ) -> tuple[tuple[Motion, _Sums], jax.Array]:
        (motion, sums), (h, command, way_point) = carry, at
        motion = advance(setup.vehicle, motion, tuple(command), plan.step_s, disturbance_m_s2)
        moment = moment_at(motion, command, way_point)
        looked = look(moment, h, sums.look)
        rate = looked + sum(term(setup, moment, surroundings) for term in terms)
        counts = jnp.where(h < plan.safe_steps, moment.clearance_m, jnp.inf)
        sums = _Sums(sums.cost + plan.step_s * rate, jnp.minimum(sums.clearance_m, counts), looked)
        return (motion, sums), jnp.stack([p[::every] for p in motion.position])

    way = aligned_path(
        surroundings.path_m, vehicle.position, plan.step_s * setup.body.cruise_m_s, steps
    )
    first = start(vehicle, samples), _Sums(zero, zero + jnp.inf, zero)
    (_, sums), shown = jax.lax.scan(step, first, (jnp.arange(steps), commands, way))
    shown = jnp.transpose(shown[..., : plan.displayed], (2, 0, 1))
    return Judgement(sums.cost, sums.clearance_m, shown)


def aligned_path(
    path_m: jax.Array, position_m: jax.Array, step_m: jax.Array | float, steps: int
) -> jax.Array:
    """Return the places [steps, 3] on a path for each moment, ``step_m`` apart along it.

    They begin one step beyond the way point nearest to the vehicle, and stay at the end.
    """
    nearest = jnp.argmin(jnp.sum((path_m - position_m) ** 2, axis=1))
    pieces_m = jnp.linalg.norm(jnp.diff(path_m, axis=0), axis=1)
    along_m = jnp.concatenate([jnp.zeros(1), jnp.cumsum(pieces_m)])
    wanted_m = along_m[nearest] + step_m * (1.0 + jnp.arange(steps))
    at = [jnp.interp(wanted_m, along_m, path_m[:, k]) for k in range(path_m.shape[1])]
    return jnp.stack(at, axis=-1)
