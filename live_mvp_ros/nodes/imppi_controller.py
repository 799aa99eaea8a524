# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The I-MPPI controller: flies the mission at a fixed rate, and holds whenever it may not fly.

Each tick hands the latest odometry to the worker, which plans and publishes one command. While
the worker is late, the executor's thread sends the next commands of the last plan, or a hold.
"""

from __future__ import annotations

import math
import time
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from rclpy.clock import Clock, ClockType

from live_mvp_ros import control
from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.control import ControllerConfig, MissionConfig, MissionInputs
from live_mvp_ros.msg import BodyRateThrust, InfoField
from live_mvp_ros.planning import PlanCode
from live_mvp_ros.planning.guidance import PATH_POINTS
from live_mvp_ros.ros import convert, convert_sensors, qos
from live_mvp_ros.ros.control_outputs import ControlOutputs
from live_mvp_ros.ros.convert import InvalidMessageError, VehicleState
from live_mvp_ros.ros.diagnostics import OK, WARN
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.mission import Mission
from live_mvp_ros.ros.mission_server import MissionServer
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.process import run_node
from live_mvp_ros.ros.surroundings import LatestSurroundings, Seen, Tick
from live_mvp_ros.vehicle import at_rest

STATUS_PERIOD_S = 0.2
SILENCE_S = 1.0


@configuration
class NodeConfig:
    """Parameters of imppi_controller; those of the controller itself have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("controller",)

    rate_hz: float = parameter(
        default=50.0, unit="Hz", low=5.0, high=500.0, help="Rate of commands, in node time."
    )
    late_periods: int = parameter(
        default=3, low=1, high=100, help="Hold when a plan takes longer than so many periods."
    )
    autostart: bool = parameter(default=True, help="Explore as soon as everything is there.")
    goal_m: tuple[float, float, float] = parameter(
        default=(9.0, 5.0, 2.0),
        unit="m",
        live=True,
        help="Where to go when nothing is left to explore, map frame; goal_pose replaces it.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of the samples.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    controller: ControllerConfig = ControllerConfig()
    mission: MissionConfig = MissionConfig()


class ImppiController(GraphNode):
    """The controller of one vehicle."""

    def __init__(self) -> None:
        """Declare, compile the hold, publish, then listen; the first map compiles the rest."""
        super().__init__("imppi_controller", NodeConfig(), inputs=("odom", "map", "info_field"))
        config = self.parameters.value
        self._frames = Frames(config.frame_prefix)
        self._mission = Mission(config.autostart)
        self._goal_m: np.ndarray | None = None
        self._seen: Seen | None = None
        self._around = LatestSurroundings()
        self._ready_for: Any = None
        self._late_ticks = 0
        self._solved_ns = 0
        self._flight = self._rescue = control.init(config.controller, jax.random.key(config.seed))
        self._fly, self._stay = jax.jit(control.fly), jax.jit(control.stay)
        self._proceed = jax.jit(control.proceed)
        self._stay(config.controller, self._rescue, at_rest(jnp.zeros(3)))
        self._proceed(config.controller, self._rescue, at_rest(jnp.zeros(3)), jnp.float32(0.0))

        self._command_out = self.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
        self._outputs = ControlOutputs(self, config.controller.vehicle, self._frames.base_link)
        work = self.start_worker(self._work)
        self.health.extra = lambda: {
            "state": self._mission.decision.state.name,
            "deadlines_missed": str(self._mission.log.deadlines_missed),
            "overtaken": str(work.dropped),
        }

        self.listen(Odometry, "odom", qos.SENSOR, self._on_odometry)
        self.listen(OccupancyGrid, "map", qos.LATCHED, self._on_map)
        self.listen(Path, "reference_path", qos.LATCHED, self._on_path)
        self.listen(InfoField, "info_field", qos.LATCHED, self._on_field)
        self.listen(PoseStamped, "goal_pose", qos.STATUS, self._on_goal)
        self._server = MissionServer(self, self._mission)
        self.create_timer(1.0 / config.rate_hz, self._on_tick)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(STATUS_PERIOD_S, self._on_status, clock=steady)

    def _on_odometry(self, message: Odometry) -> None:
        vehicle = convert.vehicle_state(message, (self._frames.odom, MAP))
        self._seen = Seen(vehicle, time.monotonic())
        running = self._mission.decision.flies
        self._mission.log.advance(1e-9 * vehicle.stamp_ns, vehicle.position.tolist(), running)

    def _on_map(self, message: OccupancyGrid) -> None:
        self._around.grid = convert.probability_grid(message, MAP)

    def _on_path(self, message: Path) -> None:
        self._around.path = convert.path_arrays(message, MAP, PATH_POINTS)

    def _on_field(self, message: InfoField) -> None:
        field = self._around.field = convert_sensors.field_arrays(message, MAP)
        self._mission.log.explored(field.explored_fraction)

    def _on_goal(self, message: PoseStamped) -> None:
        if message.header.frame_id != MAP:
            raise InvalidMessageError(f"its frame is {message.header.frame_id!r} instead of {MAP}")
        self._goal_m, _ = convert.pose_arrays(message.pose)

    def _decide(self) -> None:
        """Update the mission with the ages of all inputs."""
        config, field, seen = self.parameters.value, self._around.field, self._seen
        now_ns = self.get_clock().now().nanoseconds
        goal = np.asarray(config.goal_m if self._goal_m is None else self._goal_m)
        distance = math.inf
        if seen is not None:
            distance = float(np.linalg.norm((goal - seen.vehicle.position)[:2]))
        self._mission.update(
            config.mission,
            MissionInputs(
                odom_age_s=self._odometry_age_s(now_ns),
                map_age_s=self._around.map_age_s(now_ns),
                field_age_s=self._around.field_age_s(now_ns),
                elapsed_s=self._mission.log.elapsed_s,
                distance_to_goal_m=distance,
                nothing_left=field is not None and field.nothing_left,
                goal_reachable=field is not None and field.goal_reachable,
                settled=field is not None and field.settled,
                code=PlanCode.OK if field is None else field.code,
                looks_again=field is not None and field.looks_again,
                leftover=(0, 0) if field is None else tuple(field.leftover),
                code_s=self._around.no_plan_s(now_ns),
            ),
            ready=self._ready_for is not None and self._ready_for == self._around.geometry,
            late=self._late_ticks >= config.late_periods,
        )

    def _odometry_age_s(self, now_ns: int) -> float:
        """Return the age by the node's clock, or by the steady one when everything is silent."""
        if self._seen is None:
            return math.inf
        silent_s = time.monotonic() - self._seen.arrival_s
        age_s = max(0.0, 1e-9 * (now_ns - self._seen.vehicle.stamp_ns))
        return max(age_s, silent_s) if silent_s > SILENCE_S else age_s

    def _on_tick(self) -> None:
        assert self.worker is not None
        if self.worker.busy:
            self._late_ticks += 1
            if self._mission.decision.flies:
                self._mission.log.deadlines_missed += 1
        else:
            self._late_ticks = 0
        self._decide()
        if self._seen is None:
            return
        if not self.worker.busy:
            self.worker.submit(Tick(self._seen, self._mission.decision.flies))
        else:
            self._bridge(self._seen)

    def _bridge(self, seen: Seen) -> None:
        """Send what the vehicle needs while the worker is late: the last plan, or a hold."""
        config, now_ns = self.parameters.value.controller, seen.vehicle.stamp_ns
        if not self._mission.decision.flies:
            self._rescue, command = self._stay(config, self._rescue, seen.vehicle.core)
            self._publish(seen, command)
        elif self._solved_ns:
            elapsed_s = jnp.float32(1e-9 * (now_ns - self._solved_ns))
            command = self._proceed(config, self._rescue, seen.vehicle.core, elapsed_s)
            self._send(self._solved_ns, command)

    def _work(self, tick: Tick) -> None:
        """Plan or hold, and publish the command, on the worker's thread."""
        begin = time.monotonic()
        config, vehicle = self.parameters.value.controller, tick.seen.vehicle
        complete = self._around.refresh(config.costmap_reach_m)
        if complete and self._ready_for != self._around.geometry:
            self._prepare(config, vehicle)
            return
        if not tick.flies:
            self._flight, command = self._stay(config, self._flight, vehicle.core)
            self._rescue = self._flight
            self._publish(tick.seen, command)
            return
        self._flight, output = self._fly(config, self._flight, self._inputs(vehicle))
        self._solved_ns = vehicle.stamp_ns
        self._publish(tick.seen, output.command)
        self._rescue = self._flight
        self._mission.log.clear(float(output.clearance_m))
        code = int(output.code)
        sentence = {control.NO_SAFE_PLAN: "no safe plan", control.NOT_FINITE: "no finite plan"}
        self.health.problem(OK if code == control.OK else WARN, sentence.get(code, ""))
        self._outputs.publish(vehicle, output)
        self.health.produced(time.monotonic() - begin)

    def _prepare(self, config: ControllerConfig, vehicle: VehicleState) -> None:
        """Compile for the geometry of map and field; the result is not flown."""
        geometry = self._around.geometry
        jax.block_until_ready(self._fly(config, self._flight, self._inputs(vehicle)))
        self._ready_for = geometry

    def _inputs(self, vehicle: VehicleState) -> control.ControllerInputs:
        assert self._around.costmap is not None  # decided in _work
        assert self._around.guide is not None
        elapsed_s = np.clip(1e-9 * (vehicle.stamp_ns - self._solved_ns), 0.0, 0.2)
        return control.ControllerInputs(
            vehicle.core, self._around.costmap, self._around.guide, jnp.float32(elapsed_s)
        )

    def _publish(self, seen: Seen, command: Any) -> None:
        self._send(seen.vehicle.stamp_ns, command)
        self._mission.log.commanded(time.monotonic() - seen.arrival_s)

    def _send(self, stamp_ns: int, command: Any) -> None:
        """Publish a command under the stamp of the odometry that it was planned from."""
        values = np.asarray(command)
        self._command_out.publish(
            convert.body_rate_thrust(stamp_ns, self._frames.base_link, values)
        )

    def _on_status(self) -> None:
        self._decide()
        field, seen = self._around.field, self._seen
        unknown_m2 = math.nan if field is None else field.reachable_unknown_m2
        self._server.report(None if seen is None else seen.vehicle, unknown_m2)


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(ImppiController, args)


if __name__ == "__main__":
    raise SystemExit(main())
