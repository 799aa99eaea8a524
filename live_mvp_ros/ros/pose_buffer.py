# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recent poses by stamp, so that a measurement gets the pose of its own time."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

from live_mvp_ros.ros.convert import VehicleState


class PoseBuffer:
    """The last ``size`` states in order of their stamps."""

    def __init__(self, size: int = 300) -> None:
        """Know nothing yet."""
        self._states: deque[VehicleState] = deque(maxlen=size)

    def add(self, state: VehicleState) -> None:
        """Take a state; when time has jumped back, everything older is forgotten."""
        if self._states and state.stamp_ns <= self._states[-1].stamp_ns:
            self._states.clear()
        self._states.append(state)

    @property
    def latest_ns(self) -> int | None:
        """Return the stamp of the newest state."""
        return self._states[-1].stamp_ns if self._states else None

    def nearest(self, stamp_ns: int, tolerance_ns: int) -> VehicleState | None:
        """Return the state closest in time, or None where none is within the tolerance."""
        stamps = [state.stamp_ns for state in self._states]
        at = bisect_left(stamps, stamp_ns)
        near = [self._states[i] for i in (at - 1, at) if 0 <= i < len(stamps)]
        if not near:
            return None
        best = min(near, key=lambda state: abs(state.stamp_ns - stamp_ns))
        return best if abs(best.stamp_ns - stamp_ns) <= tolerance_ns else None
