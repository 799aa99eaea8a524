# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The map that one thread changes while others copy it, or put another one in its place."""

from __future__ import annotations

import threading

import jax
import numpy as np

from live_mvp_ros import mapping
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.mapping import LiveMap, LiveMapConfig
from live_mvp_ros.mapping.sensor_scan import SensorRays


def integrate(
    config: LiveMapConfig,
    state: LiveMap,
    rays: tuple[jax.Array, jax.Array, jax.Array],
    position: jax.Array,
    attitude: jax.Array,
    mount: jax.Array,
) -> tuple[LiveMap, mapping.MapReport]:
    """Integrate the parts of SensorRays seen through ``mount`` = T_base_sensor [4, 4].

    Position and attitude are those of the odometry.
    """
    body = quaternion.rotation_matrix(attitude)
    scan = mapping.scan_from_rays(
        *rays, body @ mount[:3, :3], body @ mount[:3, 3] + position, position
    )
    return mapping.step(config, state, scan)


class SharedMap:
    """The map of one vehicle; the worker's, but for what the methods say.

    Attributes:
        current: the map as the last update has left it. Replaced by the worker only.
        replaced: whether another map has ever been put in its place.
    """

    def __init__(self, state: LiveMap) -> None:
        """Begin with a map."""
        self._lock = threading.Lock()
        """Held while the map changes: an update takes its arrays over, so copies are made of it
        only between two updates."""
        self.current = state
        self.replaced = False
        self._replacement: LiveMap | None = None
        self._integrate = KeptProgram(integrate, donate_argnums=(1,))

    def learn(
        self,
        config: LiveMapConfig,
        rays: SensorRays,
        position: np.ndarray,
        attitude: np.ndarray,
        mount: np.ndarray,
    ) -> list[float]:
        """Integrate the rays of a cloud (worker); returns the losses when all of it is computed.

        Args:
            config: of the map.
            rays: in the sensor's frame.
            position: of the vehicle [3], by its odometry.
            attitude: of the vehicle, a unit quaternion [4].
            mount: T_base_sensor [4, 4].
        """
        with self._lock:
            self.current, report = self._integrate(
                config, self.current, tuple(rays), position, attitude, mount
            )
        losses = [float(loss) for loss in report.losses]
        jax.block_until_ready(self.current)
        return losses

    def take_replacement(self) -> bool:
        """Go on with what ``replace`` was given since (worker); returns whether it was."""
        with self._lock:
            replaced = self._replacement is not None
            if self._replacement is not None:
                self.current, self._replacement = self._replacement, None
        return replaced

    def replace(self, state: LiveMap) -> None:
        """Have the worker go on with another map (any thread)."""
        with self._lock:
            self._replacement, self.replaced = state, True

    def snapshot(self) -> LiveMap:
        """Return a copy of the map as it is between two updates (any thread)."""
        with self._lock:
            return jax.tree.map(np.array, self._replacement or self.current)
