# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When the completion report is made: once nothing is left to see, and once the mission is over.

In between it is repeated every few seconds; while there is something to see, nobody needs it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import CompletionReport, ExplorationStatus
from live_mvp_ros.planning import (
    InfoFieldConfig,
    InfoFieldInputs,
    InfoFieldOutput,
    InfoFieldState,
)
from live_mvp_ros.planning.completion import CompletionInputs, completion_report
from live_mvp_ros.planning.completion_report import CompletionReport as Report
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import headers
from live_mvp_ros.ros.convert.completion_messages import completion_message
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.vehicle.odometry import DriftConfig, FlownWay

PERIOD_S = 2.0
OVER = (ExplorationStatus.DONE, ExplorationStatus.FAULT)


class Planned(NamedTuple):
    """A step of the planner."""

    config: InfoFieldConfig
    spec: GridSpec
    inputs: InfoFieldInputs
    state: InfoFieldState
    field: InfoFieldOutput


class CompletionReporter:
    """Publishes ``exploration/completion`` for a node that plans."""

    def __init__(self, node: GraphNode, odometry: DriftConfig) -> None:
        """Publish on ``node``; ``odometry`` says how good that is expected to be."""
        self._way = FlownWay(odometry)
        self._out = node.publisher(CompletionReport, "exploration/completion", qos.KEPT)
        self._status: ExplorationStatus | None = None
        self._final = False
        self._last_ns: int | None = None

    def mission(self, status: ExplorationStatus) -> None:
        """Take the controller's word on the mission."""
        if self._status is None:  # another life of this node may have seen the flight begin
            self._way.goes_on_after(status.distance_m)
        self._status = status

    def moved(self, position_m: Sequence[float] | np.ndarray) -> None:
        """Take the next position [3] of the vehicle by its odometry, flying or not."""
        self._way.add(position_m)

    def prepare(self, planned: Planned) -> None:
        """Compile what a report needs, so that making one later does not delay a plan."""
        _report(planned, self._status or ExplorationStatus())

    def report(self, planned: Planned, stamp_ns: int) -> None:
        """Publish what is left after a step of the planner, if it is time to."""
        status = self._status or ExplorationStatus()
        over = status.state in OVER
        self._final = self._final and over
        if self._final or not self._due(stamp_ns, bool(planned.field.nothing_left), over):
            return
        self._final, self._last_ns = over, stamp_ns
        altitude_m = float(planned.inputs.position_m[2])
        report = _report(planned, status)
        off_m = round(self._way.error_bound_m(), 2)
        report = dataclasses.replace(report, odometry_error_m=off_m)
        header = headers.header(stamp_ns, MAP)
        self._out.publish(completion_message(header, report, altitude_m, over))

    def _due(self, stamp_ns: int, nothing_left: bool, over: bool) -> bool:
        if over:
            return True
        if not nothing_left:
            self._last_ns = None
            return False
        return self._last_ns is None or stamp_ns - self._last_ns >= PERIOD_S * 1e9


def _report(planned: Planned, status: ExplorationStatus) -> Report:
    inputs, state, field = planned.inputs, planned.state, planned.field
    end = CompletionInputs(
        p=inputs.p,
        known=inputs.known,
        navigable=field.navigable,
        looked_s=state.looked_s,
        progress=state.progress,
        position_m=inputs.position_m,
        goal_m=inputs.goal_m,
        nothing_left=bool(field.nothing_left),
        goal_reached=bool(status.goal_reached),
        ended=status.reason,
        leftovers=state.leftovers,
        doubt=state.doubt,
        goal_tolerance_m=inputs.goal_tolerance_m,
    )
    return completion_report(planned.config, planned.spec, end)
