# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run as data: what its files say, as far as they are there."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from live_mvp_ros.bringup import moments
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.moments import Moment

Table = dict[str, np.ndarray]


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
        map_pixels: map.png as uint8 [height, width], or None.
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


def read_run(folder: Path) -> RunData:
    """Return what the folder of a run holds.

    Raises:
        UsageError: it is no folder of a run.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name the folder of a run, such as runs/<time>")
    metrics = _json(folder / "metrics.json")
    if not metrics:
        raise UsageError(f"{folder} is no folder of a run: it has no readable metrics.json")
    pixels, corner, resolution = _map(folder)
    return RunData(
        folder=folder,
        metrics=metrics,
        explored=_table(folder / "explored.csv"),
        trajectory=_table(folder / "trajectory.csv"),
        timing=_json(folder / "timing.json"),
        parameters=_json(folder / "parameters.json"),
        moments=moments.read(folder),
        map_pixels=pixels,
        map_corner_m=corner,
        map_resolution_m=resolution,
    )


def _json(path: Path) -> dict[str, Any]:
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

    try:
        about = yaml.safe_load((folder / "map.yaml").read_text(encoding="utf-8"))
        with Image.open(folder / str(about["image"])) as image:
            pixels = np.asarray(image.convert("L"))
        x, y = about["origin"][:2]
        return pixels, (float(x), float(y)), float(about["resolution"])
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError):
        return None, (0.0, 0.0), 1.0
