# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PX4's land detector, which goes by the thrust that is asked for, and disarming on the ground.

In OFFBOARD it takes the vehicle for flying as soon as thrust is asked for, whether anything lifts
or not, and for landed only where hardly any is: a height controller that waits on the ground is
never seen to have landed.
"""

from __future__ import annotations

import dataclasses

from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware

LEAST_THRUST = 0.09
"""MPC_MANTHR_MIN and 0.01."""
IN_AIR_AFTER_S = 0.06
LANDED_AFTER_S = 1.1
LANDED_DISARMED_AFTER_S = 0.4
STILL_M_S, STILL_RAD_S = 0.25, 0.35
INFO = 6


@dataclasses.dataclass
class LandDetector:
    """Whether the vehicle is taken for landed."""

    hardware: Hardware
    landed: bool = True
    took_off: bool = False
    """Since it was armed."""
    landed_at_s: float = 0.0
    _against_s: float = 0.0
    """For how long everything has spoken against the present state."""

    def arm(self) -> None:
        """Begin to count anew."""
        self.took_off, self.landed_at_s = False, self.hardware.time_s
        self._against_s = 0.0

    def step(self, dt_s: float, thrust: float) -> None:
        """Look at the thrust that is asked for now, 0 to 1."""
        vehicle = self.hardware
        if self.landed:
            against, after_s = vehicle.armed and thrust >= LEAST_THRUST, IN_AIR_AFTER_S
        elif not vehicle.armed:
            against, after_s = True, LANDED_DISARMED_AFTER_S
        else:
            still = abs(vehicle.climb_m_s) < STILL_M_S
            calm = max(map(abs, vehicle.estimator.rates_rad_s)) < STILL_RAD_S
            against, after_s = thrust <= LEAST_THRUST and still and calm, LANDED_AFTER_S
        self._against_s = self._against_s + dt_s if against else 0.0
        if self._against_s >= after_s:
            self._change()

    def _change(self) -> None:
        self.landed, self._against_s = not self.landed, 0.0
        if self.landed:
            self.landed_at_s = self.hardware.time_s
        else:
            self.took_off = True
        self.hardware.tell(INFO, "Landing detected" if self.landed else "Takeoff detected")

    def disarm_reason(self) -> str | None:
        """Return why it is time to disarm on the ground, None if it is not."""
        vehicle = self.hardware
        if not (vehicle.armed and self.landed):
            return None
        waited_s = vehicle.time_s - self.landed_at_s
        if self.took_off:
            limit_s = vehicle.parameters["COM_DISARM_LAND"]
            return "Disarmed by landing" if 0.0 < limit_s <= waited_s else None
        limit_s = vehicle.parameters["COM_DISARM_PRFLT"]
        spooling_s = vehicle.parameters["COM_SPOOLUP_TIME"]
        due = 0.0 < limit_s <= waited_s - spooling_s
        return "Disarmed by auto preflight disarming" if due else None
