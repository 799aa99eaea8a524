# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From where a frontier planner would look, how long it takes to look from there, and the ways.

The cost of a viewpoint is the time until the drone looks from it: it flies and turns at once, so
the slower of the two counts (FUEL, 2021).
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.baselines.survey import Survey, seeing
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs
from live_mvp_ros.planning.frontiers import (
    Viewpoint,
    clusters,
    frontier_cells,
    in_sight,
    viewpoints,
)
from live_mvp_ros.planning.geodesy import FAR, geodesic_distance
from live_mvp_ros.planning.regions import cell_of
from live_mvp_ros.vehicle import BodyConfig

LEAST_CLUSTERS_M2 = (0.08, 0.03)
"""Smaller frontiers do not count; those below the first size only when no other is left."""
LONGEST_CLUSTER_M = 2.0
RINGS_M = (0.6, 1.2, 1.8, 2.4, 3.0)
"""Radii around a cluster on which viewpoints are looked for."""
_TOUR_CELL_M = 0.3  # ways between viewpoints are measured on a grid of such cells


def visible_frontiers(
    config: InfoFieldConfig, spec: GridSpec, found: Survey, inputs: InfoFieldInputs
) -> list[Viewpoint]:
    """Return a viewpoint for every frontier that can be seen from somewhere the drone can go.

    Places that the progress watch has set aside are used only if there are no others. Frontiers
    that nothing on the rings around them sees share one viewpoint: the nearest place that sees
    any of them from as far as the sensor reaches.
    """
    free, way_m = np.asarray(found.free), np.asarray(found.distance_m)
    frontier = frontier_cells(free, np.asarray(found.resolvable))
    least = [max(1, round(size / spec.resolution_m**2)) for size in LEAST_CLUSTERS_M2]
    groups = clusters(frontier, least[-1], LONGEST_CLUSTER_M / spec.resolution_m)
    here = cell_of(spec, inputs.position_m)
    for allowed in (np.asarray(found.preferred), np.asarray(found.eligible)):
        ways = np.where(allowed & (way_m < FAR), way_m, np.inf)
        for size in least:
            large = [group for group in groups if len(group) >= size]
            views = _views(config, spec, found, ways, here, large)
            if views:
                return views
    return []


def _views(
    config: InfoFieldConfig,
    spec: GridSpec,
    found: Survey,
    ways: np.ndarray,
    here: tuple[int, int],
    groups: list[np.ndarray],
) -> list[Viewpoint]:
    """Return the viewpoints of clusters, given the cost of the way to every cell."""
    reach = np.minimum(RINGS_M, config.range_m) / spec.resolution_m
    views = viewpoints(groups, np.asarray(found.free), ways, here, reach, config.fov_rad)
    seen = [view for view in views if view is not None]
    missed = [group for group, view in zip(groups, views, strict=True) if view is None]
    return seen + (_from_afar(config, spec, found, ways, missed) if missed else [])


def _from_afar(
    config: InfoFieldConfig,
    spec: GridSpec,
    found: Survey,
    ways: np.ndarray,
    missed: list[np.ndarray],
) -> list[Viewpoint]:
    """Return the nearest place that sees any of the missed clusters, if there is one."""
    cells = np.concatenate(missed)
    frontier = np.zeros(spec.shape, bool)
    frontier[tuple(cells.T)] = True
    sees = np.asarray(seeing(config, spec, found, frontier))
    ways = np.where(sees, ways, np.inf)
    i, j = np.unravel_index(int(np.argmin(ways)), ways.shape)
    if not np.isfinite(ways[i, j]):
        return []
    eyes = np.tile([i, j], (len(cells), 1))
    shown = in_sight(np.asarray(found.free), eyes, cells, config.range_m / spec.resolution_m)
    shown = cells[shown] if shown.any() else cells
    away = shown[np.argmin(np.hypot(*(shown - (i, j)).T))] - (i, j)
    yaw_rad = float(np.arctan2(away[1], away[0]))
    return [Viewpoint((int(i), int(j)), yaw_rad, float(ways[i, j]), len(cells))]


def times_s(
    body: BodyConfig,
    views: list[Viewpoint],
    yaw_rad: float | None,
    between_m: np.ndarray | None = None,
) -> np.ndarray:
    """Return how long it takes to look from each viewpoint.

    Args:
        body: how fast the drone flies and turns.
        views: n viewpoints.
        yaw_rad: heading of the drone.
        between_m: [n, n] lengths of ways: the times [n, n] between viewpoints are returned.
    """
    yaws = np.array([view.yaw_rad for view in views])
    way_m = np.array([view.distance_m for view in views]) if between_m is None else between_m
    turn = yaws - yaw_rad if yaw_rad is not None else yaws[:, None] - yaws
    turn = np.abs((turn + np.pi) % (2.0 * np.pi) - np.pi)
    return np.maximum(way_m / body.cruise_m_s, turn / body.yaw_rate_max_rad_s)


def ways_m(spec: GridSpec, found: Survey, views: list[Viewpoint], most: int) -> np.ndarray:
    """Return the geodesic distance [n, n] between viewpoints, of which there are ``most``."""
    n = len(views)
    cells = np.zeros((most, 2), np.int32)
    cells[:n] = [view.cell for view in views]
    way = np.asarray(_ways(spec, found.navigable, jnp.asarray(cells)))[:n, :n]
    start = np.array([view.distance_m for view in views])
    # Where the coarse grid has closed a passage, the way by the drone's place is known.
    return np.minimum(np.minimum(way, way.T), start[:, None] + start)


@partial(jax.jit, static_argnums=0)
def _ways(spec: GridSpec, navigable: jax.Array, cells: jax.Array) -> jax.Array:
    """Return the distance [N, N] m between cells [N, 2] over a coarse grid."""
    factor = max(1, round(_TOUR_CELL_M / spec.resolution_m))
    nx, ny = (-(-n // factor) for n in spec.shape)
    fill = ((0, nx * factor - spec.shape[0]), (0, ny * factor - spec.shape[1]))
    blocks = jnp.pad(navigable, fill).reshape(nx, factor, ny, factor)
    passable = jnp.any(blocks, axis=(1, 3))
    i, j = (cells // factor).T
    sources = jnp.full((len(cells), nx, ny), FAR).at[jnp.arange(len(cells)), i, j].set(0.0)
    distance = jax.vmap(lambda s: geodesic_distance(passable, s, factor * spec.resolution_m))
    return distance(sources)[:, i, j]
