# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a flight leaves behind: metrics.json, the map for nav2_map_server, and pictures.

Values that were not measured are null, never 0.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from live_mvp_ros.base.mission_state import OVER
from live_mvp_ros.base.results import (
    LAST_MAP,
    percentiles,
    rounded,
    versions,
    write,
    write_json,
    write_table,
)
from live_mvp_ros.bringup.cores import NOT_DIVIDED, Division
from live_mvp_ros.bringup.flight_record import FlightRecord
from live_mvp_ros.bringup.flown import Flown, FlownParameters
from live_mvp_ros.bringup.moments import Moments
from live_mvp_ros.evaluation.figures import health_values, score_values
from live_mvp_ros.reports import field_moments
from live_mvp_ros.worlds.names import shown_name

if TYPE_CHECKING:
    from live_mvp_ros.bringup.graph import Graph
    from live_mvp_ros.evaluation.metrics import Exploration, Safety
    from live_mvp_ros.msg import AutopilotState

ENDED = "ENDED"  # no state of a mission
STOPPING_S = 2.0  # after the mission is done


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a flight ended.

    Attributes:
        reason: one sentence.
        complete: the controller says that the mission did what was asked for (its success).
    """

    reason: str
    complete: bool = False


@dataclasses.dataclass(frozen=True)
class Scores:
    """What the ground truth says about a flight."""

    exploration: Exploration
    safety: Safety


def metrics(
    graph: Graph,
    record: FlightRecord,
    ending: Ending,
    scores: Scores | None,
    *,
    flown: Flown,
    division: Division = NOT_DIVIDED,
    peak_rss_mib: float,
    restarts: Mapping[str, int],
    driver: AutopilotState | None = None,
) -> dict[str, Any]:
    """Return everything that was measured, as it goes into metrics.json.

    ``driver``: the last word of the driver of a vehicle, None where there is none.
    """
    flight = record.true_trajectory()
    at_goal = _at_goal(flight.times_s, flight.positions_m, flown)
    said_so = record.status is not None and record.status.goal_reached
    goal_reached = bool(said_so and at_goal is not False)
    # A success without a goal is one of a mission that had none.
    goalless = record.status is not None and record.status.success and not said_so
    factor = record.real_time_factor()
    mission_s, waited_s = record.mission_time_s()
    period_ms = _period_ms(graph, flown, factor)
    rates = {topic: rounded(a.rate_hz(), 2) for topic, a in record.arrivals.items()}
    result: dict[str, Any] = {
        "mission_complete": ending.complete and (goal_reached or goalless),
        "goal_reached": goal_reached,
        "end_reason": ending.reason,
        "completion": None if record.completion is None else record.completion.to_dict(),
        **(score_values(scores.exploration, scores.safety) if scores else score_values()),
        **health_values(record.health()),
        "flight_time_s": rounded(record.now_s(), 3),
        "mission_time_s": rounded(mission_s, 3),
        "mission_waited_s": rounded(waited_s, 3),
        "path_length_m": rounded(path_length(flight.positions_m), 3),
        "real_time_factor": rounded(factor, 4),
        "control_latency_ms": percentiles(record.latencies_ms),
        "control_on_time_fraction": None
        if period_ms is None
        else rounded(record.on_time_fraction(period_ms), 4),
        "rates_hz": rates,
        "rates_per_simulated_second_hz": {
            topic: rounded(rate / factor, 2) if rate and factor else None
            for topic, rate in rates.items()
        },
        "peak_rss_mib": rounded(peak_rss_mib, 1) if peak_rss_mib else None,
        "restarts": dict(restarts),
        "states": _states(record, ending),
        "flown": flown.to_dict(),
        "cores": {**division.to_dict(), "words": division.in_words()},
        "world": graph.options.world,
        "seed": graph.options.seed,
        "controller": graph.options.controller,
        "planner": _planner(graph),
        "vehicle": graph.options.vehicle,
        "autopilot": graph.options.autopilot if graph.options.vehicle == "mavlink" else None,
        "stale_commands_sent": None if driver is None else driver.stale_commands_sent,
        "authority_lost_s": None if driver is None else rounded(driver.authority_lost_s, 3),
        "odometry": _expected_odometry(graph),
        "versions": versions(),
    }
    return result


def write_map(folder: Path, message: Any) -> Any:
    """Write an OccupancyGrid as map.png and map.yaml for nav2_map_server; return its image."""
    from live_mvp_ros.reports import map_files
    from live_mvp_ros.ros.convert.grid_messages import probability_grid

    grid = probability_grid(message, message.header.frame_id)
    image = map_files.image_of(grid.p, grid.known, grid.spec.origin_m, grid.spec.resolution_m)
    map_files.write_map(folder, image)
    return image


def write_last_map(folder: Path, message: Any) -> None:
    """Write an OccupancyGrid as arrays, from which ``report`` makes what there is no time for."""
    from live_mvp_ros.ros.convert.grid_messages import probability_grid

    grid = probability_grid(message, message.header.frame_id)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        map_p=np.asarray(grid.p),
        map_known=np.asarray(grid.known),
        map_origin_m=np.asarray(grid.spec.origin_m),
        map_resolution_m=np.asarray(grid.spec.resolution_m),
    )
    write(folder / LAST_MAP, buffer.getvalue())


def write_plots(
    folder: Path,
    graph: Graph,
    record: FlightRecord,
    image: Any,
    scores: Scores | None,
    goal_m: Sequence[float] | None,
) -> dict[str, bytes]:
    """Write trajectory.png and, where the flight was scored, explored.png; return them by name."""
    from live_mvp_ros.reports import graph_plots
    from live_mvp_ros.reports.drawing import png

    flight = record.trajectory()
    title = f"{shown_name(graph.options.world)}: {record.now_s():.0f} s of flight"
    figure = graph_plots.trajectory_figure(
        image, flight.times_s, flight.positions_m, goal_m, title
    )
    pictures = {"trajectory": png(figure)}
    if scores is not None and scores.exploration.times_s.size:
        explored = scores.exploration
        figure = graph_plots.explored_figure(explored.times_s, explored.fractions, title)
        pictures["explored"] = png(figure)
    for name, content in pictures.items():
        write(folder / f"{name}.png", content)
    return pictures


def write_course(
    folder: Path,
    graph: Graph,
    record: FlightRecord,
    kept: Moments,
    flown: FlownParameters,
    goal_m: Sequence[float] | None,
) -> None:
    """Write what the report shows besides: timing.json, parameters.json and fields.npz."""
    latencies, intervals = record.latencies_ms, record.intervals_ms
    timing = {
        "control_latency_ms": [round(value, 3) for value in latencies],
        "control_interval_ms": [round(value, 3) for value in intervals],
    }
    write_json(folder / "timing.json", timing)
    write_json(folder / "parameters.json", parameters(graph, flown, goal_m))
    if kept.kept:
        buffer = io.BytesIO()
        arrays: dict[str, Any] = field_moments.pack(kept.kept)
        np.savez_compressed(buffer, **arrays)
        write(folder / field_moments.FILE, buffer.getvalue())


def parameters(
    graph: Graph, flown: FlownParameters, goal_m: Sequence[float] | None
) -> dict[str, Any]:
    """Return what the user chose, what each node was told, and what it had in flight."""
    return {
        "options": dataclasses.asdict(graph.options),
        "goal_m": None if goal_m is None else list(goal_m),
        "flown": flown.by_node(),
        "nodes": {node.name: dict(node.parameters) for node in graph.nodes},
        "params_file_text": graph.params_text,
    }


def path_length(positions_m: np.ndarray) -> float:
    """Return the length [m] of the polyline through positions [N, 3]."""
    steps = np.diff(positions_m, axis=0)
    return float(np.linalg.norm(steps, axis=1).sum())


def write_tables(folder: Path, record: FlightRecord, scores: Scores | None) -> None:
    """Write trajectory.csv (about 20 rows per second) and, where it was scored, explored.csv."""
    flight = record.true_trajectory()
    columns = [flight.times_s, *flight.positions_m.T]
    names = ["time_s", "x_m", "y_m", "z_m"]
    if scores is not None:
        columns.append(scores.safety.clearance_m)
        names.append("clearance_m")
        explored = scores.exploration
        write_table(
            folder / "explored.csv",
            ("time_s", "explored_fraction"),
            np.stack([explored.times_s, explored.fractions], axis=1),
        )
    step = max(1, round(len(flight.times_s) / max(20.0 * record.now_s(), 1.0)))
    write_table(folder / "trajectory.csv", names, np.stack(columns, axis=1)[::step])


def _states(record: FlightRecord, ending: Ending) -> list[dict[str, Any]]:
    """Return the changes of state, with the end of a flight that its mission did not end."""
    rows = list(record.transitions)
    if not rows or rows[-1][1] not in OVER:
        rows.append((record.now_s(), ENDED, ending.reason))
    return [
        {"time_s": round(time, 2), "state": state, "reason": reason}
        for time, state, reason in rows
    ]


def _planner(graph: Graph) -> str | None:
    """Return what decides where to fly, by the names of ``sim``; None where it is not ours."""
    if any(node.name == "policy_controller" for node in graph.nodes):
        return "policy"
    controllers = [node for node in graph.nodes if node.name == "imppi_controller"]
    told = [str(node.parameters.get("architecture", "parallel")) for node in controllers]
    return next(iter(told), None)


def _expected_odometry(graph: Graph) -> dict[str, Any]:
    """Return what the planner was told of its odometry, as far as that differs from exact."""
    prefix, told = "odometry.", {}
    for node in graph.nodes:
        if node.name == "info_field":
            told = {k.removeprefix(prefix): v for k, v in node.parameters.items() if prefix in k}
    return told


def _period_ms(graph: Graph, flown: Flown, factor: float | None) -> float | None:
    """Return the control period in wall time, None where no controller has said its rate."""
    if flown.control_rate_hz is None:
        return None
    asked = flown.real_time_factor or graph.options.real_time_factor
    follows = graph.options.follow_clock or graph.options.vehicle != "sim"
    return 1000.0 / flown.control_rate_hz / (factor if follows and factor else asked)


def _at_goal(times_s: np.ndarray, positions_m: np.ndarray, flown: Flown) -> bool | None:
    """Return whether the flight ended at the goal: told to stop there, the drone drifts on.

    None where goal or tolerance are not known.
    """
    if flown.goal_m is None or flown.goal_tolerance_m is None:
        return None
    if not len(positions_m):
        return False
    ending = positions_m[times_s >= times_s[-1] - STOPPING_S, :2]
    away_m = np.linalg.norm(ending - np.asarray(flown.goal_m[:2]), axis=1)
    return bool(np.min(away_m) <= flown.goal_tolerance_m)
