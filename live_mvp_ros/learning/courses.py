# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where flights take place: worlds in one stack, one map that holds them all, and the starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.learning.scene_stack import stack
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.worlds import Scene, World, signed_distance

ALTITUDE_M = 1.6
APART_M = 0.9
CLEARANCE_M = 0.5
"""Free space around a random start."""
TABLE = 64
"""Random starts per world to draw from in training."""
_TRIES = 20_000


class Courses(NamedTuple):
    """E worlds to fly in, stacked on the first axis.

    Attributes:
        scene: what is really there.
        starts: K places to begin at for each of N drones [E, K, N, 3], map frame.
        yaws: heading there in rad [E, K].
        free: which voxels [E, nz, nx, ny] of the map are free in truth, bool.
    """

    scene: Scene
    starts: jax.Array
    yaws: jax.Array
    free: jax.Array


def map_of(config: TrainingConfig, worlds: Sequence[World]) -> LiveMapConfig:
    """Return the settings of a cheap map whose volume holds every world."""
    lower = np.min([world.lower_m for world in worlds], axis=0)
    upper = np.max([world.upper_m for world in worlds], axis=0)
    return LiveMapConfig(
        lower_m=tuple(map(float, lower)),  # type: ignore[arg-type]
        upper_m=tuple(map(float, upper)),  # type: ignore[arg-type]
        resolution_m=config.map_resolution_m,
        outside_volume="integrate",
        levels=config.map_levels,
        finest_cells=config.map_finest_cells,
        table_size_log2=config.map_table_size_log2,
        hidden_width=config.map_hidden_width,
        train_rays=config.map_train_rays,
        keyframes=config.map_keyframes,
    )


def fixed_start(config: TrainingConfig, world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return the one start [1, N, 3] of the reference, and its heading [1].

    Raises:
        ValueError: it is not in the free space of the world.
    """
    beside = np.arange(config.drones) * APART_M
    starts = np.stack([np.zeros_like(beside), beside, np.full_like(beside, ALTITUDE_M)], axis=1)
    if not np.all(_is_free(world, starts)):
        raise ValueError(
            f"starts = 'fixed' is not allowed in {world.name}: (0, {APART_M:g} i, {ALTITUDE_M:g})"
            " m is not free there for every drone; it must be 'random'"
        )
    return starts[None], np.zeros(1)


def random_starts(
    config: TrainingConfig, world: World, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return random free starts [count, N, 3], drones side by side, and headings [count].

    Raises:
        ValueError: the world has too little free space for them.
    """
    random = np.random.default_rng(seed)
    lower, upper = np.array(world.lower_m), np.array(world.upper_m)
    first = random.uniform(lower, upper, (_TRIES, 3))
    first[:, 2] = ALTITUDE_M
    yaws = random.uniform(-np.pi, np.pi, _TRIES)
    left = np.stack([-np.sin(yaws), np.cos(yaws), np.zeros(_TRIES)], axis=1)
    beside = APART_M * np.arange(config.drones)[None, :, None]
    starts = first[:, None] + beside * left[:, None]
    fits = np.flatnonzero(np.all(_is_free(world, starts), axis=1))[:count]
    if len(fits) < count:
        raise ValueError(
            f"world {world.name} is not allowed: only {len(fits)} of {_TRIES} places at"
            f" {ALTITUDE_M:g} m hold {config.drones} drones side by side, {count} are needed"
        )
    return starts[fits], yaws[fits]


def _is_free(world: World, points: np.ndarray) -> np.ndarray:
    """Return whether there is room around points [..., 3] inside of a world's bound."""
    distance = np.asarray(signed_distance(world.scene, jnp.asarray(points, jnp.float32)))
    lower, upper = np.array(world.lower_m), np.array(world.upper_m)
    inside = np.all((points > lower) & (points < upper), axis=-1)
    return np.asarray((distance > CLEARANCE_M) & inside)


def training_courses(
    config: TrainingConfig, map_config: LiveMapConfig, worlds: Sequence[World]
) -> Courses:
    """Return the courses of a training, ``copies`` of each world.

    Raises:
        ValueError: a world has no such starts, or holds a mesh.
    """
    begin = [
        fixed_start(config, world)
        if config.starts == "fixed"
        else random_starts(config, world, TABLE, 2 * config.seed)
        for world in worlds
    ]
    return _courses(map_config, worlds, begin, config.copies)


def held_out_courses(
    config: TrainingConfig, map_config: LiveMapConfig, worlds: Sequence[World]
) -> Courses:
    """Return the courses of an evaluation, with starts from random numbers of their own.

    Raises:
        ValueError: a world has no such starts, or holds a mesh.
    """
    flown, count, seed = config.in_evaluation, config.evaluation_starts, 2 * config.seed + 1
    begin = [random_starts(flown, world, count, seed) for world in worlds]
    return _courses(map_config, worlds, begin, 1)


def _courses(
    map_config: LiveMapConfig,
    worlds: Sequence[World],
    begin: Sequence[tuple[np.ndarray, np.ndarray]],
    copies: int,
) -> Courses:
    def repeated(arrays: Sequence[np.ndarray]) -> jax.Array:
        return jnp.asarray(np.repeat(np.stack(arrays), copies, axis=0), jnp.float32)

    scene = stack([world.scene for world in worlds for _ in range(copies)])
    free = repeated([_free(map_config, world) for world in worlds]) > 0.5
    return Courses(scene, repeated([s for s, _ in begin]), repeated([y for _, y in begin]), free)


def _free(map_config: LiveMapConfig, world: World) -> np.ndarray:
    """Return which voxels [nz, nx, ny] of a map are free in a world, and inside of its bound."""
    size, (nx, ny, nz) = map_config.resolution_m, map_config.shape
    axes = [
        low + (np.arange(n) + 0.5) * size
        for low, n in zip(map_config.lower_m, (nx, ny, nz), strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    inside = np.all((points > world.lower_m) & (points < world.upper_m), axis=-1)
    distance = np.asarray(signed_distance(world.scene, jnp.asarray(points, jnp.float32)))
    return np.moveaxis((distance > 0.0) & inside, -1, 0).astype(np.float32)
