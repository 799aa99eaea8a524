# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Map and score of a flight that was interrupted before there was time for them.

Such a flight leaves its last map as arrays beside its trajectory. When each share of the space
was explored is not known any more; how much it was in the end, and how close the drone came to
anything, is.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.results import LAST_MAP, rounded, write_json, write_table
from live_mvp_ros.reports.map_files import image_of, write_map
from live_mvp_ros.reports.run_data import RunData

NEEDED = ("truth", "radius_m", "range_m")


def complete(run: RunData) -> list[str]:
    """Write the map, and the score where the truth is known, of a run that lacks them.

    Returns:
        What was written, as words; none for nothing.

    Raises:
        WorldError: the world that is the truth cannot be read any more.
    """
    found = _last_map(run.folder)
    if found is None:
        return []
    p, known, spec = found
    done = []
    if not (run.folder / "map.yaml").exists():
        write_map(run.folder, image_of(p, known, spec.origin_m, spec.resolution_m))
        done.append("the map")
    flown = run.metrics.get("flown") or {}
    unscored = run.metrics.get("explored_fraction") is None
    if unscored and all(flown.get(key) is not None for key in NEEDED):
        _score(run, known, spec, flown)
        done.append("the score")
    return done


def _last_map(folder: Path) -> tuple[np.ndarray, np.ndarray, GridSpec] | None:
    """Return probabilities and known cells [nx, ny] and where they lie; None of no last map."""
    try:
        with np.load(folder / LAST_MAP) as arrays:
            p, known = arrays["map_p"], arrays["map_known"].astype(bool)
            x, y = (float(value) for value in arrays["map_origin_m"])
            spec = GridSpec((x, y), float(arrays["map_resolution_m"]), (p.shape[0], p.shape[1]))
    except (OSError, EOFError, KeyError, ValueError, IndexError, zipfile.BadZipFile):
        return None
    return p, known, spec


def _score(run: RunData, known: np.ndarray, spec: GridSpec, flown: dict[str, Any]) -> None:
    """Add the score to metrics.json, and the clearance to trajectory.csv."""
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros.evaluation import metrics
    from live_mvp_ros.vehicle import BodyConfig
    from live_mvp_ros.worlds import load_world

    world = load_world(flown["truth"])
    body = BodyConfig(radius_m=flown["radius_m"])
    truth = metrics.ground_truth(world, body, range_m=flown["range_m"])
    values = {
        **run.metrics,
        "explored_fraction": rounded(metrics.explored_fraction(known, spec, truth), 5),
    }
    if {"x_m", "y_m", "z_m"} <= set(run.trajectory):
        table = run.trajectory
        positions = np.stack([table["x_m"], table["y_m"], table["z_m"]], axis=1)
        safety = metrics.safety(world.scene, positions, body.radius_m)
        values["collisions"] = safety.collisions
        values["min_clearance_m"] = rounded(safety.min_clearance_m, 4)
        columns = {**table, "clearance_m": safety.clearance_m}
        rows = np.stack(list(columns.values()), axis=1)
        write_table(run.folder / "trajectory.csv", tuple(columns), rows)
    write_json(run.folder / "metrics.json", values)
