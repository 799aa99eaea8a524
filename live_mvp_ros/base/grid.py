# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Geometry of a horizontal grid in the map frame (ENU, metres).

Values live in arrays indexed ``[ix, iy]`` (x slowest, as in InfoField); ``origin_m`` is the
position of the CENTRE of cell ``[0, 0]``. An OccupancyGrid message stores y slowest and the
lower-left corner instead: ``ros/convert`` is the only place that knows both.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

OCCUPIED_FROM = 0.5
"""Occupancy probability from which on a known cell blocks view and flight."""
LOG_ODDS_HIT, LOG_ODDS_MISS = 0.85, 0.4
"""What a look adds to the log-odds of a cell in which it ends, and takes from one that it passes,
in OctoMap as in FSMI. Maps and the information that is expected of looks must agree about it, so
it is no setting of either."""
LOG_ODDS_MIN, LOG_ODDS_MAX = -2.0, 3.5
"""Limits of the log-odds of a cell, OctoMap's: so that what has changed is believed soon."""


def in_cells(position_m: Any, origin_m: Any, resolution_m: Any) -> Any:
    """Return positions, or one coordinate of them, in cells: whole numbers are centres of cells.

    Args:
        position_m: any shape, an array of JAX or NumPy.
        origin_m: centre of the first cell; of a shape that goes with the positions.
        resolution_m: edge length of a cell.
    """
    return (position_m - origin_m) / resolution_m


@dataclasses.dataclass(frozen=True)
class GridSpec:
    """A grid's geometry; hashable, so that it can be a static argument.

    Attributes:
        origin_m: centre of cell ``[0, 0]``, map frame.
        resolution_m: edge length of a cell.
        shape: number of cells (nx, ny).
    """

    origin_m: tuple[float, float]
    resolution_m: float
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if not self.resolution_m > 0.0:
            raise ValueError(f"resolution_m = {self.resolution_m} is not allowed: it must be > 0")
        if min(self.shape) < 1:
            raise ValueError(f"shape = {self.shape} is not allowed: both sides must be >= 1")

    @classmethod
    def covering(
        cls, lower_m: tuple[float, ...], upper_m: tuple[float, ...], resolution_m: float
    ) -> GridSpec:
        """Return the grid that tiles [lower, upper] in x and y from the lower corner."""
        nx, ny = (
            max(1, int(np.ceil((upper_m[i] - lower_m[i]) / resolution_m - 1e-6))) for i in (0, 1)
        )
        half = 0.5 * resolution_m
        return cls((lower_m[0] + half, lower_m[1] + half), resolution_m, (nx, ny))

    def cell_coordinates(self, xy: jax.Array) -> jax.Array:
        """Return fractional cell coordinates of points [..., 2]; cell centres are whole."""
        coordinates: jax.Array = in_cells(xy, jnp.asarray(self.origin_m), self.resolution_m)
        return coordinates

    def cell_index(self, xy: jax.Array) -> jax.Array:
        """Return the int32 index [..., 2] of the cell of each point, clamped to the grid."""
        nearest = jnp.round(self.cell_coordinates(xy)).astype(jnp.int32)
        return jnp.clip(nearest, 0, jnp.asarray(self.shape) - 1)

    def contains(self, xy: jax.Array) -> jax.Array:
        """Return whether each point [..., 2] lies in some cell of the grid."""
        u = self.cell_coordinates(xy)
        return jnp.all((u >= -0.5) & (u < jnp.asarray(self.shape) - 0.5), axis=-1)

    def centres(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the x [nx] and y [ny] coordinates of the cell centres."""
        x, y = (self.origin_m[i] + self.resolution_m * np.arange(self.shape[i]) for i in (0, 1))
        return x, y
