# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The numbers of a run as they go into JSON, and their summary over many runs.

A record has the keys of a graph's metrics.json; what an in-process flight does not have (latencies
between processes) is null. In a summary a run that never reached a threshold counts as infinitely
late, and a quantile that is infinite is null.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from live_mvp_ros.base.results import percentiles, rounded, versions
from live_mvp_ros.evaluation.health import PlanHealth
from live_mvp_ros.evaluation.planners import POLICY

if TYPE_CHECKING:
    from live_mvp_ros.evaluation.logbook import Flight
    from live_mvp_ros.evaluation.metrics import Exploration, Safety
    from live_mvp_ros.evaluation.runs import Run

TIMES = ("time_to_50_s", "time_to_90_s", "time_to_95_s", "time_to_99_s")
_COUNTS = ("targets_given_up", "safety_interventions")
HEALTH = ("unsafe_plan_fraction", "parked_fraction", "longest_at_target_s", *_COUNTS)
TOPICS = ("odom", "points", "map", "info_field", "command")
Record = dict[str, Any]


def score_values(exploration: Exploration | None = None, safety: Safety | None = None) -> Record:
    """Return what the ground truth says about a flight; all None for one that was not scored."""
    if exploration is None or safety is None:
        return dict.fromkeys(("explored_fraction", *TIMES, "collisions", "min_clearance_m"))
    times = zip(TIMES, exploration.time_to_s, strict=True)
    return {
        "explored_fraction": rounded(exploration.final, 5),
        **{name: rounded(time, 2) for name, time in times},
        "collisions": safety.collisions,
        "min_clearance_m": rounded(safety.min_clearance_m, 4),
    }


def health_values(health: PlanHealth) -> Record:
    """Return what the plans of a flight were worth."""
    values = {name: getattr(health, name) for name in HEALTH}
    return {
        name: value if name in _COUNTS else rounded(value, 4) for name, value in values.items()
    }


def record(run: Run, flight: Flight) -> Record:
    """Return everything that was measured of a flight."""
    return {
        "mission_complete": flight.complete,
        "goal_reached": flight.goal_reached,
        "false_claims": list(flight.false_claims),
        "end_reason": flight.end_reason,
        **score_values(flight.exploration, flight.safety),
        **health_values(flight.health),
        "odometry_error_max_m": rounded(flight.odometry_error_max_m, 4),
        "flight_time_s": rounded(flight.flight_time_s, 3),
        "path_length_m": rounded(flight.path_length_m, 3),
        "real_time_factor": rounded(flight.real_time_factor, 3),
        "control_latency_ms": percentiles([]),
        "control_on_time_fraction": None,
        **_rates(flight),
        "peak_rss_mib": rounded(flight.peak_rss_mib, 1),
        "restarts": {},
        "states": flight.states,
        **_identity(run),
        "start": flight.start,
        "steps": flight.steps,
        "wall_s": rounded(flight.wall_s, 3),
        "start_up_s": rounded(flight.start_up_s, 3),
        "step_ms": percentiles(flight.step_ms),
        "completion": flight.completion,
        "error": None,
    }


def failed_record(run: Run, sentence: str) -> Record:
    """Return the record of a run that could not be flown to its end."""
    nothing = ("flight_time_s", "path_length_m", "real_time_factor", "control_on_time_fraction")
    return {
        "mission_complete": False,
        "goal_reached": False,
        "false_claims": [],
        "end_reason": f"failed: {sentence}",
        **score_values(),
        **health_values(PlanHealth()),
        "odometry_error_max_m": None,
        **dict.fromkeys(nothing),
        "control_latency_ms": percentiles([]),
        "rates_hz": dict.fromkeys(TOPICS),
        "rates_per_simulated_second_hz": dict.fromkeys(TOPICS),
        "peak_rss_mib": None,
        "restarts": {},
        "states": [],
        **_identity(run),
        "start": {"kind": run.start, "position_m": None, "yaw_rad": None},
        "steps": 0,
        "wall_s": None,
        "start_up_s": None,
        "step_ms": percentiles([]),
        "completion": None,
        "error": sentence,
    }


def summary(records: Iterable[Record]) -> dict[str, dict[str, Record]]:
    """Return world -> planner -> what their runs have in common."""
    groups: dict[str, dict[str, list[Record]]] = {}
    for item in records:
        groups.setdefault(item["world"], {}).setdefault(item["planner"], []).append(item)
    return {
        world: {planner: summary_of(runs) for planner, runs in by_planner.items()}
        for world, by_planner in groups.items()
    }


def summary_of(runs: Sequence[Record]) -> Record:
    """Return counts and quantiles of runs of one world and one planner.

    Failed runs count as runs that are not complete and never reach a threshold; extremes and
    medians of other values are those of the runs that were flown. A mission takes until it is
    complete; one that is not takes for ever.
    """
    flown = [run for run in runs if run["error"] is None]

    def numbers(key: str) -> list[float]:
        return [run[key] for run in flown if run[key] is not None]

    def late(key: str) -> list[float]:
        return [math.inf if run[key] is None else run[key] for run in runs]

    missions_s = [run["flight_time_s"] if run["mission_complete"] else math.inf for run in runs]

    return {
        "runs": len(runs),
        "complete": sum(run["mission_complete"] for run in runs),
        "failed": len(runs) - len(flown),
        "goal_reached": sum(run["goal_reached"] for run in runs),
        "collisions": sum(numbers("collisions")),
        "false_claims": sum(len(run["false_claims"]) for run in runs),
        "explored_fraction_min": min(numbers("explored_fraction"), default=None),
        "explored_fraction_median": quantile(numbers("explored_fraction"), 0.5, 5),
        "time_to_95_s_median": quantile(late("time_to_95_s"), 0.5),
        "time_to_95_s_quartiles": [quantile(late("time_to_95_s"), q) for q in (0.25, 0.75)],
        "time_to_99_s_median": quantile(late("time_to_99_s"), 0.5),
        "mission_time_s_median": quantile(missions_s, 0.5),
        "mission_time_s_quartiles": [quantile(missions_s, q) for q in (0.25, 0.75)],
        "unsafe_plan_fraction_median": quantile(numbers("unsafe_plan_fraction"), 0.5, 5),
        "parked_fraction_median": quantile(numbers("parked_fraction"), 0.5, 5),
        "parked_fraction_max": max(numbers("parked_fraction"), default=None),
        "longest_at_target_s_max": max(numbers("longest_at_target_s"), default=None),
        "targets_given_up": sum(numbers("targets_given_up")),
        "safety_interventions": sum(numbers("safety_interventions")),
        "flight_time_s_median": quantile(numbers("flight_time_s"), 0.5),
        "path_length_m_median": quantile(numbers("path_length_m"), 0.5),
        "min_clearance_m": min(numbers("min_clearance_m"), default=None),
        "real_time_factor_median": quantile(numbers("real_time_factor"), 0.5),
    }


def quantile(values: Sequence[float], share: float, digits: int = 3) -> float | None:
    """Return a quantile of values that may be infinite, None where it is infinite or of nothing.

    Between two values it is interpolated linearly, as ``numpy.quantile`` does.
    """
    if not len(values):
        return None
    ordered = np.sort(np.asarray(values, float))
    place = share * (len(ordered) - 1)
    low, rest = int(place), place - int(place)
    if rest == 0.0:
        return rounded(ordered[low], digits)
    if not math.isfinite(ordered[low + 1]):
        return None
    return rounded(ordered[low] + rest * (ordered[low + 1] - ordered[low]), digits)


def curve(times_s: np.ndarray, fractions: np.ndarray, points: int = 400) -> dict[str, list[float]]:
    """Return an explored fraction over time with at most ``points`` of its values and its last."""
    stride = max(1, -(-len(times_s) // points))
    index = np.unique(np.r_[np.arange(0, len(times_s), stride), max(len(times_s) - 1, 0)])
    index = index[index < len(times_s)]
    return {
        "times_s": [round(float(time), 3) for time in times_s[index]],
        "fractions": [round(float(share), 5) for share in fractions[index]],
    }


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dataclasses and tuples as dicts, arrays as lists, no NaN."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str | bool | None):
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _identity(run: Run) -> Record:
    return {
        "world": run.world,
        "floor_plan": run.floor_plan or run.world,
        "seed": run.seed,
        "controller": "policy" if run.planner == POLICY else "imppi",
        "vehicle": "sim",
        "planner": run.planner,
        "sensing": run.sensing,
        "odometry": plain(run.overrides.get("odometry", {})),
        "versions": versions(),
    }


def _rates(flight: Flight) -> Record:
    counts = dict(zip(TOPICS, flight.counts, strict=True))

    def per(duration_s: float) -> dict[str, float | None]:
        rates = {
            name: count / duration_s if duration_s else None for name, count in counts.items()
        }
        return {name: rounded(rate, 2) for name, rate in rates.items()}

    factor = flight.real_time_factor  # of the time after the start-up, in which one compiles
    return {
        "rates_hz": per(flight.flight_time_s / factor if factor else 0.0),
        "rates_per_simulated_second_hz": per(flight.flight_time_s),
    }
