# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The information field at a few moments of a flight, kept while it happens.

There are never more than ``MOST`` pictures: when there are more, every second one is given up and
the time between two doubles, so that they always cover the whole flight evenly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    """Fields at even times, with where the drone was."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.kept: list[Moment] = []
        self._period_s = FIRST_PERIOD_S

    def offer(self, time_s: float, read: Callable[[], Moment]) -> None:
        """Keep a field if it is time to; only then it is read, and what ``read`` raises passes."""
        if self.kept and time_s - self.kept[-1].time_s < self._period_s:
            return
        self.kept.append(read())
        if len(self.kept) > MOST:
            self.kept = self.kept[::2]
            self._period_s *= 2.0


def moment_of(time_s: float, data: bytes, position_m: tuple[float, float]) -> Moment:
    """Return a serialized InfoField as a moment; needs ROS.

    Raises:
        InvalidMessageError: it cannot be used.
    """
    from rclpy.serialization import deserialize_message

    from live_mvp_ros.msg import InfoField
    from live_mvp_ros.ros.convert_sensors import field_arrays
    from live_mvp_ros.ros.frames import MAP

    field = field_arrays(deserialize_message(data, InfoField), MAP)
    half = 0.5 * field.spec.resolution_m
    corner = (field.spec.origin_m[0] - half, field.spec.origin_m[1] - half)
    return Moment(time_s, field.gain, corner, field.spec.resolution_m, position_m)


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
