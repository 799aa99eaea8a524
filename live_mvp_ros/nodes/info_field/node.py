# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The information field: where a look teaches most, from the latest map and odometry.

Computed whenever a map arrives; while maps stay away, the last one serves with the newest pose,
less often: on a busy machine the time belongs to the map that is late.
A map of another geometry starts a new field, which takes seconds to load or to compile; where
map_metadata says ahead what the map will be like, that is done before the first. What is left and
why is reported when the planner or the mission is done. While exploration/status says that the
vehicle is held, no patience with a target or a cell runs out; when it says that enough is
explored, the field leads to the goal. It also says from where the goal counts as reached.

The goal is the controller's: it comes on exploration/goal, and each field says which one it
answers. Only where nobody publishes that, goal_pose and the parameter are heard. Each field also
gives the controller's last status back, for a controller that is started again
(``ros.mission_memory``).

The parameters ``odometry.*`` say how good the odometry is expected to be; where it drifts, the
report says how far off it may be.
"""

from __future__ import annotations

import time
from collections import deque

from nav_msgs.msg import MapMetaData, OccupancyGrid, Odometry

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.nodes.info_field.completion_reporter import CompletionReporter, Planned
from live_mvp_ros.nodes.info_field.field_outputs import FieldOutputs
from live_mvp_ros.nodes.info_field.field_parameters import FieldConfig
from live_mvp_ros.nodes.info_field.field_planner import FieldPlanner, Job, check_geometry
from live_mvp_ros.nodes.info_field.heard_goal import HeardGoal
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import grid_messages
from live_mvp_ros.ros.convert.grid_messages import ProbabilityGrid
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.geometries import Geometries
from live_mvp_ros.ros.localisation import Localisation
from live_mvp_ros.ros.mission_memory import replaces
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import run_node
from live_mvp_ros.ros.schedule import Every

ODOMETRY_PERIOD_S = 0.05
OLDEST_MAP_S = 10.0  # so long it is remembered where the vehicle was
NEW_MAP_PERIODS, SAME_MAP_PERIODS = 1.5, 3.0  # until a field without the arrival of a map
FLYING = (ExplorationStatus.EXPLORING, ExplorationStatus.GOING_TO_GOAL)


class InfoFieldNode(GraphNode):
    """The information field of one vehicle."""

    def __init__(self) -> None:
        """Declare, publish, then listen; the first map compiles, because it sets the geometry."""
        super().__init__("info_field", FieldConfig(), inputs=("map", "odom"))
        config = self.parameters.value
        self._grid: ProbabilityGrid | None = None
        self._used: ProbabilityGrid | None = None  # for the last field
        self._geometries = Geometries()
        self._vehicle: VehicleState | None = None
        self._flown: deque[VehicleState] = deque(maxlen=round(OLDEST_MAP_S / ODOMETRY_PERIOD_S))
        self._flying = True  # a controller that publishes no status is taken to fly
        self._mission = ExplorationStatus()  # the controller's last word that counts
        self._planner = FieldPlanner()  # the worker's
        self._previous_ns = 0
        self._due = Every(config.rate_hz)
        self._ready_for: GridSpec | None = None  # the worker's

        self._outputs = FieldOutputs(self)
        self._completion = CompletionReporter(self, config.odometry)
        work = self.start_worker(self._work)
        self.health.extra = lambda: {"overtaken": str(work.dropped)}

        self._localisation = Localisation(self, Frames(config.frame_prefix))
        self.listen(MapMetaData, "map_metadata", qos.LATCHED, self._on_geometry)
        self.listen(OccupancyGrid, "map", qos.LATCHED, self._on_map)
        self._take_odometry = self.poll(
            Odometry, "odom", qos.SENSOR, self._on_odometry, ODOMETRY_PERIOD_S
        )
        self._goal = HeardGoal(self)
        self.listen(ExplorationStatus, "exploration/status", qos.STATUS, self._on_status)

    def _on_geometry(self, message: MapMetaData) -> None:
        spec = grid_messages.grid_spec(message)
        self._admit(spec)
        if self._grid is None and self.worker is not None:
            self.worker.submit(spec)

    def _admit(self, spec: GridSpec) -> None:
        check_geometry(self.parameters.value.field, spec)
        self._geometries.admit(spec)

    def _on_map(self, message: OccupancyGrid) -> None:
        grid = grid_messages.probability_grid(message, MAP)
        self._admit(grid.spec)
        self._grid = grid
        self._take_odometry()
        self._submit()

    def _on_odometry(self, message: Odometry) -> None:
        first = self._vehicle is None
        self._vehicle = self._localisation.vehicle_state(message)
        self._flown.append(self._vehicle)
        self._completion.moved(self._vehicle.position)
        periods = SAME_MAP_PERIODS if self._grid is self._used else NEW_MAP_PERIODS
        if first or self._vehicle.stamp_ns - self._previous_ns > 1e9 * periods / self._rate_hz:
            self._submit()

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
        self._previous_ns, self._used = vehicle.stamp_ns, grid
        wanted = self._goal.wanted(self.parameters.value.goal_m)
        job = Job(grid, vehicle, self._seen_from(grid), wanted, self._mission)
        if self.worker is not None and not self.worker.submit(job):
            self.health.dropped()

    def _seen_from(self, grid: ProbabilityGrid) -> VehicleState:
        """Return where the vehicle was when the last of a map was seen."""
        before = [v for v in self._flown if v.stamp_ns <= grid.stamp_ns]
        return before[-1] if before else self._flown[0]

    def _work(self, item: Job | GridSpec) -> None:
        """Compute and publish, or only make ready for a geometry, on the worker's thread."""
        if isinstance(item, GridSpec):
            self._prepare(item, self._planner.prepare(self.parameters.value.field, item))
        else:
            self._plan(item)

    def _prepare(self, spec: GridSpec, planned: Planned) -> None:
        self._completion.prepare(planned)
        self._ready_for = spec

    def _plan(self, job: Job) -> None:
        begin = time.monotonic()
        planned = self._planner.plan(self.parameters.value.field, job, self._flying)
        compute_s = time.monotonic() - begin
        self._completion.report(planned, job.vehicle.stamp_ns)
        self._outputs.publish(job, planned.field, compute_s)
        self.health.produced(compute_s)
        if self._ready_for != job.grid.spec:
            self._prepare(job.grid.spec, planned)


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(InfoFieldNode, args)
