# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The I-MPPI controller: flies the mission at a fixed rate, and holds whenever it may not fly.

Two threads. The executor's takes messages, decides what the mission does, and sends what needs no
plan: a hold, or the part of the latest plan whose time has come while the next one is late. The
worker's plans from the latest odometry and sends the command of a plan that is in time. No field
is written by both: what the worker has to say goes through ``Pilot.latest`` and a queue.

A controller that was killed and started again goes on with what it was doing, see
``ros.mission_memory``: it waits for the first field that answers odometry of its own life,
whatever is there before.
"""

from __future__ import annotations

import math
import time
from typing import Any

from nav_msgs.msg import OccupancyGrid, Odometry, Path
from rclpy.clock import Clock, ClockType

from live_mvp_ros.msg import InfoField
from live_mvp_ros.nodes.imppi_controller.command_sender import CommandSender
from live_mvp_ros.nodes.imppi_controller.control_outputs import ControlOutputs
from live_mvp_ros.nodes.imppi_controller.controller_parameters import NodeConfig
from live_mvp_ros.nodes.imppi_controller.latest import LatestSurroundings, Tick
from live_mvp_ros.nodes.imppi_controller.pilot import Pilot
from live_mvp_ros.nodes.imppi_controller.plan_reports import PlanReports, Solved
from live_mvp_ros.planning.guidance import PATH_POINTS
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    field_messages,
    grid_messages,
    path_messages,
    vehicle_messages,
)
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.geometries import Geometries
from live_mvp_ros.ros.goal import GoalOwner
from live_mvp_ros.ros.localisation import Localisation
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.running import leave_uncollected, run_node
from live_mvp_ros.ros.steering.briefing import Briefing
from live_mvp_ros.ros.steering.last_resort import LastResort
from live_mvp_ros.ros.steering.latest_odometry import LatestOdometry
from live_mvp_ros.ros.steering.mission_server import MissionServer
from live_mvp_ros.ros.steering.pace import Pace
from live_mvp_ros.ros.steering.vehicle_watch import VehicleWatch

STATUS_PERIOD_S = 0.2


class ImppiController(GraphNode):
    """The controller of one vehicle."""

    def __init__(self) -> None:
        """Declare, compile the hold, publish, then listen; the first map compiles the rest."""
        super().__init__("imppi_controller", NodeConfig(), inputs=("odom", "map", "info_field"))
        config = self.parameters.value
        frames = Frames(config.frame_prefix)
        self._mission, self._odometry = Mission(config.autostart), LatestOdometry()
        self._around, self._geometries = LatestSurroundings(), Geometries()
        self._pilot = Pilot(config.controller, config.seed)
        self._pace = Pace(config.late_periods, 1.0 / config.rate_hz)
        self._goes_on = False  # the worker's last plan is still flown, or would be
        self._ready_for: Any = None  # written by the worker
        self._planned = False  # the worker's: it was to make a plan last time
        self._reports = PlanReports()
        self._resort = LastResort(self._mission, self._pilot.off_track_m)

        self._commands = CommandSender(
            self, frames.base_link, self._mission, self._odometry, self._pilot, self._pace
        )
        self._outputs = ControlOutputs(self, config.controller.vehicle, frames.base_link)
        self._goal = GoalOwner(self, config.goal_m)
        self._briefing = Briefing(
            self, self._mission, self._goal, self._odometry, self._around, self._pace
        )
        work = self.start_worker(self._work)
        self.health.extra = lambda: {
            "state": self._mission.decision.state.name,
            "deadlines_missed": str(self._mission.log.deadlines_missed),
            "overtaken": str(work.dropped),
            **self._mission.log.interventions_by_name,
        }

        self._localisation = Localisation(self, frames)
        self.listen(Odometry, "odom", qos.SENSOR, self._on_odometry)
        self.listen(OccupancyGrid, "map", qos.LATCHED, self._on_map)
        self.listen(Path, "reference_path", qos.LATCHED, self._on_path)
        self.listen(InfoField, "info_field", qos.LATCHED, self._on_field)
        self._vehicle = VehicleWatch(self, self._mission)
        self._server = MissionServer(
            self, self._mission, self._goal, self._say, self._vehicle.started
        )
        self.create_timer(1.0 / config.rate_hz, self._on_tick)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATUS_PERIOD_S, self._on_status, clock=steady)

    def _on_odometry(self, message: Odometry) -> None:
        try:
            vehicle = self._localisation.vehicle_state(message)
        except InvalidMessageError as error:
            self._odometry.unusable = str(error)
            raise
        self._odometry.take(vehicle, vehicle_messages.position_sigma_m(message))
        self._briefing.moved(vehicle, self.parameters.value.controller.body.parked_m_s)

    def _on_map(self, message: OccupancyGrid) -> None:
        grid = grid_messages.probability_grid(message, MAP)
        self._geometries.admit(grid.spec)
        self._around.grid = grid

    def _on_path(self, message: Path) -> None:
        self._around.path = path_messages.path_arrays(message, MAP, PATH_POINTS)

    def _on_field(self, message: InfoField) -> None:
        field = field_messages.field_arrays(message, MAP)
        self._geometries.admit((field.spec, field.local_resolution_m, field.local_gain.shape))
        self._briefing.take_up(message, field)
        self._around.field = field
        self._mission.log.explored(field.explored_fraction)

    def _decide(self) -> None:
        config = self.parameters.value
        self._goal.configure(config.goal_m)
        self._briefing.hold_after_jump(self._localisation, config.jump_limit_m)
        ready = self._ready_for is not None and self._ready_for == self._around.geometry
        self._briefing.decide(
            config,
            ready,
            self._reports.bad_plan,
            self._vehicle.unflown,
            self._resort,
        )

    def _watch(self) -> None:
        """Let the ladder look while it is ours to fly, and count what the last filter changed."""
        self._resort.follow()
        seen, ours = self._odometry.seen, not self._vehicle.unflown
        if seen is not None and ours and self._mission.log.elapsed_s > 0.0:
            age_s = self._odometry.age_s(self.get_clock().now().nanoseconds)
            self._resort.look(self.parameters.value, time.monotonic(), seen, age_s)
        for code in self._pilot.interventions():
            self._mission.filtered(code)

    def _on_tick(self) -> None:
        assert self.worker is not None
        busy, mission, seen = self.worker.busy, self._mission, self._odometry.seen
        self._reports.collect(mission.log, self.health)
        planning = mission.wants_to_fly and self._ready_for is not None
        now_ns = self.get_clock().now().nanoseconds
        self._pace.tick(now_ns, planning and busy)
        mission.log.deadlines_missed += planning and busy
        self._watch()
        self._decide()
        if seen is None:
            return
        if self._vehicle.unflown:
            self._pilot.let_go()
        odom_age_s, config = self._odometry.age_s(now_ns), self.parameters.value
        if not busy:
            rest = None if self._goes_on else self._pilot.hand_over()
            haste, doubt_m = self._briefing.haste(config), self._briefing.doubt_m(config)
            self.worker.submit(Tick(seen, mission.wants_to_fly, rest, haste, odom_age_s, doubt_m))
        self._goes_on = mission.wants_to_fly
        if busy or not mission.decision.flies:
            resort = self._resort.command(config, seen.vehicle)
            self._commands.answer(config.controller, seen, odom_age_s, resort)
        else:
            self._pilot.goes_on()

    def _work(self, tick: Tick) -> None:
        """Plan and send the command if it is in time, on the worker's thread."""
        begin = time.monotonic()
        config, seen, around = self.parameters.value.controller, tick.seen, self._around
        steady, self._planned = self._planned and tick.plans, tick.plans
        current = steady and self._ready_for == around.geometry
        # the first plan after a hold is made from what the decision to fly was made by
        if not current and not around.refresh(config.costmap_reach_m):
            return
        assert around.costmap is not None
        assert around.guide is not None
        if self._ready_for != around.built_geometry:
            first = self._ready_for is None
            self._pilot.prepare(config, seen.vehicle, around.costmap, around.guide)
            if first:
                leave_uncollected()
            self._ready_for = around.built_geometry
        elif tick.plans:
            plan, output = self._pilot.plan(
                config,
                seen.vehicle,
                around.costmap,
                around.guide,
                tick.rest,
                tick.haste,
                tick.odom_age_s,
                tick.doubt_m,
            )
            sent = self._commands.send_plan(config, plan, output)
            latency_s = time.monotonic() - seen.arrival_s if sent else math.nan
            self._reports.put(Solved(int(output.code), float(output.clearance_m), latency_s))
            self._outputs.publish(seen.vehicle, output)
            self.health.produced(time.monotonic() - begin)
        # for the next plan: a command does not wait until what has just come is made ready
        around.refresh(config.costmap_reach_m)
        if self._ready_for == around.built_geometry:
            self._pilot.look_around(around.costmap, tick.doubt_m)

    def _say(self) -> None:
        """Decide, and publish the status."""
        self._decide()
        field, seen = self._around.field, self._odometry.seen
        unknown_m2 = math.nan if field is None else field.reachable_unknown_m2
        self._server.publish(None if seen is None else seen.vehicle, unknown_m2)

    def _on_status(self) -> None:
        self._say()
        self._server.settle()


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(ImppiController, args, at_once=2)  # a hold does not wait for a plan
