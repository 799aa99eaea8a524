# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets without a renderer: patches are waves of the place and the view, made in microseconds.

There is nothing solid: an examiner goes round a ball of 10 cm that is only a chart, an explorer
flies through a ring of such balls. A gaze meets them, a body does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.packet_types import BodyPose
from live_mvp_ros.packets.pinhole import View, intrinsics, rays
from live_mvp_ros.packets.stages import Met, Picture, Samples, Thing

_HALF_M = 0.05
_RING_M = 1.0


class StubStage:
    """Waves to look at."""

    bounds: tuple[np.ndarray, np.ndarray] | None = None
    start = BodyPose()

    def __init__(self, config: EnvConfig, name: str, things: tuple[Thing, ...]) -> None:
        """Remember the camera."""
        self.name, self.things = name, things
        self._rays = rays(intrinsics(config.sensor))
        self._near, self._far = config.sensor.near, config.sensor.far

    def look(self, views: Sequence[View]) -> Picture:
        """Return waves along the directions of the pixels, shifted by the place."""
        rotations = np.stack([view.rotation for view in views])
        places = np.stack([view.place for view in views])
        towards = np.einsum("bij,hwj->bhwi", rotations, self._rays) + places[:, None, None, :]
        waves = 0.5 + 0.5 * np.sin(4.0 * towards)
        depth = self._near + (self._far - self._near) * waves[..., 0]
        normals = np.broadcast_to([0.0, 0.0, -1.0], waves.shape)
        labels = np.zeros(depth.shape)
        return Picture(*(x.astype(np.float32) for x in (waves, depth, normals, labels)))

    def meet(self, place: np.ndarray, direction: np.ndarray) -> Met:
        """Return the first ball that a ray meets."""
        first = Met(math.inf, 0)
        for number, thing in enumerate(self.things, start=1):
            towards = thing.middle - place
            along = float(np.dot(towards, direction))
            inside = _HALF_M**2 - (float(np.dot(towards, towards)) - along**2)
            range_m = along - math.sqrt(max(inside, 0.0))
            if inside >= 0.0 <= range_m < first.range_m:
                first = Met(range_m, number)
        return first

    def clearance(self, place: np.ndarray) -> tuple[float, np.ndarray]:
        """Return endless room."""
        return np.inf, np.zeros(3)

    def surface(self, points: np.ndarray) -> Samples:
        """Return no point: there is no surface."""
        return Samples(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))


class StubBackend:
    """Makes stages of waves."""

    name, light = "stub", "none"

    def __init__(self, config: EnvConfig) -> None:
        """Remember the camera."""
        self._config = config

    def examine(self, object_id: str) -> StubStage:
        """Return waves with the name of an object."""
        return StubStage(self._config, object_id, (_ball(object_id, np.zeros(3)),))

    def explore(self) -> StubStage:
        """Return waves in empty space, with the objects around its middle."""
        names = self._config.objects
        angles = 2.0 * math.pi * np.arange(len(names)) / max(len(names), 1)
        things = tuple(
            _ball(name, _RING_M * np.array([math.cos(angle), math.sin(angle), 0.0]))
            for name, angle in zip(names, angles, strict=True)
        )
        return StubStage(self._config, "stub", things)

    def symmetries(self, object_id: str) -> Sequence[str]:
        """Return none: nothing is known."""
        return ()


def _ball(object_id: str, middle: np.ndarray) -> Thing:
    return Thing(object_id, middle, np.full(3, _HALF_M))
