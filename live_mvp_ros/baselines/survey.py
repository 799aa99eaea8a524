# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What all baselines share: what they know before they choose, and how a choice is flown to.

The same map, patience with cells, watch over progress, guidance and reference path as the
information field: only the choice between the two is a baseline's own. Map frame, metres.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import partial, wraps
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.arrays import Array, Scalar
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import (
    InfoFieldConfig,
    InfoFieldInputs,
    InfoFieldOutput,
    ending,
    progress,
)
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.fitting import fitting_cells
from live_mvp_ros.planning.frame import (
    LOCAL_RESOLUTION_M,
    N_YAW,
    sweep_plan,
    take_stock,
    usable,
)
from live_mvp_ros.planning.geodesy import FAR, geodesic_distance
from live_mvp_ros.planning.guidance import (
    Guidance,
    cell_mask,
    goal_source,
    lead_to,
    near,
)
from live_mvp_ros.planning.sweep import sees_any
from live_mvp_ros.vehicle import BodyConfig

_ARRIVING_M = 0.5  # from here on the heading is that of the coming look
_LOBE_WIDTH = 1.0  # headings: how wide the preference for the reference yaw is


class BaselineState(NamedTuple):
    """What a baseline remembers between steps."""

    looked_s: jax.Array
    """[nx, ny] how long a still unknown cell has been in plain view."""
    progress: progress.Progress
    key: jax.Array
    target_m: jax.Array
    """[2] what was chosen last; not finite before the first choice."""
    stuck_s: jax.Array
    """How long a local planner has had nothing to choose."""
    ending: ending.Ending
    """The evidence that nothing is left."""


class Survey(NamedTuple):
    """What is known before the choice; grids [nx, ny]."""

    free: jax.Array
    looked_s: jax.Array
    resolvable: jax.Array
    """bool, unknown and not given up."""
    navigable: jax.Array
    eligible: jax.Array
    """bool, navigable cells that the watch has not given up."""
    preferred: jax.Array
    """bool, those that are not set aside either."""
    distance_m: jax.Array
    """Cost of the way from the drone, ``FAR`` where it cannot go."""
    slow: jax.Array
    """What a metre counts."""
    watch: progress.Progress


class Choice(NamedTuple):
    """Where to go."""

    start_m: Array
    """[nx, ny] value of each source, ``FAR`` elsewhere; without any, the drone stays."""
    arrival_yaw_rad: Scalar
    """Where to look on arrival."""
    nothing_left: Scalar | bool
    """bool: go to the goal instead."""
    gain: Array
    """[nx, ny] what is shown as the gain."""
    best_yaw: Array
    """[nx, ny] rad, the yaw of that gain."""
    local_gain: Array | None = None
    """[n_yaw, lx, ly] what steers the yaw; None: a preference for the yaw of the path."""


def init(config: InfoFieldConfig, spec: GridSpec, key: jax.Array) -> BaselineState:
    """Return the state before the first step."""
    del config  # the state's shape depends on the map alone
    nowhere = jnp.full(2, jnp.nan, jnp.float32)
    return BaselineState(
        jnp.zeros(spec.shape),
        progress.init(spec),
        key,
        nowhere,
        jnp.float32(0.0),
        ending.no_evidence(),
    )


@partial(jax.jit, static_argnums=1)
def survey(
    config: InfoFieldConfig, spec: GridSpec, state: BaselineState, inputs: InfoFieldInputs
) -> Survey:
    """Take stock of the map, as the information field does."""
    xy = jnp.asarray(inputs.position_m)[:2]
    stock = take_stock(config, spec, state.looked_s, inputs)
    navigable = stock.navigable
    watch = progress.observe(state.progress, inputs.known, xy, inputs.dt_s)
    here = jnp.where(cell_mask(spec, xy), 0.0, FAR)
    return Survey(
        free=stock.free,
        looked_s=stock.looked_s,
        resolvable=~inputs.known & (stock.looked_s < config.look_patience_s),
        navigable=navigable,
        eligible=navigable & ~watch.given_up,
        preferred=navigable & ~watch.given_up & ~watch.set_aside,
        distance_m=geodesic_distance(navigable, here, spec.resolution_m, stock.slow),
        slow=stock.slow,
        watch=watch,
    )


@partial(jax.jit, static_argnums=1)
def seeing(
    config: InfoFieldConfig, spec: GridSpec, found: Survey, frontier: jax.Array
) -> jax.Array:
    """Return the free cells [nx, ny] that have a frontier cell in line of sight within range."""
    plan = sweep_plan(config, spec)
    return sees_any(plan, frontier, ~found.free & ~frontier) & found.free


@partial(jax.jit, static_argnums=1)
def fly_to(
    config: InfoFieldConfig,
    spec: GridSpec,
    state: BaselineState,
    inputs: InfoFieldInputs,
    found: Survey,
    choice: Choice,
) -> tuple[BaselineState, InfoFieldOutput]:
    """Lead to what was chosen, to the goal when nothing is left, or where a recovery leads."""
    xy = jnp.asarray(inputs.position_m)[:2]
    empty = jnp.asarray(choice.nothing_left)
    evidence, nothing_left = ending.remembered(state.ending, empty, inputs.dt_s)
    choice = choice._replace(nothing_left=nothing_left)
    goal = goal_source(spec, found.navigable, inputs.goal_m)
    chosen = jnp.where(found.navigable, jnp.asarray(choice.start_m), FAR)
    start_m = _start(spec, found, choice, goal, xy)
    way = lead_to(
        config.body,
        spec,
        found.free,
        found.navigable,
        found.slow,
        start_m,
        jnp.zeros((N_YAW, *spec.shape)),
        jnp.asarray(inputs.position_m, jnp.float32),
        inputs.yaw_rad,
    )
    path_yaw = _yaw_along(config.body, spec, way, choice.arrival_yaw_rad, xy)
    way = way._replace(path_yaw_rad=path_yaw)
    judged = _judged(config, spec, found.watch, way, nothing_left, xy)
    afresh = progress.starts_afresh(found.watch, judged)
    local_gain, origin_m = _along(config, way, xy)
    if choice.local_gain is not None:
        local_gain = jnp.where(nothing_left, local_gain, choice.local_gain)
    unknown_m2 = jnp.where(nothing_left, 0.0, _visible_unknown_m2(config, spec, found))
    known_m2 = jnp.sum(found.free) * spec.resolution_m**2
    goal_m = jnp.asarray(inputs.goal_m)[:2]
    reachable = jnp.any(goal & near(spec, goal_m, inputs.goal_tolerance_m))
    after = state._replace(
        looked_s=jnp.where(afresh, 0.0, found.looked_s),
        progress=judged,
        target_m=way.target_m,
        ending=evidence,
    )
    return after, InfoFieldOutput(
        gain=jnp.where(nothing_left, 0.0, choice.gain),
        best_yaw=jnp.asarray(choice.best_yaw),
        guidance=way.guidance,
        local_gain=local_gain,
        local_origin_m=origin_m,
        reference_path_m=way.path_m,
        reference_yaw_rad=way.path_yaw_rad,
        nothing_left=nothing_left,
        goal_reachable=reachable & ~judged.goal_given_up,
        reachable_unknown_m2=unknown_m2,
        explored_fraction=known_m2 / jnp.maximum(known_m2 + unknown_m2, 1e-6),
        target_m=way.target_m,
        navigable=found.navigable,
        sources=start_m < FAR,
        frontier=found.resolvable & found.free,
        looks_again=jnp.array(False),
        leftover=jnp.zeros(2, jnp.int32),
        settled=ending.settled(evidence, ending.SETTLE_S),
        code=_room(config, spec, found, nothing_left | ~jnp.any(chosen < FAR)),
    )


def _room(config: InfoFieldConfig, spec: GridSpec, found: Survey, empty: jax.Array) -> jax.Array:
    """Return NO_ROOM where nothing was chosen because the drone fits nowhere near, else OK."""
    fits = fitting_cells(~found.free, spec, config.body.fits_from_m)
    confined = empty & ~jnp.any(fits & found.navigable)
    return jnp.where(confined, int(PlanCode.NO_ROOM), int(PlanCode.OK)).astype(jnp.int32)


Step = Callable[
    [InfoFieldConfig, GridSpec, BaselineState, InfoFieldInputs],
    tuple[BaselineState, InfoFieldOutput],
]


def guarded(step: Step) -> Step:
    """Return a step that says when no plan can be made for a pose, and remembers nothing of it."""

    @wraps(step)
    def checked(
        config: InfoFieldConfig, spec: GridSpec, state: BaselineState, inputs: InfoFieldInputs
    ) -> tuple[BaselineState, InfoFieldOutput]:
        code, inputs = usable(spec, inputs)
        after, out = step(config, spec, state, inputs)
        code = jnp.where(code == int(PlanCode.OK), out.code, code)
        if int(code) == PlanCode.OK:
            return after, out
        no = jnp.array(False)
        nothing_said = {"nothing_left": no, "settled": no, "goal_reachable": no}
        return state, dataclasses.replace(out, code=code, **nothing_said)

    return checked


def _start(
    spec: GridSpec, found: Survey, choice: Choice, goal: jax.Array, xy: jax.Array
) -> jax.Array:
    """Return the value of every source: chosen ones, the goal, the drone's place, a recovery."""
    chosen = jnp.where(found.navigable, jnp.asarray(choice.start_m), FAR)
    here = jnp.where(cell_mask(spec, xy), 0.0, FAR)
    chosen = jnp.where(jnp.any(chosen < FAR), chosen, here)
    start_m = jnp.where(choice.nothing_left, jnp.where(goal, 0.0, FAR), chosen)
    recovery = goal_source(spec, found.navigable, found.watch.manoeuvre_m)
    recovers = found.watch.manoeuvre_s > 0.0
    return jnp.where(recovers, jnp.where(recovery, 0.0, FAR), start_m)


def _judged(
    config: InfoFieldConfig,
    spec: GridSpec,
    watch: progress.Progress,
    way: Guidance,
    nothing_left: jax.Array,
    xy: jax.Array,
) -> progress.Progress:
    here = spec.cell_index(xy)
    around = near(spec, way.target_m, progress.GIVE_UP_RADIUS_M)
    potential_m = -way.guidance[here[0], here[1]]
    arrived = around[here[0], here[1]]
    return progress.judge(
        config.progress,
        config.body,
        watch,
        potential_m,
        way.target_m,
        around,
        arrived,
        nothing_left,
    )


def _yaw_along(
    body: BodyConfig, spec: GridSpec, way: Guidance, arrival_yaw_rad: Scalar, xy: jax.Array
) -> jax.Array:
    """Return the yaw along the path: where it goes, until it is time to turn for the arrival."""
    step = jnp.diff(way.path_m[:, :2], axis=0, append=way.path_m[-1:, :2])
    length_m = jnp.linalg.norm(step, axis=-1)
    flown_m = jnp.concatenate([jnp.zeros(1), jnp.cumsum(length_m)[:-1]])
    here = spec.cell_index(xy)
    left_m = -way.guidance[here[0], here[1]] - flown_m
    travel = jnp.arctan2(step[:, 1], step[:, 0])
    turn = jnp.abs((travel - arrival_yaw_rad + math.pi) % (2.0 * math.pi) - math.pi)
    turning_m = jnp.maximum(body.cruise_m_s / body.yaw_rate_max_rad_s * turn, _ARRIVING_M)
    flies = (length_m > 0.0) & (left_m > turning_m)
    return jnp.where(flies, travel, arrival_yaw_rad)


def _lobe(yaw_rad: jax.Array) -> jax.Array:
    """Return the preference [n_yaw, ...] for a yaw [...] among the headings of the local gain."""
    yaw_rad = jnp.asarray(yaw_rad)
    step = 2.0 * math.pi / N_YAW
    headings = -math.pi + step * jnp.arange(N_YAW)
    gap = headings.reshape(-1, *(1,) * yaw_rad.ndim) - yaw_rad
    off = jnp.abs((gap + math.pi) % (2.0 * math.pi) - math.pi)
    return jnp.maximum(1.0 - off / (_LOBE_WIDTH * step), 0.0)


def _along(config: InfoFieldConfig, way: Guidance, xy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return a local gain [n_yaw, lx, ly] that prefers the path's yaw, and its first cell."""
    half = round(config.local_half_width_m / LOCAL_RESOLUTION_M)
    offset = (jnp.arange(2 * half + 1) - half) * LOCAL_RESOLUTION_M
    x, y = xy[0] + offset[:, None, None], xy[1] + offset[None, :, None]
    squared = (x - way.path_m[:, 0]) ** 2 + (y - way.path_m[:, 1]) ** 2
    return _lobe(way.path_yaw_rad[jnp.argmin(squared, axis=-1)]), xy + offset[0]


def _visible_unknown_m2(config: InfoFieldConfig, spec: GridSpec, found: Survey) -> jax.Array:
    """Area of the unknown that navigable cells would see, were the unknown transparent."""
    plan = sweep_plan(config, spec)
    opaque = ~found.free & ~found.resolvable
    seen = sees_any(plan, found.navigable, opaque) & found.resolvable
    return jnp.sum(seen) * spec.resolution_m**2
