# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Colours and normals of a world beside its depth, for packets of the running graph."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.packets.solid_models import Placed, render, solids
from live_mvp_ros.worlds.camera import DepthCameraConfig, camera_pose, pixel_directions
from live_mvp_ros.worlds.raycast import RayCastConfig
from live_mvp_ros.worlds.scene import Scene


class WorldPictures:
    """Pictures of one scene by one camera."""

    def __init__(self, scene: Scene, camera: DepthCameraConfig) -> None:
        """Remember what is to be seen.

        Raises:
            ValueError: the scene holds a mesh, whose normals are not known.
        """
        if scene.meshes:
            raise ValueError("colours and normals of a world with a mesh cannot be rendered")
        self._camera = camera
        self._model = solids([Placed((), (0.0, 0.0, 0.0), 0)], scene)
        directions = np.asarray(pixel_directions(camera))
        self._shape = directions.shape[:2]
        self._rays = (directions / directions[..., 2:]).reshape(-1, 3)
        self._limits = np.array([0.0, camera.max_range_m], np.float32)
        self._caster = RayCastConfig(max_range_m=camera.max_range_m)

    def images(self, position: np.ndarray, attitude: np.ndarray) -> dict[str, np.ndarray]:
        """Return rgb and normals [height, width, 3] from a body pose, normals optical."""
        rotation, place = camera_pose(self._camera, jnp.asarray(position), jnp.asarray(attitude))
        seen = render(
            self._model, rotation[None], place[None], self._rays, self._limits, self._caster
        )
        return {
            "rgb": np.asarray(seen.rgb[0]).reshape(*self._shape, 3),
            "normals": np.asarray(seen.normals[0]).reshape(*self._shape, 3),
        }
