# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a look teaches most, and how to get there: the information field over the whole known map.

Map frame, metres, nats. One step turns an occupancy grid into the gain of every cell (swept
FSMI), the cells that still see something unknown (sources), and a guidance potential of slope one
that leads to them.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import ending, progress
from live_mvp_ros.planning.aim import Aim, aim_of
from live_mvp_ros.planning.expectation import View, view_of
from live_mvp_ros.planning.extent import Extent, extent_of, reported
from live_mvp_ros.planning.frame import Stock, take_stock, usable
from live_mvp_ros.planning.gains import gains_of, local_gain, yaw_of
from live_mvp_ros.planning.guidance import Guidance, lead_to, near
from live_mvp_ros.planning.info_field_config import InfoFieldConfig
from live_mvp_ros.planning.info_field_data import (
    InfoFieldInputs,
    InfoFieldOutput,
    InfoFieldState,
)
from live_mvp_ros.planning.looks import Looks
from live_mvp_ros.planning.sources import Sources, sources_of
from live_mvp_ros.planning.verdict import Verdict, verdict_of


class _Found(NamedTuple):
    """All that a step finds."""

    stock: Stock
    doubt: ending.Doubt
    view: View
    watch: progress.Progress
    looks: Looks
    extent: Extent
    sources: Sources
    verdict: Verdict
    aim: Aim
    way: Guidance
    judged: progress.Progress


def step(
    config: InfoFieldConfig, spec: GridSpec, state: InfoFieldState, inputs: InfoFieldInputs
) -> tuple[InfoFieldState, InfoFieldOutput]:
    """Compute the information field of one map (``spec`` is static; the caller jits)."""
    code, inputs = usable(spec, inputs)
    stock = take_stock(config, spec, state.looked_s, inputs)
    free, navigable, looked_s = stock.free, stock.navigable, stock.looked_s
    doubt = ending.looked_again(
        state.doubt, inputs.known, free, stock.looks, progress.LEARNING_CELLS, stock.looking_s
    )
    view = view_of(
        config, spec, inputs, free, navigable, looked_s, doubt.doubted, state.leftovers.skipped
    )
    watch = _watched(state.progress, inputs, stock, doubt)
    looks = gains_of(config, spec, view, navigable & ~watch.given_up)
    extent = extent_of(config, spec, view, navigable)
    sources = sources_of(config, spec, inputs, stock, view, watch, looks, extent)
    verdict = verdict_of(
        config, spec, inputs, code, state.ending, doubt, view, navigable, sources.cells
    )
    aim = aim_of(spec, inputs, navigable, sources, state.leftovers, watch, verdict.nothing_left)
    way = _led(config, spec, inputs, stock, looks, aim)
    judged = _judged(config, spec, inputs, watch, way, aim.to_goal)
    found = _Found(stock, doubt, view, watch, looks, extent, sources, verdict, aim, way, judged)
    return _remembered(state, found), _output(config, spec, state, inputs, found)


def _watched(
    state: progress.Progress, inputs: InfoFieldInputs, stock: Stock, doubt: ending.Doubt
) -> progress.Progress:
    """Return the watch after the flight since the step before.

    Who looks again on purpose is not idle; how long that may last, the doubt knows.
    """
    waits = jnp.any(doubt.doubted & (stock.looks > 0.0))
    flown_s = jnp.where(waits, 0.0, inputs.dt_s)
    return progress.observe(state, inputs.known, inputs.position_m[:2], flown_s)


def _led(
    config: InfoFieldConfig,
    spec: GridSpec,
    inputs: InfoFieldInputs,
    stock: Stock,
    looks: Looks,
    aim: Aim,
) -> Guidance:
    """Return the way to what is aimed at."""
    return lead_to(
        config.body,
        spec,
        stock.free,
        stock.navigable,
        stock.slow,
        aim.start_m,
        looks.share,
        inputs.position_m,
        inputs.yaw_rad,
    )


def _judged(
    config: InfoFieldConfig,
    spec: GridSpec,
    inputs: InfoFieldInputs,
    watch: progress.Progress,
    way: Guidance,
    to_goal: jax.Array,
) -> progress.Progress:
    """Return the watch after it has seen where the way leads."""
    here = spec.cell_index(inputs.position_m[:2])
    around_target = near(spec, way.target_m, progress.GIVE_UP_RADIUS_M)
    return progress.judge(
        config.progress,
        config.body,
        watch,
        -way.guidance[here[0], here[1]],
        way.target_m,
        around_target,
        around_target[here[0], here[1]],
        to_goal,
    )


def _remembered(state: InfoFieldState, found: _Found) -> InfoFieldState:
    """Return what survives a step: all as before, if there is no plan."""
    afresh = progress.starts_afresh(found.watch, found.judged)
    leftovers, number = found.sources.leftovers, state.leftovers.number
    after = InfoFieldState(
        looked_s=jnp.where(afresh, 0.0, found.stock.looked_s),
        progress=found.judged,
        doubt=found.doubt._replace(doubted=found.verdict.doubted),
        ending=found.verdict.evidence,
        leftovers=state.leftovers._replace(
            going=leftovers, number=jnp.where(leftovers, number, 0)
        ),
    )
    return jax.tree.map(lambda new, old: jnp.where(found.verdict.valid, new, old), after, state)


def _output(
    config: InfoFieldConfig,
    spec: GridSpec,
    state: InfoFieldState,
    inputs: InfoFieldInputs,
    found: _Found,
) -> InfoFieldOutput:
    """Return what a step tells the others."""
    verdict, aim, way, looks = found.verdict, found.aim, found.way, found.looks
    worth_looking = jnp.where(aim.to_goal, 0.0, 1.0)
    local, local_origin_m = local_gain(config, spec, looks, inputs.position_m[:2])
    extent = reported(config, found.extent, verdict.nothing_left)
    reachable = jnp.any(aim.goal & near(spec, inputs.goal_m[:2], inputs.goal_tolerance_m))
    stop = jnp.stack([state.leftovers.number, state.leftovers.of])
    return InfoFieldOutput(
        gain=looks.gain * worth_looking,
        best_yaw=yaw_of(looks.best),
        guidance=way.guidance,
        local_gain=local * worth_looking,
        local_origin_m=local_origin_m,
        reference_path_m=way.path_m,
        reference_yaw_rad=way.path_yaw_rad,
        nothing_left=verdict.nothing_left,
        goal_reachable=reachable & ~found.judged.goal_given_up & verdict.valid,
        reachable_unknown_m2=extent.unknown_m2,
        explored_fraction=extent.explored,
        target_m=way.target_m,
        navigable=found.stock.navigable,
        sources=found.sources.cells,
        frontier=found.view.frontier,
        looks_again=jnp.any(verdict.doubted) & ~verdict.nothing_left & verdict.valid,
        leftover=jnp.where(aim.touring, stop, 0).astype(jnp.int32),
        settled=ending.settled(verdict.evidence, ending.SETTLE_S),
        code=verdict.code,
    )
