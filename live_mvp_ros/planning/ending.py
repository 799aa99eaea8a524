# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When nothing is left: the evidence for it, and the doubts that must be cleared up before.

A mission that is over does not begin again, so it must not end because of one map. Two things keep
it going. *Evidence*: nothing must have been left for several plans in a row and for some seconds.
*Doubt*: something occupied may not be there any more, or never have been. It is looked at again,
from near, before it is believed:

- what was known to be free, is occupied now and stands apart from all that never was free: a
  person who has stopped somewhere;
- what was known to be free, or is occupied by a narrow margin, and blocks the way to other space
  from where something may be seen or where the goal lies: a person in a door.

Both count only when nothing else is left to look at. A doubt that is looked at for long enough is
believed until something new is learned. On the way there it is not looked at: that time counts
apart, against the longest way at the slowest. Map frame, grids [nx, ny].
"""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.fitting import fitting_places, joined_cells
from live_mvp_ros.planning.geodesy import connected_cells, grown
from live_mvp_ros.planning.progress import slowest_m_s, slowness_of
from live_mvp_ros.vehicle import BodyConfig

LEAST_PLANS = 3
"""So many plans in a row must find nothing left."""
SETTLE_S = 1.5
"""And for so long, while the drone flies: maps come several times a second, and one that is late
is no evidence."""
DOUBT_PATIENCE_S = 10.0
"""How long what was free and blocks is looked at before it is believed: somebody who only passes
is gone by then."""
_SURE = 0.75  # occupied with more than this probability is more than one look's word
_APART_M = 0.2  # nearer to what never was free is noise at its surface
_BEYOND_M = 0.5  # a way that leads so far beyond where one can go leads to other space
_BACK_S = 3.0  # so long something must have been left again
_NEAR_M = 1.0  # so near to what is wanted a way leads to it
_LONGEST_DOUBT_S = 60.0  # of looking without learning, all doubts together
_LONGEST_WAY = 2.0  # times the sum of the map's sides, all ways to doubts together
_NEWS_SHARE = 0.01  # of the known cells: fewer that are won or lost are noise of the map


class PlanCode(enum.IntEnum):
    """Whether a plan could be made; numbered as in InfoField.msg."""

    OK = 0
    OFF_THE_MAP = 1
    NOT_FINITE = 2
    NO_ROOM = 3


class Ending(NamedTuple):
    """What is remembered of the end."""

    plans: jax.Array
    """How many plans in a row have found nothing left."""
    held_s: jax.Array
    """For how long."""
    back_s: jax.Array
    """For how long something has been left again, after that."""


class Doubt(NamedTuple):
    """What is remembered of what is occupied."""

    was_free: jax.Array
    """[nx, ny] bool, has been known to be free."""
    checked_s: jax.Array
    """[nx, ny] how long an occupied cell in doubt has been looked at."""
    doubted: jax.Array
    """[nx, ny] bool, in doubt since the previous step."""
    spent_s: jax.Array
    """How long doubts have been looked at since something was learned."""
    away_s: jax.Array
    """How long there have been doubts that were not, since then."""
    known_cells: jax.Array
    """Known cells when something was last learned, or forgotten."""


def no_evidence() -> Ending:
    """Return what is remembered before the first plan."""
    return Ending(jnp.int32(0), jnp.float32(0.0), jnp.float32(0.0))


def no_doubt(spec: GridSpec) -> Doubt:
    """Return what is remembered before the first map."""
    none = jnp.zeros(spec.shape, bool)
    zero = jnp.float32(0.0)
    return Doubt(none, jnp.zeros(spec.shape), none, zero, zero, jnp.int32(0))


def remembered(state: Ending, empty: jax.Array, dt_s: jax.Array) -> tuple[Ending, jax.Array]:
    """Return the evidence after one more plan, and whether nothing is left by all that is known.

    Args:
        state: before.
        empty: bool, the plan has found nothing.
        dt_s: since the last plan.

    What is left again after several plans found nothing must last as well: a passage that is a
    cell too narrow in every other map would have the drone fly to and fro in front of it.
    """
    sure = state.plans >= LEAST_PLANS
    back_s = jnp.where(empty, 0.0, state.back_s + dt_s)
    nothing_left = empty | (sure & (back_s < _BACK_S))
    plans = jnp.where(nothing_left, state.plans + empty, 0)
    held_s = jnp.where(nothing_left & (state.plans > 0), state.held_s + dt_s, 0.0)
    return Ending(plans, held_s, jnp.where(nothing_left, back_s, 0.0)), nothing_left


def settled(state: Ending, least_s: jax.Array | float) -> jax.Array:
    """Return whether it is certain that nothing is left."""
    return (state.plans >= LEAST_PLANS) & (state.held_s >= least_s)


def pose_code(spec: GridSpec, position_m: jax.Array, *others: Any) -> jax.Array:
    """Return OK, OFF_THE_MAP or NOT_FINITE for a position [3] and other numbers."""
    finite = jnp.all(jnp.isfinite(position_m))
    for other in others:
        finite = finite & jnp.all(jnp.isfinite(jnp.asarray(other, jnp.float32)))
    inside = spec.contains(jnp.nan_to_num(position_m[:2]))
    off = jnp.where(inside, int(PlanCode.OK), int(PlanCode.OFF_THE_MAP))
    return jnp.where(finite, off, int(PlanCode.NOT_FINITE)).astype(jnp.int32)


def usable_pose(spec: GridSpec, position_m: jax.Array, yaw_rad: jax.Array) -> Any:
    """Return a finite position [3] on the map and a finite yaw, equal to the given if possible."""
    low = jnp.asarray(spec.origin_m)
    high = low + spec.resolution_m * (jnp.asarray(spec.shape) - 1)
    middle = 0.5 * (low + high)
    xy = jnp.where(jnp.isfinite(position_m[:2]), position_m[:2], middle)
    xy = jnp.where(spec.contains(xy), xy, jnp.clip(xy, low, high))
    z = jnp.nan_to_num(position_m[2:3], posinf=0.0, neginf=0.0)
    return jnp.concatenate([xy, z]), jnp.nan_to_num(yaw_rad, posinf=0.0, neginf=0.0)


def looked_again(
    state: Doubt,
    known: jax.Array,
    free: jax.Array,
    looks: jax.Array,
    learning_cells: int,
    dt_s: jax.Array,
) -> Doubt:
    """Return the doubts after ``dt_s`` more seconds of looking.

    After much was learned, all together, all time begins to count anew; so it does after much was
    forgotten, as when the map is reset. Less happens for ever at the edges of a map.

    Args:
        state: before.
        known: [nx, ny] bool.
        free: [nx, ny] bool, known free.
        looks: [nx, ny] how well each cell is looked at, 0 to 1.
        learning_cells: so many new known cells at least are much (static).
        dt_s: since the step before.
    """
    cells = jnp.sum(known, dtype=jnp.int32)
    much = jnp.maximum(learning_cells, _NEWS_SHARE * state.known_cells)
    learned = jnp.abs(cells - state.known_cells) >= much
    looked_s = state.checked_s + jnp.where(state.doubted, dt_s * looks, 0.0)
    looked_at = jnp.any(state.doubted & (looks > 0.0))
    looking_s = jnp.where(looked_at, dt_s, 0.0)
    away_s = jnp.where(jnp.any(state.doubted) & ~looked_at, dt_s, 0.0)
    return Doubt(
        was_free=state.was_free | free,
        checked_s=jnp.where(known & ~free & ~learned, looked_s, 0.0),
        doubted=state.doubted & known & ~free,
        spent_s=jnp.where(learned, 0.0, state.spent_s + looking_s),
        away_s=jnp.where(learned, 0.0, state.away_s + away_s),
        known_cells=jnp.where(learned, cells, state.known_cells),
    )


def in_doubt(
    state: Doubt,
    spec: GridSpec,
    p: jax.Array,
    occupied: jax.Array,
    given_up: jax.Array,
    navigable: jax.Array,
    radius_m: float,
    patience_s: jax.Array | float,
    weak_patience_s: jax.Array | float,
    body: BodyConfig,
    wanted: jax.Array,
) -> jax.Array:
    """Return the occupied cells [nx, ny] that must be looked at again before they are believed.

    Args:
        state: from ``looked_again``.
        spec: geometry (static).
        p: [nx, ny] occupancy probability.
        occupied: [nx, ny] bool, known and not free.
        given_up: [nx, ny] bool, unknown cells that are taken for solid.
        navigable: [nx, ny] bool, where the drone can go.
        radius_m: where it fits (static).
        patience_s: how long what was free is looked at before it is believed.
        weak_patience_s: the same of what never was, but is occupied by a narrow margin.
        body: how fast the drone flies and turns: slow ones have more time.
        wanted: [nx, ny] bool, what makes it worth while to come near: unknown cells beside free
            ones, and where the goal is.
    """
    changed = occupied & state.was_free & (state.checked_s < patience_s)
    apart_cells = round(_APART_M / spec.resolution_m)
    stands = changed & ~grown((occupied & ~state.was_free) | given_up, apart_cells)
    unsure = changed | (occupied & (p < _SURE) & (state.checked_s < weak_patience_s))
    solid = occupied | given_up
    reach_cells = round(radius_m / spec.resolution_m) + 1
    near_cells = round(_NEAR_M / spec.resolution_m)

    def roams(obstacles: jax.Array) -> jax.Array:
        return joined_cells(fitting_places(obstacles, spec, radius_m), navigable)

    def blocking() -> jax.Array:
        # one after the other: both at once are the memory of both
        now, then = jax.lax.map(roams, jnp.stack([solid, solid & ~unsure]))
        added = then & ~now
        beyond = added & ~grown(now, round(_BEYOND_M / spec.resolution_m))
        beyond &= grown(wanted, near_cells)
        opened = connected_cells(added, beyond)
        here = grown(now, reach_cells + round(_BEYOND_M / spec.resolution_m))
        return unsure & grown(opened, reach_cells) & here

    none = jnp.zeros(spec.shape, bool)
    blocks = jax.lax.cond(jnp.any(unsure), blocking, lambda: none)
    longest_m = _LONGEST_WAY * sum(spec.shape) * spec.resolution_m
    in_time = state.spent_s < _LONGEST_DOUBT_S * slowness_of(body)
    in_time &= state.away_s < longest_m / slowest_m_s(body)
    return (stands | blocks) & in_time
