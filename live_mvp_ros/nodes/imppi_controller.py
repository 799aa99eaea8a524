# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The I-MPPI controller: flies the mission at a fixed rate, and holds whenever it may not fly.

Two threads. The executor's takes messages, decides what the mission does, and sends what needs no
plan: a hold, or the part of the latest plan whose time has come while the next one is late. The
worker's plans from the latest odometry and sends the command of a plan that is in time. No field
is written by both: what the worker has to say goes through ``Pilot.latest`` and a queue.

A controller that was killed and started again goes on with what it was doing, see ``ros.memory``:
it waits for the first field that answers odometry of its own life, whatever is there before.
"""

from __future__ import annotations

import math
import queue
import time
from typing import Any, ClassVar, NamedTuple

import numpy as np
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from rclpy.clock import Clock, ClockType

from live_mvp_ros import control
from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.control import (
    ControllerConfig,
    MissionConfig,
    MissionInputs,
    MissionState,
)
from live_mvp_ros.control.safety import distance_outside
from live_mvp_ros.msg import BodyRateThrust, InfoField
from live_mvp_ros.planning import PlanCode
from live_mvp_ros.planning.guidance import PATH_POINTS
from live_mvp_ros.ros import convert, convert_sensors, qos
from live_mvp_ros.ros.control_outputs import ControlOutputs
from live_mvp_ros.ros.convert import InvalidMessageError
from live_mvp_ros.ros.convert_sensors import Field
from live_mvp_ros.ros.diagnostics import OK, WARN
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.geometries import Geometries
from live_mvp_ros.ros.goal import GoalOwner
from live_mvp_ros.ros.localisation import Localisation
from live_mvp_ros.ros.memory import memory_of
from live_mvp_ros.ros.mission import Mission
from live_mvp_ros.ros.mission_server import MissionServer
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.pace import Pace
from live_mvp_ros.ros.pilot import Pilot, Plan
from live_mvp_ros.ros.process import run_node
from live_mvp_ros.ros.surroundings import LatestSurroundings, Seen, Tick

STATUS_PERIOD_S = 0.2
SILENCE_S = 1.0
OUTSIDE_M = 0.1  # beyond the geofence: less is drift


@configuration
class NodeConfig:
    """Parameters of imppi_controller; those of the controller itself have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("controller",)

    rate_hz: float = parameter(
        default=50.0, unit="Hz", low=5.0, high=500.0, help="Rate of commands, in node time."
    )
    late_periods: int = parameter(
        default=3,
        low=1,
        high=100,
        help="Hold when a plan takes so many periods or more, until one is in time again.",
    )
    autostart: bool = parameter(default=True, help="Explore as soon as everything is there.")
    goal_m: tuple[float, float, float] = parameter(
        default=(9.0, 5.0, 2.0),
        unit="m",
        low=-convert.FARTHEST_M,
        high=convert.FARTHEST_M,
        live=True,
        help="Where to go when nothing is left to explore, map frame; goal_pose replaces it.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of the samples.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    controller: ControllerConfig = ControllerConfig()
    mission: MissionConfig = MissionConfig()


class Solved(NamedTuple):
    """What the worker has to say about a plan."""

    code: int
    clearance_m: float
    latency_s: float
    """From the arrival of the odometry to the command, wall time; NaN if it was not sent."""


class ImppiController(GraphNode):
    """The controller of one vehicle."""

    def __init__(self) -> None:
        """Declare, compile the hold, publish, then listen; the first map compiles the rest."""
        super().__init__("imppi_controller", NodeConfig(), inputs=("odom", "map", "info_field"))
        config = self.parameters.value
        self._frames = Frames(config.frame_prefix)
        self._mission = Mission(config.autostart)
        self._seen: Seen | None = None
        self._unusable = ""  # why the last odometry could not be used
        self._since_ns = math.inf  # stamp of the first odometry that was heard
        self._taken_up = False  # it is known what went on before
        self._around, self._geometries = LatestSurroundings(), Geometries()
        self._pilot = Pilot(config.controller, config.seed)
        self._pace = Pace(config.late_periods, 1.0 / config.rate_hz)
        self._goes_on = False  # the worker's last plan is still flown, or would be
        self._has_been_inside = False
        self._bad_plan = ""
        self._ready_for: Any = None  # written by the worker
        self._solved: queue.SimpleQueue[Solved] = queue.SimpleQueue()

        self._command_out = self.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
        self._outputs = ControlOutputs(self, config.controller.vehicle, self._frames.base_link)
        self._goal = GoalOwner(self, config.goal_m)
        work = self.start_worker(self._work)
        self.health.extra = lambda: {
            "state": self._mission.decision.state.name,
            "deadlines_missed": str(self._mission.log.deadlines_missed),
            "overtaken": str(work.dropped),
        }

        self._localisation = Localisation(self, self._frames)
        self.listen(Odometry, "odom", qos.SENSOR, self._on_odometry)
        self.listen(OccupancyGrid, "map", qos.LATCHED, self._on_map)
        self.listen(Path, "reference_path", qos.LATCHED, self._on_path)
        self.listen(InfoField, "info_field", qos.LATCHED, self._on_field)
        self._server = MissionServer(self, self._mission, self._goal, self._say)
        self.create_timer(1.0 / config.rate_hz, self._on_tick)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATUS_PERIOD_S, self._on_status, clock=steady)

    def _on_odometry(self, message: Odometry) -> None:
        try:
            vehicle = self._localisation.vehicle_state(message)
        except InvalidMessageError as error:
            self._unusable = str(error)
            raise
        self._seen, self._unusable = Seen(vehicle, time.monotonic()), ""
        self._since_ns = min(self._since_ns, vehicle.stamp_ns)
        decision, parked = self._mission.decision, None
        if decision.state is MissionState.EXPLORING:
            slow_m_s = self.parameters.value.controller.body.parked_m_s
            parked = bool(np.linalg.norm(vehicle.velocity) < slow_m_s)
        self._mission.log.advance(
            1e-9 * vehicle.stamp_ns, vehicle.position.tolist(), decision.flies, parked
        )

    def _on_map(self, message: OccupancyGrid) -> None:
        grid = convert.probability_grid(message, MAP)
        self._geometries.admit(grid.spec)
        self._around.grid = grid

    def _on_path(self, message: Path) -> None:
        self._around.path = convert.path_arrays(message, MAP, PATH_POINTS)

    def _on_field(self, message: InfoField) -> None:
        field = convert_sensors.field_arrays(message, MAP)
        self._geometries.admit((field.spec, field.local_resolution_m, field.local_gain.shape))
        self._take_up(message, field)
        self._around.field = field
        self._mission.log.explored(field.explored_fraction)

    def _take_up(self, message: InfoField, field: Field) -> None:
        """Go on with what the planner remembers, when it has heard the last of what went before.

        Until then there is no field to fly by: one of the former life is only compiled for.
        """
        if self._taken_up or field.stamp_ns < self._since_ns:
            return
        memory = memory_of(message.mission)
        self._goal.take_up(field)
        self._mission.take_up(memory)
        self._taken_up = True
        if memory is not None:
            paused = ", which is paused" if self._mission.paused else ""
            reason = f" ({memory.decision.reason})" if memory.decision.reason else ""
            self.get_logger().info(
                f"was started again, and takes up the mission{paused}: "
                f"{memory.decision.state.name}{reason} after {memory.log.elapsed_s:.1f} s"
            )

    def _decide(self) -> None:
        """Update the mission with the ages of all inputs."""
        config, seen = self.parameters.value, self._seen
        field = self._around.field if self._taken_up else None
        now_ns = self.get_clock().now().nanoseconds
        self._goal.configure(config.goal_m)
        distance = math.inf
        if seen is not None:
            away = self._goal.position_m - seen.vehicle.position
            distance = float(np.linalg.norm(away[:2]))
        answered = self._goal.answered_by(field)
        self._mission.update(
            config.mission,
            MissionInputs(
                odom_age_s=self._odometry_age_s(now_ns),
                map_age_s=self._around.map_age_s(now_ns),
                field_age_s=math.inf if field is None else self._around.field_age_s(now_ns),
                elapsed_s=self._mission.log.elapsed_s,
                distance_to_goal_m=distance,
                nothing_left=field is not None and field.nothing_left,
                goal_reachable=field is not None and field.goal_reachable,
                goal_answered=answered,
                settled=field is not None and field.settled,
                code=PlanCode.OK if field is None else field.code,
                looks_again=field is not None and field.looks_again,
                leftover=(0, 0) if field is None else tuple(field.leftover),
                code_s=self._around.no_plan_s(now_ns),
            ),
            time_s=time.monotonic(),
            ready=self._ready_for is not None and self._ready_for == self._around.geometry,
            late=self._pace.late,
            faults=self._faults(seen),
            starved=self._pace.starved(now_ns),
        )

    def _odometry_age_s(self, now_ns: int) -> float:
        """Return the age by the node's clock, or by the steady one when everything is silent."""
        if self._seen is None:
            return math.inf
        silent_s = time.monotonic() - self._seen.arrival_s
        age_s = 1e-9 * (now_ns - self._seen.vehicle.stamp_ns)
        return max(age_s, silent_s) if silent_s > SILENCE_S else age_s

    def _faults(self, seen: Seen | None) -> dict[str, str]:
        """Return what is wrong now and must not stay so, see ``ros.mission``."""
        outside_m = 0.0
        if seen is not None:
            fence = self.parameters.value.controller.fence
            outside_m = distance_outside(fence, seen.vehicle.position)
            self._has_been_inside |= outside_m == 0.0
        left = self._has_been_inside and outside_m > OUTSIDE_M
        return {
            "plan": self._bad_plan if self._mission.wants_to_fly else "",
            "odometry": self._unusable and f"no odometry can be used: {self._unusable}",
            "fence": f"the vehicle is {outside_m:.1f} m outside of its geofence" if left else "",
        }

    def _on_tick(self) -> None:
        assert self.worker is not None
        busy, mission, seen = self.worker.busy, self._mission, self._seen
        self._collect()
        planning = mission.wants_to_fly and self._ready_for is not None
        self._pace.tick(self.get_clock().now().nanoseconds, planning and busy)
        mission.log.deadlines_missed += planning and busy
        self._decide()
        if seen is None:
            return
        if not busy:
            rest = None if self._goes_on else self._pilot.hand_over()
            self.worker.submit(Tick(seen, mission.wants_to_fly, rest))
        self._goes_on = mission.wants_to_fly
        if busy or not mission.decision.flies:
            self._answer(seen)
        else:
            self._pilot.goes_on()

    def _answer(self, seen: Seen) -> None:
        """Send what needs no plan: a hold, or the part of the latest plan that is due."""
        config, stamp_ns = self.parameters.value.controller, seen.vehicle.stamp_ns
        if self._mission.decision.flies:
            stamp_ns, command = self._pilot.bridge(config, seen.vehicle, self._pace.longest_s)
        else:
            command = self._pilot.hold(config, seen.vehicle)
        self._send(stamp_ns, command)
        if stamp_ns == seen.vehicle.stamp_ns:
            self._mission.log.commanded(time.monotonic() - seen.arrival_s)

    def _collect(self) -> None:
        """Take what the worker has to say."""
        words = {control.NO_SAFE_PLAN: "no safe plan", control.NOT_FINITE: "no finite plan"}
        while not self._solved.empty():
            solved, log = self._solved.get(), self._mission.log
            log.clear(solved.clearance_m)
            log.planned(solved.code == control.OK)
            if math.isfinite(solved.latency_s):
                log.commanded(solved.latency_s)
            level = OK if solved.code == control.OK else WARN
            self.health.problem(level, words.get(solved.code, ""))
            self._bad_plan = "no plan is finite" if solved.code == control.NOT_FINITE else ""

    def _work(self, tick: Tick) -> None:
        """Plan and send the command if it is in time, on the worker's thread."""
        begin = time.monotonic()
        config, seen, around = self.parameters.value.controller, tick.seen, self._around
        if not around.refresh(config.costmap_reach_m):
            return
        assert around.costmap is not None
        assert around.guide is not None
        if self._ready_for != around.geometry:
            geometry = around.geometry
            self._pilot.prepare(config, seen.vehicle, around.costmap, around.guide)
            self._ready_for = geometry
        elif tick.plans:
            plan, output = self._pilot.plan(
                config, seen.vehicle, around.costmap, around.guide, tick.rest
            )
            sent = self._send_plan(config, plan, seen, output)
            latency_s = time.monotonic() - seen.arrival_s if sent else math.nan
            self._solved.put(Solved(int(output.code), float(output.clearance_m), latency_s))
            self._outputs.publish(seen.vehicle, output)
            self.health.produced(time.monotonic() - begin)

    def _send_plan(
        self, config: ControllerConfig, plan: Plan, seen: Seen, output: control.ControlOutput
    ) -> bool:
        """Send the command of a plan that is ready (worker); returns whether it was in time.

        Odometry that came meanwhile says which part of the plan is due.
        """
        newest = self._seen
        assert newest is not None
        age_s = plan.age_s(newest.vehicle)
        if not self._mission.decision.flies or not 0.0 <= age_s <= self._pace.longest_s:
            return False
        command = np.asarray(output.command)
        if age_s > self._pace.period_s:
            command = self._pilot.proceed(config, plan, newest.vehicle)
        self._send(plan.stamp_ns, command)
        return True

    def _send(self, stamp_ns: int, command: np.ndarray) -> None:
        """Publish a command under the stamp of the odometry that it answers (any thread)."""
        self._command_out.publish(
            convert.body_rate_thrust(stamp_ns, self._frames.base_link, command)
        )

    def _say(self) -> None:
        """Decide, and publish the status."""
        self._decide()
        field, seen = self._around.field, self._seen
        unknown_m2 = math.nan if field is None else field.reachable_unknown_m2
        self._server.publish(None if seen is None else seen.vehicle, unknown_m2)

    def _on_status(self) -> None:
        self._say()
        self._server.settle()


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(ImppiController, args)


if __name__ == "__main__":
    raise SystemExit(main())
