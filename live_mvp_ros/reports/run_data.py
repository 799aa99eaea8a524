# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run as data: what its files say, as far as they are there."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from live_mvp_ros.base.results import LAST_MAP, package_version
from live_mvp_ros.reports import field_moments
from live_mvp_ros.reports.drawing import map_image
from live_mvp_ros.reports.field_moments import Moment
from live_mvp_ros.worlds.names import shown_name

Table = dict[str, np.ndarray]


class NoRunError(ValueError):
    """A folder is none of a run; the text is one sentence for the user."""


@dataclasses.dataclass(frozen=True)
class RunData:
    """One run; what it has not left behind is empty.

    Attributes:
        folder: of the run.
        metrics: metrics.json.
        explored: columns of explored.csv.
        trajectory: columns of trajectory.csv.
        timing: lists of timing.json, in milliseconds.
        parameters: parameters.json.
        moments: information fields.
        map_pixels: the map in the end as uint8 [height, width], or None.
        map_corner_m: its lower left corner.
        map_resolution_m: its resolution.
    """

    folder: Path
    metrics: dict[str, Any]
    explored: Table
    trajectory: Table
    timing: dict[str, list[float]]
    parameters: dict[str, Any]
    moments: list[Moment]
    map_pixels: np.ndarray | None
    map_corner_m: tuple[float, float]
    map_resolution_m: float

    @property
    def name(self) -> str:
        """Return the name of the folder."""
        return self.folder.resolve().name

    @property
    def world(self) -> str | None:
        """Return the name of the world, that of its floor plan where there are many."""
        world = self.metrics.get("floor_plan") or self.metrics.get("world")
        return shown_name(str(world)) if world else None

    @property
    def planner(self) -> str | None:
        """Return what decided where to fly, None where it is not known."""
        planner = self.metrics.get("planner")
        return str(planner) if planner else None

    @property
    def label(self) -> str:
        """Return the name of the folder with what tells the run from others."""
        said = ", ".join(part for part in (self.planner, self.world) if part)
        return f"{self.name} ({said})" if said else self.name


_KINDS: dict[str, tuple[type, str]] = {
    "states": (list, "list"),
    "versions": (dict, "table"),
    "completion": (dict, "table"),
    "restarts": (dict, "table"),
    "odometry": (dict, "table"),
    "control_latency_ms": (dict, "table"),
    "rates_hz": (dict, "table"),
}


def read_run(folder: Path) -> RunData:
    """Return what the folder of a run holds.

    Raises:
        NoRunError: it is no folder of a run.
    """
    if not folder.is_dir():
        raise NoRunError(f"{folder} is no folder: name the folder of a run, such as runs/<time>")
    metrics = json_values(folder / "metrics.json")
    if not metrics:
        raise NoRunError(f"{folder} is no folder of a run: it has no readable metrics.json")
    if wrong := _wrong_in(metrics):
        raise NoRunError(
            f"{folder} is no folder of a run: {wrong} ({written_by(metrics)}, and this is"
            f" {package_version()})"
        )
    pixels, corner, resolution = _map(folder)
    return RunData(
        folder=folder,
        metrics=metrics,
        explored=_table(folder / "explored.csv"),
        trajectory=_table(folder / "trajectory.csv"),
        timing=json_values(folder / "timing.json"),
        parameters=json_values(folder / "parameters.json"),
        moments=field_moments.read(folder),
        map_pixels=pixels,
        map_corner_m=corner,
        map_resolution_m=resolution,
    )


def written_by(values: Mapping[str, Any]) -> str:
    """Return which version of this package has written something, in words."""
    versions = values.get("versions")
    version = versions.get("live_mvp_ros") if isinstance(versions, Mapping) else None
    return f"written by version {version} of live_mvp_ros" if version else "by an unknown version"


def _wrong_in(metrics: Mapping[str, Any]) -> str:
    """Return what in metrics.json is of another kind than pages are made of, empty for nothing."""
    for key, (kind, words) in _KINDS.items():
        if metrics.get(key) is not None and not isinstance(metrics[key], kind):
            return f"{key} of metrics.json is no {words}"
    completion = metrics.get("completion") or {}
    goal, remainders = completion.get("goal"), completion.get("remainders")
    if not (goal is None or isinstance(goal, dict)):
        return "completion.goal of metrics.json is no table"
    for key, items in (("states", metrics.get("states")), ("completion.remainders", remainders)):
        if not isinstance(items or [], list) or not all(isinstance(i, dict) for i in items or ()):
            return f"{key} of metrics.json is no list of tables"
    return ""


def json_values(path: Path) -> dict[str, Any]:
    """Return what a JSON file holds by name, {} if it cannot be read or holds something else."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _table(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8") as file:
            names = file.readline().strip().split(",")
            lines = [line for line in file if line.strip()]
            rows = (
                np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty((0, len(names)))
            )
    except (OSError, ValueError):
        return {}
    if rows.shape[1:] != (len(names),):
        return {}
    return dict(zip(names, rows.T, strict=True))


def _map(folder: Path) -> tuple[np.ndarray | None, tuple[float, float], float]:
    from PIL import Image

    if not (folder / "map.yaml").exists():
        kept = folder / "flight.npz"
        return _map_of_arrays(kept if kept.exists() else folder / LAST_MAP)
    try:
        about = yaml.safe_load((folder / "map.yaml").read_text(encoding="utf-8"))
        with Image.open(folder / str(about["image"])) as image:
            pixels = np.asarray(image.convert("L"))
        x, y = about["origin"][:2]
        return pixels, (float(x), float(y)), float(about["resolution"])
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError):
        return None, (0.0, 0.0), 1.0


def _map_of_arrays(path: Path) -> tuple[np.ndarray | None, tuple[float, float], float]:
    """Return the map of a flight in one process or of an interrupted one, kept as arrays."""
    try:
        with np.load(path) as arrays:
            resolution_m = float(arrays["map_resolution_m"])
            x, y = (float(value) - 0.5 * resolution_m for value in arrays["map_origin_m"])
            image = map_image(arrays["map_p"], arrays["map_known"], (x, y), resolution_m)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None, (0.0, 0.0), 1.0
    return image.pixels, image.corner_m, image.resolution_m
