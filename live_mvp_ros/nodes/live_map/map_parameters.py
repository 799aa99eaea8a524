# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of live_map: its rates and files, and those of the map itself."""

from __future__ import annotations

from typing import ClassVar

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.mapping import LiveMapConfig, RangeSensorConfig
from live_mvp_ros.ros.frames import FramesConfig


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
    fields_rate_hz: float = parameter(
        default=0.0,
        unit="Hz",
        low=0.0,
        high=10.0,
        help="Rate of map/fields, by which policies fly; 0: none.",
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
    transform_wait_s: float = parameter(
        default=0.5,
        unit="s",
        low=0.0,
        high=10.0,
        live=True,
        help="Longest time that a cloud waits for the transforms of its stamp on tf.",
    )
    input: str = parameter(
        default="points",
        choices=("points", "depth_image"),
        help="What is mapped: depth/points, or depth/image with depth/camera_info.",
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
    frames: FramesConfig = FramesConfig()
    sensor: RangeSensorConfig = RangeSensorConfig()
    map: LiveMapConfig = LiveMapConfig()

    def check(self) -> str | None:
        """Refuse two who say where the odometry frame lies."""
        if self.frames.map_to_odom == "external" and self.map.odometry.drifts:
            return (
                "frames.map_to_odom = 'external' is not allowed with odometry.* above 0: where "
                "that drifts, the map says where its frame lies"
            )
        return None
