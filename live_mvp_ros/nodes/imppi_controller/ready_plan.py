# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A plan that is ready, and the times that it counts by."""

from __future__ import annotations

from typing import NamedTuple

from live_mvp_ros.control import FlightState
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState

_OLDEST_S = 0.2  # a clock that has nothing to do with the stamps says what it likes


class Plan(NamedTuple):
    """A plan that is ready, and the odometry that it was made from; immutable."""

    flight: FlightState
    """With the plan's commands and, if there is no safe one, the place to stop at."""
    stamp_ns: int
    odom_age_s: float = 0.0
    """How old that was as planning began."""

    @property
    def began_s(self) -> float:
        """When planning began, by the node's clock."""
        return 1e-9 * self.stamp_ns + self.odom_age_s

    def age_s(self, vehicle: VehicleState) -> float:
        """Return how much later a vehicle is than the one that was planned for."""
        return 1e-9 * (vehicle.stamp_ns - self.stamp_ns)

    def since_s(self, vehicle: VehicleState, odom_age_s: float) -> float:
        """Return the time between the beginnings of this plan and of one for a vehicle."""
        return self.age_s(vehicle) + odom_age_s - self.odom_age_s


def counted_age_s(odom_age_s: float) -> float:
    """Return the age of odometry as it counts: none is from the future, nor from another clock."""
    return min(max(odom_age_s, 0.0), _OLDEST_S)
