# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Score a flight while it happens, on a thread of low priority beside the monitor.

JAX, the world and matplotlib are loaded here and only once the graph is up, so that they neither
delay the start nor take time from the control loop; by the end of a flight everything is scored.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from live_mvp_ros.sim.metrics import Exploration, GroundTruth, Safety

NICENESS = 10


class Scorer:
    """Compares maps and positions with the ground truth of one world."""

    def __init__(self, world: str, radius_m: float = 0.3, range_m: float = 8.0) -> None:
        """Remember what to score against; nothing is loaded before ``start``."""
        self.radius_m, self.range_m = radius_m, range_m
        self.fraction: float | None = None
        self.truth: GroundTruth | None = None
        self._world_name = world
        self._world: Any = None
        self._maps: queue.SimpleQueue[tuple[Any, float] | None] = queue.SimpleQueue()
        self._times: list[float] = []
        self._fractions: list[float] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scorer", daemon=True)

    @property
    def busy(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to load and to score; further calls do nothing."""
        if self._thread.ident is None:
            self._thread.start()

    def map_arrived(self, message: Any, time_s: float) -> None:
        """Queue an OccupancyGrid of a flight time for scoring."""
        self._maps.put((message, time_s))

    def finish(self, timeout_s: float) -> bool:
        """Score what is queued; return whether that was done in time."""
        if self._thread.ident is None:
            return False
        self._maps.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and self._ready.is_set()

    def exploration(self) -> Exploration:
        """Return the explored fraction over time; only after ``finish``."""
        from live_mvp_ros.sim import metrics

        return metrics.exploration(self._times, self._fractions)

    def safety(self, positions_m: np.ndarray) -> Safety:
        """Return true clearance and collisions of positions [N, 3]; only after ``finish``."""
        from live_mvp_ros.sim import metrics

        return metrics.safety(self._world.scene, positions_m, self.radius_m)

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # a container may forbid it; then it stays at 0
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        self._load()
        self._ready.set()
        while (item := self._maps.get()) is not None:
            self._score(*item)

    def _load(self) -> None:
        from live_mvp_ros.jax_setup import prepare_jax

        prepare_jax()
        from live_mvp_ros.bringup import plots
        from live_mvp_ros.sim import metrics
        from live_mvp_ros.worlds import load_world

        self._world = load_world(self._world_name)
        self.truth = metrics.ground_truth(self._world, range_m=self.range_m)
        metrics.clearance(self._world.scene, np.zeros((1, 3), np.float32))  # compile it now
        plots.warm_up()

    def _score(self, message: Any, time_s: float) -> None:
        from live_mvp_ros.ros.convert import InvalidMessageError, probability_grid
        from live_mvp_ros.sim import metrics

        assert self.truth is not None
        try:
            grid = probability_grid(message, message.header.frame_id)
        except InvalidMessageError:
            return  # a map that nobody can use makes nothing known
        self.fraction = metrics.explored_fraction(grid.known, grid.spec, self.truth)
        self._times.append(time_s)
        self._fractions.append(self.fraction)
