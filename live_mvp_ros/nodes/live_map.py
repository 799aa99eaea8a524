# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live map: pairs each cloud with the pose of its stamp, learns, publishes what is known.

The worker integrates the latest scan and then publishes what is due, so a map never waits for more
than one update, and scans that arrive meanwhile are dropped and counted, never queued.
"""

from __future__ import annotations

import time
from typing import ClassVar, NamedTuple

import jax
import numpy as np
from nav_msgs.msg import OccupancyGrid, Odometry
from sensor_msgs.msg import PointCloud2
from tf2_msgs.msg import TFMessage

from live_mvp_ros import mapping, quaternion
from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.msg import MapStatus
from live_mvp_ros.ros import convert, convert_sensors, qos
from live_mvp_ros.ros.convert import InvalidMessageError, VehicleState
from live_mvp_ros.ros.frames import MAP, Frames, StaticTransforms
from live_mvp_ros.ros.map_status import map_status
from live_mvp_ros.ros.map_store import MapStore
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.pose_buffer import PoseBuffer
from live_mvp_ros.ros.process import run_node
from live_mvp_ros.ros.schedule import Every


@configuration
class MapConfig:
    """Parameters of live_map; those of the map itself have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("map",)

    map_rate_hz: float = parameter(
        default=5.0, unit="Hz", low=0.1, high=100.0, help="Rate of map and map/status."
    )
    surface_rate_hz: float = parameter(
        default=1.0, unit="Hz", low=0.05, high=20.0, help="Rate of map/surface and map/exposure."
    )
    surface_points: int = parameter(
        default=4096, low=16, high=1_000_000, help="Most points in map/surface."
    )
    pose_tolerance_s: float = parameter(
        default=0.02,
        unit="s",
        low=0.0,
        high=1.0,
        live=True,
        help="A cloud needs odometry this close to its stamp.",
    )
    autosave_path: str = parameter(
        default="", help="File that the map is saved to and restored from; empty: none."
    )
    autosave_period_s: float = parameter(
        default=10.0, unit="s", low=1.0, high=3600.0, help="Time between two autosaves."
    )
    seed: int = parameter(default=0, low=0, help="Seed of the map's random numbers.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    map: LiveMapConfig = LiveMapConfig()


class Cloud(NamedTuple):
    """A cloud [height, width, 3] in its optical frame and when and where it was taken."""

    stamp_ns: int
    frame: str
    points: np.ndarray


class Job(NamedTuple):
    """One scan to integrate: where the vehicle was, what it saw, T_base_optical [4, 4]."""

    vehicle: VehicleState
    cloud: Cloud
    mount: np.ndarray


def integrate(
    config: LiveMapConfig,
    state: mapping.LiveMap,
    points: jax.Array,
    position: jax.Array,
    attitude: jax.Array,
    mount: jax.Array,
) -> tuple[mapping.LiveMap, mapping.MapReport]:
    """Integrate a cloud [H, W, 3] seen through ``mount`` = T_base_optical [4, 4]."""
    body = quaternion.rotation_matrix(attitude)
    scan = mapping.scan_from_cloud(
        points, body @ mount[:3, :3], body @ mount[:3, 3] + position, position
    )
    return mapping.step(config, state, scan)


class LiveMapNode(GraphNode):
    """The map of one vehicle."""

    def __init__(self) -> None:
        """Declare, publish, then listen and restore; the first scan compiles."""
        super().__init__("live_map", MapConfig(), inputs=("depth/points", "odom"))
        config = self.parameters.value
        self._frames, self._mounts = Frames(config.frame_prefix), StaticTransforms()
        self._poses, self._intake = PoseBuffer(), mapping.Intake()
        self._pending: Cloud | None = None
        self._map = mapping.init(config.map, jax.random.key(config.seed))
        self._replacement: mapping.LiveMap | None = None
        self._stamp_ns, self._update_ms, self._losses = 0, 0.0, [float("nan")] * 5
        self._maps, self._surfaces = Every(config.map_rate_hz), Every(config.surface_rate_hz)
        self._integrate, self._occupancy = jax.jit(integrate), jax.jit(mapping.occupancy)
        self._exposure = jax.jit(mapping.exposure)
        self._surface = jax.jit(mapping.surface, static_argnums=2)

        self._map_out = self.publisher(OccupancyGrid, "map", qos.LATCHED)
        self._exposure_out = self.publisher(OccupancyGrid, "map/exposure", qos.KEPT)
        self._surface_out = self.publisher(PointCloud2, "map/surface", qos.KEPT)
        self._status_out = self.publisher(MapStatus, "map/status", qos.STATUS)
        work = self.start_worker(self._work)
        self.health.extra = lambda: {"overtaken": str(work.dropped)}

        self.listen(TFMessage, "tf_static", qos.TRANSFORM_STATIC, self._on_mounts)
        self.listen(Odometry, "odom", qos.SENSOR_HISTORY, self._on_odometry)
        self.listen(PointCloud2, "depth/points", qos.SENSOR, self._on_points)
        store = MapStore(
            self,
            config.autosave_path,
            config=lambda: self.parameters.value.map,
            current=lambda: self._replacement or self._map,
            replace=self._replace,
            fresh=lambda: mapping.init(config.map, jax.random.key(config.seed)),
        )
        if config.autosave_path:
            self.create_timer(config.autosave_period_s, store.autosave)

    def _on_mounts(self, message: TFMessage) -> None:
        self._mounts.add(message.transforms)

    def _on_odometry(self, message: Odometry) -> None:
        self._poses.add(convert.vehicle_state(message, (self._frames.odom, MAP)))
        self._pair()

    def _on_points(self, message: PointCloud2) -> None:
        frame = message.header.frame_id
        points = convert_sensors.cloud_points(message, frame)
        if self._mounts.lookup(self._frames.base_link, frame) is None:
            raise InvalidMessageError(
                f"no transform leads from {self._frames.base_link} to {frame!r}"
            )
        if self._pending is not None:
            self.health.dropped()
        self._pending = Cloud(convert.to_ns(message.header.stamp), frame, points)
        self._pair()

    def _pair(self) -> None:
        """Give the waiting cloud to the worker once odometry has come as far as its stamp."""
        cloud, latest_ns = self._pending, self._poses.latest_ns
        if cloud is None or latest_ns is None or latest_ns < cloud.stamp_ns:
            return
        self._pending = None
        tolerance_ns = round(1e9 * self.parameters.value.pose_tolerance_s)
        vehicle = self._poses.nearest(cloud.stamp_ns, tolerance_ns)
        if vehicle is None:
            self.health.refused("depth/points", "there is no odometry close to its stamp")
            return
        problem = self._intake.problem(
            self.parameters.value.map, cloud.stamp_ns, cloud.points.shape, vehicle.position
        )
        if problem:
            self.health.refused("depth/points", problem)
            return
        mount = self._mounts.lookup(self._frames.base_link, cloud.frame)
        assert mount is not None  # checked when the cloud came
        if self.worker is not None and not self.worker.submit(Job(vehicle, cloud, mount)):
            self.health.dropped()

    def _work(self, job: Job | None) -> None:
        """Integrate and publish, on the worker's thread; without a job, only publish."""
        if self._replacement is not None:
            self._map, self._replacement = self._replacement, None
        if job is None:
            self._publish_map()
            return
        begin = time.monotonic()
        vehicle, cloud, mount = job
        state, report = self._integrate(
            self.parameters.value.map,
            self._map,
            cloud.points,
            vehicle.position,
            vehicle.attitude,
            mount,
        )
        self._losses = [float(loss) for loss in report.losses]
        self._map, self._stamp_ns = jax.block_until_ready(state), cloud.stamp_ns
        elapsed = time.monotonic() - begin
        self._update_ms = 1e3 * elapsed
        self.health.produced(elapsed)
        if self._maps.due(self._stamp_ns):
            self._publish_map()
        if self._surfaces.due(self._stamp_ns):
            self._publish_surface()

    def _publish_map(self) -> None:
        config = self.parameters.value
        altitude_m = config.map.body.altitude_m
        p, known = map(np.asarray, self._occupancy(config.map, self._map, altitude_m))
        cells = convert.occupancy_cells(p, known)
        spec = mapping.map_grid(config.map)
        self._map_out.publish(convert.occupancy_grid(self._stamp_ns, MAP, spec, cells))
        dropped = self.health.dropped_total + self.health.refused_total
        self._status_out.publish(
            map_status(self._stamp_ns, self._map, p, known, self._losses, self._update_ms, dropped)
        )

    def _publish_surface(self) -> None:
        """Publish what is only looked at, when somebody does."""
        config = self.parameters.value
        spec, stamp = mapping.map_grid(config.map), self._stamp_ns
        if self._exposure_out.get_subscription_count():
            share = self._exposure(config.map, self._map, config.map.body.altitude_m)
            cells = convert.share_cells(share)
            self._exposure_out.publish(convert.occupancy_grid(stamp, MAP, spec, cells))
        if self._surface_out.get_subscription_count():
            found = self._surface(config.map, self._map, config.surface_points)
            columns = (found.points, found.distance, found.exposure)
            valid = [np.asarray(values)[: int(found.count)] for values in columns]
            cloud = convert_sensors.surface_cloud(stamp, MAP, *valid)
            self._surface_out.publish(cloud)

    def _replace(self, state: mapping.LiveMap) -> None:
        """Take another map from the next computation on, and publish it without a scan."""
        self._replacement = state
        if self.worker is not None:
            self.worker.submit(None)


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(LiveMapNode, args)


if __name__ == "__main__":
    raise SystemExit(main())
