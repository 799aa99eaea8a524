# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which looks are worth going to, and what each costs besides the way to it.

A source is a cell from where a look teaches something. Not all count: what is given up or set
aside does not, and of the others only looks that teach enough. Map frame, metres, nats; grids
[nx, ny].
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.expectation import View
from live_mvp_ros.planning.extent import Extent
from live_mvp_ros.planning.frame import N_BEAMS, N_YAW, Stock
from live_mvp_ros.planning.fsmi import cell_information
from live_mvp_ros.planning.gains import LEAST_GAIN, yaw_of
from live_mvp_ros.planning.geodesy import FAR, geodesic_distance, grown, highest_within
from live_mvp_ros.planning.guidance import cell_mask
from live_mvp_ros.planning.info_field_config import InfoFieldConfig
from live_mvp_ros.planning.info_field_data import InfoFieldInputs
from live_mvp_ros.planning.looks import Looks
from live_mvp_ros.planning.progress import Progress

EARLY_LOOK_M = 0.5
"""Within this distance of a look that is worth going to, less will do: farther into a place than
to see most of it nobody need fly (docs/experiments.md)."""
EARLY_LOOK_SHARE = 0.5
"""Share of what is otherwise enough that will do there; 1 would be to go all the way."""
LEFTOVER_SHARE = 0.3
"""Share of the best look's gain that is enough when only leftovers are left: they are taken as
they come, but for the least."""
LEFTOVER_RADIUS_M = 2.0
"""A leftover is looked at from where most is seen within this distance: else it would have to be
looked at twice."""
_LEFTOVER = 0.5  # looks that teach less than this share of one into the open are leftovers


class Sources(NamedTuple):
    """What there is to look at."""

    cells: jax.Array
    """[nx, ny] bool, from where a look teaches something."""
    leftovers: jax.Array
    """bool [], there are some, and all are leftovers."""
    costs_m: jax.Array
    """[nx, ny] what each costs besides the way to it; ``FAR`` where it does not teach enough."""


def sources_of(
    config: InfoFieldConfig,
    spec: GridSpec,
    inputs: InfoFieldInputs,
    stock: Stock,
    view: View,
    watch: Progress,
    looks: Looks,
    extent: Extent,
) -> Sources:
    """Return what there is to look at.

    Args:
        config: of the planner.
        spec: geometry (static).
        inputs: pose of the drone.
        stock: where it can go.
        view: the map as the planner sees it.
        watch: what was given up, or set aside.
        looks: what they teach.
        extent: how much has been explored.
    """
    teaches = stock.navigable & (looks.gain > LEAST_GAIN) & ~watch.given_up
    cells = teaches & ~watch.set_aside
    # What was only set aside is tried again before the mission ends.
    cells = jnp.where(jnp.any(cells), cells, teaches)
    if config.finish == "share":
        cells = cells & (extent.explored < config.finish_share)
    return Sources(
        cells=cells,
        leftovers=jnp.any(cells) & view.few,
        costs_m=_costs_m(config, spec, looks, cells, stock, inputs),
    )


def _costs_m(
    config: InfoFieldConfig,
    spec: GridSpec,
    looks: Looks,
    sources: jax.Array,
    stock: Stock,
    inputs: InfoFieldInputs,
) -> jax.Array:
    """Return what each source [nx, ny] costs besides the way to it, in metres.

    A look teaches when the drone has come there and has turned; it does both at once. So a source
    costs the way that the drone could have flown while it still turns on arrival, to the yaw from
    which it is shortest. Looks that do not teach enough are no sources yet: among the others the
    nearest comes first, so that the drone need not return for it.
    """
    here = jnp.where(cell_mask(spec, jnp.asarray(inputs.position_m)[:2]), 0.0, FAR)
    way_m = geodesic_distance(stock.navigable, here, spec.resolution_m, stock.slow)
    yaw = yaw_of(jnp.arange(N_YAW))
    turn = jnp.abs((yaw - inputs.yaw_rad + math.pi) % (2.0 * math.pi) - math.pi)
    turn_m = config.body.cruise_m_s / config.body.yaw_rate_max_rad_s * turn
    enough = _enough(config, spec, jnp.where(sources, looks.gain, 0.0), stock.navigable)
    turning_m = jnp.full(spec.shape, FAR)
    for k in range(N_YAW):  # one after the other: all at once are the memory of 16 maps
        teaches = looks.along(k) >= enough
        turning_m = jnp.where(teaches, jnp.minimum(turning_m, turn_m[k]), turning_m)
    return jnp.where(sources & (turning_m < FAR), jnp.maximum(turning_m - way_m, 0.0), FAR)


def _enough(
    config: InfoFieldConfig, spec: GridSpec, gain: jax.Array, navigable: jax.Array
) -> jax.Array:
    """Return how much [nats] a look from each cell [nx, ny] must teach to be worth going to.

    A share of what the best one teaches, less close to one that teaches so much: the drone flies
    no farther into a place than it must. Leftovers, when nothing else is left, are taken as they
    come, but each from where most of it is seen: else it would have to be looked at twice.
    """
    most = jnp.max(gain)

    def open_looks() -> jax.Array:
        enough = config.enough_share * most
        close = grown(gain >= enough, round(EARLY_LOOK_M / spec.resolution_m))
        return jnp.where(close, EARLY_LOOK_SHARE, 1.0) * enough

    def leftovers() -> jax.Array:
        reach_cells = round(LEFTOVER_RADIUS_M / spec.resolution_m)
        best = highest_within(gain, navigable, reach_cells)
        return jnp.where(best >= LEFTOVER_SHARE * most, config.enough_share * best, FAR)

    return jax.lax.cond(most > _LEFTOVER * _open_look(config), open_looks, leftovers)


def _open_look(config: InfoFieldConfig) -> jax.Array:
    """Return the gain [nats] of a look into nothing but unknown, without range and noise.

    A beam passes (1 - o) / o cells of occupancy o on average before it hits one.
    """
    o = jnp.asarray(config.unknown_occupancy)
    hit, empty = cell_information(o)
    return N_BEAMS * (hit + empty * (1.0 - o) / o)
