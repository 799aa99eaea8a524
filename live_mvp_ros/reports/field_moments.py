# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The file of the information field at a few moments of a flight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = "fields.npz"


class Moment(NamedTuple):
    """The gain [nats] of every cell [nx, ny] at a time, where the cells and the drone are."""

    time_s: float
    gain: np.ndarray
    corner_m: tuple[float, float]
    resolution_m: float
    position_m: tuple[float, float]


def pack(moments: Sequence[Moment]) -> dict[str, np.ndarray]:
    """Return moments of one geometry as arrays for a file; those of another are left out."""
    last = moments[-1]
    same = [m for m in moments if m.gain.shape == last.gain.shape and m.corner_m == last.corner_m]
    return {
        "time_s": np.array([m.time_s for m in same]),
        "gain_nats": np.stack([m.gain for m in same]),
        "position_m": np.array([m.position_m for m in same]),
        "corner_m": np.array(last.corner_m),
        "resolution_m": np.array(last.resolution_m),
    }


def read(folder: Path) -> list[Moment]:
    """Return the moments in the folder of a run; none where there is no readable file."""
    try:
        with np.load(folder / FILE) as file:
            values = {name: file[name] for name in file.files}
        corner = (float(values["corner_m"][0]), float(values["corner_m"][1]))
        return [
            Moment(
                float(t), gain, corner, float(values["resolution_m"]), (float(p[0]), float(p[1]))
            )
            for t, gain, p in zip(
                values["time_s"], values["gain_nats"], values["position_m"], strict=True
            )
        ]
    except (OSError, KeyError, ValueError):
        return []
