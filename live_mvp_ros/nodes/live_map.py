# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live map: pairs each cloud with the pose of its stamp, learns, publishes what is known.

A cloud waits until odometry has reached its stamp, however late that comes, and gets the pose
between the two odometries around it. The worker integrates the clouds in the order of their stamps
and publishes what is due. When it cannot keep up, those that are 0.3 s older than the newest are
overtaken: a map that is asked for a way is never older than that and one update.

The parameters ``odometry.*`` say how good the odometry is expected to be. Where it drifts, each
cloud is aligned with the map first, and ``map_to_odom`` and ``tf`` say where the odometry frame
lies.
"""

from __future__ import annotations

import threading
import time
from typing import ClassVar

import jax
import numpy as np
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import OccupancyGrid, Odometry
from sensor_msgs.msg import PointCloud2
from tf2_msgs.msg import TFMessage

from live_mvp_ros import mapping, quaternion
from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.msg import MapStatus
from live_mvp_ros.ros import convert, convert_sensors, localisation, qos
from live_mvp_ros.ros.cloud_queue import Backlog, Cloud, CloudQueue, Pair, Use
from live_mvp_ros.ros.convert import InvalidMessageError
from live_mvp_ros.ros.diagnostics import OK, STALE_AFTER_S, WARN
from live_mvp_ros.ros.frames import MAP, Frames, StaticTransforms
from live_mvp_ros.ros.map_status import map_status
from live_mvp_ros.ros.map_store import MapStore
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.process import run_node
from live_mvp_ros.ros.schedule import Every

CLOUDS = "depth/points"
ODOMETRY_PERIOD_S = 0.05


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
    pose_gap_s: float = parameter(
        default=0.1,
        unit="s",
        low=0.0,
        high=2.0,
        live=True,
        help="Longest time between two odometries across which a cloud's pose is interpolated.",
    )
    autosave_path: str = parameter(
        default="", help="File that the map is saved to and restored from; empty: none."
    )
    autosave_period_s: float = parameter(
        default=10.0, unit="s", low=1.0, high=3600.0, help="Time between two autosaves."
    )
    maps_folder: str = parameter(
        default="",
        help="Folder that map/save may write to; empty: that of autosave_path, or without one "
        "the working directory.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of the map's random numbers.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    map: LiveMapConfig = LiveMapConfig()


def integrate(
    config: LiveMapConfig,
    state: mapping.LiveMap,
    points: jax.Array,
    position: jax.Array,
    attitude: jax.Array,
    mount: jax.Array,
) -> tuple[mapping.LiveMap, mapping.MapReport]:
    """Integrate a cloud [H, W, 3] seen through ``mount`` = T_base_optical [4, 4].

    Position and attitude are those of the odometry.
    """
    body = quaternion.rotation_matrix(attitude)
    scan = mapping.scan_from_cloud(
        points, body @ mount[:3, :3], body @ mount[:3, 3] + position, position
    )
    return mapping.step(config, state, scan)


class LiveMapNode(GraphNode):
    """The map of one vehicle."""

    def __init__(self) -> None:
        """Declare, publish, then listen and restore; the first scan compiles."""
        super().__init__("live_map", MapConfig(), inputs=(CLOUDS, "odom"))
        config = self.parameters.value
        self._frames, self._mounts = Frames(config.frame_prefix), StaticTransforms()
        self._clouds, self._backlog, self._intake = CloudQueue(), Backlog(), mapping.Intake()
        self._use = Use(STALE_AFTER_S)
        self._lock = threading.Lock()
        """Held while the map changes: an update takes its arrays over, so copies are made of it
        only between two updates."""
        self._map = mapping.init(config.map, jax.random.key(config.seed))
        self._replacement: mapping.LiveMap | None = None
        self._replaced = False
        self._stamp_ns, self._update_ms, self._losses = 0, 0.0, [float("nan")] * 5
        self._maps, self._surfaces = Every(config.map_rate_hz), Every(config.surface_rate_hz)
        self._integrate = jax.jit(integrate, donate_argnums=1)
        self._occupancy = jax.jit(mapping.occupancy)
        self._exposure = jax.jit(mapping.exposure)
        self._surface = jax.jit(mapping.surface, static_argnums=2)

        self._map_out = self.publisher(OccupancyGrid, "map", qos.LATCHED)
        self._exposure_out = self.publisher(OccupancyGrid, "map/exposure", qos.KEPT)
        self._surface_out = self.publisher(PointCloud2, "map/surface", qos.KEPT)
        self._frame_out = self.publisher(TransformStamped, localisation.TOPIC, qos.KEPT)
        self._tf_out = self.publisher(TFMessage, "tf", qos.TRANSFORM)
        self._status_out = self.publisher(MapStatus, "map/status", qos.STATUS)
        self.start_worker(self._work)
        self.health.extra = self._diagnose

        self.listen(TFMessage, "tf_static", qos.TRANSFORM_STATIC, self._on_mounts)
        self._take_odometry = self.poll(
            Odometry, "odom", qos.SENSOR_HISTORY, self._on_odometry, ODOMETRY_PERIOD_S
        )
        self.listen(PointCloud2, CLOUDS, qos.SENSOR_HISTORY, self._on_points)
        self._store = MapStore(
            self,
            config.autosave_path,
            config.maps_folder,
            config=lambda: self.parameters.value.map,
            snapshot=self._snapshot,
            replace=self._replace,
            fresh=lambda: mapping.init(config.map, jax.random.key(config.seed)),
        )
        if config.autosave_path:
            self.create_timer(config.autosave_period_s, self._autosave)

    def destroy_node(self) -> None:
        """Let a save that is under way end, then destroy the node."""
        self._store.close()
        super().destroy_node()

    def _on_mounts(self, message: TFMessage) -> None:
        for problem in self._mounts.add(message.transforms):
            self.health.refused("tf_static", problem)

    def _on_odometry(self, message: Odometry) -> None:
        state = self._frames.vehicle_state(message)
        self.refuse_future(state.stamp_ns)
        self.health.dropped(self._clouds.add_state(state))
        self._settle()

    def _on_points(self, message: PointCloud2) -> None:
        self._use.arrived(time.monotonic())
        frame, stamp_ns = message.header.frame_id, convert.to_ns(message.header.stamp)
        self.refuse_future(stamp_ns)
        if ahead_s := self._clouds.ahead_s(stamp_ns):
            raise InvalidMessageError(
                f"its stamp is {ahead_s:.1f} s ahead of odometry: do both use the same clock?"
            )
        if self._mounts.lookup(self._frames.base_link, frame) is None:
            raise InvalidMessageError(
                f"no transform leads from {self._frames.base_link} to {frame!r}"
            )
        points = convert_sensors.cloud_points(message, frame)
        self._take_odometry()
        self.health.dropped(self._clouds.add_cloud(Cloud(stamp_ns, frame, points)))
        self._settle()

    def _settle(self) -> None:
        """Give the clouds that odometry has reached to the worker."""
        config = self.parameters.value
        settled = self._clouds.settle(round(1e9 * config.pose_gap_s))
        for _ in settled.unpaired:
            self.health.refused(
                CLOUDS,
                "there are no two odometries around its stamp that are at most pose_gap_s = "
                f"{config.pose_gap_s:g} s apart",
            )
        for pair in settled.pairs:
            problem = self._intake.problem(
                config.map, pair.cloud.stamp_ns, pair.cloud.points.shape, pair.vehicle.position
            )
            if problem:
                self.health.refused(CLOUDS, problem)
            else:
                self.health.dropped(self._backlog.add(pair))
        if settled.pairs and self.worker is not None:
            self.worker.submit(None)

    def _work(self, _: None) -> None:
        """Integrate what waits and publish what is due, on the worker's thread."""
        self._take_replacement()
        while not self.ending and (pair := self._backlog.take()) is not None:
            self._learn(pair)
            self._take_replacement()

    def _take_replacement(self) -> None:
        with self._lock:
            replaced = self._replacement is not None
            if self._replacement is not None:
                self._map, self._replacement = self._replacement, None
        if replaced:
            self._publish_map()

    def _learn(self, pair: Pair) -> None:
        begin = time.monotonic()
        vehicle, cloud = pair
        mount = self._mounts.lookup(self._frames.base_link, cloud.frame)
        assert mount is not None  # checked when the cloud came
        place = (vehicle.position, vehicle.attitude, mount)
        with self._lock:
            self._map, report = self._integrate(
                self.parameters.value.map, self._map, cloud.points, *place
            )
        self._losses = [float(loss) for loss in report.losses]
        jax.block_until_ready(self._map)
        self._stamp_ns = cloud.stamp_ns
        if self._map.alignment is not None:
            self._publish_frame(self._map.alignment.transform)
        elapsed = time.monotonic() - begin
        self._update_ms = 1e3 * elapsed
        self._use.used()
        self.health.produced(elapsed)
        if self._maps.due(self._stamp_ns):
            self._publish_map()
        if self._surfaces.due(self._stamp_ns):
            self._publish_surface()

    def _publish_frame(self, found: mapping.MapToOdom) -> None:
        """Say where the odometry frame lies."""
        x, y = found.shift_m.tolist()
        turn = convert.yaw_rotation(float(found.yaw_rad))
        frame = convert.transform(self._stamp_ns, MAP, self._frames.odom, (x, y, 0.0), turn)
        self._frame_out.publish(frame)
        self._tf_out.publish(TFMessage(transforms=[frame]))

    def _publish_map(self) -> None:
        config = self.parameters.value
        altitude_m = config.map.body.altitude_m
        p, known = map(np.asarray, self._occupancy(config.map, self._map, altitude_m))
        cells = convert.occupancy_cells(p, known)
        spec = mapping.map_grid(config.map)
        self._map_out.publish(convert.occupancy_grid(self._stamp_ns, MAP, spec, cells))
        dropped = self.health.dropped_total + self.health.refused_on(CLOUDS)[0]
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

    def _autosave(self) -> None:
        if self._stamp_ns or self._replaced:  # a map of which nothing is known is no data
            self._store.autosave()

    def _replace(self, state: mapping.LiveMap) -> None:
        """Take another map from the next computation on, and publish it without a scan."""
        with self._lock:
            self._replacement, self._replaced = state, True
        if self.worker is not None:
            self.worker.submit(None)

    def _snapshot(self) -> mapping.LiveMap:
        """Return a copy of the map as it is between two updates; may be called on any thread."""
        with self._lock:
            return jax.tree.map(np.array, self._replacement or self._map)

    def _diagnose(self) -> dict[str, str]:
        """Return values for diagnostics, and say in the node's health what is wrong."""
        starved_s = self._use.starved_s(time.monotonic())
        sentence = ""
        if starved_s:
            why = self.health.refused_on(CLOUDS)[1] or "they wait for the update under way"
            if len(self._clouds):
                why = f"{len(self._clouds)} wait for odometry, {self._clouds.lag_s:.2f} s behind"
            sentence = f"clouds arrive and none was integrated for {starved_s:.0f} s: {why}"
        self.health.problem(WARN if sentence else OK, sentence)
        return {"waiting_for_odometry": str(len(self._clouds)), "backlog": str(len(self._backlog))}


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(LiveMapNode, args)


if __name__ == "__main__":
    raise SystemExit(main())
