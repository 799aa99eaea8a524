# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The fields of a map on a lattice of points: what others need who have no network to ask.

Every 0.2 m, half as far as distances are learned, in the whole volume; farther apart in a volume
in which that would be too many points to compute several times a second.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.mapping.hash_grid import encode, evaluate
from live_mvp_ros.mapping.live_map import LiveMap
from live_mvp_ros.mapping.map_config import LiveMapConfig

STEP_M = 0.2
MOST_POINTS = 1 << 17


class LatticeSpec(NamedTuple):
    """Where the points are; hashable.

    Attributes:
        origin_m: the first point, map frame.
        step_m: from one to the next along each axis.
        shape: number of points (nx, ny, nz).
    """

    origin_m: tuple[float, float, float]
    step_m: float
    shape: tuple[int, int, int]

    def points(self) -> np.ndarray:
        """Return the points [3, N] in the order of an array [nx, ny, nz]."""
        axes = [
            low + self.step_m * np.arange(count)
            for low, count in zip(self.origin_m, self.shape, strict=True)
        ]
        grid = np.meshgrid(*axes, indexing="ij")
        return np.stack(grid).reshape(3, -1).astype(np.float32)


def lattice_of(config: LiveMapConfig) -> LatticeSpec:
    """Return the lattice of a map: its points lie in the middle of cubes that fill its volume."""
    sides = [high - low for low, high in zip(config.lower_m, config.upper_m, strict=True)]
    step = STEP_M
    while math.prod(_counts(sides, step)) > MOST_POINTS:
        step = round(1.1 * step, 4)
    x, y, z = (low + 0.5 * step for low in config.lower_m)
    return LatticeSpec((x, y, z), step, _counts(sides, step))


def _counts(sides: list[float], step: float) -> tuple[int, int, int]:
    nx, ny, nz = (max(1, math.ceil(side / step - 1e-6)) for side in sides)
    return nx, ny, nz


def fields_at_points(
    config: LiveMapConfig, state: LiveMap, points: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return signed distance [N] in metres and exposure [N] in 0..1 at points [3, N]."""
    features = encode(config, state.parameters.tables, points)
    exposure = jax.nn.sigmoid(evaluate(state.parameters.exposure, features))
    return evaluate(state.parameters.distance, features), jnp.asarray(exposure)
