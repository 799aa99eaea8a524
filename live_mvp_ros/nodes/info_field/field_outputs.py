# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a planner publishes of each field: the path along it, the field itself, a picture of it."""

from __future__ import annotations

import dataclasses

import numpy as np
from nav_msgs.msg import OccupancyGrid, Path

from live_mvp_ros.msg import InfoField
from live_mvp_ros.nodes.info_field.field_planner import Job
from live_mvp_ros.planning import InfoFieldOutput
from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import field_messages, grid_messages, path_messages
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.ros.node import GraphNode


class FieldOutputs:
    """Publishers of a field; used by one thread."""

    def __init__(self, node: GraphNode) -> None:
        """Publish for ``node``."""
        self._field_out = node.publisher(InfoField, "info_field", qos.LATCHED)
        self._grid_out = node.publisher(OccupancyGrid, "info_field/grid", qos.KEPT)
        self._path_out = node.publisher(Path, "reference_path", qos.KEPT)

    def publish(self, job: Job, output: InfoFieldOutput, compute_s: float) -> None:
        """Publish what came out of a job, in so much wall time."""
        grid, vehicle = job.grid, job.vehicle
        stamp, altitude_m = vehicle.stamp_ns, float(vehicle.position[2])
        given = {f.name: getattr(output, f.name) for f in dataclasses.fields(output)}
        arrays = {name: given[name] for name in field_messages.Field._fields if name in given}
        scalars = {name: value.item() for name, value in arrays.items() if value.ndim == 0}
        field = field_messages.Field(
            stamp_ns=stamp,
            map_stamp_ns=grid.stamp_ns,
            spec=grid.spec,
            local_resolution_m=LOCAL_RESOLUTION_M,
            goal_m=job.goal.position_m,
            goal_stamp_ns=job.goal.stamp_ns,
            **{**arrays, **scalars},
        )
        self._path_out.publish(
            path_messages.path(stamp, MAP, output.reference_path_m, output.reference_yaw_rad)
        )
        message = field_messages.info_field(MAP, field, altitude_m, 1e3 * compute_s)
        message.mission = job.mission
        self._field_out.publish(message)
        if self._grid_out.get_subscription_count():
            gain = np.asarray(output.gain)
            cells = grid_messages.share_cells(gain / max(float(gain.max()), 1e-6))
            self._grid_out.publish(grid_messages.occupancy_grid(stamp, MAP, grid.spec, cells))
