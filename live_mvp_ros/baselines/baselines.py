# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Planners to compare with: frontiers in two orders, greedy local information, random targets.

Each chooses where to go; map, patience, progress watch, guidance, path and controller are those of
the information field (``survey``), so that only the choice is compared.

- ``nearest_frontier``: the frontier that can be seen soonest (Yamauchi, 1997).
- ``frontier_tour``: viewpoints of all frontiers in travelling-salesman order (FUEL, 2021); the
  first is the target, planned anew at every step.
- ``greedy_information``: the information gain of the window around the drone alone. It is done
  when its window has offered nothing for as long as the progress watch is patient.
- ``random``: a random place within reach and a random heading, and others on arrival.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import planning
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.baselines.survey import (
    BaselineState,
    Choice,
    Step,
    Survey,
    fly_to,
    guarded,
    init,
    survey,
)
from live_mvp_ros.baselines.viewpoints import times_s, visible_frontiers, ways_m
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs, InfoFieldOutput, tour
from live_mvp_ros.planning.frontiers import Viewpoint
from live_mvp_ros.planning.geodesy import FAR, geodesic_distance
from live_mvp_ros.planning.regions import cell_of
from live_mvp_ros.vehicle import BodyConfig

ARRIVED_M = 0.5
MOST_TOUR_STOPS = 32
KEPT_S, KEPT_WITHIN_M = 1.5, 1.0
"""What another target must save, so that two of one cost do not take turns."""
_LEAST_GAIN = 1e-6  # nats: rounding is no information
_LEAST_SHARE = 1e-3  # of the best gain
_DETOUR_M = 2.0  # that a gain e times larger is worth

Stepped = tuple[BaselineState, InfoFieldOutput]
Init = Callable[[InfoFieldConfig, GridSpec, jax.Array], BaselineState]
Pick = Callable[[BodyConfig, GridSpec, Survey, list[Viewpoint], np.ndarray], Viewpoint]


def nearest(
    body: BodyConfig, spec: GridSpec, found: Survey, views: list[Viewpoint], start_s: np.ndarray
) -> Viewpoint:
    """Return the viewpoint from which the drone looks soonest; ``start_s`` [n] says when."""
    del body, spec, found
    return views[int(np.argmin(start_s))]


def first_of_tour(
    body: BodyConfig, spec: GridSpec, found: Survey, views: list[Viewpoint], start_s: np.ndarray
) -> Viewpoint:
    """Return the first viewpoint of the shortest tour through all of them, or the nearest ones."""
    stops = np.argsort(start_s, kind="stable")[:MOST_TOUR_STOPS]
    if len(stops) == 1:
        return views[stops[0]]
    chosen = [views[k] for k in stops]
    between_s = times_s(body, chosen, None, ways_m(spec, found, chosen, MOST_TOUR_STOPS))
    return chosen[tour.open_tour(start_s[stops], between_s)[0]]


def frontier_step(
    pick: Pick,
    config: InfoFieldConfig,
    spec: GridSpec,
    state: BaselineState,
    inputs: InfoFieldInputs,
) -> Stepped:
    """Go to the viewpoint that ``pick`` takes; one beside the last target costs a little less."""
    found = survey(config, spec, state, inputs)
    views = visible_frontiers(config, spec, found, inputs)
    target = None
    if views:
        at_m = np.array([v.cell for v in views]) * spec.resolution_m + spec.origin_m
        away_m = np.linalg.norm(at_m - np.asarray(state.target_m), axis=1)  # NaN: never kept
        start_s = times_s(config.body, views, float(inputs.yaw_rad))
        start_s -= np.where(away_m <= KEPT_WITHIN_M, KEPT_S, 0.0)
        target = pick(config.body, spec, found, views, start_s)
    return fly_to(config, spec, state, inputs, found, _choice(spec, views, target))


def random_step(
    config: InfoFieldConfig, spec: GridSpec, state: BaselineState, inputs: InfoFieldInputs
) -> Stepped:
    """Go on to the last target, or to another random one; its key also gives the heading."""
    found = survey(config, spec, state, inputs)
    views = visible_frontiers(config, spec, found, inputs)
    target = None
    if views:
        state, cell = _random_cell(spec, state, found, np.asarray(inputs.position_m)[:2])
        heading = jax.random.fold_in(state.key, 1)
        yaw_rad = jax.random.uniform(heading, minval=-math.pi, maxval=math.pi)
        target = Viewpoint(cell, float(yaw_rad), 0.0, 1)
    return fly_to(config, spec, state, inputs, found, _choice(spec, views, target))


def greedy_step(
    config: InfoFieldConfig, spec: GridSpec, state: BaselineState, inputs: InfoFieldInputs
) -> Stepped:
    """Go to the best information gain of the window."""
    found = survey(config, spec, state, inputs)
    alone = planning.init(config, spec)
    alone = dataclasses.replace(alone, looked_s=found.looked_s)
    _, field = _information_field(config, spec, alone, inputs)
    start_m = _in_window(config, spec, found, field.gain, inputs)
    stuck_s = state.stuck_s + inputs.dt_s if bool(jnp.all(start_m >= FAR)) else 0.0
    choice = Choice(
        start_m=start_m,
        arrival_yaw_rad=inputs.yaw_rad,
        nothing_left=float(stuck_s) >= float(config.progress.patience_s),
        gain=field.gain,
        best_yaw=field.best_yaw,
        local_gain=field.local_gain,
    )
    state = state._replace(stuck_s=jnp.float32(stuck_s))
    return fly_to(config, spec, state, inputs, found, choice)


BASELINES: dict[str, tuple[Init, Step]] = {
    "nearest_frontier": (init, guarded(partial(frontier_step, nearest))),
    "frontier_tour": (init, guarded(partial(frontier_step, first_of_tour))),
    "greedy_information": (init, guarded(greedy_step)),
    "random": (init, guarded(random_step)),
}
"""(init, step) by name; ``step`` jits what it wants to have jitted."""

_information_field: Any = jax.jit(planning.step, static_argnums=1)


def _choice(spec: GridSpec, views: list[Viewpoint], target: Viewpoint | None) -> Choice:
    """Return the way to one viewpoint; the gain that is shown is the size of each cluster."""
    start_m = np.full(spec.shape, FAR, np.float32)
    gain, best_yaw = np.zeros((2, *spec.shape), np.float32)
    for view in views:
        gain[view.cell] = max(gain[view.cell], view.size)
        best_yaw[view.cell] = view.yaw_rad
    if target is not None:
        start_m[target.cell] = 0.0
    yaw_rad = np.float32(0.0 if target is None else target.yaw_rad)
    return Choice(start_m, yaw_rad, np.bool_(target is None), gain, best_yaw)


def _random_cell(
    spec: GridSpec, state: BaselineState, found: Survey, xy: np.ndarray
) -> tuple[BaselineState, tuple[int, int]]:
    """Return the last target's cell while the drone is on its way there, else a random one."""
    allowed, last = np.asarray(found.preferred), np.asarray(state.target_m)
    recovers = float(found.watch.manoeuvre_s) > 0.0
    if np.isfinite(last).all() and not recovers and math.dist(last, xy) > ARRIVED_M:
        cell = cell_of(spec, last)
        if allowed[cell]:
            return state, cell
    cells = np.argwhere(allowed if allowed.any() else np.asarray(found.navigable))
    key, draw = jax.random.split(state.key)
    i, j = cells[int(jax.random.randint(draw, (), 0, len(cells)))]
    return state._replace(key=key), (int(i), int(j))


@partial(jax.jit, static_argnums=1)
def _in_window(
    config: InfoFieldConfig,
    spec: GridSpec,
    found: Survey,
    gain: jax.Array,
    inputs: InfoFieldInputs,
) -> jax.Array:
    """Return the value [nx, ny] m of every source to which a way within the window leads."""
    x, y = (jnp.asarray(c, jnp.float32) for c in spec.centres())
    at = jnp.asarray(inputs.position_m)
    half_m = config.local_half_width_m
    window = (jnp.abs(x - at[0]) <= half_m)[:, None] & (jnp.abs(y - at[1]) <= half_m)[None, :]
    here = spec.cell_index(at[:2])
    start_m = jnp.full(spec.shape, FAR).at[here[0], here[1]].set(0.0)
    way_m = geodesic_distance(found.navigable & window, start_m, spec.resolution_m)
    best = jnp.max(jnp.where((way_m < FAR) & found.preferred, gain, 0.0))
    sources = (way_m < FAR) & found.preferred & (gain > _LEAST_GAIN)
    share = jnp.clip(gain / jnp.maximum(best, _LEAST_GAIN), _LEAST_SHARE, 1.0)
    return jnp.where(sources, -_DETOUR_M * jnp.log(share), FAR)
