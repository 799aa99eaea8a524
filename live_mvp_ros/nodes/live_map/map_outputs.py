# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a live map shows of itself: map, status and surface, and where the odometry frame lies.

All of it is for the worker, whose the map is, but for ``follow``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import MapMetaData, OccupancyGrid
from sensor_msgs.msg import PointCloud2
from tf2_msgs.msg import TFMessage

from live_mvp_ros import mapping
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.mapping import LiveMap, LiveMapConfig
from live_mvp_ros.msg import MapFields, MapStatus
from live_mvp_ros.nodes.live_map.map_status import map_status
from live_mvp_ros.ros import localisation, qos
from live_mvp_ros.ros.convert import (
    cloud_messages,
    grid_messages,
    lattice_messages,
    pose_messages,
)
from live_mvp_ros.ros.frames import MAP
from live_mvp_ros.ros.node import GraphNode


class MapOutputs:
    """Publishers of a map; used by one thread."""

    def __init__(self, node: GraphNode, odom_frame: str, source: str) -> None:
        """Publish for ``node``, whose health counts what was dropped of its topic ``source``."""
        self._health, self._odom_frame, self._source = node.health, odom_frame, source
        self._occupancy = KeptProgram(mapping.occupancy)
        self._exposure = KeptProgram(mapping.exposure)
        self._surface = KeptProgram(mapping.surface, static_argnums=(2,))
        self._fields = KeptProgram(mapping.fields_at_points)
        self._geometry_out = node.publisher(MapMetaData, "map_metadata", qos.LATCHED)
        self._map_out = node.publisher(OccupancyGrid, "map", qos.LATCHED)
        self._exposure_out = node.publisher(OccupancyGrid, "map/exposure", qos.KEPT)
        self._surface_out = node.publisher(PointCloud2, "map/surface", qos.KEPT)
        self._fields_out = node.publisher(MapFields, "map/fields", qos.LATCHED)
        self._frame_out = node.publisher(TransformStamped, localisation.TOPIC, qos.KEPT)
        self._tf_out = node.publisher(TFMessage, "tf", qos.TRANSFORM)
        self._status_out = node.publisher(MapStatus, "map/status", qos.STATUS)

    def publish_geometry(self, config: LiveMapConfig, stamp_ns: int) -> None:
        """Say what the map will be like, long before the first: others make ready for it."""
        spec = mapping.map_grid(config)
        self._geometry_out.publish(grid_messages.map_metadata(stamp_ns, spec))

    def publish_frame(self, stamp_ns: int, found: mapping.MapToOdom) -> None:
        """Say where the odometry frame lies."""
        x, y = found.shift_m.tolist()
        turn = pose_messages.yaw_rotation(float(found.yaw_rad))
        frame = pose_messages.transform(stamp_ns, MAP, self._odom_frame, (x, y, 0.0), turn)
        self.follow(frame)
        self._tf_out.publish(TFMessage(transforms=[frame]))

    def follow(self, frame: TransformStamped) -> None:
        """Say again where somebody on tf says that the odometry frame lies."""
        self._frame_out.publish(frame)

    def publish_map(
        self,
        config: LiveMapConfig,
        state: LiveMap,
        stamp_ns: int,
        losses: Sequence[float],
        update_ms: float,
    ) -> None:
        """Publish what is known, and how the last update went.

        Args:
            config: of the map.
            state: the map.
            stamp_ns: of the last cloud.
            losses: of the last update, see ``map_status``.
            update_ms: how long that took.
        """
        p, known = map(np.asarray, self._occupancy(config, state, config.body.altitude_m))
        cells = grid_messages.occupancy_cells(p, known)
        spec = mapping.map_grid(config)
        self._map_out.publish(grid_messages.occupancy_grid(stamp_ns, MAP, spec, cells))
        dropped = self._health.dropped_total + self._health.refused_on(self._source)[0]
        self._status_out.publish(map_status(stamp_ns, state, p, known, losses, update_ms, dropped))

    def publish_surface(
        self, config: LiveMapConfig, state: LiveMap, stamp_ns: int, most_points: int
    ) -> None:
        """Publish what is only looked at, when somebody does."""
        if self._exposure_out.get_subscription_count():
            share = self._exposure(config, state, config.body.altitude_m)
            cells = grid_messages.share_cells(share)
            spec = mapping.map_grid(config)
            self._exposure_out.publish(grid_messages.occupancy_grid(stamp_ns, MAP, spec, cells))
        if self._surface_out.get_subscription_count():
            found = self._surface(config, state, most_points)
            columns = (found.points, found.distance, found.exposure)
            valid = [np.asarray(values)[: int(found.count)] for values in columns]
            self._surface_out.publish(cloud_messages.surface_cloud(stamp_ns, MAP, *valid))

    def publish_fields(self, config: LiveMapConfig, state: LiveMap, stamp_ns: int) -> None:
        """Publish the fields on their lattice, when somebody flies by them."""
        if not self._fields_out.get_subscription_count():
            return
        spec = mapping.lattice_of(config)
        values = np.stack(self._fields(config, state, spec.points()))
        lattice = lattice_messages.LatticeArrays(
            stamp_ns, np.asarray(spec.origin_m), spec.step_m, values.reshape(2, *spec.shape)
        )
        self._fields_out.publish(lattice_messages.map_fields(MAP, lattice))
