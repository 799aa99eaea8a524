# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The controller's ladder of last resorts: what it looks at, and what it commands on each rung.

All of it is the executor's. A mission that is started anew starts with a new ladder: that is how a
person gives control back after a landing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.steering.latest_odometry import Seen
from live_mvp_ros.ros.steering.settings_of_steering import SteeringSettings
from live_mvp_ros.vehicle import escalation, guard
from live_mvp_ros.vehicle.escalation import Condition, Escalation, Fallback

_WORDS = {
    Fallback.HOLD: "holding position",
    Fallback.LEVEL: "holding level, without a position",
    Fallback.LAND: "landing",
    Fallback.STOP: "stopped",
}
_LEAN_MAX_RAD = 3.2  # every lean is levelled on these rungs anyway


class LastResort:
    """The ladder of one controller.

    Attributes:
        now: where it stands.
    """

    def __init__(
        self, mission: Mission, off_track_m: Callable[[VehicleState], float] | None = None
    ) -> None:
        """Stand nowhere; ``off_track_m`` says how far a vehicle is from where it should be."""
        self.now = Escalation()
        self._mission, self._off_planned_m = mission, off_track_m
        self._log = mission.log

    def follow(self) -> None:
        """Begin anew with a new mission."""
        if self._mission.log is not self._log:
            self.now, self._log = Escalation(), self._mission.log

    def look(
        self, config: SteeringSettings, now_s: float, seen: Seen, odometry_age_s: float
    ) -> None:
        """Take the newest odometry and its age at a steady time."""
        self.follow()
        before = self.now.fallback
        condition = Condition(
            odometry_age_s=max(odometry_age_s, 0.0),
            position_sigma_m=seen.position_sigma_m,
            off_track_m=self._off_track_m(seen.vehicle),
            lean_rad=guard.lean_rad(seen.vehicle.attitude),
        )
        self.now = escalation.step(config.escalation, self.now, now_s, condition)
        if self.now.fallback > before:
            self._log.filtered(self.now.code)

    @property
    def sentence(self) -> str:
        """What it does and why; empty while it flies."""
        if self.now.fallback is Fallback.FLY:
            return ""
        return f"{_WORDS[self.now.fallback]}: {said(self.now.code)}"

    @property
    def fault(self) -> str:
        """What it does where that is not left by itself, a sentence; empty else."""
        if self.now.fallback < Fallback.LAND:
            return ""
        return f"landing by itself: {said(self.now.code)}"

    def command(self, config: SteeringSettings, vehicle: VehicleState) -> np.ndarray | None:
        """Return the command [4] of rungs without a position; None on others."""
        if self.now.fallback < Fallback.LEVEL:
            return None
        controller = config.controller
        command, _ = guard.guarded(
            np,
            controller.body,
            controller.vehicle,
            np.zeros(4),
            vehicle.attitude,
            vehicle.body_rates,
            float(vehicle.velocity[2]),
            lean_max_rad=_LEAN_MAX_RAD,
            fallback=self.now.fallback,
            descent_m_s=config.escalation.descent_m_s,
        )
        return np.asarray(command)

    def _off_track_m(self, vehicle: VehicleState) -> float:
        if self._off_planned_m is None or not self._mission.decision.flies:
            return 0.0
        return self._off_planned_m(vehicle)


def said(code: SafetyCode) -> str:
    """Return a reason of the ladder in words."""
    return code.name.lower().replace("_", " ")
