# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything of the mission that is visible from outside: status, services and the action."""

from __future__ import annotations

import math
from typing import Any

from geometry_msgs.msg import PoseStamped
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker

from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import VehicleState
from live_mvp_ros.ros.exploration import (
    ExploreServer,
    label,
    metrics_message,
    status_message,
)
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.ros.mission import Limits, Mission
from live_mvp_ros.ros.node import GraphNode


class MissionServer:
    """Serves explore/start, explore/pause, explore/stop and the action explore."""

    def __init__(self, node: GraphNode, mission: Mission) -> None:
        """Serve ``mission`` on ``node``."""
        self._mission = mission
        self._status_out = node.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
        self._label_out = node.publisher(Marker, "exploration/label", qos.DEBUG)
        self._goal_out = node.publisher(PoseStamped, "goal_pose", qos.STATUS)
        for name, use in (("start", self._start), ("pause", self._pause), ("stop", self._stop)):
            node.create_service(Trigger, f"explore/{name}", use)
        self._explore = ExploreServer(node, self._begin, self._cancel)

    def report(self, vehicle: VehicleState | None, unknown_m2: float = math.nan) -> None:
        """Publish how the mission goes, and end the action's goal with the mission."""
        mission = self._mission
        status = status_message(vehicle, mission.decision, mission.log, unknown_m2)
        self._status_out.publish(status)
        if vehicle is not None and self._label_out.get_subscription_count():
            self._label_out.publish(label(status, vehicle.position))
        self._explore.feedback(status)
        if mission.over and self._explore.active:
            metrics = metrics_message(mission.log, mission.decision.goal_reached)
            self._explore.finish(mission.succeeded, mission.decision.reason, metrics)

    def _begin(self, request: Any) -> None:
        if request.use_goal_position:
            pose = PoseStamped()
            pose.header.frame_id = MAP
            pose.pose.position = request.goal_position
            self._goal_out.publish(pose)  # its own node listens to it, like everybody else
        self._mission.begin(Limits(request.time_limit_s, request.target_explored_fraction))

    def _cancel(self) -> None:
        self._mission.stopped = True

    def _start(self, _: Trigger.Request, response: Trigger.Response) -> Any:
        response.success, response.message = True, self._mission.resume_or_begin()
        return response

    def _pause(self, _: Trigger.Request, response: Trigger.Response) -> Any:
        response.success = self._mission.paused = not self._mission.over
        response.message = "paused" if response.success else "the mission is over"
        return response

    def _stop(self, _: Trigger.Request, response: Trigger.Response) -> Any:
        self._mission.stopped = response.success = True
        response.message = "stopped"
        return response
