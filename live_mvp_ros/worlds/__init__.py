# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is really there: scenes of primitives, the rays cast at them and the depth camera.

Used to synthesise depth and to score flights, by nothing else.
"""

from typing import TYPE_CHECKING

from live_mvp_ros.base.late_imports import names_of

if TYPE_CHECKING:
    from live_mvp_ros.worlds.camera import (
        LINK_TO_OPTICAL_QUATERNION,
        DepthCameraConfig,
        Intrinsics,
        camera_pose,
        intrinsics,
        pixel_directions,
        render,
    )
    from live_mvp_ros.worlds.raycast import RayCastConfig, cast_rays
    from live_mvp_ros.worlds.saving import save_world
    from live_mvp_ros.worlds.scene import Scene, padded, signed_distance
    from live_mvp_ros.worlds.world import World, ground_truth_grid, world_grid
    from live_mvp_ros.worlds.world_error import WorldError
    from live_mvp_ros.worlds.world_files import WORLD_NAMES, load_world

__all__ = [
    "LINK_TO_OPTICAL_QUATERNION",
    "WORLD_NAMES",
    "DepthCameraConfig",
    "Intrinsics",
    "RayCastConfig",
    "Scene",
    "World",
    "WorldError",
    "camera_pose",
    "cast_rays",
    "ground_truth_grid",
    "intrinsics",
    "load_world",
    "padded",
    "pixel_directions",
    "render",
    "save_world",
    "signed_distance",
    "world_grid",
]

__getattr__ = names_of(
    __name__,
    {
        "camera": (
            "LINK_TO_OPTICAL_QUATERNION",
            "DepthCameraConfig",
            "Intrinsics",
            "camera_pose",
            "intrinsics",
            "pixel_directions",
            "render",
        ),
        "raycast": (
            "RayCastConfig",
            "cast_rays",
        ),
        "saving": ("save_world",),
        "scene": (
            "Scene",
            "padded",
            "signed_distance",
        ),
        "world": (
            "World",
            "ground_truth_grid",
            "world_grid",
        ),
        "world_error": ("WorldError",),
        "world_files": (
            "WORLD_NAMES",
            "load_world",
        ),
    },
)
