# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The mission towards ROS: ExplorationStatus, ExplorationMetrics and the action ``explore``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker

from live_mvp_ros.action import Explore
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control.flight_log import FlightLog
from live_mvp_ros.msg import ExplorationMetrics, ExplorationStatus
from live_mvp_ros.ros.convert.bounds import bounded
from live_mvp_ros.ros.convert.headers import header
from live_mvp_ros.ros.convert.pose_messages import pose
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.refusals import FARTHEST_M, InvalidMessageError

LABEL_ABOVE_M, LABEL_HEIGHT_M = 2.0, 0.3


def status_message(
    vehicle: VehicleState | None, mission: Mission, unknown_m2: float, reason: str
) -> ExplorationStatus:
    """Return what the mission is doing now, and why."""
    decision, log = mission.decision, mission.log
    stamp_ns = 0 if vehicle is None else vehicle.stamp_ns
    return ExplorationStatus(
        header=header(stamp_ns, MAP),
        state=int(decision.state),
        reason=reason,
        explored_fraction=log.explored_fraction,
        reachable_unknown_m2=unknown_m2,
        elapsed_s=log.elapsed_s,
        distance_m=log.distance_m,
        speed=0.0 if vehicle is None else float(np.linalg.norm(vehicle.velocity)),
        clearance_m=log.clearance_m,
        min_clearance_m=log.min_clearance_m,
        control_ms_p50=log.latency_ms(0.50),
        control_ms_p99=log.latency_ms(0.99),
        deadlines_missed=log.deadlines_missed,
        unsafe_plan_fraction=log.unsafe_plan_fraction,
        parked_fraction=log.parked_fraction,
        safety_code=int(log.safety_code),
        safety_interventions=log.safety_interventions,
        goal_reached=decision.goal_reached,
        success=decision.success,
        to_goal_now=mission.to_goal_now,
        goal_tolerance_m=mission.goal_tolerance_m,
        in_charge=mission.in_charge,
        waiting=mission.waiting,
        paused=mission.paused,
        time_limit_s=mission.limits.time_s,
        target_explored_fraction=mission.limits.explored_fraction,
        has_goal=mission.limits.has_goal,
        share_explored=mission.share_explored,
        waited_s=mission.stalled_s,
        exploring_s=log.exploring_s,
        plans=log.plans,
    )


def label(status: ExplorationStatus, position_m: np.ndarray, name: str) -> Marker:
    """Return a status as words above the vehicle, for viewers without text panels.

    A second line says why, when something is wrong. There are no spaces: RViz draws them as wide
    as letters of a text that is one metre high.

    Args:
        status: of the mission.
        position_m: of the vehicle [3].
        name: of the vehicle, empty where there is only one.
    """
    explored = status.explored_fraction
    share = "" if np.isnan(explored) else f"{100 * explored:.0f}%"
    state = MissionState(status.state)
    well = state in (MissionState.EXPLORING, MissionState.GOING_TO_GOAL) or status.success
    words = ":".join(part for part in (name, state.name, share) if part)
    x, y, z = (float(value) for value in position_m)
    marker = Marker(
        header=status.header,
        ns="status",
        type=Marker.TEXT_VIEW_FACING,
        action=Marker.ADD,
        pose=pose((x, y, z + LABEL_ABOVE_M), (1.0, 0.0, 0.0, 0.0)),
        color=ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0),
        text=(words if well else f"{words}\n{status.reason}").strip().replace(" ", "_"),
    )
    marker.scale.z = LABEL_HEIGHT_M
    return marker


def metrics_message(log: FlightLog, goal_reached: bool) -> ExplorationMetrics:
    """Return what the mission has achieved."""
    t50, t90, t95, t99 = log.times_s.values()
    return ExplorationMetrics(
        explored_fraction=log.explored_fraction,
        flight_time_s=log.elapsed_s,
        path_length_m=log.distance_m,
        min_clearance_m=log.min_clearance_m,
        time_to_50_s=t50,
        time_to_90_s=t90,
        time_to_95_s=t95,
        time_to_99_s=t99,
        control_ms_p50=log.latency_ms(0.50),
        control_ms_p99=log.latency_ms(0.99),
        deadlines_missed=log.deadlines_missed,
        goal_reached=goal_reached,
    )


class _PatientServer(ActionServer):
    """Calls back when a goal has ended, though it is executing from its acceptance on.

    A coroutine that waits would keep rclpy's executor awake all the time.
    """

    def __init__(self, node: Node, **callbacks: Callable[..., Any]) -> None:
        """Serve ``explore`` on ``node``."""
        super().__init__(node, Explore, "explore", **callbacks)

    def notify_execute(self, goal_handle: Any, execute_callback: Any) -> None:
        """Put the callback of a goal that begins to execute off until ``end``."""

    def end(self, goal_handle: Any) -> None:
        """Have the callback called with a goal."""
        super().notify_execute(goal_handle, None)


class ExploreServer:
    """The action ``explore``: one goal at a time, which ends with the mission or by cancelling."""

    def __init__(
        self,
        node: Node,
        start: Callable[[Any], None],
        cancel: Callable[[], None],
        no_position: str = "",
    ) -> None:
        """Serve on ``node``; ``start`` gets the goal's request, ``cancel`` is told to stop.

        ``no_position``: why no position can be a goal, a sentence; empty where it can.
        """
        self._start, self._cancel, self._no_position = start, cancel, no_position
        self._goal: Any = None
        self._results: dict[bytes, Any] = {}
        self._node = node
        self._server = _PatientServer(
            node,
            execute_callback=self._execute,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )

    @property
    def active(self) -> bool:
        """Whether a goal is being pursued."""
        return self._goal is not None

    def feedback(self, status: ExplorationStatus) -> None:
        """Tell the client how the mission goes."""
        if self._goal is not None:
            self._goal.publish_feedback(Explore.Feedback(status=status))

    def finish(self, success: bool, reason: str, metrics: ExplorationMetrics) -> None:
        """End the goal, if there is one."""
        if self._goal is not None:
            goal, self._goal = self._goal, None
            self._results[bytes(goal.goal_id.uuid)] = Explore.Result(
                success=success, reason=reason, metrics=metrics
            )
            self._server.end(goal)

    def destroy(self) -> None:
        """Stop serving."""
        self._server.destroy()

    def _on_goal(self, request: Any) -> GoalResponse:
        sentence = refusal(request, self._goal is not None, self._no_position)
        if sentence:
            self._node.get_logger().warning(f"refused a goal of the action explore: {sentence}")
        return GoalResponse.REJECT if sentence else GoalResponse.ACCEPT

    def _on_accepted(self, goal: Any) -> None:
        self._goal = goal
        goal.execute()
        self._start(goal.request)

    def _on_cancel(self, _: Any) -> CancelResponse:
        self._cancel()
        return CancelResponse.ACCEPT

    def _execute(self, goal: Any) -> Any:
        result = self._results.pop(bytes(goal.goal_id.uuid))
        if result.success:  # also if somebody wanted to cancel it in its last moment
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return result


def refusal(request: Any, busy: bool, no_position: str = "") -> str:
    """Return why a goal of the action is not accepted, one sentence; empty if it is.

    ``no_position``: why no position can be a goal; empty where it can.
    """
    at = request.goal_position
    if busy:
        return "another one is being pursued"
    if not (math.isfinite(request.time_limit_s) and request.time_limit_s >= 0.0):
        return f"time_limit_s = {request.time_limit_s} is not allowed: it must be finite and >= 0"
    if not 0.0 <= request.target_explored_fraction <= 1.0:
        return (
            f"target_explored_fraction = {request.target_explored_fraction} is not allowed: "
            "it must be between 0 and 1"
        )
    if request.use_goal_position and no_position:
        return no_position
    if request.use_goal_position:
        try:
            bounded("goal_position", (at.x, at.y, at.z), FARTHEST_M, "m")
        except InvalidMessageError as error:
            return str(error)
    return ""
