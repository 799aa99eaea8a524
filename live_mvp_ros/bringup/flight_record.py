# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What was observed of a flight from outside: trajectory, arrivals, command latencies and states.

Filled by one thread (the monitor's), read by others. Every message comes with two times: its stamp
(simulation time, or system time on a real drone) and the wall time at which its publisher sent it,
which the middleware carries along; so numbers here do not depend on how busy the observer is.
"""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections import OrderedDict

import numpy as np

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.evaluation.health import PlanHealth, longest_at_target_s
from live_mvp_ros.planning.completion_report import CompletionReport

TOPICS = ("odom", "points", "map", "info_field", "command")
_NS = 1e-9
_REMEMBERED_ODOMETRY = 400
_LATE_S = 0.5
_LONGEST_STEP_S = 1.0


@dataclasses.dataclass
class Arrivals:
    """Count of messages of one topic and when its first and last one were sent (wall, ns)."""

    count: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def add(self, sent_ns: int) -> None:
        """Count one message."""
        self.first_ns = self.first_ns or sent_ns
        self.last_ns = sent_ns
        self.count += 1

    def rate_hz(self) -> float | None:
        """Return messages per second of wall time, None for fewer than two."""
        duration = (self.last_ns - self.first_ns) * _NS
        return (self.count - 1) / duration if self.count > 1 and duration > 0 else None


@dataclasses.dataclass(frozen=True)
class Status:
    """The controller's latest word on the mission; NaN where it knows nothing yet.

    Attributes:
        elapsed_s: flight time of the mission by its own clock.
        waited_s: time that it has waited, which counts for its time limit like that of flight.
    """

    state: str
    reason: str
    explored_fraction: float
    clearance_m: float
    control_ms_p50: float
    goal_reached: bool
    success: bool = False
    unsafe_plan_fraction: float = math.nan
    parked_fraction: float = math.nan
    safety_interventions: int | None = None
    elapsed_s: float = math.nan
    waited_s: float = math.nan


@dataclasses.dataclass(frozen=True)
class Trajectory:
    """Flown path: times [N] s since take-off, positions [N, 3] m (map frame)."""

    times_s: np.ndarray
    positions_m: np.ndarray


class Timeline:
    """Stamps [s] as one time that never runs back; steps outside of (0, 1) s do not count.

    A simulator that is started again begins at another time, and one wrong stamp is no time at
    all: neither may end a timed flight.
    """

    def __init__(self) -> None:
        """Begin with the first stamp."""
        self.stamp_s = math.nan
        self.jumps = 0
        self._offset_s = 0.0

    def advance(self, stamp_s: float) -> float | None:
        """Return the time of the next stamp, None for one that comes late or again."""
        step_s = stamp_s - self.stamp_s
        if -_LATE_S <= step_s <= 0.0:
            return None
        if step_s < 0.0 or step_s >= _LONGEST_STEP_S:
            self.jumps += 1
            self._offset_s -= step_s
        self.stamp_s = stamp_s
        return stamp_s + self._offset_s


class FlightRecord:
    """Collects one flight; nothing is kept from before ``begin``."""

    def __init__(self) -> None:
        """Start with nothing observed."""
        self.flying = False
        self.status: Status | None = None
        self.completion: CompletionReport | None = None
        self.completion_is_final = False
        self.transitions: list[tuple[float, str, str]] = []
        self.arrivals = {topic: Arrivals() for topic in TOPICS}
        self.latencies_ms = array("d")
        self.intervals_ms = array("d")
        self._odometry = array("d")  # t, x, y, z; flights last for hours, at 100 Hz
        self._truth = array("d")  # t, x, y, z
        self._plans = array("d")  # t, x, y, x and y of the target, whether it explores
        self._odometry_sent_ns: OrderedDict[int, int] = OrderedDict()
        self._ended = False
        self._time, self._true_time = Timeline(), Timeline()

    @property
    def time_jumps(self) -> int:
        """How often the stamps of the odometry have jumped."""
        return self._time.jumps

    def begin(self) -> None:
        """Begin the flight: from now on everything counts; no effect after ``end``."""
        self.flying = not self._ended

    def end(self) -> None:
        """End the flight: from now on nothing counts, and what is recorded stays as it is."""
        self._ended = True
        self.flying = False

    def now_s(self) -> float:
        """Return the flight time of the latest odometry, 0 before the flight."""
        return self._odometry[-4] - self._odometry[0] if self._odometry else 0.0

    def last_stamp_s(self) -> float:
        """Return the stamp of the latest odometry, NaN before the first."""
        return self._time.stamp_s

    def odometry(
        self, stamp_ns: int, sent_ns: int, position_m: tuple[float, float, float]
    ) -> None:
        """Take one odometry; one that is not finite, or late, is left out."""
        if not all(map(math.isfinite, position_m)):
            return
        time_s = self._time.advance(stamp_ns * _NS)
        if time_s is None:
            return
        self._odometry_sent_ns[stamp_ns] = sent_ns
        if len(self._odometry_sent_ns) > _REMEMBERED_ODOMETRY:
            self._odometry_sent_ns.popitem(last=False)
        if self.flying:
            self.arrivals["odom"].add(sent_ns)
            self._odometry.extend((time_s, *position_m))

    def true_odometry(self, stamp_ns: int, position_m: tuple[float, float, float]) -> None:
        """Take one true pose, which a simulator tells beside what the vehicle believes."""
        time_s = self._true_time.advance(stamp_ns * _NS)
        if self.flying and time_s is not None:
            self._truth.extend((time_s, *position_m))

    def command(self, answered_ns: int, sent_ns: int) -> None:
        """Take one command that answers the odometry stamped ``answered_ns``."""
        if not self.flying:
            return
        last = self.arrivals["command"].last_ns
        if last:
            self.intervals_ms.append((sent_ns - last) * 1e-6)
        self.arrivals["command"].add(sent_ns)
        odometry_sent_ns = self._odometry_sent_ns.get(answered_ns)
        if odometry_sent_ns is not None:
            self.latencies_ms.append((sent_ns - odometry_sent_ns) * 1e-6)

    def arrived(self, topic: str, sent_ns: int) -> None:
        """Count a message of which only the arrival matters."""
        if self.flying:
            self.arrivals[topic].add(sent_ns)

    def report(self, status: Status) -> None:
        """Take the controller's status; remember changes of state until the end.

        What it is told to do to end it, a controller reports as somebody's wish.
        """
        before = self.status
        self.status = status
        if not self._ended and (before is None or before.state != status.state):
            self.transitions.append((self.now_s(), status.state, status.reason))

    def planned(self, target_m: tuple[float, float]) -> None:
        """Take where a plan of the information field leads."""
        if self.flying and self._odometry:
            exploring = (
                self.status is not None and self.status.state == MissionState.EXPLORING.name
            )
            self._plans.extend((self.now_s(), *self.position_m(), *target_m, exploring))

    def left(self, completion: CompletionReport, final: bool) -> None:
        """Take what the planner says is left; ``final`` when the mission is over."""
        self.completion, self.completion_is_final = completion, final

    def mission_time_s(self) -> tuple[float | None, float | None]:
        """Return what the mission counts for its time limit, and how much of that was waiting.

        By the controller's own clock, of its last mission; None where it has said nothing.
        """
        status = self.status
        if status is None:
            return None, None
        return _known(status.elapsed_s + status.waited_s), _known(status.waited_s)

    def health(self) -> PlanHealth:
        """Return what the plans of the flight were worth, as far as it can be seen from here.

        Shares are the controller's own, of its last mission.
        """
        status, plans = self.status, np.array(self._plans[:], float).reshape(-1, 6)
        given_up = None if self.completion is None else self.completion.recoveries.give_up
        return PlanHealth(
            None if status is None else _known(status.unsafe_plan_fraction),
            None if status is None else _known(status.parked_fraction),
            longest_at_target_s(
                plans[:, 0], plans[:, 1:3], plans[:, 3:5], plans[:, 5] > 0.0, self.now_s()
            ),
            given_up,
            None if status is None else status.safety_interventions,
        )

    def true_trajectory(self) -> Trajectory:
        """Return the path truly flown; that of the odometry where nobody tells the truth."""
        if not self._truth:
            return self.trajectory()
        rows = np.array(self._truth[:], float).reshape(-1, 4)
        return Trajectory(rows[:, 0] - rows[0, 0], rows[:, 1:])

    def trajectory(self) -> Trajectory:
        """Return the flown path, by the vehicle's own odometry."""
        rows = np.array(self._odometry[:], float).reshape(-1, 4)
        times = rows[:, 0] - rows[0, 0] if len(rows) else rows[:, 0]
        return Trajectory(times, rows[:, 1:])

    def positions_since(self, index: int) -> np.ndarray:
        """Return the positions [N, 3] from an index on."""
        return np.array(self._odometry[4 * index :], float).reshape(-1, 4)[:, 1:]

    def position_m(self) -> tuple[float, float]:
        """Return the latest horizontal position, NaN before the flight."""
        if not self._odometry:
            return math.nan, math.nan
        return self._odometry[-3], self._odometry[-2]

    def speed_m_s(self) -> float:
        """Return the speed over the last few odometries, 0 before the flight."""
        if len(self._odometry) < 11 * 4:
            return 0.0
        old, new = self._odometry[-44:-40], self._odometry[-4:]
        return math.dist(old[1:], new[1:]) / (new[0] - old[0]) if new[0] > old[0] else 0.0

    def real_time_factor(self) -> float | None:
        """Return stamped seconds per second of wall time during the flight."""
        odometry = self.arrivals["odom"]
        wall = (odometry.last_ns - odometry.first_ns) * _NS
        return self.now_s() / wall if wall > 0 else None

    def on_time_fraction(self, period_ms: float) -> float | None:
        """Return the share of control periods whose command left less than half a period late.

        A gap counts with every period that it should have held, not as one late command.
        """
        if not self.intervals_ms:
            return None
        intervals = np.array(self.intervals_ms)
        on_time = np.count_nonzero(intervals <= 1.5 * period_ms)
        due = max(len(intervals), round(float(intervals.sum()) / period_ms))
        return float(on_time / due)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
