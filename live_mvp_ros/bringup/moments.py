# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The information field at a few moments of a flight, kept while it happens.

There are never more than ``MOST`` pictures: when there are more, every second one is given up and
the time between two doubles, so that they always cover the whole flight evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

MOST = 8
FIRST_PERIOD_S = 2.0
FILE = "fields.npz"


class Moment(NamedTuple):
    """The gain [nats] of every cell [nx, ny] at a time, where the cells and the drone are."""

    time_s: float
    gain: np.ndarray
    corner_m: tuple[float, float]
    resolution_m: float
    position_m: tuple[float, float]


class Moments:
    """Serialized fields at even times, with where the drone was."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.kept: list[tuple[float, bytes, tuple[float, float]]] = []
        self._period_s = FIRST_PERIOD_S

    def offer(self, time_s: float, data: bytes, position_m: tuple[float, float]) -> None:
        """Keep a field if it is time to."""
        if self.kept and time_s - self.kept[-1][0] < self._period_s:
            return
        self.kept.append((time_s, data, position_m))
        if len(self.kept) > MOST:
            self.kept = self.kept[::2]
            self._period_s *= 2.0


def decode(kept: Sequence[tuple[float, bytes, tuple[float, float]]]) -> list[Moment]:
    """Return serialized InfoField messages as moments; needs ROS."""
    from rclpy.serialization import deserialize_message

    from live_mvp_ros.msg import InfoField

    moments = []
    for time_s, data, position in kept:
        message = deserialize_message(data, InfoField)
        gain = np.array(message.gain, np.float32).reshape(message.nx, message.ny)
        half = 0.5 * message.resolution
        corner = (message.origin.x - half, message.origin.y - half)
        moments.append(Moment(time_s, gain, corner, float(message.resolution), position))
    return moments


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
