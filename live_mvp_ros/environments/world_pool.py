# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The worlds that episodes are drawn from, in arrays of one shape: the first axis is the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import worlds
from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.environments.explore_config import ExploreConfig
from live_mvp_ros.evaluation import metrics
from live_mvp_ros.sim.loop_config import ClosedLoopConfig, configure, map_grid, sensor_range_m
from live_mvp_ros.worlds.names import SEEDED

_MULTIPLES = (16, 32, 64, 128, 256, 512, 1024)  # of primitives in a stack


class Pool(NamedTuple):
    """n worlds; taking one of them by ``jax.tree.map`` gives a world's own arrays."""

    scene: worlds.Scene
    """What is solid."""
    occupied: jax.Array
    """[n, nx, ny] bool, at the altitude of flight."""
    observable: jax.Array
    """[n, nx, ny] bool, free cells that can be seen from where the drone can be."""
    observable_cells: jax.Array
    """[n] float32, how many those are."""
    start_m: jax.Array
    """[n, 3] where flights start, map frame."""
    start_yaw_rad: jax.Array
    """[n]."""
    goal_m: jax.Array
    """[n, 3]."""


def draw_pool(config: ExploreConfig) -> tuple[ClosedLoopConfig, GridSpec, Pool]:
    """Return the settings of flights in the worlds of a configuration, their map, the worlds.

    Raises:
        ConfigurationError: there is no such world, or two of them differ in their bounds.
    """
    names = [config.world]
    if config.world in SEEDED:
        seeds = range(config.first_seed, config.first_seed + config.worlds)
        names = [f"{config.world}:{seed}" for seed in seeds]
    try:
        drawn = [worlds.load_world(name) for name in names]
    except worlds.WorldError as error:
        raise ConfigurationError(f"world = {config.world!r} is not allowed: {error}") from error
    first = drawn[0]
    for world in drawn:
        if _volume(world) != _volume(first):
            raise ConfigurationError(
                f"world = {config.world!r} is not allowed: {world.name} and {first.name} differ "
                "in bounds or altitude, but share one map"
            )
    loop = configure(first, config.sensing, base=config.loop)
    spec, range_m = map_grid(first, loop), sensor_range_m(loop)
    truths = [
        metrics.ground_truth(world, loop.body, resolution_m=spec.resolution_m, range_m=range_m)
        for world in drawn
    ]
    return (
        loop,
        spec,
        Pool(
            _stacked([world.scene for world in drawn], config.world),
            jnp.asarray(np.stack([truth.occupied for truth in truths])),
            jnp.asarray(np.stack([truth.observable for truth in truths])),
            jnp.array([truth.observable.sum() for truth in truths], jnp.float32),
            jnp.array([world.start_m for world in drawn], jnp.float32),
            jnp.array([world.start_yaw_rad for world in drawn], jnp.float32),
            jnp.array([world.goal_m for world in drawn], jnp.float32),
        ),
    )


def _volume(world: worlds.World) -> tuple[float, ...]:
    return (*world.lower_m, *world.upper_m, world.start_m[2])


def _stacked(scenes: Sequence[worlds.Scene], name: str) -> worlds.Scene:
    """Return scenes of one kind as one, padded until their stacks are of one length.

    Raises:
        ConfigurationError: they are of different kinds.
    """
    if any(scene.meshes for scene in scenes):
        raise ConfigurationError(
            f"world = {name!r} is not allowed: it is or holds a mesh, choose a world of primitives"
        )
    for multiple in _MULTIPLES:
        padded = [worlds.padded(scene, multiple) for scene in scenes]
        shapes = {
            (jax.tree.structure(scene), *(leaf.shape for leaf in jax.tree.leaves(scene)))
            for scene in padded
        }
        if len(shapes) == 1:
            return jax.tree.map(lambda *leaves: jnp.stack(leaves), *padded)
    raise ConfigurationError(
        f"world = {name!r} is not allowed: its seeds do not have the same kinds of primitives, "
        "choose worlds = 1"
    )
