# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The battery: a charge that falls while the motors turn, and the voltage that goes with it."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Battery:
    """Charge in percent of full."""

    cells: int
    drain_per_s: float
    """Percent per second while armed."""
    floor: float = 0.0
    """Percent below which it does not fall by itself: simulators stop at half."""
    charge: float = 100.0

    def step(self, dt_s: float, armed: bool) -> None:
        """Discharge for a while."""
        if armed and self.charge > self.floor:
            self.charge = max(self.floor, self.charge - self.drain_per_s * dt_s)

    def drop_to(self, charge: float) -> None:
        """Fall to a charge [percent] at once, and on from there."""
        self.charge, self.floor = charge, 0.0

    @property
    def voltage_v(self) -> float:
        """Voltage: 4.2 V per full cell, 3.2 V per empty one."""
        return self.cells * (3.2 + 0.01 * self.charge)

    @property
    def percent(self) -> int:
        """Charge as it is reported."""
        return round(self.charge)
