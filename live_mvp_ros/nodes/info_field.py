# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The information field: where a look teaches most, from the latest map and odometry.

Computed whenever a map arrives; while maps stay away, the last one serves with the newest pose.
A map of another geometry starts a new field. What is left and why is reported when the planner or
the mission is done. While exploration/status says that the vehicle is held, no patience with a
target or a cell runs out; when it says that enough is explored, the field leads to the goal. It
also says from where the goal counts as reached.

The goal is the controller's: it comes on exploration/goal, and each field says which one it
answers. Only where nobody publishes that, goal_pose and the parameter are heard. Each field also
gives the controller's last status back, for a controller that is started again (``ros.memory``).

The parameters ``odometry.*`` say how good the odometry is expected to be; where it drifts, the
report says how far off it may be.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter

from live_mvp_ros import planning
from live_mvp_ros.config import ConfigurationError, configuration, parameter
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.msg import ExplorationStatus, InfoField
from live_mvp_ros.planning import InfoFieldConfig, InfoFieldInputs, InfoFieldOutput
from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M
from live_mvp_ros.ros import convert, convert_sensors, goal, qos
from live_mvp_ros.ros.completion_reporter import CompletionReporter, Planned
from live_mvp_ros.ros.convert import InvalidMessageError, ProbabilityGrid, VehicleState
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.geometries import Geometries
from live_mvp_ros.ros.localisation import Localisation
from live_mvp_ros.ros.memory import replaces
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.process import run_node
from live_mvp_ros.ros.schedule import Every
from live_mvp_ros.vehicle.odometry import DriftConfig

LONGEST_STEP_S = 1.0
ODOMETRY_PERIOD_S = 0.05
FLYING = (ExplorationStatus.EXPLORING, ExplorationStatus.GOING_TO_GOAL)


@configuration
class FieldConfig:
    """Parameters of info_field; those of the field itself have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("field",)

    rate_hz: float = parameter(
        default=5.0, unit="Hz", low=0.1, high=50.0, help="Highest rate of information fields."
    )
    goal_m: tuple[float, float, float] = parameter(
        default=(9.0, 5.0, 2.0),
        unit="m",
        low=-convert.FARTHEST_M,
        high=convert.FARTHEST_M,
        live=True,
        help="Where to go when nothing is left to explore. Counts only where nobody publishes "
        "exploration/goal, as imppi_controller does.",
    )
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    field: InfoFieldConfig = InfoFieldConfig()
    odometry: DriftConfig = DriftConfig()


class Goal(NamedTuple):
    """Where to go in the end [3], and the stamp of the message that says so; 0: our own."""

    position_m: np.ndarray
    stamp_ns: int


class Job(NamedTuple):
    """One computation."""

    grid: ProbabilityGrid
    vehicle: VehicleState
    goal: Goal
    mission: ExplorationStatus


class InfoFieldNode(GraphNode):
    """The information field of one vehicle."""

    def __init__(self) -> None:
        """Declare, publish, then listen; the first map compiles, because it sets the geometry."""
        super().__init__("info_field", FieldConfig(), inputs=("map", "odom"))
        config = self.parameters.value
        self._frames = Frames(config.frame_prefix)
        self._goal: Goal | None = None
        self._grid: ProbabilityGrid | None = None
        self._geometries = Geometries()
        self._vehicle: VehicleState | None = None
        self._flying = True  # a controller that publishes no status is taken to fly
        self._mission = ExplorationStatus()  # the controller's last word that counts
        self._led_to_ns = 0  # the worker's: stamp of the goal of the last field
        self._state: Any = None
        self._spec: Any = None
        self._previous_ns = self._last_ns = 0
        self._due = Every(config.rate_hz)
        self.add_on_set_parameters_callback(self._refuse_goal)

        self._field_out = self.publisher(InfoField, "info_field", qos.LATCHED)
        self._grid_out = self.publisher(OccupancyGrid, "info_field/grid", qos.KEPT)
        self._path_out = self.publisher(Path, "reference_path", qos.KEPT)
        self._completion = CompletionReporter(self, config.odometry)
        work = self.start_worker(self._work)
        self.health.extra = lambda: {"overtaken": str(work.dropped)}

        self._localisation = Localisation(self, self._frames)
        self.listen(OccupancyGrid, "map", qos.LATCHED, self._on_map)
        self._take_odometry = self.poll(
            Odometry, "odom", qos.SENSOR, self._on_odometry, ODOMETRY_PERIOD_S
        )
        self.listen(PoseStamped, goal.TOPIC, qos.LATCHED, self._on_goal)
        self.listen(PoseStamped, goal.WISHES, qos.STATUS, self._on_wish)
        self.listen(ExplorationStatus, "exploration/status", qos.STATUS, self._on_status)

    def _on_map(self, message: OccupancyGrid) -> None:
        grid = convert.probability_grid(message, MAP)
        check_geometry(self.parameters.value.field, grid.spec)
        self._geometries.admit(grid.spec)
        self._grid = grid
        self._take_odometry()
        self._submit()

    def _on_odometry(self, message: Odometry) -> None:
        first = self._vehicle is None
        self._vehicle = self._localisation.vehicle_state(message)
        self._completion.moved(self._vehicle.position)
        if first or self._vehicle.stamp_ns - self._previous_ns > 1.5e9 / self._rate_hz:
            self._submit()

    def _on_goal(self, message: PoseStamped) -> None:
        stamp_ns = convert.to_ns(message.header.stamp)
        self._goal = Goal(goal.goal_position_m(message), stamp_ns)

    def _on_wish(self, message: PoseStamped) -> None:
        position_m = goal.goal_position_m(message)
        if self._goal is None or not self._goal.stamp_ns:  # else the goal's owner hears it
            self._goal = Goal(position_m, 0)

    def _refuse_goal(self, requested: list[Parameter]) -> SetParametersResult:
        """Refuse another goal of our own when the goal has an owner: it would mean nothing."""
        owned = self._goal is not None and self._goal.stamp_ns
        if owned and any(item.name == "goal_m" for item in requested):
            reason = (
                f"goal_m of {self.get_name()} has no effect: the goal belongs to who publishes "
                f"{goal.TOPIC}; set that of imppi_controller, or publish {goal.WISHES}"
            )
            return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)

    def _on_status(self, message: ExplorationStatus) -> None:
        self._flying = message.state in FLYING
        if replaces(message, self._mission):
            self._mission = message
            self._completion.mission(message)

    @property
    def _rate_hz(self) -> float:
        return float(self.parameters.value.rate_hz)

    def _submit(self) -> None:
        grid, vehicle = self._grid, self._vehicle
        if grid is None or vehicle is None or not self._due.due(vehicle.stamp_ns):
            return
        self._previous_ns = vehicle.stamp_ns
        wanted = self._goal or Goal(np.asarray(self.parameters.value.goal_m), 0)
        job = Job(grid, vehicle, wanted, self._mission)
        if self.worker is not None and not self.worker.submit(job):
            self.health.dropped()

    def _work(self, job: Job) -> None:
        """Compute and publish, on the worker's thread."""
        begin = time.monotonic()
        config, (grid, vehicle, wanted, mission) = self.parameters.value, job
        first = grid.spec != self._spec
        if first:
            self._spec, self._last_ns = grid.spec, vehicle.stamp_ns
            self._state = planning.init(config.field, grid.spec)
        elapsed_s = 1e-9 * (vehicle.stamp_ns - self._last_ns) if self._flying else 0.0
        self._last_ns = vehicle.stamp_ns
        if wanted.stamp_ns != self._led_to_ns:
            self._led_to_ns = wanted.stamp_ns
            self._state = planning.with_new_goal(self._state)
        inputs = InfoFieldInputs(
            p=jnp.asarray(grid.p),
            known=jnp.asarray(grid.known),
            position_m=jnp.asarray(vehicle.position),
            yaw_rad=jnp.float32(convert.yaw_of(vehicle.attitude)),
            goal_m=jnp.asarray(wanted.position_m, jnp.float32),
            dt_s=jnp.float32(min(max(elapsed_s, 0.0), LONGEST_STEP_S)),
            to_goal=jnp.asarray(mission.to_goal_now),
            goal_tolerance_m=jnp.float32(goal.tolerance_m(mission)),
        )
        self._state, output = planning.plan(config.field, grid.spec, self._state, inputs)
        output = jax.tree.map(np.asarray, output)
        compute_s = time.monotonic() - begin
        planned = Planned(config.field, grid.spec, inputs, self._state, output)
        if first:
            self._completion.prepare(planned)
        self._completion.report(planned, vehicle.stamp_ns)
        self._publish(job, output, compute_s)
        self.health.produced(compute_s)

    def _publish(self, job: Job, output: InfoFieldOutput, compute_s: float) -> None:
        grid, vehicle = job.grid, job.vehicle
        stamp, altitude_m = vehicle.stamp_ns, float(vehicle.position[2])
        given = {f.name: getattr(output, f.name) for f in dataclasses.fields(output)}
        arrays = {name: given[name] for name in convert_sensors.Field._fields if name in given}
        scalars = {name: value.item() for name, value in arrays.items() if value.ndim == 0}
        field = convert_sensors.Field(
            stamp_ns=stamp,
            map_stamp_ns=grid.stamp_ns,
            spec=grid.spec,
            local_resolution_m=LOCAL_RESOLUTION_M,
            goal_m=job.goal.position_m,
            goal_stamp_ns=job.goal.stamp_ns,
            **{**arrays, **scalars},
        )
        self._path_out.publish(
            convert.path(stamp, MAP, output.reference_path_m, output.reference_yaw_rad)
        )
        message = convert_sensors.info_field(MAP, field, altitude_m, 1e3 * compute_s)
        message.mission = job.mission
        self._field_out.publish(message)
        if self._grid_out.get_subscription_count():
            gain = np.asarray(output.gain)
            cells = convert.share_cells(gain / max(float(gain.max()), 1e-6))
            self._grid_out.publish(convert.occupancy_grid(stamp, MAP, grid.spec, cells))


def check_geometry(config: InfoFieldConfig, spec: GridSpec) -> None:
    """Refuse a map on which no field can begin; nothing is computed or allocated for that.

    Raises:
        InvalidMessageError: its cells are larger than a look reaches.
    """
    try:
        jax.eval_shape(lambda: planning.init(config, spec))
    except ConfigurationError as error:
        raise InvalidMessageError(str(error)) from None


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(InfoFieldNode, args)


if __name__ == "__main__":
    raise SystemExit(main())
