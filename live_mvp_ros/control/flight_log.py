# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a mission has achieved so far, as far as the vehicle itself can know it."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence

from live_mvp_ros.base.safety_code import SafetyCode

SHARES = (0.50, 0.90, 0.95, 0.99)
_WINDOW = 500


class FlightLog:
    """Counts time, way and clearance from the first to the last moment of a mission.

    Time runs only while ``advance`` is told that the mission runs.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.elapsed_s = 0.0
        self.distance_m = 0.0
        self.explored_fraction = math.nan
        self.clearance_m = math.nan
        self.min_clearance_m = math.nan
        self.times_s = dict.fromkeys(SHARES, math.nan)
        self.deadlines_missed = 0
        self.safety_code = SafetyCode.CLEAR
        self._interventions: Counter[SafetyCode] = Counter()
        self._resumed_interventions = 0
        self._planned = self._unsafe = 0
        self._exploring_s = self._parked_s = 0.0
        self._last_s: float | None = None
        self._last_m: Sequence[float] | None = None
        self._latencies_s: deque[float] = deque(maxlen=_WINDOW)

    @classmethod
    def resumed(
        cls,
        *,
        elapsed_s: float,
        distance_m: float,
        explored_fraction: float,
        min_clearance_m: float,
        deadlines_missed: int,
        plans: int,
        unsafe_plan_fraction: float,
        exploring_s: float,
        parked_fraction: float,
        safety_interventions: int = 0,
    ) -> FlightLog:
        """Return a log that goes on from what another one had; see its attributes.

        When shares were explored is not known any more, and latencies begin anew.
        """
        log = cls()
        log.elapsed_s, log.distance_m = elapsed_s, distance_m
        log.explored_fraction, log.min_clearance_m = explored_fraction, min_clearance_m
        log.deadlines_missed = deadlines_missed
        log._resumed_interventions = safety_interventions
        log._planned = plans
        log._unsafe = round(plans * unsafe_plan_fraction) if plans else 0
        log._exploring_s = exploring_s
        log._parked_s = exploring_s * parked_fraction if exploring_s > 0.0 else 0.0
        return log

    def advance(
        self,
        time_s: float,
        position_m: Sequence[float],
        running: bool,
        parked: bool | None = None,
    ) -> None:
        """Take the position [3] at a time; time that jumps back or far ahead does not count.

        ``parked``: whether the vehicle hardly moves while it explores; None: it does not explore.
        """
        if running and self._last_s is not None and self._last_m is not None:
            step_s = time_s - self._last_s
            if 0.0 < step_s < 1.0:
                self.elapsed_s += step_s
                self.distance_m += math.dist(position_m, self._last_m)
                if parked is not None:
                    self._exploring_s += step_s
                    self._parked_s += step_s * parked
        self._last_s, self._last_m = time_s, tuple(position_m)

    def explored(self, fraction: float) -> None:
        """Take the explored share now known."""
        self.explored_fraction = fraction
        for share, reached_s in self.times_s.items():
            if fraction >= share and math.isnan(reached_s):
                self.times_s[share] = self.elapsed_s

    def clear(self, clearance_m: float) -> None:
        """Take the clearance now known."""
        self.clearance_m = clearance_m
        self.min_clearance_m = min(clearance_m, self.min_clearance_m, key=_number_first)

    def planned(self, safe: bool) -> None:
        """Take whether one control step had a safe plan."""
        self._planned += 1
        self._unsafe += not safe

    def filtered(self, code: SafetyCode) -> None:
        """Take why a command was changed, or a rung of the ladder climbed."""
        self.safety_code = code
        self._interventions[code] += 1

    @property
    def safety_interventions(self) -> int:
        """Commands that were changed, and rungs that were climbed."""
        return self._resumed_interventions + self._interventions.total()

    @property
    def interventions_by_name(self) -> dict[str, str]:
        """How often each reason was one, as words."""
        return {code.name.lower(): str(n) for code, n in sorted(self._interventions.items())}

    @property
    def plans(self) -> int:
        """Control steps that were planned."""
        return self._planned

    @property
    def exploring_s(self) -> float:
        """Time [s] of exploring, of which ``parked_fraction`` is a share."""
        return self._exploring_s

    @property
    def unsafe_plan_fraction(self) -> float:
        """Share of the planned control steps without a safe plan; NaN before the first."""
        return self._unsafe / self._planned if self._planned else math.nan

    @property
    def parked_fraction(self) -> float:
        """Share of the time while exploring in which the vehicle hardly moved; NaN before."""
        return self._parked_s / self._exploring_s if self._exploring_s > 0.0 else math.nan

    def commanded(self, latency_s: float) -> None:
        """Take the latency of one command."""
        self._latencies_s.append(latency_s)

    def latency_ms(self, share: float) -> float:
        """Return a quantile of the recent latencies in milliseconds; NaN before the first."""
        ordered = sorted(self._latencies_s)
        if not ordered:
            return math.nan
        return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _number_first(value: float) -> float:
    return math.inf if math.isnan(value) else value
