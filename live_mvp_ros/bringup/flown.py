# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What was flown: the parameters of the running nodes, and what a report needs of them.

The nodes are asked, since a parameters file, ``ros2 param set`` and defaults all have a say. What
no node has answered is unknown, and figures that depend on it are null.
"""

from __future__ import annotations

import array
import dataclasses
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from live_mvp_ros.ros.topics import STEERING

DEPTH, SIMULATOR = "gt_depth", "quadrotor_sim"
RADIUS = "body.radius_m"


class FlownParameters:
    """Parameters by node, as they were answered; any thread."""

    def __init__(self, nodes: Sequence[str]) -> None:
        """Expect the answers of nodes by their fully qualified names."""
        self._lock = threading.Lock()
        self._values: dict[str, dict[str, Any]] = {}
        self._missing = set(nodes)

    def missing(self) -> list[str]:
        """Return the nodes that have not answered since the last ``renew``."""
        with self._lock:
            return sorted(self._missing)

    def answer(self, node: str, values: Mapping[str, Any]) -> None:
        """Take the parameters of a node."""
        with self._lock:
            self._values[node] = {
                name: list(value) if isinstance(value, array.array) else value
                for name, value in values.items()
            }
            self._missing.discard(node)

    def renew(self) -> None:
        """Expect all answers again; the old ones hold until then."""
        with self._lock:
            self._missing |= set(self._values)

    def by_node(self) -> dict[str, dict[str, Any]]:
        """Return the parameters of each node by its last name."""
        with self._lock:
            return {node.rpartition("/")[2]: dict(v) for node, v in self._values.items()}


@dataclasses.dataclass(frozen=True)
class Flown:
    """What figures of a flight are measured against; None where it is not known.

    Attributes:
        control_rate_hz: of the controller.
        goal_m: position in the map frame, what the mission was given last.
        goal_tolerance_m: the goal counts as reached from here.
        radius_m: of the body.
        range_m: up to which the space is seen: that of the depth camera or of the map, the lesser.
        real_time_factor: simulated seconds per second that were asked for.
        truth: world that the flight is scored against.
    """

    control_rate_hz: float | None = None
    goal_m: tuple[float, ...] | None = None
    goal_tolerance_m: float | None = None
    radius_m: float | None = None
    range_m: float | None = None
    real_time_factor: float | None = None
    truth: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }


def flown(
    parameters: Mapping[str, Mapping[str, Any]],
    truth: str | None = None,
    goal_m: Sequence[float] | None = None,
) -> Flown:
    """Return what was flown, from parameters by node.

    Args:
        parameters: of each node by its last name.
        truth: world to score against; None for the one that depth was rendered from, if any.
        goal_m: [x, y] or [x, y, z] that the mission says it was for, before that of parameters.
    """
    control = next((parameters[name] for name in STEERING if name in parameters), {})
    depth = parameters.get(DEPTH, {})
    told = control.get("goal_m") or parameters.get("info_field", {}).get("goal_m")
    goal = goal_m if goal_m is not None else told
    nodes = (control, *parameters.values())
    ranges = (
        depth.get("camera.max_range_m"),
        parameters.get("live_map", {}).get("max_range_m"),
    )
    radius = next((node[RADIUS] for node in nodes if RADIUS in node), None)
    return Flown(
        control_rate_hz=control.get("rate_hz"),
        goal_m=None if goal is None else tuple(float(value) for value in goal),
        goal_tolerance_m=control.get("mission.goal_tolerance_m"),
        radius_m=radius,
        range_m=min((value for value in ranges if value is not None), default=None),
        real_time_factor=parameters.get(SIMULATOR, {}).get("real_time_factor"),
        truth=truth if truth is not None else depth.get("world"),
    )
