# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a look from every known free cell teaches, by the sweep of the information field.

Gains are mutual information (swept FSMI, ``sweep``) of the beams that meet something unknown,
summed over the field of view for each yaw. Map frame, metres, nats; grids [nx, ny].
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.grid import GridSpec, in_cells
from live_mvp_ros.planning.expectation import View
from live_mvp_ros.planning.frame import (
    FINER,
    LOCAL_RESOLUTION_M,
    N_BEAMS,
    N_YAW,
    sweep_plan,
)
from live_mvp_ros.planning.info_field_config import InfoFieldConfig
from live_mvp_ros.planning.looks import Beams, Looks, Strip, summed
from live_mvp_ros.planning.sweep import (
    SweepPlan,
    cells_outside,
    gain_in,
    ground_of,
    seen_in,
    sees_any,
    yaw_weights,
)

LEAST_GAIN = 1e-6
"""Nats: rounding of the sweep's differences is no information."""
_WALL_OUTSIDE = 1.0  # occupancy outside the map
_NARROW_GAIN = 0.1  # nats of a beam in a narrow view: all are worth the same, the nearest is first


def gains_of(config: InfoFieldConfig, spec: GridSpec, view: View, candidates: jax.Array) -> Looks:
    """Return the gain of looks from every known free cell.

    Only beams that meet something unknown count. When no candidate has any, the narrow views
    between two directions of the sweep are searched with finer ones, from anywhere in a cell; then
    the sweep itself is left out.

    Args:
        config: of the planner.
        spec: geometry (static).
        view: the map as the planner sees it.
        candidates: [nx, ny] bool, from where one may look.
    """
    plan, finer = sweep_plan(config, spec), sweep_plan(config, spec, FINER)
    sigma = config.noise_sigma_m / spec.resolution_m
    reach_cells, outside = math.ceil(plan.range_cells) + 1, cells_outside(plan, _WALL_OUTSIDE)

    def coarse(strip: Strip) -> Beams:
        around = strip.window(reach_cells, outside)
        ground, reaches = ground_of(plan, view.p, sigma, _WALL_OUTSIDE, around), sight(strip)

        def beams(part: SweepPlan) -> list[jax.Array]:
            gains = gain_in(part, sigma, ground)
            return [
                jnp.where(reach, gain, 0.0)
                for reach, gain in zip(reaches(part, True), gains, strict=True)
            ]

        return beams

    def fine(strip: Strip) -> Beams:
        reaches = sight(strip)
        return lambda part: [_NARROW_GAIN * reach for reach in reaches(part, False)]

    def sight(strip: Strip) -> Callable[[SweepPlan, bool], list[jax.Array]]:
        around = strip.window(reach_cells, 0)
        free = strip.window(0, 0).cut(view.free, False)

        def reaches(part: SweepPlan, exact: bool) -> list[jax.Array]:
            seen = seen_in(part, around, view.resolvable, view.opaque, exact)
            return [beam & free for beam in seen]

        return reaches

    def weights(of: SweepPlan) -> np.ndarray:
        return yaw_weights(of, config.fov_rad, N_BEAMS, N_YAW)

    sees = sees_any(plan, view.resolvable, view.opaque) & view.free & candidates
    wanted = jnp.any(sees)
    none = Looks.none(N_YAW, spec.shape, wanted)
    looks = summed(none, wanted, plan, weights(plan), coarse)
    enough = jnp.any((looks.gain > LEAST_GAIN) & candidates)
    return summed(looks, ~enough, finer, weights(finer), fine)


def local_gain(
    config: InfoFieldConfig, spec: GridSpec, looks: Looks, xy: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Cut out the gain around the drone: [n_yaw, lx, lx] and the centre of its first cell."""
    half = round(config.local_half_width_m / LOCAL_RESOLUTION_M)
    offset = (jnp.arange(2 * half + 1) - half) * LOCAL_RESOLUTION_M
    first_m = jnp.asarray(spec.origin_m)[:, None]
    u = in_cells(xy[:, None] + offset, first_m, spec.resolution_m)
    nearest = jnp.round(u).astype(jnp.int32)
    limit = jnp.asarray(spec.shape)[:, None] - 1
    inside = (nearest >= 0) & (nearest <= limit)
    i, j = jnp.clip(nearest, 0, limit)
    window = looks.at(i[:, None], j[None, :])
    keep = inside[0][:, None] & inside[1][None, :]
    return jnp.where(keep, window, 0.0), xy + offset[0]


def yaw_of(k: jax.Array) -> jax.Array:
    """Return the yaw [rad] of the k-th heading of a look."""
    return -math.pi + 2.0 * math.pi * k / N_YAW
