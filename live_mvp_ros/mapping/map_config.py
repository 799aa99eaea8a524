# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration of the live map: its volume, its evidence, and the size of its neural fields.

How the fields are trained is no setting: rates, weights and numbers of samples were measured
together (docs/live_map.md), and are constants where they are used.
"""

from __future__ import annotations

import math

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.vehicle.body import STRAY_M
from live_mvp_ros.vehicle.odometry import DriftConfig

COARSEST_CELLS = 16
"""Cells per side of the first level: the coarsest of Instant NGP; a room spans some of them."""


@configuration
class LiveMapConfig:
    """The live map: everything the drone knows, learned from depth and poses alone."""

    body: BodyConfig = BodyConfig()
    odometry: DriftConfig = DriftConfig()
    lower_m: tuple[float, float, float] = parameter(
        default=(0.0, 0.0, 0.0),
        unit="m",
        low=-1000.0,
        high=1000.0,
        help="Lowest corner of the volume.",
    )
    upper_m: tuple[float, float, float] = parameter(
        default=(14.0, 12.0, 3.0),
        unit="m",
        low=-1000.0,
        high=1000.0,
        help="Highest corner of the volume.",
    )
    resolution_m: float = parameter(
        default=0.1, unit="m", low=0.02, high=1.0, help="Edge length of an evidence voxel."
    )
    max_range_m: float = parameter(
        default=8.0,
        unit="m",
        low=0.5,
        high=100.0,
        live=True,
        help="Longest range of evidence; farther hits count as free space up to it.",
    )
    occupancy_source: str = parameter(
        default="evidence",
        choices=("evidence", "fields"),
        help="What the planar map shows: the evidence voxels or the neural fields.",
    )
    outside_volume: str = parameter(
        default="refuse",
        choices=("refuse", "integrate"),
        help="What becomes of scans that are taken from outside of the volume.",
    )
    levels: int = parameter(default=12, low=1, high=16, help="Levels of the hash grid.")
    finest_cells: int = parameter(
        default=512, low=COARSEST_CELLS, high=4096, help="Cells per side, last level."
    )
    table_size_log2: int = parameter(
        default=15, low=8, high=20, help="Entries per level: 2 to this."
    )
    hidden_width: int = parameter(default=64, low=4, high=256, help="Width of both hidden layers.")
    train_rays: int = parameter(
        default=64, low=8, high=4096, help="Rays per step and frame (the scan and each keyframe)."
    )
    keyframes: int = parameter(default=96, low=1, high=4096, help="Past scans kept for replay.")

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        if not all(low < high for low, high in zip(self.lower_m, self.upper_m, strict=True)):
            return (
                f"upper_m = {self.upper_m} is not allowed: it must be above "
                f"lower_m = {self.lower_m} on every axis"
            )
        if math.prod(self.shape) > 2**28:
            return (
                f"resolution_m = {self.resolution_m:g} is not allowed: the volume would have "
                f"{math.prod(self.shape)} voxels, at most {2**28} are possible"
            )
        return None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels (nx, ny, nz)."""
        nx, ny = map_grid(self).shape
        height = self.upper_m[2] - self.lower_m[2]
        return nx, ny, max(1, math.ceil(height / self.resolution_m - 1e-6))

    @property
    def half_height_m(self) -> float:
        """Half height of what the body meets as it flies, around its altitude."""
        return self.body.fits_from_m + STRAY_M


def map_grid(config: LiveMapConfig) -> GridSpec:
    """Return the horizontal grid of the map; voxel columns are its cells."""
    return GridSpec.covering(config.lower_m, config.upper_m, config.resolution_m)
