# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is really there: a named scene with its bounds, start pose and goal (map frame, metres).

Ground truth serves to synthesise depth and to score flights; nothing that flies may read it.
"""

from __future__ import annotations

import dataclasses
import math

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.worlds.scene import Scene, signed_distance

Vector = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class World:
    """A scene with what a mission needs to know about it.

    Attributes:
        name: short name.
        scene: the solid.
        lower_m: lowest corner of the bound in which to fly, map frame.
        upper_m: highest corner of that bound.
        start_m: where a flight starts.
        start_yaw_rad: heading at the start, about +z.
        goal_m: where a flight ends.
    """

    name: str
    scene: Scene
    lower_m: Vector
    upper_m: Vector
    start_m: Vector
    start_yaw_rad: float
    goal_m: Vector


def world_grid(world: World, resolution_m: float) -> GridSpec:
    """Return the horizontal grid that tiles the bound of a world."""
    return GridSpec.covering(world.lower_m, world.upper_m, resolution_m)


def ground_truth_grid(world: World, spec: GridSpec, altitude_m: float) -> np.ndarray:
    """Return which cells [nx, ny] are occupied at an altitude (bool).

    Those whose centre is inside the solid, and, where no centre near by is, those that a post or a
    wall thinner than a cell may reach into: what lies between the centres is there all the same.
    """
    x, y = spec.centres()
    centres = np.stack(
        np.broadcast_arrays(x[:, None], y[None, :], np.float64(altitude_m)), axis=-1
    )
    distance = np.asarray(signed_distance(world.scene, jnp.asarray(centres, jnp.float32)))
    inside = distance < 0.0
    beside = np.lib.stride_tricks.sliding_window_view(np.pad(inside, 1), (3, 3)).any(axis=(2, 3))
    reached = distance < 0.5 * math.sqrt(2.0) * spec.resolution_m
    return inside | (reached & ~beside)
