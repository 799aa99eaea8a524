# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Watch the progress of an exploration, and climb a ladder of recoveries when there is none.

Progress is new known cells, or coming nearer to the present target: the guidance is a potential,
so it must fall along the flight. A vehicle that makes none, because it cannot get there or does
not see from there what was promised, would try for ever. So time without progress is counted.
Flying to and fro between targets is no progress either: without learning, no more time is granted
than the longest way since takes at the slowest. Each time it runs out the next rung is taken:

1. ANOTHER_TARGET: the surroundings of the target stop being a target until much has been learned
   elsewhere: the way may be open then.
2. BACK_OFF: fly back along the flown path.
3. REPLAN: hover for a moment, then plan with a fresh field: all that was set aside counts again.
4. GIVE_UP: the surroundings of the target stop being a target for good.

Learning puts the vehicle back before the first rung. At the top it stays at the fourth, so that a
mission with nothing but bad targets ends soon: every time takes targets away for good.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.vehicle import BodyConfig

LEARNING_CELLS = 5  # fewer new cells between two steps are noise at the edges of the map
GIVE_UP_RADIUS_M = 0.75
"""Cells this near to a target are set aside or given up with it: a little more than the default
body is wide, since the place beside it shows no more."""
BACK_OFF_M = 1.5
"""How far to fly back along the flown path: out of the place that it was stuck in."""
BACK_OFF_S = 4.0
"""How long flying back may take: at half of the speed limit, turning first."""
HOVER_S = 1.0
"""How long to hover to re-plan: several maps and fields."""
RETRY_CELLS = 200
"""After learning so many cells, 2 square metres, targets that were set aside are tried again."""
LONGEST_PATIENCE_S = 600.0
"""For who flies by something else than the guidance: no progress towards it means nothing."""
_APPROACH_M = 0.2  # coming nearer by less is noise of the flight
_SLOWEST_SHARE = 0.125  # of the speed limit: an average below it is no progress
_USUAL_M_S, _USUAL_RAD_S = 2.0, 1.5  # limits that the patience is meant for
_TRAIL_SPACING_M = 0.25
_TRAIL_POINTS = 64


class Rung(enum.IntEnum):
    """What was done about a lack of progress."""

    NONE = 0
    ANOTHER_TARGET = 1
    BACK_OFF = 2
    REPLAN = 3
    GIVE_UP = 4


@configuration
class ProgressConfig:
    """How long the watch waits."""

    patience_s: float = parameter(
        default=6.0,
        unit="s",
        low=0.5,
        high=LONGEST_PATIENCE_S,
        live=True,
        help="Time without progress after which the next rung of the ladder is taken; slower "
        "vehicles than one of 2 m/s and 1.5 rad/s get more in proportion.",
    )


class Progress(NamedTuple):
    """What the watch remembers."""

    idle_s: jax.Array
    """Time without progress."""
    barren_s: jax.Array
    """Time since something was learned, or since the last rung."""
    nearest_m: jax.Array
    """Least potential since the target has been this one."""
    farthest_m: jax.Array
    """Largest potential since ``barren_s`` counts."""
    target_m: jax.Array
    """[2] the target of the previous step."""
    to_goal: jax.Array
    """Whether that was the goal."""
    known_cells: jax.Array
    """Known cells at the previous step."""
    known_at_set_aside: jax.Array
    """Known cells when a target was last set aside."""
    rung: jax.Array
    """The rung taken last since something was learned."""
    taken: jax.Array
    """[4] how often each rung was taken."""
    manoeuvre_m: jax.Array
    """[2] where a recovery leads."""
    manoeuvre_s: jax.Array
    """For how long it still does; 0 = no recovery under way."""
    trail_m: jax.Array
    """[n, 2] the flown path, newest first."""
    set_aside: jax.Array
    """[nx, ny] bool, cells that are no target for now."""
    given_up: jax.Array
    """[nx, ny] bool, cells that are no target any more."""
    goal_given_up: jax.Array
    """Whether the way to the goal was given up."""


def init(spec: GridSpec) -> Progress:
    """Return the watch before the first step."""
    zero, none = jnp.float32(0.0), jnp.int32(0)
    return Progress(
        idle_s=zero,
        barren_s=zero,
        nearest_m=jnp.float32(jnp.inf),
        farthest_m=zero,
        target_m=jnp.full(2, jnp.inf, jnp.float32),
        to_goal=jnp.array(False),
        known_cells=none,
        known_at_set_aside=none,
        rung=none,
        taken=jnp.zeros(4, jnp.int32),
        manoeuvre_m=jnp.zeros(2),
        manoeuvre_s=zero,
        trail_m=jnp.full((_TRAIL_POINTS, 2), jnp.inf, jnp.float32),
        set_aside=jnp.zeros(spec.shape, bool),
        given_up=jnp.zeros(spec.shape, bool),
        goal_given_up=jnp.array(False),
    )


def observe(state: Progress, known: jax.Array, xy: jax.Array, dt_s: jax.Array) -> Progress:
    """Return the watch after ``dt_s`` more seconds of flight.

    Args:
        state: before.
        known: [nx, ny] bool, the map now.
        xy: [2] m, the vehicle.
        dt_s: 0 while the vehicle holds on purpose: then no time counts.
    """
    cells = jnp.sum(known, dtype=jnp.int32)
    learning = cells - state.known_cells >= LEARNING_CELLS
    fresh = cells - state.known_at_set_aside >= RETRY_CELLS
    moved = ~(jnp.sum((xy - state.trail_m[0]) ** 2) < _TRAIL_SPACING_M**2)
    longer = jnp.concatenate([xy[None], state.trail_m[:-1]])
    longer = jnp.where(jnp.isfinite(longer), longer, xy)
    return state._replace(
        idle_s=jnp.where(learning, 0.0, state.idle_s + dt_s),
        barren_s=jnp.where(learning, 0.0, state.barren_s + dt_s),
        farthest_m=jnp.where(learning, 0.0, state.farthest_m),
        known_cells=cells,
        rung=jnp.where(learning, 0, state.rung),
        manoeuvre_s=jnp.where(learning, 0.0, jnp.maximum(state.manoeuvre_s - dt_s, 0.0)),
        trail_m=jnp.where(moved, longer, state.trail_m),
        set_aside=state.set_aside & ~fresh,
    )


def judge(
    config: ProgressConfig,
    body: BodyConfig,
    state: Progress,
    potential_m: jax.Array,
    target_m: jax.Array,
    around_target: jax.Array,
    arrived: jax.Array,
    to_goal: jax.Array,
) -> Progress:
    """Take the next rung if there was no progress for too long.

    Args:
        config: patience.
        body: how fast it flies and turns.
        state: from ``observe``.
        potential_m: minus the guidance at the vehicle.
        target_m: [2] where the guidance leads.
        around_target: [nx, ny] bool, cells within ``GIVE_UP_RADIUS_M`` of the present target.
        arrived: whether the vehicle is there: then neither flying back nor a fresh field helps.
        to_goal: whether the goal is the target: it cannot be exchanged for another.
    """
    slow = slowness_of(body)
    now = _counted(state, potential_m, target_m, to_goal)
    late = _late(config.patience_s * slow, body, now)
    following = _following(now.rung, arrived, to_goal)
    rung = jnp.where(late, following, Rung.NONE)
    place_m, lasts_s = _recovery(now.trail_m, rung, slow)
    sets_aside, gives_up = rung == Rung.ANOTHER_TARGET, rung == Rung.GIVE_UP
    return now._replace(
        idle_s=jnp.where(late, 0.0, now.idle_s),
        barren_s=jnp.where(late, 0.0, now.barren_s),
        nearest_m=jnp.where(late, jnp.inf, now.nearest_m),
        known_at_set_aside=jnp.where(sets_aside, now.known_cells, now.known_at_set_aside),
        rung=jnp.where(late, following, now.rung),
        taken=now.taken + (jnp.arange(1, 5) == rung),
        manoeuvre_m=jnp.where(late, place_m, now.manoeuvre_m),
        manoeuvre_s=jnp.where(late, lasts_s, now.manoeuvre_s),
        set_aside=(now.set_aside | (around_target & sets_aside)) & ~(rung == Rung.REPLAN),
        given_up=now.given_up | (around_target & gives_up & ~to_goal),
        goal_given_up=now.goal_given_up | (gives_up & to_goal),
    )


def _counted(
    state: Progress, potential_m: jax.Array, target_m: jax.Array, to_goal: jax.Array
) -> Progress:
    """Return the watch with the time that still counts, and the potentials since it does."""
    busy = state.manoeuvre_s > 0.0
    turned_to_goal = to_goal & ~state.to_goal
    same = jnp.sum((target_m - state.target_m) ** 2) <= GIVE_UP_RADIUS_M**2
    nearest_m = jnp.where(same & ~turned_to_goal, state.nearest_m, potential_m)
    nearer = potential_m < nearest_m - _APPROACH_M
    rests = nearer | busy | turned_to_goal
    barren_s = jnp.where(busy | turned_to_goal, 0.0, state.barren_s)
    farthest_m = jnp.maximum(jnp.where(barren_s > 0.0, state.farthest_m, 0.0), potential_m)
    return state._replace(
        idle_s=jnp.where(rests, 0.0, state.idle_s),
        barren_s=barren_s,
        nearest_m=jnp.where(nearer, potential_m, nearest_m),
        farthest_m=farthest_m,
        target_m=target_m,
        to_goal=to_goal,
        rung=jnp.where(turned_to_goal, Rung.NONE, state.rung),
    )


def _late(patience_s: jax.Array, body: BodyConfig, now: Progress) -> jax.Array:
    """Return whether there was no progress, or nothing was learned, for too long."""
    longest_s = patience_s + now.farthest_m / slowest_m_s(body)
    return (now.idle_s > patience_s) | (now.barren_s > longest_s)


def _following(rung: jax.Array, arrived: jax.Array, to_goal: jax.Array) -> jax.Array:
    """Return the rung after one: the last, for who has arrived and has tried another target."""
    first = jnp.where(to_goal, Rung.BACK_OFF, Rung.ANOTHER_TARGET)
    following = jnp.clip(rung + 1, first, Rung.GIVE_UP)
    return jnp.where(arrived & (rung > Rung.NONE), Rung.GIVE_UP, following)


def _recovery(trail_m: jax.Array, rung: jax.Array, slow: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return where the recovery of a rung leads [2], and for how long; 0 s if it has none."""
    back = jnp.minimum(jnp.int32(BACK_OFF_M / _TRAIL_SPACING_M), _TRAIL_POINTS - 1)
    place_m = trail_m[jnp.where(rung == Rung.BACK_OFF, back, 0)]
    lasts_s = jnp.where(rung == Rung.BACK_OFF, slow * BACK_OFF_S, 0.0)
    return place_m, jnp.where(rung == Rung.REPLAN, HOVER_S, lasts_s)


def slowness_of(body: BodyConfig) -> jax.Array:
    """Return how many times the usual time a vehicle needs to fly or to turn; at least 1."""
    flying, turning = body.speed_max_m_s / _USUAL_M_S, body.yaw_rate_max_rad_s / _USUAL_RAD_S
    return 1.0 / jnp.minimum(1.0, jnp.minimum(flying, turning))


def slowest_m_s(body: BodyConfig) -> jax.Array | float:
    """Return the average speed [m/s] on a way below which there is no progress."""
    return _SLOWEST_SHARE * body.speed_max_m_s


def starts_afresh(before: Progress, after: Progress) -> jax.Array:
    """Return whether the vehicle has just begun to re-plan: patience with cells starts anew."""
    return after.taken[Rung.REPLAN - 1] > before.taken[Rung.REPLAN - 1]
