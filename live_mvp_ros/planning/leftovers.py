# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is left in the end: small regions here and there, visited as a tour that ends at the goal.

While looks into the open are left, the richest come first (``info_field``). When only leftovers
are, the order in which they are visited makes up the time: each is a cluster of cells that may
still become known, with a viewpoint, and an open travelling-salesman tour through the viewpoints
ends at the goal. Costs are times: ways through navigable cells, turning meanwhile. It is planned
anew at every plan, so that what is seen in passing drops out.

Not everything need be worth its time: with ``finish`` = rate, a leftover that costs more time than
it may teach is left, and the report says so. Host code, between two steps of the information
field; map frame, grids [nx, ny].
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from live_mvp_ros.base.grid import OCCUPIED_FROM, GridSpec
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.planning import regions, tour
from live_mvp_ros.planning.frontiers import Viewpoint, clusters, viewpoints
from live_mvp_ros.planning.info_field import step
from live_mvp_ros.planning.info_field_config import InfoFieldConfig
from live_mvp_ros.planning.info_field_data import (
    InfoFieldInputs,
    InfoFieldOutput,
    InfoFieldState,
)
from live_mvp_ros.planning.leftover_state import MOST_SKIPPED, Leftovers

LONGEST_CLUSTER_M = 2.0
RINGS_M = (0.6, 1.2, 1.8, 2.4, 3.0, 3.6, 4.2)
"""Radii around a cluster on which viewpoints are looked for."""
MOST_STOPS = 32
LOOK_S = 1.0
"""What a look takes besides getting there."""
_KEPT_S, _KEPT_WITHIN_M = 1.5, 1.0  # another target must save so much, else the two take turns
_WAY_CELL_M = 0.3  # ways are measured on a grid of such cells, or larger ones in large maps
_MOST_WAY_CELLS = 200  # along a side
_DEPTH_M = 0.5  # so deep a leftover is expected to become known

Planned = tuple[InfoFieldState, InfoFieldOutput]
_step = KeptProgram(step, static_argnums=(1,))


class Region(NamedTuple):
    """A leftover."""

    cells: np.ndarray
    """[n, 2]"""
    view: Viewpoint
    area_m2: float
    """What may become known of it."""


def plan(
    config: InfoFieldConfig, spec: GridSpec, state: InfoFieldState, inputs: InfoFieldInputs
) -> Planned:
    """Return one step of the information field that visits leftovers as a tour.

    The same arguments and results as ``info_field.step``, which it jits; for the host alone.
    """
    after, out = _step(config, spec, state, inputs)
    if not bool(state.leftovers.going):  # known since the last plan: nobody waits for this one
        return after, out
    chosen = next_stop(config, spec, after, inputs, out)
    if _same(chosen, state.leftovers):
        kept = after.leftovers._replace(number=chosen.number, of=chosen.of)
        stop = np.array([chosen.number, chosen.of], np.int32) * bool(chosen.active)
        return dataclasses.replace(after, leftovers=kept), dataclasses.replace(out, leftover=stop)
    before = dataclasses.replace(state, leftovers=chosen)
    return _step(config, spec, before, inputs)


def next_stop(
    config: InfoFieldConfig,
    spec: GridSpec,
    state: InfoFieldState,
    inputs: InfoFieldInputs,
    out: InfoFieldOutput,
) -> Leftovers:
    """Return where to look from next, and what is not worth it, after a step."""
    before = state.leftovers
    if not bool(before.going):
        return before._replace(active=np.bool_(False))
    scene = _Scene.of(config, spec, inputs, out)
    found = _regions(scene)
    if not found:
        return before._replace(active=np.bool_(False))
    start_s, between_s, end_s = _times(scene, found)
    away = np.array([region.view.cell for region in found]) - np.asarray(before.cell)
    near = bool(before.active) & (np.hypot(*away.T) * spec.resolution_m <= _KEPT_WITHIN_M)
    start_s = start_s - np.where(near, _KEPT_S, 0.0)
    order = tour.open_tour(start_s, between_s, end_s)
    before = before._replace(active=np.bool_(False))
    if config.finish == "rate":
        rate_m2_s = float(config.finish_rate_m2_s)
        order, left = worth(found, order, start_s, between_s, end_s, rate_m2_s)
        before = _skipping(spec, before, [(found[k], lost_s) for k, lost_s in left])
    if not order:
        return before
    following = found[order[1]].view.cell if len(order) > 1 else scene.goal
    of = max(int(before.of), int(before.number) - 1 + len(order)) if int(before.number) else 0
    of = of or len(order)
    return before._replace(
        cell=np.array(_on_the_way(scene, found[order[0]], following), np.int32),
        active=np.bool_(True),
        number=np.int32(of - len(order) + 1),
        of=np.int32(of),
    )


def worth(
    found: list[Region],
    order: list[int],
    start_s: np.ndarray,
    between_s: np.ndarray,
    end_s: np.ndarray,
    rate_m2_s: float,
) -> tuple[list[int], list[tuple[int, float]]]:
    """Leave the stops of a tour that teach least for their time, until all are worth it.

    Returns:
        The tour without them, and (stop, seconds that it would have cost) of each.
    """
    order, left = list(order), []
    while order:
        costs = LOOK_S + _detours(order, start_s, between_s, end_s)
        rates = np.array([found[k].area_m2 for k in order]) / np.maximum(costs, 1e-9)
        worst = int(np.argmin(rates))
        if rates[worst] >= rate_m2_s:
            break
        left.append((order.pop(worst), float(costs[worst])))
        if order:
            some = np.array(order)
            again = tour.open_tour(start_s[some], between_s[np.ix_(some, some)], end_s[some])
            order = [order[k] for k in again]
    return order, left


def _detours(
    order: list[int], start_s: np.ndarray, between_s: np.ndarray, end_s: np.ndarray
) -> np.ndarray:
    """Return what a tour would save without each of its stops."""
    saved = []
    for k, stop in enumerate(order):
        to = start_s[stop] if k == 0 else between_s[order[k - 1], stop]
        if k == len(order) - 1:
            on, direct = end_s[stop], end_s[order[k - 1]] if k else 0.0
        else:
            after = order[k + 1]
            on = between_s[stop, after]
            direct = start_s[after] if k == 0 else between_s[order[k - 1], after]
        saved.append(max(float(to + on - direct), 0.0))
    return np.array(saved)


def _same(a: Leftovers, b: Leftovers) -> bool:
    if bool(a.active) != bool(b.active) or int(a.n_skipped) != int(b.n_skipped):
        return False
    return not bool(a.active) or bool(np.all(np.asarray(a.cell) == np.asarray(b.cell)))


class _Scene(NamedTuple):
    """What the host reads from a step."""

    config: InfoFieldConfig
    spec: GridSpec
    yaw_rad: float
    here: tuple[int, int]
    goal: tuple[int, int]
    known: np.ndarray
    free: np.ndarray
    sources: np.ndarray
    frontier: np.ndarray
    ways: _Ways
    way_m: np.ndarray
    """[nx, ny] from the drone to every source, infinite elsewhere."""

    @classmethod
    def of(
        cls, config: InfoFieldConfig, spec: GridSpec, inputs: InfoFieldInputs, out: InfoFieldOutput
    ) -> _Scene:
        known, sources = np.asarray(inputs.known), np.asarray(out.sources)
        ways = _Ways(spec, np.asarray(out.navigable))
        here = regions.cell_of(spec, inputs.position_m)
        return cls(
            config=config,
            spec=spec,
            yaw_rad=float(inputs.yaw_rad),
            here=here,
            goal=regions.cell_of(spec, inputs.goal_m),
            known=known,
            free=known & (np.asarray(inputs.p) < OCCUPIED_FROM),
            sources=sources,
            frontier=np.asarray(out.frontier),
            ways=ways,
            way_m=np.where(sources, ways.from_m(here), np.inf),
        )

    def views(self, found: list[np.ndarray], way_m: np.ndarray) -> list[Viewpoint | None]:
        """Return a viewpoint of each cluster: the nearest of the good ones by ``way_m``."""
        radii = np.minimum(RINGS_M, float(self.config.range_m)) / self.spec.resolution_m
        fov_rad = float(self.config.fov_rad)
        return viewpoints(found, self.free, way_m, self.here, radii, fov_rad)


def _regions(scene: _Scene) -> list[Region]:
    """Return the leftovers that have a viewpoint where a look teaches something."""
    found = clusters(scene.frontier, 1, LONGEST_CLUSTER_M / scene.spec.resolution_m)
    views = scene.views(found, scene.way_m)
    kept = [(c, v) for c, v in zip(found, views, strict=True) if v is not None]
    kept.sort(key=lambda pair: (pair[1].distance_m, pair[1].cell))
    return [Region(c, v, _area_m2(scene.spec, c, ~scene.known)) for c, v in kept[:MOST_STOPS]]


def _on_the_way(scene: _Scene, region: Region, following: tuple[int, int]) -> tuple[int, int]:
    """Return the viewpoint of a region that costs the least detour to what follows."""
    onward_m = scene.ways.from_m(following)
    (view,) = scene.views([region.cells], scene.way_m + onward_m)
    return region.view.cell if view is None else view.cell


def _area_m2(spec: GridSpec, cells: np.ndarray, unknown: np.ndarray) -> float:
    """Return the area of the unknown not far behind the cells of a cluster."""
    depth = round(_DEPTH_M / spec.resolution_m)
    low = np.maximum(cells.min(axis=0) - depth, 0)
    window = tuple(slice(a, b + depth + 1) for a, b in zip(low, cells.max(axis=0), strict=True))
    mask = np.zeros(unknown[window].shape, bool)
    mask[tuple((cells - low).T)] = True
    grown = ndimage.binary_dilation(mask, iterations=depth, mask=unknown[window])
    return float(np.count_nonzero(grown)) * spec.resolution_m**2


def _times(scene: _Scene, found: list[Region]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the times from the drone, between the viewpoints, and from each to the goal."""
    cells = [region.view.cell for region in found]
    yaw = np.array([region.view.yaw_rad for region in found])
    to_m = scene.ways.between_m(cells, [*cells, scene.here, scene.goal])
    between_m, start_m, end_m = to_m[:, :-2], to_m[:, -2], to_m[:, -1]
    body = scene.config.body
    speed, rate = float(body.cruise_m_s), float(body.yaw_rate_max_rad_s)
    start_s = np.maximum(start_m / speed, _turn(yaw - scene.yaw_rad) / rate)
    between_s = np.maximum(between_m / speed, _turn(yaw[:, None] - yaw) / rate)
    reached = np.isfinite(end_m)
    end_s = np.where(reached, end_m, 0.0) / speed
    return start_s, np.minimum(between_s, between_s.T), end_s


def _turn(angle: np.ndarray) -> np.ndarray:
    return np.abs((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _skipping(spec: GridSpec, state: Leftovers, left: list[tuple[Region, float]]) -> Leftovers:
    """Return the state that leaves some regions, and remembers what they were."""
    if not left:
        return state
    skipped, listed = np.array(state.skipped), np.array(state.listed)
    n = int(state.n_skipped)
    for region, lost_s in left:
        skipped[tuple(region.cells.T)] = True
        if n < MOST_SKIPPED:
            x, y = np.asarray(spec.origin_m) + spec.resolution_m * region.cells.mean(axis=0)
            listed[n] = (x, y, region.area_m2, lost_s)
        n += 1
    return state._replace(skipped=skipped, listed=listed, n_skipped=np.int32(n))


class _Ways:
    """Lengths of ways through navigable cells, on a coarser grid."""

    def __init__(self, spec: GridSpec, navigable: np.ndarray) -> None:
        least = -(-max(spec.shape) // _MOST_WAY_CELLS)
        self._factor = max(1, round(_WAY_CELL_M / spec.resolution_m), least)
        self._fine = spec.shape
        n = tuple(-(-size // self._factor) for size in spec.shape)
        fill = [(0, m * self._factor - size) for m, size in zip(n, spec.shape, strict=True)]
        blocks = np.pad(navigable, fill).reshape(n[0], self._factor, n[1], self._factor)
        self._shape = n
        self._graph = _grid_graph(blocks.any(axis=(1, 3)), self._factor * spec.resolution_m)

    def from_m(self, cell: tuple[int, int]) -> np.ndarray:
        """Return the way [nx, ny] m from a cell, infinite where there is none."""
        way = self._from_m([cell])[0].astype(np.float32)
        way = way.repeat(self._factor, axis=0).repeat(self._factor, axis=1)
        return way[: self._fine[0], : self._fine[1]]

    def between_m(self, cells: list[tuple[int, int]], others: list[tuple[int, int]]) -> np.ndarray:
        """Return the ways [n, m] m from n cells to m others, infinite where there is none."""
        i, j = (np.asarray(others) // self._factor).T
        return self._from_m(cells)[:, i, j]

    def _from_m(self, cells: list[tuple[int, int]]) -> np.ndarray:
        at = np.asarray(cells) // self._factor
        index = np.ravel_multi_index(tuple(at.T), self._shape)
        way = csgraph.dijkstra(self._graph, directed=False, indices=index)
        return np.asarray(way).reshape(-1, *self._shape)


def _grid_graph(passable: np.ndarray, cell_m: float) -> Any:
    """Return the graph of the eight neighbours of passable cells."""
    number = np.arange(passable.size).reshape(passable.shape)
    ends, lengths = [], []
    for di, dj in ((1, 0), (0, 1), (1, 1), (1, -1)):
        here = (
            slice(None, passable.shape[0] - di),
            slice(max(0, -dj), passable.shape[1] - max(0, dj)),
        )
        there = (slice(di, None), slice(max(0, dj), passable.shape[1] - max(0, -dj)))
        both = passable[here] & passable[there]
        ends.append(np.stack([number[here][both], number[there][both]]))
        lengths.append(np.full(ends[-1].shape[1], cell_m * float(np.hypot(di, dj))))
    rows, columns = np.concatenate(ends, axis=1)
    weights = np.concatenate(lengths)
    return sparse.csr_matrix((weights, (rows, columns)), (passable.size, passable.size))
