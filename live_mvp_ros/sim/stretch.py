# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a flight hands out: one stretch after the other, and what the drone knew in each."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax
import numpy as np

from live_mvp_ros import planning
from live_mvp_ros.control.mission import MissionDecision
from live_mvp_ros.planning.completion_report import CompletionReport

HELD = -1
"""Instead of a result code: nothing was planned."""


class View(NamedTuple):
    """What the drone knows when it plans."""

    p: jax.Array
    """[nx, ny] occupancy probability, 0.5 where unknown."""
    known: jax.Array
    """[nx, ny] bool."""
    field: planning.InfoFieldOutput


@dataclasses.dataclass(frozen=True)
class Stretch:
    """A flight between two plans; n control steps, values before each command.

    What is true is in the frame of the world, what is believed in that of the map; they differ by
    the drift of the odometry.

    Attributes:
        time_s: [n] since the start.
        position_m: [n, 3], true.
        velocity_m_s: [n, 3], true.
        attitude: [n, 4] (w, x, y, z), true.
        believed_position_m: [n, 3], by its own odometry.
        command: [n, 4] N, rad/s.
        clearance_m: [n] as the controller sees it, NaN while it holds.
        code: [n] result code of the controller (``control.OK``, ...), ``HELD`` while it holds.
        safety: [n] ``SafetyCode`` of what the last filter changed of each command.
        decision: mission state and reason.
        view: map and information field that were flown by.
        seen: [nx, ny] bool, cells of the true world that the sensor had really seen by then.
        given_up: how many targets the watch over progress had given up by then.
        wall_s: time since the stretch before it was handed out: what the caller did meanwhile
            counts, the completion report does not.
        completion: what the mission leaves behind and why; None before it is done.
    """

    time_s: np.ndarray
    position_m: np.ndarray
    velocity_m_s: np.ndarray
    attitude: np.ndarray
    believed_position_m: np.ndarray
    command: np.ndarray
    clearance_m: np.ndarray
    code: np.ndarray
    safety: np.ndarray
    decision: MissionDecision
    view: View
    seen: np.ndarray
    given_up: int
    wall_s: float
    completion: CompletionReport | None = None
