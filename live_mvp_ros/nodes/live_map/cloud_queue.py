# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds that wait for the frames of their time, and then for the one who integrates them.

Odometry may come later than a cloud, by more than the time between two clouds. So clouds wait, in
the order in which they came and within bounds, until odometry has reached their stamps, and then a
while for the transforms of that time. Then they wait for the worker, and for that only briefly:
whoever flies by a map wants it to be new, so when the worker cannot keep up, the oldest are
overtaken.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from live_mvp_ros.mapping.sensor_scan import SensorRays
from live_mvp_ros.nodes.live_map.pose_buffer import PoseBuffer
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.transforms import NoTransformError

MOST_CLOUDS = 100
MOST_BYTES = 64 << 20
BACKLOG_NS = 300_000_000
"""Paired clouds that are older than the newest one by more than this are overtaken."""
AHEAD_NS = 5_000_000_000
"""A cloud that is further ahead of odometry is of another clock."""


class Cloud(NamedTuple):
    """The rays of a cloud in its sensor's frame, and when and in which frame it was taken."""

    stamp_ns: int
    frame: str
    rays: SensorRays

    @property
    def nbytes(self) -> int:
        """How large it is."""
        return sum(part.nbytes for part in self.rays)


class Pair(NamedTuple):
    """A cloud, the state of the vehicle at its stamp, and T_base_sensor [4, 4] then."""

    vehicle: VehicleState
    cloud: Cloud
    mount: np.ndarray


class Settled(NamedTuple):
    """Clouds with their frames, clouds without odometry, and why others have no frames."""

    pairs: list[Pair]
    unpaired: list[Cloud]
    astray: list[str]


Place = Callable[[Cloud, VehicleState], tuple[VehicleState, np.ndarray]]
"""Returns the state in the map and the mount of a cloud, or raises NoTransformError."""


class CloudQueue:
    """Pairs clouds with interpolated states; used by one thread."""

    def __init__(self, most: int = MOST_CLOUDS, most_bytes: int = MOST_BYTES) -> None:
        """Hold nothing; at most so many clouds, of at most so many bytes together, wait."""
        self._poses = PoseBuffer()
        self._waiting: deque[Cloud] = deque()
        self._most, self._most_bytes, self._bytes = most, most_bytes, 0

    def __len__(self) -> int:
        """Return how many clouds wait for odometry."""
        return len(self._waiting)

    @property
    def lag_s(self) -> float:
        """Return how far the newest odometry is behind the newest waiting cloud, at least 0 s.

        Infinite where there is no odometry, 0 where no cloud waits.
        """
        if not self._waiting:
            return 0.0
        latest_ns = self._poses.latest_ns
        if latest_ns is None:
            return float("inf")
        return 1e-9 * max(0, max(cloud.stamp_ns for cloud in self._waiting) - latest_ns)

    def add_state(self, state: VehicleState) -> int:
        """Take odometry; returns how many clouds are given up because its clock was reset."""
        if not self._poses.add(state):
            return 0
        lost = len(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return lost

    def ahead_s(self, stamp_ns: int) -> float:
        """Return how far a stamp is ahead of odometry if it is too far to wait for, else 0."""
        latest_ns = self._poses.latest_ns
        ahead_ns = 0 if latest_ns is None else stamp_ns - latest_ns
        return 1e-9 * ahead_ns if ahead_ns > AHEAD_NS else 0.0

    def add_cloud(self, cloud: Cloud) -> int:
        """Have a cloud wait; returns how many older ones had to go for it."""
        self._waiting.append(cloud)
        self._bytes += cloud.nbytes
        dropped = 0
        while len(self._waiting) > self._most or (
            self._bytes > self._most_bytes and len(self._waiting) > 1
        ):
            self._bytes -= self._waiting.popleft().nbytes
            dropped += 1
        return dropped

    def settle(self, gap_ns: int, wait_ns: int, place: Place) -> Settled:
        """Return the clouds that odometry has reached.

        Args:
            gap_ns: see PoseBuffer.at.
            wait_ns: so long after a cloud its transforms may come.
            place: where it was.
        """
        latest_ns, settled = self._poses.latest_ns, Settled([], [], [])
        if latest_ns is None:
            return settled
        waiting: deque[Cloud] = deque()
        for cloud in self._waiting:
            if cloud.stamp_ns > latest_ns:
                waiting.append(cloud)
                continue
            state = self._poses.at(cloud.stamp_ns, gap_ns)
            if state is None:
                settled.unpaired.append(cloud)
            else:
                try:
                    state, mount = place(cloud, state)
                    settled.pairs.append(Pair(state, cloud, mount))
                except NoTransformError as error:
                    if error.later and latest_ns - cloud.stamp_ns <= wait_ns:
                        waiting.append(cloud)
                        continue
                    settled.astray.append(str(error))
            self._bytes -= cloud.nbytes
        self._waiting = waiting
        return settled


class Backlog:
    """Pairs that are to be integrated, in the order of their stamps; used by two threads."""

    def __init__(self, reach_ns: int = BACKLOG_NS, most_bytes: int = MOST_BYTES) -> None:
        """Hold nothing; see BACKLOG_NS for ``reach_ns``."""
        self._reach_ns, self._most_bytes = reach_ns, most_bytes
        self._lock = threading.Lock()
        self._pairs: deque[Pair] = deque()

    def add(self, pair: Pair) -> int:
        """Add a pair; returns how many older ones it overtakes."""
        newest_ns = pair.cloud.stamp_ns
        with self._lock:
            before = len(self._pairs)
            kept = [p for p in self._pairs if abs(newest_ns - p.cloud.stamp_ns) <= self._reach_ns]
            size = pair.cloud.nbytes + sum(p.cloud.nbytes for p in kept)
            while kept and size > self._most_bytes:
                size -= kept.pop(0).cloud.nbytes
            self._pairs = deque([*kept, pair])
            return before - len(kept)

    def take(self) -> Pair | None:
        """Return the oldest pair, None if there is none."""
        with self._lock:
            return self._pairs.popleft() if self._pairs else None

    def __len__(self) -> int:
        """Return how many pairs wait."""
        with self._lock:
            return len(self._pairs)


class Use:
    """Whether clouds arrive and none is used; all methods take the steady time [s]."""

    def __init__(self, patience_s: float) -> None:
        """Be patient for so long."""
        self._patience_s = patience_s
        self._arrival_s = self._unused_since_s = float("-inf")
        self._unused = False

    def arrived(self, now_s: float) -> None:
        """Note a cloud, good or bad."""
        if not self._unused:
            self._unused, self._unused_since_s = True, now_s
        self._arrival_s = now_s

    def used(self) -> None:
        """Note that one was integrated."""
        self._unused = False

    def starved_s(self, now_s: float) -> float:
        """Return for how long clouds have come in vain; 0 while that is short or none comes."""
        arriving = now_s - self._arrival_s <= self._patience_s
        since_s = now_s - self._unused_since_s
        return since_s if self._unused and arriving and since_s > self._patience_s else 0.0
