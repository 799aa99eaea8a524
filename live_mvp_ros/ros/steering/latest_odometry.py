# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The newest odometry that could be used, how old it is, and how uncertain it has become."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from live_mvp_ros.ros.convert.vehicle_messages import VehicleState

SILENCE_S = 1.0


class Seen(NamedTuple):
    """Odometry and when it came, by the steady clock [s]."""

    vehicle: VehicleState
    arrival_s: float
    position_sigma_m: float = 0.0
    """Standard deviation of the position, by the odometry's own word."""


class LatestOdometry:
    """The newest odometry; written by the executor only, the worker reads ``seen``.

    Attributes:
        seen: the last that could be used, None before the first. Replaced whole.
        unusable: why the last that came could not be used; empty if it could.
        since_ns: stamp of the first that was heard, infinite before.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.seen: Seen | None = None
        self.unusable = ""
        self.since_ns = math.inf
        self._least_sigma_m = math.inf

    def take(self, vehicle: VehicleState, position_sigma_m: float = 0.0) -> None:
        """Take what has just come and can be used."""
        self.seen, self.unusable = Seen(vehicle, time.monotonic(), position_sigma_m), ""
        self._least_sigma_m = min(self._least_sigma_m, position_sigma_m)
        self.since_ns = min(self.since_ns, vehicle.stamp_ns)

    @property
    def gained_sigma_m(self) -> float:
        """Standard deviation that the position has gained since it was known best.

        What was uncertain all the time, such as where on Earth it is, the map shares.
        """
        if self.seen is None:
            return 0.0
        return math.sqrt(max(self.seen.position_sigma_m**2 - self._least_sigma_m**2, 0.0))

    def age_s(self, now_ns: int) -> float:
        """Return the age by the node's clock, or by the steady one when everything is silent."""
        if self.seen is None:
            return math.inf
        silent_s = time.monotonic() - self.seen.arrival_s
        age_s = 1e-9 * (now_ns - self.seen.vehicle.stamp_ns)
        return max(age_s, silent_s) if silent_s > SILENCE_S else age_s
