# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The report before a flight, in words: what is well, and what keeps the vehicle on the ground."""

from __future__ import annotations

import dataclasses
import math
from collections import deque

from live_mvp_ros.vehicle.mavlink.axes import Vector

MOST_DELAY_S = 0.05
"""Of TIMESYNC there and back: half of it is what stamps may be off."""
AT_REST_M, AT_REST_M_S = 0.5, 0.5
"""How far a position may stray, and how fast it may seem, of a vehicle that stands."""
_RATE_SHARE = 0.7  # of what was asked for


@dataclasses.dataclass(frozen=True)
class CheckItem:
    """One thing that was looked at.

    Attributes:
        name: of the thing.
        passed: whether it is well; None where the vehicle does not tell, which keeps nobody on the
            ground.
        sentence: what was found.
    """

    name: str
    passed: bool | None
    sentence: str


@dataclasses.dataclass(frozen=True)
class CheckReport:
    """All of them."""

    items: tuple[CheckItem, ...]

    @property
    def passed(self) -> bool:
        """Whether the vehicle may be armed."""
        return all(item.passed is not False for item in self.items)

    @property
    def problems(self) -> list[str]:
        """Return what is wrong, a sentence for each."""
        return [f"{item.name}: {item.sentence}" for item in self.items if item.passed is False]

    @property
    def untold(self) -> list[str]:
        """Return the names of what the vehicle does not tell."""
        return [item.name for item in self.items if item.passed is None]

    @property
    def summary(self) -> str:
        """Return one sentence."""
        untold = f"it does not tell: {', '.join(self.untold)}" if self.untold else ""
        if problems := self.problems:
            return "; ".join([*problems, untold] if untold else problems)
        if untold:
            return f"{len(self.items) - len(self.untold)} checks are good, and {untold}"
        return f"all {len(self.items)} checks are good"


@dataclasses.dataclass(frozen=True)
class CheckFacts:
    """What the report is made of.

    Attributes:
        kind_problem: why the vehicle is of the wrong kind; empty if it is not.
        kind: what it is.
        judged: it is there, and what was expected; else nothing more is worth saying.
        on_ground: disarmed and on the ground; None where it does not say.
        armed: it says so.
        can_arm: its own checks pass; None where it does not say.
        complaints: what it has said of late that is a warning or worse.
        heartbeat_hz: how often its heartbeats come.
        odometry_hz, wanted_hz: how often odometry comes, and should.
        needed: messages that hover throttle and landing depend on, and whether they come.
        estimator: what is wrong with it; empty for nothing, None where it does not say.
        settled_s, settle_s: for how long its pose has been steady without a jump, and must be.
        strays_m, moves_m_s: of its pose in that time.
        home: whether it has one.
        battery_fraction, battery_min: NaN where it does not say.
        clock_known, clock_delay_s, clock_jumped: see ``ClockOffset``.
        parameters: why they are not as wanted.
        verified: those that are.
    """

    kind_problem: str
    kind: str
    judged: bool
    armed: bool
    on_ground: bool | None
    can_arm: bool | None
    complaints: tuple[str, ...]
    heartbeat_hz: float
    odometry_hz: float
    wanted_hz: float
    needed: tuple[tuple[str, bool], ...]
    estimator: str | None
    settled_s: float
    settle_s: float
    strays_m: float
    moves_m_s: float
    home: bool
    battery_fraction: float
    battery_min: float
    clock_known: bool
    clock_delay_s: float
    clock_jumped: bool
    parameters: tuple[str, ...]
    verified: tuple[str, ...]


def report(facts: CheckFacts) -> CheckReport:
    """Return what is well and what is not."""
    if not facts.judged:
        return CheckReport((CheckItem("vehicle", False, facts.kind_problem),))
    missing = [name for name, comes in facts.needed if not comes]
    rates = f"odometry comes at {facts.odometry_hz:.0f} Hz of {facts.wanted_hz:.0f} Hz"
    fast = facts.odometry_hz >= _RATE_SHARE * facts.wanted_hz
    items = (
        CheckItem("vehicle", not facts.kind_problem, facts.kind_problem or facts.kind),
        _ground(facts),
        CheckItem("link", facts.heartbeat_hz >= 0.5, f"heartbeats at {facts.heartbeat_hz:.1f} Hz"),
        CheckItem(
            "telemetry",
            fast and not missing,
            rates + (f", and {', '.join(missing)} does not come" if missing else ""),
        ),
        _estimator(facts),
        CheckItem("home", facts.home, "it has one" if facts.home else "it has none"),
        _battery(facts),
        _clock(facts),
        CheckItem(
            "parameters",
            not facts.parameters,
            "; ".join(facts.parameters) or ", ".join(facts.verified),
        ),
        _own_checks(facts),
    )
    return CheckReport(items)


def _ground(facts: CheckFacts) -> CheckItem:
    words = {None: "it does not say whether it is on the ground", False: "it is in the air"}
    said = "it is armed" if facts.armed else words.get(facts.on_ground, "disarmed, on the ground")
    return CheckItem("ground", not facts.armed and facts.on_ground is True, said)


def _estimator(facts: CheckFacts) -> CheckItem:
    if facts.estimator:
        return CheckItem("estimator", False, facts.estimator)
    if facts.settled_s < facts.settle_s:
        return CheckItem(
            "estimator",
            False,
            f"steady for {facts.settled_s:.1f} s of {facts.settle_s:g} s",
        )
    strays = facts.strays_m > AT_REST_M or facts.moves_m_s > AT_REST_M_S
    said = f"its position strays by {facts.strays_m:.2f} m, at up to {facts.moves_m_s:.2f} m/s"
    return CheckItem("estimator", not strays, said)


def _battery(facts: CheckFacts) -> CheckItem:
    if math.isnan(facts.battery_fraction):
        return CheckItem("battery", None, "it does not say")
    said = f"{facts.battery_fraction:.0%} of at least {facts.battery_min:.0%}"
    return CheckItem("battery", facts.battery_fraction >= facts.battery_min, said)


def _clock(facts: CheckFacts) -> CheckItem:
    if not facts.clock_known:
        return CheckItem("clock", False, "it has not answered TIMESYNC")
    if facts.clock_jumped:
        return CheckItem("clock", False, "a clock has just jumped")
    good = facts.clock_delay_s <= MOST_DELAY_S
    said = f"its offset is known, TIMESYNC takes {1e3 * facts.clock_delay_s:.1f} ms"
    return CheckItem("clock", good, said)


def _own_checks(facts: CheckFacts) -> CheckItem:
    if facts.can_arm is False:
        said = "; ".join(facts.complaints) or "it does not say why"
        return CheckItem("its own checks", False, f"it cannot be armed: {said}")
    if facts.can_arm is None:
        return CheckItem("its own checks", None, "are not told")
    return CheckItem("its own checks", True, "pass")


class Settling:
    """For how long a pose has been steady, and how far it strays; belongs to one thread."""

    def __init__(self, span_s: float) -> None:
        """Look back for ``span_s``."""
        self._span_s = span_s
        self._begin_s = math.nan
        self._seen: deque[tuple[float, Vector, float]] = deque()

    def jumped(self) -> None:
        """Begin anew."""
        self._begin_s = math.nan
        self._seen.clear()

    def moved(self, position_m: Vector, velocity_m_s: Vector, now_s: float) -> None:
        """Take a pose."""
        if self._seen and now_s - self._seen[-1][0] > 0.5:
            self.jumped()  # there is a gap
        if math.isnan(self._begin_s):
            self._begin_s = now_s
        if not self._seen or now_s - self._seen[-1][0] >= 0.1:
            self._seen.append((now_s, position_m, math.hypot(*velocity_m_s)))
        while self._seen and now_s - self._seen[0][0] > self._span_s:
            self._seen.popleft()

    def steady_s(self, now_s: float) -> float:
        """Return since when it has not jumped or been silent."""
        if math.isnan(self._begin_s) or now_s - self._seen[-1][0] > 0.5:
            return 0.0
        return now_s - self._begin_s

    def strays_m(self) -> float:
        """Return the farthest that any pose of late is from the latest."""
        latest = self._seen[-1][1] if self._seen else (0.0, 0.0, 0.0)
        return max((math.dist(latest, place) for _, place, _ in self._seen), default=0.0)

    def moves_m_s(self) -> float:
        """Return the greatest speed of late."""
        return max((speed for _, _, speed in self._seen), default=0.0)
