# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a flight leaves behind: metrics.json, the map for nav2_map_server, and pictures.

Every file is written under a temporary name, flushed and renamed, so that a reader never meets
half of one. Values that were not measured are null, never 0.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import io
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from live_mvp_ros.bringup.record import FlightRecord

if TYPE_CHECKING:
    from live_mvp_ros.bringup.graph import Graph
    from live_mvp_ros.sim.metrics import Exploration, Safety

GOAL_TOLERANCE_M = 1.5
CONTROL_RATE_HZ = 50.0


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a flight ended.

    Attributes:
        reason: one sentence.
        complete: the controller says that the mission is complete.
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
    peak_rss_mib: float,
    restarts: Mapping[str, int],
) -> dict[str, Any]:
    """Return everything that was measured, as it goes into metrics.json."""
    flight = record.trajectory()
    at_goal = _at_goal(flight.positions_m, graph.facts.goal_m)
    said_so = record.status is not None and record.status.goal_reached
    goal_reached = bool(said_so and at_goal)
    factor = record.real_time_factor()
    period_ms = 1000.0 / CONTROL_RATE_HZ / graph.options.real_time_factor
    rates = {topic: _rounded(a.rate_hz(), 2) for topic, a in record.arrivals.items()}
    result: dict[str, Any] = {
        "mission_complete": ending.complete and goal_reached,
        "goal_reached": goal_reached,
        "end_reason": ending.reason,
        **_score_values(scores),
        "flight_time_s": _rounded(record.now_s(), 3),
        "path_length_m": _rounded(path_length(flight.positions_m), 3),
        "real_time_factor": _rounded(factor, 4),
        "control_latency_ms": _percentiles(record.latencies_ms),
        "control_on_time_fraction": _rounded(record.on_time_fraction(period_ms), 4),
        "rates_hz": rates,
        "rates_per_simulated_second_hz": {
            topic: _rounded(rate / factor, 2) if rate and factor else None
            for topic, rate in rates.items()
        },
        "peak_rss_mib": _rounded(peak_rss_mib, 1) if peak_rss_mib else None,
        "restarts": dict(restarts),
        "states": [
            {"time_s": round(time, 2), "state": state, "reason": reason}
            for time, state, reason in record.transitions
        ],
        "world": graph.options.world,
        "seed": graph.options.seed,
        "controller": graph.options.controller,
        "vehicle": graph.options.vehicle,
        "versions": versions(),
    }
    return result


def versions() -> dict[str, str | None]:
    """Return the versions of what the numbers depend on; None where it is not installed."""
    names = ("jax", "numpy")
    return {
        "live_mvp_ros": package_version(),
        "python": platform.python_version(),
        **{name: _version(name) for name in names},
        "ros_distro": os.environ.get("ROS_DISTRO"),
    }


def package_version() -> str | None:
    """Return the version of this package from its metadata, or from the package.xml of an install.

    A colcon workspace has the one, an installation with pip the other.
    """
    version = _version("live_mvp_ros")
    if version is not None:
        return version
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        manifest = Path(prefix) / "share" / "live_mvp_ros" / "package.xml"
        if manifest.is_file():
            return ElementTree.parse(manifest).findtext("version")
    return None


def write_metrics(path: Path, values: Mapping[str, Any]) -> None:
    """Write metrics as JSON (no NaN)."""
    write(path, (json.dumps(values, indent=2, allow_nan=False) + "\n").encode())


def write_map(folder: Path, message: Any) -> Any:
    """Write an OccupancyGrid as map.png and map.yaml for nav2_map_server; return its image."""
    from PIL import Image

    from live_mvp_ros.bringup import plots
    from live_mvp_ros.ros.convert import probability_grid

    grid = probability_grid(message, message.header.frame_id)
    half = 0.5 * grid.spec.resolution_m
    corner = (grid.spec.origin_m[0] - half, grid.spec.origin_m[1] - half)
    image = plots.map_image(grid.p, grid.known, corner, grid.spec.resolution_m)
    buffer = io.BytesIO()
    Image.fromarray(image.pixels).save(buffer, format="PNG")
    write(folder / "map.png", buffer.getvalue())
    lines = [
        "image: map.png",
        "mode: trinary",
        f"resolution: {image.resolution_m:g}",
        f"origin: [{corner[0]:.6g}, {corner[1]:.6g}, 0.0]",
        "negate: 0",
        f"occupied_thresh: {plots.OCCUPIED_THRESHOLD}",
        f"free_thresh: {plots.FREE_THRESHOLD}",
    ]
    write(folder / "map.yaml", ("\n".join(lines) + "\n").encode())
    return image


def write_plots(
    folder: Path, graph: Graph, record: FlightRecord, image: Any, scores: Scores | None
) -> None:
    """Write trajectory.png and, where the flight was scored, explored.png."""
    from live_mvp_ros.bringup import plots

    flight = record.trajectory()
    title = f"{Path(graph.options.world).stem}: {record.now_s():.0f} s of flight"
    figure = plots.trajectory_figure(
        image, flight.times_s, flight.positions_m, graph.facts.goal_m, title
    )
    write(folder / "trajectory.png", plots.png(figure))
    if scores is not None and scores.exploration.times_s.size:
        explored = scores.exploration
        figure = plots.explored_figure(explored.times_s, explored.fractions, title)
        write(folder / "explored.png", plots.png(figure))


def path_length(positions_m: np.ndarray) -> float:
    """Return the length [m] of the polyline through positions [N, 3]."""
    steps = np.diff(positions_m, axis=0)
    return float(np.linalg.norm(steps, axis=1).sum())


def write_tables(folder: Path, record: FlightRecord, scores: Scores | None) -> None:
    """Write trajectory.csv (about 20 rows per second) and, where it was scored, explored.csv."""
    flight = record.trajectory()
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


def write_table(path: Path, names: Sequence[str], rows: np.ndarray) -> None:
    """Write rows [N, columns] as comma-separated values under a line of names."""
    buffer = io.StringIO()
    np.savetxt(buffer, rows, "%.4f", ",", header=",".join(names), comments="")
    write(path, buffer.getvalue().encode())


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _score_values(scores: Scores | None) -> dict[str, Any]:
    names = ("time_to_50_s", "time_to_90_s", "time_to_95_s", "time_to_99_s")
    if scores is None:
        nothing = ("explored_fraction", *names, "collisions", "min_clearance_m")
        return dict.fromkeys(nothing)
    times = zip(names, scores.exploration.time_to_s, strict=True)
    return {
        "explored_fraction": _rounded(scores.exploration.final, 5),
        **{name: _rounded(time, 2) for name, time in times},
        "collisions": scores.safety.collisions,
        "min_clearance_m": _rounded(scores.safety.min_clearance_m, 4),
    }


def _percentiles(values: list[float]) -> dict[str, float | None]:
    if not values:
        return {"p50": None, "p99": None}
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": _rounded(float(p50), 3), "p99": _rounded(float(p99), 3)}


def _at_goal(positions_m: np.ndarray, goal_m: tuple[float, float, float]) -> bool:
    if not len(positions_m):
        return False
    return math.dist(positions_m[-1, :2], goal_m[:2]) <= GOAL_TOLERANCE_M


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
