# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Score a flight against ground truth: what could be seen, what was seen, and how close it went.

Words (map frame, metres, at the flight altitude): a cell is *navigable* when the drone fits
somewhere in it (``planning.fitting.fitting_cells``, the planner's own question, asked of the true
cells) and such cells connect it to the start; a free cell is *observable* when a navigable one
sees it in sensor range.
The explored fraction is the share of observable cells that the sensor has really seen: those that
the map knows while it lies where the world does, which it does not once odometry has drifted. A
collision is an episode in which the true clearance is below the drone's radius, not the number of
samples in it.

Nothing here is visible to a map, planner or controller: these numbers judge them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from scipy import ndimage

from live_mvp_ros.base.grid import GridSpec, in_cells
from live_mvp_ros.planning.fitting import cells_of, fitting_places, joined_cells
from live_mvp_ros.planning.guidance import cell_mask
from live_mvp_ros.planning.observable import observable_cells
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.worlds import Scene, World, ground_truth_grid, signed_distance, world_grid

THRESHOLDS = (0.50, 0.90, 0.95, 0.99)
UNSAID_SHARE = 0.05
"""Who says that nothing is left to see may have missed this share of what can be seen."""
_CHUNK = 4096


@dataclasses.dataclass(frozen=True)
class GroundTruth:
    """What is really there at the flight altitude; every mask is bool [nx, ny] over ``spec``."""

    spec: GridSpec
    occupied: np.ndarray
    navigable: np.ndarray
    observable: np.ndarray

    @property
    def free(self) -> np.ndarray:
        """Return the cells that are not occupied."""
        return ~self.occupied

    @property
    def observable_m2(self) -> float:
        """Return the area that can be seen."""
        return float(np.count_nonzero(self.observable)) * self.spec.resolution_m**2


@dataclasses.dataclass(frozen=True)
class Exploration:
    """How much of the observable space became known, and when; ``None`` means never."""

    times_s: np.ndarray
    fractions: np.ndarray
    time_to_s: tuple[float | None, ...]

    @property
    def final(self) -> float:
        """Return the last explored fraction, 0 if no map was ever seen."""
        return float(self.fractions[-1]) if self.fractions.size else 0.0


@dataclasses.dataclass(frozen=True)
class Safety:
    """True clearance of the drone's centre to the nearest surface along the flight."""

    clearance_m: np.ndarray
    collisions: int
    min_clearance_m: float | None


def navigable_mask(
    occupied: np.ndarray, spec: GridSpec, radius_m: float, start_xy: Sequence[float]
) -> np.ndarray:
    """Return the cells in which a disc of ``radius_m`` fits, connected to the start.

    An enclosing wall is not assumed: the edge of the grid is no obstacle. A start that is itself
    too close to something has no navigable cells at all.
    """
    wide = math.ceil(radius_m / spec.resolution_m) + 2  # so much free space goes around the grid
    (x0, y0), (nx, ny) = spec.origin_m, spec.shape
    more_m = wide * spec.resolution_m
    around = GridSpec(
        (x0 - more_m, y0 - more_m), spec.resolution_m, (nx + 2 * wide, ny + 2 * wide)
    )
    places = fitting_places(jnp.asarray(np.pad(occupied, wide)), around, radius_m)
    places = places[2 * wide : -2 * wide, 2 * wide : -2 * wide]
    start = cell_mask(spec, jnp.asarray(start_xy[:2])) & cells_of(places)
    return np.asarray(joined_cells(places, start))


def ground_truth(
    world: World,
    body: BodyConfig | None = None,
    *,
    resolution_m: float = 0.1,
    range_m: float = 8.0,
) -> GroundTruth:
    """Return the masks of a world at the altitude of its start, for a sensor of ``range_m``."""
    body = BodyConfig() if body is None else body
    spec = world_grid(world, resolution_m)
    occupied = np.asarray(ground_truth_grid(world, spec, world.start_m[2]))
    navigable = navigable_mask(occupied, spec, body.fits_from_m, world.start_m)
    cells = max(1, round(range_m / resolution_m))
    look = jax.jit(observable_cells, static_argnums=2)
    seen = look(jnp.asarray(occupied), jnp.asarray(navigable), cells)
    observable = (np.asarray(seen) | navigable) & ~occupied
    return GroundTruth(spec, occupied, navigable, observable)


def random_start(world: World, truth: GroundTruth, seed: int, room_m: float = 0.5) -> World:
    """Return ``world`` with another start: a random navigable place and heading.

    Args:
        world: keeps its goal and the altitude of its start.
        truth: of ``world``; places are those that can be flown to from its own start.
        seed: of the choice.
        room_m: least distance from the place to anything occupied.

    Raises:
        ValueError: no place has so much room.
    """
    generator = np.random.default_rng(seed)
    distance_m = ndimage.distance_transform_edt(~truth.occupied) * truth.spec.resolution_m
    places = np.argwhere(truth.navigable & (distance_m >= room_m))
    if not len(places):
        raise ValueError(f"room_m = {room_m} is not allowed: no place in {world.name} has it")
    ix, iy = places[generator.integers(len(places))]
    x, y = truth.spec.centres()
    start = (float(x[ix]), float(y[iy]), world.start_m[2])
    yaw = float(generator.uniform(-np.pi, np.pi))
    return dataclasses.replace(world, start_m=start, start_yaw_rad=yaw)


def resample(values: np.ndarray, source: GridSpec, target: GridSpec) -> np.ndarray:
    """Return bool cells [nx, ny] of ``source`` looked up at the cell centres of ``target``.

    Centres outside ``source`` are False: what a map does not cover, it does not know.
    """
    if source == target:
        return values
    index, inside = [], []
    for axis, centres in enumerate(target.centres()):
        cell = np.rint(in_cells(centres, source.origin_m[axis], source.resolution_m)).astype(int)
        inside.append((cell >= 0) & (cell < source.shape[axis]))
        index.append(np.clip(cell, 0, source.shape[axis] - 1))
    return values[np.ix_(*index)] & np.outer(*inside)


def explored_fraction(known: np.ndarray, source: GridSpec, truth: GroundTruth) -> float:
    """Return the share of observable cells that ``known`` (bool over ``source``) holds, 0..1."""
    total = int(np.count_nonzero(truth.observable))
    seen = int(np.count_nonzero(resample(known, source, truth.spec) & truth.observable))
    return seen / total if total else 0.0


def exploration(times_s: Sequence[float], fractions: Sequence[float]) -> Exploration:
    """Return when each of ``THRESHOLDS`` was first reached, in the times that are given."""
    times, values = np.asarray(times_s, float), np.asarray(fractions, float)
    reached: list[float | None] = []
    for threshold in THRESHOLDS:
        hits = np.flatnonzero(values >= threshold)
        reached.append(float(times[hits[0]]) if hits.size else None)
    return Exploration(times, values, tuple(reached))


def collision_episodes(clearance_m: np.ndarray, radius_m: float) -> int:
    """Count the times the clearance [N] fell below the radius; starting below it counts as one."""
    below = np.asarray(clearance_m) < radius_m
    return int(np.count_nonzero(below & ~np.concatenate([[False], below[:-1]])))


def clearance(scene: Scene, positions_m: np.ndarray) -> np.ndarray:
    """Return the true distance [N] of positions [N, 3] to the nearest surface, negative inside."""
    count = len(positions_m)
    padded = np.full((max(1, -(-count // _CHUNK)) * _CHUNK, 3), 0.0, np.float32)
    padded[:count] = positions_m
    chunks = [_signed_distance(scene, chunk) for chunk in padded.reshape(-1, _CHUNK, 3)]
    return np.concatenate([np.asarray(chunk) for chunk in chunks])[:count]


def safety(scene: Scene, positions_m: np.ndarray, radius_m: float) -> Safety:
    """Return clearance and collisions of the flown positions [N, 3]."""
    distances = clearance(scene, positions_m)
    lowest = float(distances.min()) if distances.size else None
    return Safety(distances, collision_episodes(distances, radius_m), lowest)


def path_length(positions_m: np.ndarray) -> float:
    """Return the length [m] of the polyline through positions [N, 3]."""
    steps = np.diff(np.asarray(positions_m, float), axis=0)
    return float(np.linalg.norm(steps, axis=1).sum()) if len(steps) else 0.0


@jax.jit
def _signed_distance(scene: Scene, points: jax.Array) -> jax.Array:
    return signed_distance(scene, points)
