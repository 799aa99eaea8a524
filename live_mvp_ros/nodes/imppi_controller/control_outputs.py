# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a controller shows besides its command: plan, samples, context and action packets.

None of it is needed to fly; all of it is published at a lower rate than commands, and what only
eyes need only when somebody subscribes.
"""

from __future__ import annotations

import numpy as np
from nav_msgs.msg import Path
from visualization_msgs.msg import MarkerArray

from live_mvp_ros.control import ControlOutput
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import path_messages
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.schedule import Every
from live_mvp_ros.ros.steering.packet_outputs import PacketOutputs
from live_mvp_ros.vehicle import QuadrotorConfig

DISPLAY_RATE_HZ = 5.0
ROLLOUT_POINTS = 12
"""Of each sampled trajectory: a message of points takes Python long, and commands wait for it."""


class ControlOutputs:
    """Publishers of a controller's secondary outputs."""

    def __init__(self, node: GraphNode, vehicle: QuadrotorConfig, body_frame: str) -> None:
        """Publish for ``node``; motor actions are scaled by the limits of ``vehicle``."""
        self._packets = PacketOutputs(node, vehicle, body_frame)
        self._plans, self._rollouts = Every(DISPLAY_RATE_HZ), Every(DISPLAY_RATE_HZ)
        self._plan_out = node.publisher(Path, "mppi/plan", qos.DEBUG)
        self._rollouts_out = node.publisher(MarkerArray, "mppi/rollouts", qos.DEBUG)

    def publish(self, vehicle: VehicleState, output: ControlOutput) -> None:
        """Publish one of what is due at the stamp of the odometry that ``output`` answers.

        One a period: together they would take so long that the next plan is late.
        """
        if self._packets.publish(vehicle, np.asarray(output.command)):
            return
        if self._plans.due(vehicle.stamp_ns):
            if self._plan_out.get_subscription_count():
                self._plan_out.publish(path_messages.path(vehicle.stamp_ns, MAP, output.plan))
        elif self._rollouts.due(vehicle.stamp_ns) and self._rollouts_out.get_subscription_count():
            shown = thinned(np.asarray(output.rollouts), ROLLOUT_POINTS)
            self._rollouts_out.publish(path_messages.rollouts(vehicle.stamp_ns, MAP, shown))


def thinned(trajectories: np.ndarray, points: int) -> np.ndarray:
    """Return trajectories [n, steps, 3] with so many points at most, both ends among them."""
    steps = trajectories.shape[1]
    kept = np.linspace(0, steps - 1, min(steps, points)).round().astype(int)
    return trajectories[:, kept]
