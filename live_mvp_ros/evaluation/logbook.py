# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The record of an in-process flight: kept stretch by stretch, scored against the ground truth.

``Logbook`` takes a flight down while it happens and tells how it goes; ``close`` turns it into a
``Flight``, from which reports, pictures and animations are made. Map frame, metres, seconds.
"""

from __future__ import annotations

import dataclasses
import resource
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from live_mvp_ros import control
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.evaluation import health, metrics
from live_mvp_ros.evaluation.scenario import Scenario
from live_mvp_ros.sim.loop_config import map_grid
from live_mvp_ros.sim.stretch import HELD, Stretch


class Glance(NamedTuple):
    """What a person wants to see of a flight that goes on."""

    state: str
    reason: str
    time_s: float
    explored_fraction: float
    path_length_m: float
    speed_m_s: float
    clearance_m: float
    """As the controller sees it, NaN while it holds."""
    real_time_factor: float


class Frame(NamedTuple):
    """The map at one moment, for an animation; arrays [nx, ny]."""

    time_s: float
    p: np.ndarray
    known: np.ndarray
    gain: np.ndarray


@dataclasses.dataclass(frozen=True)
class Flight:
    """A flight that is over; N control steps; true values unless they are called believed.

    Attributes:
        scenario: what was flown.
        grid: of the map.
        times_s: [N] s since the start.
        positions_m: [N, 3].
        believed_positions_m: [N, 3] by its own odometry, as the map has them.
        velocities_m_s: [N, 3].
        attitudes: [N, 4] quaternions (w, x, y, z), body to map.
        commands: [N, 4] thrust N and body rates rad/s.
        seen_clearance_m: [N] as the controller sees it, NaN while it holds.
        exploration: explored fraction over time.
        safety: true clearance [N] and collisions.
        p: [nx, ny] occupancy probability at the end.
        known: [nx, ny] bool at the end.
        seen: [nx, ny] bool, cells of the true world that had really been seen at the end.
        states: transitions of the mission as in metrics.json.
        end_reason: one sentence.
        goal_reached: the mission says so and the drone is truly there.
        explored_without_goal: the mission was explored, as the truth does not deny, and had no
            goal.
        false_claims: what the mission says at its end and the truth denies: "goal_reached",
            "explored"; within what the report admits of its odometry, nothing is false.
        health: what its plans were worth.
        completion: completion report of the mission as JSON has it, or None.
        wall_s: wall time of the whole flight, without what is made of it afterwards.
        start_up_s: of that, the first stretch, in which programs are compiled.
        step_ms: [stretches - 1] wall time per control step of the others.
        stretches: periods of the information field.
        peak_rss_mib: highest memory use of this process so far.
        frames: the map over time if it was kept.
    """

    scenario: Scenario
    grid: GridSpec
    times_s: np.ndarray
    positions_m: np.ndarray
    believed_positions_m: np.ndarray
    velocities_m_s: np.ndarray
    attitudes: np.ndarray
    commands: np.ndarray
    seen_clearance_m: np.ndarray
    exploration: metrics.Exploration
    safety: metrics.Safety
    p: np.ndarray
    known: np.ndarray
    seen: np.ndarray
    states: list[dict[str, Any]]
    end_reason: str
    goal_reached: bool
    explored_without_goal: bool
    false_claims: tuple[str, ...]
    health: health.PlanHealth
    completion: dict[str, Any] | None
    wall_s: float
    start_up_s: float
    step_ms: np.ndarray
    stretches: int
    peak_rss_mib: float
    frames: list[Frame]

    @property
    def steps(self) -> int:
        """Number of control steps."""
        return len(self.times_s)

    @property
    def complete(self) -> bool:
        """Whether everything that can be seen was seen, and the goal reached if there is one."""
        return self.goal_reached or self.explored_without_goal

    @property
    def flight_time_s(self) -> float:
        """Simulated time of the flight."""
        return self.steps * self.scenario.config.control_period_s

    @property
    def path_length_m(self) -> float:
        """Length of the flown path."""
        return metrics.path_length(self.positions_m)

    @property
    def odometry_error_max_m(self) -> float:
        """Largest distance between where it was and where it believed to be."""
        apart_m = np.linalg.norm(self.positions_m - self.believed_positions_m, axis=1)
        return float(apart_m.max())

    @property
    def real_time_factor(self) -> float | None:
        """Simulated seconds per second after the start-up, None for a flight of one stretch."""
        after_s = self.wall_s - self.start_up_s
        flown_s = (self.stretches - 1) * self.scenario.config.stretch_s
        return flown_s / after_s if flown_s > 0.0 and after_s > 0.0 else None

    @property
    def start(self) -> dict[str, Any]:
        """Where the flight began."""
        world = self.scenario.world
        return {
            "kind": self.scenario.run.start,
            "position_m": [round(float(value), 4) for value in world.start_m],
            "yaw_rad": round(float(world.start_yaw_rad), 5),
        }

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """How often there was a state, a depth image, a map, a field and a command."""
        looks = -(-self.steps // self.scenario.config.steps_per_look)
        return self.steps, looks, self.stretches, self.stretches, self.steps


class Logbook:
    """Takes a flight down."""

    def __init__(self, scenario: Scenario, keep_frames: bool = False) -> None:
        """Begin with an empty page; ``keep_frames`` keeps every map for an animation."""
        self.scenario = scenario
        self.grid = map_grid(scenario.world, scenario.config)
        self._keep_frames = keep_frames
        self._stretches: list[Stretch] = []
        self._fractions: list[float] = []
        self._targets_m: list[np.ndarray] = []
        self._frames: list[Frame] = []
        self._length_m, self._last = 0.0, np.asarray(scenario.world.start_m, float)

    @property
    def empty(self) -> bool:
        """Whether nothing was flown."""
        return not self._stretches

    def add(self, stretch: Stretch) -> None:
        """Take one stretch down and score its map."""
        fraction = metrics.explored_fraction(stretch.seen, self.grid, self.scenario.truth)
        self._targets_m.append(np.asarray(stretch.view.field.target_m, float))
        if self._keep_frames:
            view, known = stretch.view, np.asarray(stretch.view.known)
            gain = np.asarray(view.field.gain, np.float16)
            p = np.asarray(view.p, np.float16)
            self._frames.append(Frame(float(stretch.time_s[0]), p, known, gain))
        path = np.concatenate([self._last[None], stretch.position_m])
        self._length_m += metrics.path_length(path)
        self._last = path[-1]
        if self._stretches:  # of the earlier maps only their score is kept
            self._stretches[-1] = dataclasses.replace(self._stretches[-1], view=stretch.view)
        self._stretches.append(stretch)
        self._fractions.append(fraction)

    def glance(self) -> Glance:
        """Return how it goes; only after the first stretch."""
        now = self._stretches[-1]
        flown = sum(len(stretch.time_s) for stretch in self._stretches[-20:])
        wall_s = sum(stretch.wall_s for stretch in self._stretches[-20:])
        return Glance(
            now.decision.state.name,
            now.decision.reason,
            float(now.time_s[-1]),
            self._fractions[-1],
            self._length_m,
            float(np.linalg.norm(now.velocity_m_s[-1])),
            float(now.clearance_m[-1]),
            flown * self.scenario.config.control_period_s / max(wall_s, 1e-9),
        )

    def close(self, interrupted: bool = False) -> Flight:
        """Return the whole flight; only after the first stretch."""
        stretches, world = self._stretches, self.scenario.world
        last = stretches[-1]
        positions = np.concatenate([s.position_m for s in stretches])
        radius_m = self.scenario.config.body.radius_m
        over = not interrupted and last.decision.state is MissionState.DONE
        at_goal = self._goal_distance_m() <= self.scenario.config.mission.goal_tolerance_m
        exploration = metrics.exploration([s.time_s[0] for s in stretches], self._fractions)
        denied = self._denied(exploration.final) if over else {}
        reason = "interrupted" if interrupted else last.decision.reason
        return Flight(
            scenario=self.scenario,
            grid=self.grid,
            times_s=np.concatenate([s.time_s for s in stretches]),
            positions_m=positions,
            believed_positions_m=np.concatenate([s.believed_position_m for s in stretches]),
            velocities_m_s=np.concatenate([s.velocity_m_s for s in stretches]),
            attitudes=np.concatenate([s.attitude for s in stretches]),
            commands=np.concatenate([s.command for s in stretches]),
            seen_clearance_m=np.concatenate([s.clearance_m for s in stretches]),
            exploration=exploration,
            safety=metrics.safety(world.scene, positions, radius_m),
            p=np.asarray(last.view.p),
            known=np.asarray(last.view.known),
            seen=last.seen,
            states=transitions(stretches),
            end_reason="; ".join([reason, *denied.values()]),
            goal_reached=over and last.decision.goal_reached and at_goal,
            explored_without_goal=over
            and last.decision.success
            and not last.decision.goal_reached
            and "explored" not in denied,
            false_claims=tuple(denied),
            health=self._health(),
            completion=None if last.completion is None else last.completion.to_dict(),
            wall_s=sum(s.wall_s for s in stretches),
            start_up_s=stretches[0].wall_s,
            step_ms=np.array([1e3 * s.wall_s / len(s.time_s) for s in stretches[1:]]),
            stretches=len(stretches),
            peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
            frames=self._frames,
        )

    def _goal_distance_m(self) -> float:
        """Return the true distance to the goal; told to stop there, it stops a bit later."""
        away_m = self._stretches[-1].position_m[:, :2] - self.scenario.world.goal_m[:2]
        return float(np.min(np.linalg.norm(away_m, axis=1)))

    def _denied(self, explored: float) -> dict[str, str]:
        """Return what the mission claims at its end and the truth denies, by name, in words.

        Of a place, a claim holds as far as the report says that its odometry may be off; that
        nothing is left to see, if what was not seen is among what the report says to be left.
        """
        last, denied = self._stretches[-1], {}
        report, away_m = last.completion, self._goal_distance_m()
        admits_m = 0.0 if report is None else report.odometry_error_m
        tolerance_m = self.scenario.config.mission.goal_tolerance_m
        if last.decision.goal_reached and away_m > tolerance_m + admits_m:
            denied["goal_reached"] = f"in truth the goal is {away_m:.1f} m away"
        if report is not None and report.explored:
            total_m2 = self.scenario.truth.observable_m2
            unsaid_m2 = (1.0 - explored) * total_m2 - report.unseen_m2
            if unsaid_m2 > metrics.UNSAID_SHARE * total_m2:
                denied["explored"] = f"in truth {100 * explored:.1f} % were seen"
        return denied

    def _health(self) -> health.PlanHealth:
        stretches, period_s = self._stretches, self.scenario.config.control_period_s
        exploring = [s.decision.state is MissionState.EXPLORING for s in stretches]
        code = np.concatenate([s.code for s in stretches])
        speed_m_s = np.linalg.norm(np.concatenate([s.velocity_m_s for s in stretches]), axis=1)
        each_step = np.repeat(exploring, [len(s.time_s) for s in stretches])
        return health.PlanHealth(
            health.share(code != control.OK, code != HELD),
            health.share(speed_m_s < self.scenario.config.body.parked_m_s, each_step),
            health.longest_at_target_s(
                np.array([s.time_s[0] for s in stretches]),
                np.array([s.believed_position_m[0] for s in stretches]),
                np.array(self._targets_m),
                np.array(exploring),
                float(stretches[-1].time_s[-1]) + period_s,
            ),
            stretches[-1].given_up,
            sum(int(np.count_nonzero(s.safety)) for s in stretches),
        )


def transitions(stretches: Iterable[Stretch]) -> list[dict[str, Any]]:
    """Return when the mission came into which state, and why."""
    found: list[dict[str, Any]] = []
    for stretch in stretches:
        state, reason = stretch.decision.state.name, stretch.decision.reason
        if not found or found[-1]["state"] != state:
            time_s = round(float(stretch.time_s[0]), 2)
            found.append({"time_s": time_s, "state": state, "reason": reason})
    return found
