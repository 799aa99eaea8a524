# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The policy controller: flies a trained policy at a fixed rate, and holds whenever it may not.

It takes the place of ``imppi_controller``: the same mission, requests, ladder and last filter.
The executor takes messages, asks the policy and sends its command, which takes a few milliseconds;
the worker makes ready what maps and fields have changed. The planner only judges what is left: a
mission ends when nothing is, or with its time. There is no goal, since no policy was told of one.
"""

from __future__ import annotations

import time

import numpy as np
from nav_msgs.msg import OccupancyGrid, Odometry
from rclpy.clock import Clock, ClockType

from live_mvp_ros import control
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.msg import BodyRateThrust, InfoField, MapFields
from live_mvp_ros.nodes.policy_controller.policy_parameters import PolicyConfig
from live_mvp_ros.nodes.policy_controller.policy_pilot import PolicyPilot
from live_mvp_ros.nodes.policy_controller.policy_sight import LatestSight
from live_mvp_ros.policy.policy_file import PolicyFileError, TrainedPolicy, load_policy
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    field_messages,
    grid_messages,
    lattice_messages,
    vehicle_messages,
)
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.diagnostics import OK, WARN
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.geometries import Geometries
from live_mvp_ros.ros.localisation import Localisation
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.running import StartError, leave_uncollected, run_node
from live_mvp_ros.ros.steering.briefing import Briefing
from live_mvp_ros.ros.steering.last_resort import LastResort
from live_mvp_ros.ros.steering.latest_odometry import LatestOdometry, Seen
from live_mvp_ros.ros.steering.mission_server import MissionServer
from live_mvp_ros.ros.steering.no_goal import NoGoal
from live_mvp_ros.ros.steering.pace import Pace
from live_mvp_ros.ros.steering.packet_outputs import PacketOutputs
from live_mvp_ros.ros.steering.vehicle_watch import VehicleWatch

STATUS_PERIOD_S = 0.2
NO_GOAL = "a policy cannot fly to a goal: it was told of none"
NO_NUMBERS = "the policy says no finite numbers"


class PolicyController(GraphNode):
    """The controller of one vehicle."""

    def __init__(self) -> None:
        """Declare, read the policy, compile the hold, publish, then listen.

        Raises:
            StartError: there is no policy that can be flown.
        """
        inputs = ("odom", "map", "map/fields", "info_field")
        super().__init__("policy_controller", PolicyConfig(), inputs=inputs)
        config = self.parameters.value
        policy = flown(config.checkpoint)
        self._frames = Frames(config.frame_prefix)
        self._mission = Mission(config.autostart, has_goal=False)
        self._odometry, self._around = LatestOdometry(), LatestSight()
        self._geometries, self._pace = Geometries(), Pace(config.late_periods, 1 / config.rate_hz)
        self._controller = config.controller
        self._pilot = PolicyPilot(self._controller, policy)
        self._log = self._mission.log
        self._bad_command = ""
        self._resort = LastResort(self._mission)

        self._command_out = self.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
        self._packets = PacketOutputs(self, self._controller.vehicle, self._frames.base_link)
        goal = NoGoal(self, NO_GOAL)
        self._briefing = Briefing(
            self, self._mission, goal, self._odometry, self._around, self._pace
        )
        work = self.start_worker(self._work)
        self.health.extra = lambda: {
            "state": self._mission.decision.state.name,
            "iteration": str(policy.facts["iteration"]),
            "overtaken": str(work.dropped),
            **self._mission.log.interventions_by_name,
        }

        self._localisation = Localisation(self, self._frames)
        self.listen(Odometry, "odom", qos.SENSOR, self._on_odometry)
        self.listen(OccupancyGrid, "map", qos.LATCHED, self._on_map)
        self.listen(MapFields, "map/fields", qos.LATCHED, self._on_fields)
        self.listen(InfoField, "info_field", qos.LATCHED, self._on_field)
        self._vehicle = VehicleWatch(self, self._mission)
        self._server = MissionServer(self, self._mission, goal, self._say, self._vehicle.started)
        self.create_timer(1.0 / config.rate_hz, self._on_tick)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATUS_PERIOD_S, self._on_status, clock=steady)

    def _on_odometry(self, message: Odometry) -> None:
        try:
            vehicle = self._localisation.vehicle_state(message)
        except InvalidMessageError as error:
            self._odometry.unusable = str(error)
            raise
        first = self._odometry.seen is None
        self._odometry.take(vehicle, vehicle_messages.position_sigma_m(message))
        self._briefing.moved(vehicle, self._controller.body.parked_m_s)
        if first:
            self._make_ready()

    def _on_map(self, message: OccupancyGrid) -> None:
        grid = grid_messages.probability_grid(message, MAP)
        self._geometries.admit(grid.spec)
        self._around.grid = grid
        self._make_ready()

    def _on_fields(self, message: MapFields) -> None:
        lattice = lattice_messages.lattice_arrays(message, MAP)
        self._geometries.admit(lattice.values.shape)
        self._around.lattice = lattice
        self._make_ready()

    def _on_field(self, message: InfoField) -> None:
        field = field_messages.field_arrays(message, MAP)
        self._briefing.take_up(message, field)
        self._around.field = field
        self._mission.log.explored(field.explored_fraction)

    def _make_ready(self) -> None:
        if self.worker is not None and self._odometry.seen is not None:
            self.worker.submit(self._odometry.seen)

    def _work(self, seen: Seen) -> None:
        """Make ready what has come, on the worker's thread."""
        config = self._controller
        sight, first = self._around.built(config.costmap_reach_m), self._pilot.ready_for is None
        if sight is not None:
            self._pilot.prepare(config, seen.vehicle, sight)
            if first:
                leave_uncollected()

    def _decide(self) -> None:
        config = self.parameters.value
        self._briefing.hold_after_jump(self._localisation, config.jump_limit_m)
        ready = self._pilot.ready_for is not None
        self._briefing.decide(
            config, ready, self._bad_command, self._vehicle.unflown, self._resort
        )
        if self._mission.log is not self._log:
            self._log = self._mission.log
            self._pilot.begin()

    def _on_tick(self) -> None:
        seen, config = self._odometry.seen, self.parameters.value
        self._controller = config.controller
        now_ns = self.get_clock().now().nanoseconds
        self._pace.tick(now_ns, busy=False)
        age_s = self._odometry.age_s(now_ns)
        self._resort.follow()
        ours = not self._vehicle.unflown
        if seen is not None and ours and self._mission.log.elapsed_s > 0.0:
            self._resort.look(config, time.monotonic(), seen, age_s)
        self._decide()
        if seen is None:
            return
        if not ours:
            self._pilot.let_go()
        resort = self._resort.command(config, seen.vehicle)
        command = self._command(config, seen.vehicle, age_s) if resort is None else resort
        self._send(seen, command)

    def _command(self, config: PolicyConfig, vehicle: VehicleState, age_s: float) -> np.ndarray:
        """Return what the policy commands, or a hold, and count what the last filter changed."""
        begin, sight = time.monotonic(), self._pilot.ready_for
        doubt_m = self._briefing.doubt_m(config)
        if not self._mission.decision.flies or sight is None:
            command = self._pilot.hold(self._controller, vehicle, age_s, doubt_m)
        else:
            haste = self._briefing.haste(config)
            command = self._pilot.fly(self._controller, vehicle, sight, age_s, haste, doubt_m)
            self._packets.publish(vehicle, command)
            self._judge()
            self.health.produced(time.monotonic() - begin)
        if self._pilot.intervention is not SafetyCode.CLEAR:
            self._mission.filtered(self._pilot.intervention)
        return command

    def _judge(self) -> None:
        """Note how the latest command of the policy is."""
        said, log = self._pilot.last, self._mission.log
        assert said is not None
        log.clear(float(said.clearance_m))
        sound = int(said.code) == control.OK
        log.planned(sound)
        self._bad_command = "" if sound else NO_NUMBERS
        self.health.problem(OK if sound else WARN, self._bad_command)

    def _send(self, seen: Seen, command: np.ndarray) -> None:
        stamp_ns, frame = seen.vehicle.stamp_ns, self._frames.base_link
        self._command_out.publish(vehicle_messages.body_rate_thrust(stamp_ns, frame, command))
        self._mission.log.commanded(time.monotonic() - seen.arrival_s)

    def _say(self) -> None:
        """Decide, and publish the status."""
        self._decide()
        field, seen = self._around.field, self._odometry.seen
        unknown_m2 = np.nan if field is None else field.reachable_unknown_m2
        self._server.publish(None if seen is None else seen.vehicle, unknown_m2)

    def _on_status(self) -> None:
        self._say()
        self._server.settle()


def flown(checkpoint: str) -> TrainedPolicy:
    """Return the policy to fly.

    Raises:
        StartError: there is none, or it is not one that can be flown.
    """
    if not checkpoint:
        raise StartError("checkpoint = '' is not allowed: it must be the file of a policy")
    try:
        return load_policy(checkpoint)
    except PolicyFileError as error:
        raise StartError(f"checkpoint: {error}") from error


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(PolicyController, args, at_once=2)  # commands do not wait for a new map
