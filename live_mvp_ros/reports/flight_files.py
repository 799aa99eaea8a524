# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The files of one in-process flight: metrics, tables, arrays and a picture."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from live_mvp_ros.base.results import write, write_json, write_table
from live_mvp_ros.evaluation.logbook import Flight
from live_mvp_ros.reports.drawing import png
from live_mvp_ros.reports.flight_plots import flight_figure

TABLE_RATE_HZ = 20.0


def writers(flight: Flight, record: dict[str, Any]) -> dict[str, Callable[[Path], None]]:
    """Return what writes each file that is kept of a flight, by the file's name."""
    return {
        "metrics.json": lambda path: write_json(path, record),
        "trajectory.csv": lambda path: write_trajectory(path, flight),
        "explored.csv": lambda path: write_explored(path, flight),
        "flight.npz": lambda path: write(path, arrays(flight)),
        "picture.png": lambda path: write(path, png(flight_figure(flight))),
    }


def write_trajectory(path: Path, flight: Flight) -> None:
    """Write the trajectory, at most 20 rows per second."""
    period_s = flight.scenario.config.control_period_s
    step = max(1, round(1.0 / (TABLE_RATE_HZ * period_s)))
    columns = [flight.times_s, *flight.positions_m.T, flight.safety.clearance_m]
    names = ("time_s", "x_m", "y_m", "z_m", "clearance_m")
    write_table(path, names, np.stack(columns, axis=1)[::step])


def write_explored(path: Path, flight: Flight) -> None:
    """Write the explored fraction over time."""
    explored = flight.exploration
    rows = np.stack([explored.times_s, explored.fractions], axis=1)
    write_table(path, ("time_s", "explored_fraction"), rows)


def arrays(flight: Flight) -> bytes:
    """Return every control step and the final map as the content of an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        time_s=flight.times_s,
        position_m=flight.positions_m,
        believed_position_m=flight.believed_positions_m,
        velocity_m_s=flight.velocities_m_s,
        attitude_wxyz=flight.attitudes,
        command=flight.commands,
        clearance_m=flight.safety.clearance_m,
        explored_time_s=flight.exploration.times_s,
        explored_fraction=flight.exploration.fractions,
        map_p=flight.p,
        map_known=flight.known,
        map_origin_m=np.array(flight.grid.origin_m),
        map_resolution_m=flight.grid.resolution_m,
    )
    return buffer.getvalue()
