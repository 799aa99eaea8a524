# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recent poses by stamp, so that a measurement gets the pose of its own time.

Between two states the position, the velocity and the body rates are interpolated linearly and the
attitude along the shortest arc (Shoemake, "Animating Rotation with Quaternion Curves", 1985).
Nothing is ever extrapolated. With accelerations up to 5 m/s^2 the linear position is wrong by at
most 5 t^2 / 8: 6 mm between states that are t = 0.1 s apart.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from live_mvp_ros.ros.convert.pose_messages import slerp
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState

RESET_NS = 1_000_000_000
"""A stamp that is older than the newest one by more than this is of a clock that was reset."""


class PoseBuffer:
    """The last ``size`` states in the order of their stamps, however they came."""

    def __init__(self, size: int = 2000) -> None:
        """Know nothing yet."""
        self._size = size
        self._states: list[VehicleState] = []

    def add(self, state: VehicleState) -> bool:
        """Take a state; returns whether its clock was reset, so that all others are forgotten.

        A state whose stamp is there already is ignored. One that comes late is put in its place.
        """
        latest_ns = self.latest_ns
        if latest_ns is None or state.stamp_ns > latest_ns:
            self._states.append(state)
        elif state.stamp_ns < latest_ns - RESET_NS:
            self._states = [state]
            return True
        else:
            at = self._index(state.stamp_ns)
            if self._states[at].stamp_ns != state.stamp_ns:
                self._states.insert(at, state)
        if len(self._states) > self._size:
            del self._states[0]
        return False

    @property
    def latest_ns(self) -> int | None:
        """Return the stamp of the newest state."""
        return self._states[-1].stamp_ns if self._states else None

    def at(self, stamp_ns: int, gap_ns: int) -> VehicleState | None:
        """Return the state at a time between two known ones that are at most ``gap_ns`` apart.

        None where there are no such two, unless one is of exactly that time.
        """
        after = self._index(stamp_ns)
        if after == len(self._states):
            return None
        right = self._states[after]
        if right.stamp_ns == stamp_ns:
            return right
        left = self._states[after - 1] if after else None
        if left is None or right.stamp_ns - left.stamp_ns > gap_ns:
            return None
        return _between(left, right, stamp_ns)

    def _index(self, stamp_ns: int) -> int:
        """Return the index of the first state that is not before a time."""
        return bisect_left(self._states, stamp_ns, key=lambda state: state.stamp_ns)


def _between(left: VehicleState, right: VehicleState, stamp_ns: int) -> VehicleState:
    share = (stamp_ns - left.stamp_ns) / (right.stamp_ns - left.stamp_ns)

    def linear(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return ((1.0 - share) * a + share * b).astype(np.float32)

    return VehicleState(
        stamp_ns,
        linear(left.position, right.position),
        linear(left.velocity, right.velocity),
        slerp(left.attitude, right.attitude, share),
        linear(left.body_rates, right.body_rates),
    )
