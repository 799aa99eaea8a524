# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the mission is told: how old its data is, how far its goal, what the planner says, faults.

All of it is the executor's.
"""

from __future__ import annotations

import math
import time

import numpy as np

from live_mvp_ros import control
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control import MissionInputs
from live_mvp_ros.control.safety import distance_outside
from live_mvp_ros.msg import InfoField
from live_mvp_ros.planning import PlanCode
from live_mvp_ros.ros.convert.field_messages import Field
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.localisation import Localisation
from live_mvp_ros.ros.mission_memory import memory_of
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.steering.last_resort import LastResort
from live_mvp_ros.ros.steering.latest_field import LatestField
from live_mvp_ros.ros.steering.latest_odometry import LatestOdometry, Seen
from live_mvp_ros.ros.steering.mission_goal import MissionGoal
from live_mvp_ros.ros.steering.pace import Pace
from live_mvp_ros.ros.steering.settings_of_steering import SteeringSettings

OUTSIDE_M = 0.1  # beyond the geofence: less is drift


class Briefing:
    """Tells a mission what it decides by."""

    def __init__(
        self,
        node: GraphNode,
        mission: Mission,
        goal: MissionGoal,
        odometry: LatestOdometry,
        around: LatestField,
        pace: Pace,
    ) -> None:
        """Know nothing of what went on before.

        Args:
            node: whose clock and logger serve.
            mission: is told.
            goal: of the mission.
            odometry: the newest.
            around: map and field.
            pace: says whether plans are late.
        """
        self._node, self._mission, self._goal = node, mission, goal
        self._odometry, self._around, self._pace = odometry, around, pace
        self._taken_up = False  # it is known what went on before
        self._has_been_inside = False

    def moved(self, vehicle: VehicleState, parked_m_s: float) -> None:
        """Tell where the vehicle is; it is parked below a speed."""
        decision, parked = self._mission.decision, None
        if decision.state is MissionState.EXPLORING:
            parked = bool(np.linalg.norm(vehicle.velocity) < parked_m_s)
        self._mission.log.advance(
            1e-9 * vehicle.stamp_ns, vehicle.position.tolist(), decision.flies, parked
        )

    def take_up(self, message: InfoField, field: Field) -> None:
        """Go on with what the planner remembers, when it has heard the last of what went before.

        Until then there is no field to fly by: one of the former life is only compiled for.
        """
        if self._taken_up or field.stamp_ns < self._odometry.since_ns:
            return
        memory = memory_of(message.mission)
        self._goal.take_up(field)
        self._mission.take_up(memory)
        self._taken_up = True
        if memory is not None:
            paused = ", which is paused" if self._mission.paused else ""
            reason = f" ({memory.decision.reason})" if memory.decision.reason else ""
            self._node.get_logger().info(
                f"was started again, and takes up the mission{paused}: "
                f"{memory.decision.state.name}{reason} after {memory.log.elapsed_s:.1f} s"
            )

    def hold_after_jump(self, localisation: Localisation, limit_m: float) -> None:
        """Hold until somebody starts again, if the vehicle has jumped farther in the map."""
        jump = localisation.jumped
        if jump.way_m > limit_m:
            self._mission.hold(
                f"map -> odom has jumped by {jump}, jump_limit_m is {limit_m:g} m: explore/start "
                "goes on"
            )
            localisation.settled()

    def haste(self, config: SteeringSettings) -> float:
        """Return the share of the speed limit that may be flown by data of this age."""
        now_ns, around = self._node.get_clock().now().nanoseconds, self._around
        return control.haste(config.mission, around.map_age_s(now_ns), around.field_age_s(now_ns))

    def doubt_m(self, config: SteeringSettings) -> float:
        """Return how much more room the last filter keeps by such data."""
        now_ns, controller = self._node.get_clock().now().nanoseconds, config.controller
        return control.doubt_m(
            controller.safety,
            controller.body,
            position_sigma_m=self._odometry.gained_sigma_m,
            odometry_age_s=self._odometry.age_s(now_ns),
            map_age_s=self._around.map_age_s(now_ns),
        )

    def decide(
        self,
        config: SteeringSettings,
        ready: bool,
        bad_plan: str,
        unflown: str,
        resort: LastResort,
    ) -> None:
        """Update the mission with the ages of all inputs.

        Args:
            config: parameters.
            ready: the controller can plan.
            bad_plan: see ``PlanReports``.
            unflown: see ``VehicleWatch``.
            resort: the ladder, which may keep the mission from flying.
        """
        seen, around = self._odometry.seen, self._around
        field = around.field if self._taken_up else None
        now_ns = self._node.get_clock().now().nanoseconds
        distance = math.inf
        if seen is not None:
            away = self._goal.position_m - seen.vehicle.position
            distance = float(np.linalg.norm(away[:2]))
        answered = self._goal.answered_by(field)
        self._mission.update(
            config.mission,
            MissionInputs(
                odom_age_s=self._odometry.age_s(now_ns),
                map_age_s=around.map_age_s(now_ns),
                field_age_s=math.inf if field is None else around.field_age_s(now_ns),
                elapsed_s=self._mission.log.elapsed_s,
                distance_to_goal_m=distance,
                nothing_left=field is not None and field.nothing_left,
                goal_reachable=field is not None and field.goal_reachable,
                goal_answered=answered,
                settled=field is not None and field.settled,
                code=PlanCode.OK if field is None else field.code,
                looks_again=field is not None and field.looks_again,
                leftover=(0, 0) if field is None else tuple(field.leftover),
                code_s=around.no_plan_s(now_ns),
                unflown=unflown,
            ),
            time_s=time.monotonic(),
            ready=ready,
            late=self._pace.late,
            faults={**self._faults(config, seen, bad_plan), "safety": resort.fault},
            resort=resort.sentence,
            starved=self._pace.starved(now_ns),
        )

    def _faults(
        self, config: SteeringSettings, seen: Seen | None, bad_plan: str
    ) -> dict[str, str]:
        """Return what is wrong now and must not stay so, see ``ros.mission_requests``."""
        outside_m, unusable = 0.0, self._odometry.unusable
        if seen is not None:
            outside_m = distance_outside(config.controller.fence, seen.vehicle.position)
            self._has_been_inside |= outside_m == 0.0
        left = self._has_been_inside and outside_m > OUTSIDE_M
        return {
            "plan": bad_plan if self._mission.wants_to_fly else "",
            "odometry": unusable and f"no odometry can be used: {unusable}",
            "fence": f"the vehicle is {outside_m:.1f} m outside of its geofence" if left else "",
        }
