# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a vehicle that obeys one more command can still stop before it touches anything.

A control barrier function h(x) >= 0 marks the states from which a stop without contact is left
(Ames et al., "Control Barrier Functions: Theory and Applications", ECC 2019). Here it is the one
of a *backup manoeuvre*:

    h(x) = min over t of clearance(x(t)) - margin,   x(t) flown by the backup manoeuvre from x

A command u may be flown for one period if h of the state after it is not negative. Then there is
always a command left that may be flown: the manoeuvre's own. All of it is flown in the full model
of the vehicle, so attitude lag, thrust and tilt limits are in it, and no braking distance is
guessed.

There are several manoeuvres, all of which end at rest: to brake is to decelerate half as
hard again as the body is told to; the direction is turned by a constant angle against the
velocity, since past a corner a vehicle stops better in a curve. For states from which no manoeuvre
keeps the margin, the command held for a while longer is a way out, too: the best of all ways is
taken, so that clearance does not get worse by the filter than it would have got without. Without a
stop at the end of what is looked at, the way that a stop still takes counts as lost.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.control.rollout import Components, Motion, advance, start
from live_mvp_ros.control.surroundings import CostMap, clearance_in
from live_mvp_ros.control.tables import Table
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, QuadrotorState
from live_mvp_ros.vehicle.guard import GRAVITY_M_S2, LEAST_LIFT

PERIOD_S = 0.05
"""A command is taken to be flown for so long: no controller here is slower."""
STOPPING_STEPS = 24
"""Moments of ``PERIOD_S`` that are looked at: a stop from 3 m/s, out of a lean."""
HARDER = 1.5
"""So much harder than the body is told to brake the filter does: nobody else has braked before."""
_SUBSTEPS = 2  # one is too coarse for a rate loop of 0.05 s, and for passing an edge
_TURNS_RAD = (0.0, 0.6, -0.6, 1.05, -1.05)
_HELD_STEPS = 5  # longer, and too little would be left of the moments to stop in
# Each way out: for how many periods the command is held, and then the turn of the braking.
_WAYS = (
    *((0, turn) for turn in _TURNS_RAD),
    *((1, turn) for turn in _TURNS_RAD),
    *((held, 0.0) for held in range(2, _HELD_STEPS + 1)),
)
_HELD = np.array([held for held, _ in _WAYS])
_TURN = np.array([turn for _, turn in _WAYS], np.float32)
_NOW, _ONCE = _HELD == 0, _HELD == 1


class Verdict(NamedTuple):
    """What the barrier says of a command."""

    command: jax.Array
    """[4] N and rad/s, the command or a braking one."""
    replaced: jax.Array
    """Whether it is a braking one."""
    least_m: jax.Array
    """Least clearance of the way out that is taken."""
    certain: jax.Array
    """Whether that is at least the margin whatever is commanded next."""


def judge_command(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    state: QuadrotorState,
    command: jax.Array,
    costmap: CostMap,
    margin_m: jax.Array | float,
) -> Verdict:
    """Return the command if a stop is left after it, else the braking that keeps farthest away.

    Args:
        body: how hard it is told to brake.
        vehicle: physical constants and limits.
        state: of one vehicle, finite.
        command: [4] thrust [N] and body rates [rad/s] within the limits.
        costmap: clearances.
        margin_m: least clearance of the centre.
    """
    least_m, first = _ways_out(body, vehicle, state, command, costmap.clearance)
    once = jnp.max(jnp.where(_ONCE, least_m, -jnp.inf))
    braking = jnp.argmax(jnp.where(_NOW, least_m, -jnp.inf))
    passes, stops = once >= margin_m, least_m[braking] >= margin_m
    # Where nothing keeps the margin, the command may be the least evil; it must be the better one.
    kept = passes | (~stops & (jnp.max(jnp.where(_NOW, -jnp.inf, least_m)) > least_m[braking]))
    taken_m = jnp.where(kept, jnp.max(least_m), least_m[braking])
    taken_m = jnp.where(passes, once, taken_m)
    return Verdict(jnp.where(kept, command, first[:, braking]), ~kept, taken_m, passes | stops)


def _ways_out(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    state: QuadrotorState,
    command: jax.Array,
    table: Table,
) -> tuple[jax.Array, jax.Array]:
    """Return the least clearance [K] of each way, and the first command [4, K] of its braking."""
    held, turn = jnp.asarray(_HELD), jnp.asarray(_TURN)
    turned = (jnp.cos(turn), jnp.sin(turn))

    def step(
        carry: tuple[Motion, jax.Array], h: jax.Array
    ) -> tuple[tuple[Motion, jax.Array], None]:
        motion, least_m = carry
        braking = _braking(body, vehicle, motion, turned)
        flown = tuple(
            jnp.where(h < held, asked, own) for asked, own in zip(command, braking, strict=True)
        )
        for _ in range(_SUBSTEPS):
            motion = advance(vehicle, motion, flown, PERIOD_S / _SUBSTEPS)
            here = clearance_in(table, motion.position[0], motion.position[1])
            least_m = jnp.minimum(least_m, here)
        return (motion, least_m), None

    motion = start(state, len(_WAYS))
    first = jnp.stack(_braking(body, vehicle, motion, turned))
    begin = motion, jnp.full(len(_WAYS), jnp.inf)
    (motion, least_m), _ = jax.lax.scan(step, begin, jnp.arange(STOPPING_STEPS))
    x, y, _ = motion.position
    left_m = clearance_in(table, x, y) - _stopping_m(body, vehicle, motion, turned[0])
    return jnp.minimum(least_m, left_m), first


def _stopping_m(
    body: BodyConfig, vehicle: QuadrotorConfig, motion: Motion, along: jax.Array
) -> jax.Array:
    """Return how far [K] a vehicle still gets until it rests: clearance changes by no more."""
    speed = jnp.sqrt(motion.velocity[0] ** 2 + motion.velocity[1] ** 2)
    hard = HARDER * body.acceleration_max_m_s2
    soft = hard / vehicle.velocity_gain_per_s  # slower: braking fades out
    hard_m = 0.5 * jnp.maximum(speed**2 - soft**2, 0.0) / hard
    return (hard_m + jnp.minimum(speed, soft) / vehicle.velocity_gain_per_s) / along


def _braking(
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    motion: Motion,
    turned: tuple[jax.Array, jax.Array],
) -> Components:
    """Return the four command components [K] of vehicles that brake, see ``tracking.accelerate``.

    The heading is left alone: to turn does not help to stop.
    """
    hard = HARDER * body.acceleration_max_m_s2
    vx, vy, vz = motion.velocity
    fast = jnp.sqrt(vx**2 + vy**2 + vz**2 + 1e-12)
    # a curve ends straight: close to rest the direction of a velocity is nothing to turn against
    curved = jnp.minimum(vehicle.velocity_gain_per_s * fast / hard, 1.0)
    cos, sin = 1.0 - (1.0 - turned[0]) * curved, turned[1] * curved
    gain = jnp.minimum(vehicle.velocity_gain_per_s, hard / fast)
    ax, ay = -gain * (cos * vx - sin * vy), -gain * (sin * vx + cos * vy)
    az = jnp.maximum(GRAVITY_M_S2 - gain * vz, LEAST_LIFT * GRAVITY_M_S2)
    w, x, y, z = motion.attitude
    # the force in the body frame: rotated by the inverse attitude
    bx = (1 - 2 * (y * y + z * z)) * ax + 2 * (x * y + w * z) * ay + 2 * (x * z - w * y) * az
    by = 2 * (x * y - w * z) * ax + (1 - 2 * (x * x + z * z)) * ay + 2 * (y * z + w * x) * az
    bz = 2 * (x * z + w * y) * ax + 2 * (y * z - w * x) * ay + (1 - 2 * (x * x + y * y)) * az
    across = jnp.sqrt(bx**2 + by**2 + 1e-12)
    rate = vehicle.attitude_gain_per_s * jnp.arctan2(across, bz) / across
    limit = vehicle.body_rate_max_rad_s
    thrust_max = vehicle.thrust_ratio_max * vehicle.mass_kg * GRAVITY_M_S2
    thrust = jnp.clip(vehicle.mass_kg * bz, 0.0, thrust_max)
    roll, pitch = jnp.clip(-rate * by, -limit, limit), jnp.clip(rate * bx, -limit, limit)
    return thrust, roll, pitch, jnp.zeros_like(roll)
