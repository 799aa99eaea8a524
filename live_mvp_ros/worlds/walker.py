# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Somebody who walks through a world: an upright cylinder that moves at a constant speed."""

from __future__ import annotations

import dataclasses
import math

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.worlds.scene import Cylinders, Group, Scene


@dataclasses.dataclass(frozen=True)
class Walker:
    """A person who walks to and fro along a way.

    Attributes:
        way_m: corners [N][2] of the way, map frame, at least two.
        speed_m_s: of walking; a pedestrian's is 1.2 (1.0 to 1.5).
        radius_m: of the body.
        height_m: of the body.
        floor_m: height of the floor, map frame.
        turns_back: whether he walks back when he has come to the end, or stays there.
    """

    way_m: tuple[tuple[float, float], ...]
    speed_m_s: float = 1.2
    radius_m: float = 0.25
    height_m: float = 1.8
    floor_m: float = 0.0
    turns_back: bool = False

    def at(self, time_s: float) -> np.ndarray:
        """Return where he is [2], map frame; before 0 s at the beginning."""
        corners = np.asarray(self.way_m, float)
        steps = np.linalg.norm(np.diff(corners, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        gone = self.speed_m_s * max(time_s, 0.0)
        if self.turns_back:
            gone = along[-1] - abs(math.fmod(gone, 2.0 * along[-1]) - along[-1])
        return np.array([np.interp(gone, along, corners[:, i]) for i in (0, 1)])

    def scene(self, scene: Scene, time_s: float) -> Scene:
        """Return a scene with him in it; of any time, in arrays of the same shapes."""
        x, y = self.at(time_s)
        half = 0.5 * self.height_m
        body = Cylinders(
            jnp.array([[x], [y], [self.floor_m + half]], jnp.float32),
            jnp.array([self.radius_m], jnp.float32),
            jnp.array([half], jnp.float32),
        )
        return dataclasses.replace(scene, groups=(*scene.groups, Group((body,))))
