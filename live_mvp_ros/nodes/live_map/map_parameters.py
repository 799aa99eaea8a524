# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of live_map: its rates and files, and those of the map itself."""

from __future__ import annotations

from typing import ClassVar

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.mapping import LiveMapConfig


@configuration
class MapConfig:
    """Parameters of live_map; those of the map itself have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("map",)

    map_rate_hz: float = parameter(
        default=5.0, unit="Hz", low=0.1, high=100.0, help="Rate of map and map/status."
    )
    surface_rate_hz: float = parameter(
        default=1.0, unit="Hz", low=0.05, high=20.0, help="Rate of map/surface and map/exposure."
    )
    surface_points: int = parameter(
        default=4096, low=16, high=1_000_000, help="Most points in map/surface."
    )
    pose_gap_s: float = parameter(
        default=0.1,
        unit="s",
        low=0.0,
        high=2.0,
        live=True,
        help="Longest time between two odometries across which a cloud's pose is interpolated.",
    )
    autosave_path: str = parameter(
        default="", help="File that the map is saved to and restored from; empty: none."
    )
    autosave_period_s: float = parameter(
        default=10.0, unit="s", low=1.0, high=3600.0, help="Time between two autosaves."
    )
    maps_folder: str = parameter(
        default="",
        help="Folder that map/save may write to; empty: that of autosave_path, or without one "
        "the working directory.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of the map's random numbers.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    map: LiveMapConfig = LiveMapConfig()
