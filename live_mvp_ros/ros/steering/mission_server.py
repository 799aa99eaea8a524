# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Everything of the mission that is visible from outside: status, services and the action."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker

from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.mission_requests import Limits, Mission
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.steering.explanations import Explanations
from live_mvp_ros.ros.steering.exploration import (
    ExploreServer,
    label,
    metrics_message,
    status_message,
)
from live_mvp_ros.ros.steering.mission_goal import MissionGoal


class MissionServer:
    """Serves explore/start, explore/pause, explore/stop and the action explore."""

    def __init__(
        self,
        node: GraphNode,
        mission: Mission,
        goal: MissionGoal,
        say: Callable[[], None],
        started: Callable[[], None],
    ) -> None:
        """Serve ``mission``, whose goal ``goal`` is, on ``node``.

        ``say`` is called after each request: it decides again and publishes the status at once,
        since who remembers the mission for a controller that may end must not miss it.
        ``started`` is called when somebody wants it to fly, before that.
        """
        self._mission, self._goal, self._say = mission, goal, say
        self._started = started
        self._explanations = Explanations(node)
        self._name = node.get_namespace().strip("/")
        self._status_out = node.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
        self._label_out = node.publisher(Marker, "exploration/label", qos.DEBUG)
        for name, use in (
            ("start", self._start),
            ("pause", mission.pause),
            ("stop", mission.stop),
        ):
            node.create_service(Trigger, f"explore/{name}", self._answers(use))
        self._explore = ExploreServer(node, self._begin, self._cancel, goal.refusal)

    def publish(self, vehicle: VehicleState | None, unknown_m2: float = math.nan) -> None:
        """Publish how the mission goes."""
        reason = self._explanations.explained(self._mission.decision)
        status = status_message(vehicle, self._mission, unknown_m2, reason)
        self._status_out.publish(status)
        if vehicle is not None and self._label_out.get_subscription_count():
            self._label_out.publish(label(status, vehicle.position, self._name))
        self._explore.feedback(status)

    def settle(self) -> None:
        """End the action's goal if its mission is over."""
        mission = self._mission
        if mission.over and self._explore.active:
            decision = mission.decision
            metrics = metrics_message(mission.log, decision.goal_reached)
            self._explore.finish(decision.success, decision.reason, metrics)

    def _begin(self, request: Any) -> None:
        if request.use_goal_position:
            at = request.goal_position
            self._goal.set((at.x, at.y, at.z))
        share = request.target_explored_fraction
        has_goal = not self._goal.refusal and (request.use_goal_position or not share > 0.0)
        self._mission.begin(Limits(request.time_limit_s, share, has_goal))
        self._started()
        self._say()

    def _cancel(self) -> None:
        self._mission.stop()
        self._say()

    def _start(self) -> tuple[bool, str]:
        self.settle()  # else the action that has just ended would go on with the next mission
        self._started()
        return self._mission.start()

    def _answers(self, use: Callable[[], tuple[bool, str]]) -> Callable[[Any, Any], Any]:
        """Return a callback for a Trigger that answers what ``use`` says."""

        def callback(_: Trigger.Request, response: Trigger.Response) -> Any:
            response.success, response.message = use()
            self._say()
            return response

        return callback
