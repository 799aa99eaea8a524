# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Score a flight while it happens, on a thread of low priority beside the monitor.

JAX, the world and matplotlib are loaded here and only once the graph is up, so that they neither
delay the start nor take time from the control loop; by the end of a flight everything is scored.
Without a world that is the truth nothing is scored, but what the report needs is loaded all the
same. Maps that wait are thinned out: a machine that cannot keep up loses detail, not memory.

A world that cannot be read or a machine that is too small leaves a flight without scores. What
else ends the thread is a fault of this program: it does not end the flight either, but is raised
by ``check`` when the report is written.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from live_mvp_ros.base.threads import KeepingThread
from live_mvp_ros.bringup.node_process import lower_thread

if TYPE_CHECKING:
    from live_mvp_ros.evaluation.metrics import Exploration, GroundTruth, Safety

NICENESS = 10
MOST_MAPS, MOST_BYTES = 64, 32 * 2**20
MOST_SCORES = 20_000
OUTSIDE = (OSError, ImportError, MemoryError, RuntimeError, ValueError)
"""Errors with a cause outside: files, libraries, memory, JAX's own (RuntimeError), worlds."""


@dataclasses.dataclass(frozen=True)
class Basis:
    """What a flight is scored against.

    Attributes:
        world: name or file of the world that is the truth.
        radius_m: of the body.
        range_m: up to which it sees.
    """

    world: str
    radius_m: float
    range_m: float


class WaitingMaps:
    """Maps that wait to be scored, in the order of their time, within bounds.

    When there are too many, every other one goes; never the latest, which says how far it is, nor
    the earliest.
    """

    def __init__(self, most: int = MOST_MAPS, most_bytes: int = MOST_BYTES) -> None:
        """Keep so many maps of so many bytes together, and at least the latest."""
        self._most, self._most_bytes = most, most_bytes
        self._changed = threading.Condition()
        self._items: list[tuple[Any, float]] = []
        self._ended = False

    def put(self, message: Any, time_s: float) -> None:
        """Add a map."""
        with self._changed:
            self._items.append((message, time_s))
            most = max(1, min(self._most, self._most_bytes // max(1, len(message.data))))
            while len(self._items) > most:
                if most < 3:
                    self._items = self._items[-most:]
                else:
                    del self._items[1:-1:2]
            self._changed.notify_all()

    def get(self) -> tuple[Any, float] | None:
        """Return the earliest map; wait for it; None after the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended)
            return self._items.pop(0) if self._items else None

    def end(self) -> None:
        """Say that no more maps come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._items)


class Scorer:
    """Compares maps and positions with the ground truth of one world."""

    def __init__(self) -> None:
        """Prepare; nothing is loaded before ``start``."""
        self.fraction: float | None = None
        self.truth: GroundTruth | None = None
        self.error: BaseException | None = None
        """What has ended the thread early; then nothing is scored."""
        self._basis: Basis | None = None
        self._world: Any = None
        self._maps = WaitingMaps()
        self._times: list[float] = []
        self._fractions: list[float] = []
        self._ready = threading.Event()
        self._thread = KeepingThread(self._run, "scorer", self._failed)

    @property
    def started(self) -> bool:
        """Whether ``start`` was called."""
        return self._thread.ident is not None

    @property
    def busy(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def scores(self) -> bool:
        """Whether there is a truth to score against."""
        return self._basis is not None

    def start(self, basis: Basis | None) -> None:
        """Begin to load and, on a basis, to score; further calls do nothing."""
        if not self.started:
            self._basis = basis
            self._thread.start()

    def map_arrived(self, message: Any, time_s: float) -> None:
        """Queue an OccupancyGrid of a flight time for scoring."""
        self._maps.put(message, time_s)

    def finish(self, timeout_s: float) -> bool:
        """Score what is queued; return whether that, and loading, was done in time."""
        if not self.started:
            return False
        self._maps.end()
        self._thread.join(timeout_s)
        in_time = not self._thread.is_alive() and self._ready.is_set()
        return in_time and self.error is None

    def check(self) -> None:
        """Raise the fault that has ended the thread, if that is what has ended it."""
        self._thread.check()

    def exploration(self) -> Exploration:
        """Return the explored fraction over time; only after ``finish``."""
        from live_mvp_ros.evaluation import metrics

        return metrics.exploration(self._times, self._fractions)

    def safety(self, positions_m: np.ndarray) -> Safety:
        """Return true clearance and collisions of positions [N, 3]; only after ``finish``."""
        from live_mvp_ros.evaluation import metrics

        assert self._basis is not None
        return metrics.safety(self._world.scene, positions_m, self._basis.radius_m)

    def _run(self) -> None:
        lower_thread(NICENESS)
        try:
            self._load()
            self._ready.set()
            while (item := self._maps.get()) is not None:
                if self._basis is not None:
                    self._score(*item)
        except OUTSIDE as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self.error, self.fraction = error, None

    def _load(self) -> None:
        from live_mvp_ros.base.jax_setup import prepare_jax

        prepare_jax()
        from live_mvp_ros.evaluation import metrics
        from live_mvp_ros.reports import graph_plots
        from live_mvp_ros.vehicle import BodyConfig
        from live_mvp_ros.worlds import load_world

        basis = self._basis
        if basis is not None:
            self._world = load_world(basis.world)
            body = BodyConfig(radius_m=basis.radius_m)
            self.truth = metrics.ground_truth(self._world, body, range_m=basis.range_m)
            metrics.clearance(self._world.scene, np.zeros((1, 3), np.float32))  # compile it now
        graph_plots.warm_up()

    def _score(self, message: Any, time_s: float) -> None:
        from live_mvp_ros.evaluation import metrics
        from live_mvp_ros.ros.convert.grid_messages import probability_grid
        from live_mvp_ros.ros.refusals import InvalidMessageError

        assert self.truth is not None
        try:
            grid = probability_grid(message, message.header.frame_id)
        except InvalidMessageError:
            return  # a map that nobody can use makes nothing known
        self.fraction = metrics.explored_fraction(grid.known, grid.spec, self.truth)
        self._times.append(time_s)
        self._fractions.append(self.fraction)
        if len(self._times) > MOST_SCORES:
            del self._times[1:-1:2], self._fractions[1:-1:2]
