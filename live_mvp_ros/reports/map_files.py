# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The map of a flight as files: a picture with its place, which nav2_map_server reads."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from live_mvp_ros.base.results import write
from live_mvp_ros.reports.drawing import (
    FREE_THRESHOLD,
    OCCUPIED_THRESHOLD,
    MapImage,
    map_image,
)


def image_of(
    p: np.ndarray, known: np.ndarray, origin_m: Sequence[float], resolution_m: float
) -> MapImage:
    """Return probabilities [nx, ny] as a picture; ``origin_m`` is the centre of the first cell."""
    x, y = (float(value) - 0.5 * resolution_m for value in origin_m)
    return map_image(p, known, (x, y), resolution_m)


def write_map(folder: Path, image: MapImage) -> None:
    """Write map.png and map.yaml."""
    buffer = io.BytesIO()
    Image.fromarray(image.pixels).save(buffer, format="PNG")
    write(folder / "map.png", buffer.getvalue())
    x, y = image.corner_m
    lines = [
        "image: map.png",
        "mode: trinary",
        f"resolution: {image.resolution_m:g}",
        f"origin: [{x:.6g}, {y:.6g}, 0.0]",
        "negate: 0",
        f"occupied_thresh: {OCCUPIED_THRESHOLD}",
        f"free_thresh: {FREE_THRESHOLD}",
    ]
    write(folder / "map.yaml", ("\n".join(lines) + "\n").encode())
