# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The safety layer of a driven vehicle: the guard of each command, and the ladder.

It is the guard and the ladder of every vehicle (``vehicle.guard``, ``vehicle.escalation``), told
what a link knows. Silence is not its business: commands that are late, or that answer old
odometry, are not passed on, and what follows from that is decided in ``phase_steps``.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.vehicle import escalation
from live_mvp_ros.vehicle.escalation import Condition, Escalation, Fallback
from live_mvp_ros.vehicle.guard import guarded, lean_rad
from live_mvp_ros.vehicle.mavlink.estimates import Estimate

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

QUALITY_S = 2.0
"""The quality of a link is that of so long."""
_SEQUENCE = 256  # numbers of MAVLink messages, which then begin again
_FEW = 20  # messages: of fewer, nothing can be said


class LinkQuality:
    """How many of the messages that a vehicle has sent arrive, by their numbers."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._last: int | None = None
        self._came: deque[tuple[float, int]] = deque()  # when, and how many were lost before it

    def heard(self, number: int, now_s: float) -> None:
        """Take the sequence number of a message that has come."""
        lost = 0 if self._last is None else (number - self._last - 1) % _SEQUENCE
        self._last = number
        self._came.append((now_s, lost if lost < _SEQUENCE // 2 else 0))  # else it came too late
        while now_s - self._came[0][0] > QUALITY_S:
            self._came.popleft()

    def share(self, now_s: float) -> float:
        """Return the share that arrived lately, in [0, 1]; 1 where too few came to tell."""
        lately = [lost for at, lost in self._came if now_s - at <= QUALITY_S]
        if len(lately) < _FEW:
            return 1.0
        return len(lately) / (len(lately) + sum(lately))


@dataclasses.dataclass
class Safeguard:
    """Guard, ladder and count of one vehicle; belongs to one thread.

    Attributes:
        config: of the link.
        quality: of the link.
        ladder: where it stands.
        code: of the last command, ``CLEAR`` where it was flown as it came.
        interventions: how many commands were changed, and rungs climbed, by code.
    """

    config: LinkConfig
    quality: LinkQuality = dataclasses.field(default_factory=LinkQuality)
    ladder: Escalation = dataclasses.field(default_factory=Escalation)
    code: SafetyCode = SafetyCode.CLEAR
    interventions: Counter[SafetyCode] = dataclasses.field(default_factory=Counter)

    def look(self, now_s: float, estimate: Estimate | None, ours: bool) -> str:
        """Let the ladder follow what is known; return what has changed, a sentence or nothing.

        Args:
            now_s: steady time.
            estimate: the latest.
            ours: it flies by our commands; else nothing is ours to decide, and a new flight begins
                at the foot of the ladder.
        """
        before = self.ladder
        if not ours or estimate is None:
            self.ladder = Escalation()
            return ""
        condition = Condition(
            position_sigma_m=math.sqrt(max(estimate.position_variance_m2)),
            link_quality=self.quality.share(now_s),
            lean_rad=lean_rad(np.array(estimate.attitude)),
        )
        self.ladder = after = escalation.step(self.config.escalation, before, now_s, condition)
        if after.fallback is before.fallback:
            return ""
        if after.fallback is Fallback.FLY:
            return "the last resort is over: commands are flown as they come"
        if after.fallback > before.fallback:
            self.interventions[after.code] += 1
        reason = after.code.name.lower().replace("_", " ")
        return f"last resort: {after.fallback.name.lower()} ({reason})"

    def guard(self, command: Sequence[float], estimate: Estimate | None) -> list[float]:
        """Return the command [4] that may be flown: thrust [N] and body rates [rad/s], FLU."""
        if estimate is None:
            return list(command)
        config = self.config
        flown, code = guarded(
            np,
            config.body,
            config.vehicle,
            np.array(command),
            np.array(estimate.attitude),
            np.array(estimate.body_rates_rad_s),
            estimate.velocity_m_s[2],
            lean_max_rad=config.lean_max_rad,
            fallback=min(self.ladder.fallback, Fallback.LEVEL),  # the rest is the autopilot's
        )
        self.code = SafetyCode(int(code))
        if self.code is not SafetyCode.CLEAR:
            self.interventions[self.code] += 1
        return [float(value) for value in flown]
