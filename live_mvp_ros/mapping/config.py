# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration of the live map: its volume, evidence, neural fields and their training."""

from __future__ import annotations

import math

from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.vehicle.body import STRAY_M


@configuration
class LiveMapConfig:
    """The live map: everything the drone knows, learned from depth and poses alone."""

    body: BodyConfig = BodyConfig()
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
    footprint_radius_m: float = parameter(
        default=0.25,
        unit="m",
        low=0.0,
        high=5.0,
        live=True,
        help="Never-seen voxels this near, over the body's height, become free: the drone is "
        "there. At most its radius.",
    )
    start_radius_m: float = parameter(
        default=0.5,
        unit="m",
        low=0.0,
        high=5.0,
        live=True,
        help="As footprint_radius_m, where the drone takes off: such a place is clear. At least "
        "so much that it fits.",
    )
    log_odds_hit: float = parameter(
        default=0.85,
        low=0.01,
        high=10.0,
        live=True,
        help="Evidence of one scan that hits a voxel.",
    )
    log_odds_miss: float = parameter(
        default=0.4,
        low=0.01,
        high=10.0,
        live=True,
        help="Evidence of one scan that sees through a voxel.",
    )
    log_odds_min: float = parameter(
        default=-2.0, low=-20.0, high=-0.1, live=True, help="Lowest log-odds of a voxel."
    )
    log_odds_max: float = parameter(
        default=3.5, low=0.1, high=20.0, live=True, help="Highest log-odds of a voxel."
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
    coarsest_cells: int = parameter(
        default=16, low=2, high=128, help="Cells per side, first level."
    )
    finest_cells: int = parameter(
        default=512, low=2, high=4096, help="Cells per side, last level."
    )
    table_size_log2: int = parameter(
        default=15, low=8, high=20, help="Entries per level: 2 to this."
    )
    hidden_width: int = parameter(default=64, low=4, high=256, help="Width of both hidden layers.")
    learning_rate: float = parameter(
        default=0.001,
        low=0.000001,
        high=0.1,
        live=True,
        help="Step size of Adam for the networks.",
    )
    table_learning_rate: float = parameter(
        default=0.003,
        low=0.000001,
        high=0.1,
        live=True,
        help="Step size of Adam for the hash tables.",
    )
    truncation_m: float = parameter(
        default=0.4,
        unit="m",
        low=0.1,
        high=2.0,
        live=True,
        help="Distances are learned up to this.",
    )
    free_weight: float = parameter(
        default=1.0,
        low=0.0,
        high=100.0,
        live=True,
        help="Weight of the distance loss off the surface.",
    )
    eikonal_weight: float = parameter(
        default=0.03,
        low=0.0,
        high=100.0,
        live=True,
        help="Weight of the loss on the slope of distance.",
    )
    exposure_weight: float = parameter(
        default=0.005, low=0.0, high=100.0, live=True, help="Weight of the exposure loss."
    )
    train_rays: int = parameter(
        default=64, low=8, high=4096, help="Rays per step and frame (the scan and each keyframe)."
    )
    near_samples: int = parameter(
        default=7, low=1, high=64, help="Samples per ray around the surface."
    )
    free_samples: int = parameter(default=8, low=1, high=64, help="Samples per ray in free space.")
    volume_samples: int = parameter(
        default=1024,
        low=16,
        high=65536,
        help="Samples per step off the rays: anywhere, where nobody looked, around surfaces.",
    )
    keyframes: int = parameter(default=96, low=1, high=4096, help="Past scans kept for replay.")
    keyframe_rays: int = parameter(default=768, low=16, high=16384, help="Rays kept of a scan.")
    keyframe_interval: int = parameter(
        default=5, low=1, high=1000, help="Every so many scans one is offered as a keyframe."
    )
    replay_frames: int = parameter(default=3, low=0, high=16, help="Keyframes replayed per step.")

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
        if self.finest_cells < self.coarsest_cells:
            return (
                f"finest_cells = {self.finest_cells} is not allowed: it must be at least "
                f"coarsest_cells = {self.coarsest_cells}"
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
