# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live map: pairs each cloud with the pose of its stamp, learns, publishes what is known.

Clouds are those of ``depth/points``, of whatever layout, or the depth images of ``depth/image``;
both become rays of one size as they come. A cloud waits until odometry has reached its stamp,
however late that comes, and gets the pose between the two odometries around it, and the mount of
its sensor from tf. The worker integrates the clouds in the order of their stamps
and publishes what is due. When it cannot keep up, those that are 0.3 s older than the newest are
overtaken: a map that is asked for a way is never older than that and one update.

The parameters ``odometry.*`` say how good the odometry is expected to be. Where it drifts, each
cloud is aligned with the map first, and ``map_to_odom`` and ``tf`` say where the odometry frame
lies. With ``frames.map_to_odom: external`` somebody else says that on ``tf``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from live_mvp_ros import mapping
from live_mvp_ros.nodes.live_map.cloud_queue import Backlog, Cloud, CloudQueue, Pair, Use
from live_mvp_ros.nodes.live_map.frame_input import FrameInput
from live_mvp_ros.nodes.live_map.map_outputs import MapOutputs
from live_mvp_ros.nodes.live_map.map_parameters import MapConfig
from live_mvp_ros.nodes.live_map.map_store import MapStore
from live_mvp_ros.nodes.live_map.sensor_input import CAMERA, CLOUDS, IMAGES, TOPIC, SensorInput
from live_mvp_ros.nodes.live_map.shared_map import SharedMap
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import headers
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.diagnostics import OK, STALE_AFTER_S, WARN
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.running import run_node
from live_mvp_ros.ros.schedule import Every

ODOMETRY_PERIOD_S = 0.05
BEHIND_S = 0.5
"""Clouds that are ahead of odometry by more than this wait for that and for nothing else."""


class LiveMapNode(GraphNode):
    """The map of one vehicle."""

    def __init__(self) -> None:
        """Declare, publish, then listen and restore; the first scan compiles."""
        super().__init__("live_map", MapConfig(), inputs=("odom",))
        config = self.parameters.value
        self._source = TOPIC[config.input]
        self.health.needs(self._source)
        self._frames, self._sensor = Frames(config.frame_prefix), SensorInput()
        self._in_map = False  # odometry is given in the map
        self._clouds, self._backlog, self._intake = CloudQueue(), Backlog(), mapping.Intake()
        self._use = Use(STALE_AFTER_S)
        self._map = SharedMap(mapping.init(config.map, jax.random.key(config.seed)))
        self._stamp_ns, self._update_ms, self._losses = 0, 0.0, [float("nan")] * 5
        self._maps, self._surfaces = Every(config.map_rate_hz), Every(config.surface_rate_hz)
        self._fields = Every(config.fields_rate_hz) if config.fields_rate_hz > 0.0 else None
        self._outputs = MapOutputs(self, self._frames.odom, self._source)
        self._outputs.publish_geometry(config.map, self.get_clock().now().nanoseconds)
        self.start_worker(self._work)
        self.health.extra = self._diagnose

        external = config.frames.map_to_odom == "external"
        self._places = FrameInput(self, self._frames, external, self._outputs.follow)
        self._take_odometry = self.poll(
            Odometry, "odom", qos.SENSOR_HISTORY, self._on_odometry, ODOMETRY_PERIOD_S
        )
        if config.input == "points":
            self.listen(PointCloud2, CLOUDS, qos.SENSOR, self._on_points)
        else:
            self.listen(CameraInfo, CAMERA, qos.SENSOR, self._sensor.take_camera)
            self.listen(Image, IMAGES, qos.SENSOR, self._on_image)
        self._store = MapStore(
            self,
            config.autosave_path,
            config.maps_folder,
            config=lambda: self.parameters.value.map,
            snapshot=self._map.snapshot,
            replace=self._replace,
            fresh=lambda: mapping.init(config.map, jax.random.key(config.seed)),
        )
        if config.autosave_path:
            self.create_timer(config.autosave_period_s, self._autosave)

    def destroy_node(self) -> None:
        """Let a save that is under way end, then destroy the node."""
        self._store.close()
        super().destroy_node()

    def _on_odometry(self, message: Odometry) -> None:
        state = self._frames.vehicle_state(message)
        self.refuse_future(state.stamp_ns)
        self._in_map = message.header.frame_id == MAP
        self.health.dropped(self._clouds.add_state(state))
        self._settle()

    def _on_points(self, message: PointCloud2) -> None:
        self._take_cloud(message, self._sensor.cloud)

    def _on_image(self, message: Image) -> None:
        self._take_cloud(message, self._sensor.image)

    def _take_cloud(self, message: Any, read: Callable[..., mapping.SensorRays]) -> None:
        self._use.arrived(time.monotonic())
        frame, stamp_ns = message.header.frame_id, headers.to_ns(message.header.stamp)
        self.refuse_future(stamp_ns)
        if ahead_s := self._clouds.ahead_s(stamp_ns):
            raise InvalidMessageError(
                f"its stamp is {ahead_s:.1f} s ahead of odometry: do both use the same clock?"
            )
        if not frame:
            raise InvalidMessageError("it names no frame in which its points are")
        config = self.parameters.value
        rays = read(config.sensor, message, config.map.resolution_m)
        self._take_odometry()
        self._places.take()
        self.health.dropped(self._clouds.add_cloud(Cloud(stamp_ns, frame, rays)))
        self._settle()

    def _place(self, cloud: Cloud, state: VehicleState) -> tuple[VehicleState, np.ndarray]:
        """Return where a cloud was, or raise NoTransformError."""
        mount = self._places.mount(cloud.frame, cloud.stamp_ns)
        return state if self._in_map else self._places.in_map(state), mount

    def _settle(self) -> None:
        """Give the clouds that odometry has reached to the worker."""
        config = self.parameters.value
        waits = (round(1e9 * config.pose_gap_s), round(1e9 * config.transform_wait_s))
        settled = self._clouds.settle(*waits, self._place)
        for reason in settled.astray:
            self.health.refused(self._source, reason)
        for _ in settled.unpaired:
            self.health.refused(
                self._source,
                "there are no two odometries around its stamp that are at most pose_gap_s = "
                f"{config.pose_gap_s:g} s apart",
            )
        for pair in settled.pairs:
            problem = self._intake.problem(
                config.map,
                pair.cloud.stamp_ns,
                pair.cloud.rays.points.shape,
                pair.vehicle.position,
            )
            if problem:
                self.health.refused(self._source, problem)
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
        if self._map.take_replacement():
            self._publish_map()

    def _learn(self, pair: Pair) -> None:
        begin = time.monotonic()
        vehicle, cloud, mount = pair
        place = (vehicle.position, vehicle.attitude, mount)
        config = self.parameters.value
        self._losses = self._map.learn(config.map, cloud.rays, *place)
        self._stamp_ns = cloud.stamp_ns
        if self._map.current.alignment is not None:
            self._outputs.publish_frame(self._stamp_ns, self._map.current.alignment.transform)
        elapsed = time.monotonic() - begin
        self._update_ms = 1e3 * elapsed
        self._use.used()
        self.health.produced(elapsed)
        if self._maps.due(self._stamp_ns):
            self._publish_map()
        if self._fields is not None and self._fields.due(self._stamp_ns):
            self._outputs.publish_fields(config.map, self._map.current, self._stamp_ns)
        if self._surfaces.due(self._stamp_ns):
            self._outputs.publish_surface(
                config.map, self._map.current, self._stamp_ns, config.surface_points
            )

    def _publish_map(self) -> None:
        config, state = self.parameters.value.map, self._map.current
        self._outputs.publish_map(config, state, self._stamp_ns, self._losses, self._update_ms)

    def _autosave(self) -> None:
        if self._stamp_ns or self._map.replaced:  # a map of which nothing is known is no data
            self._store.autosave()

    def _replace(self, state: mapping.LiveMap) -> None:
        """Take another map from the next computation on, and publish it without a scan."""
        self._map.replace(state)
        if self.worker is not None:
            self.worker.submit(None)

    def _diagnose(self) -> dict[str, str]:
        """Return values for diagnostics, and say in the node's health what is wrong."""
        starved_s = self._use.starved_s(time.monotonic())
        sentence = ""
        if starved_s:
            why = self.health.refused_on(self._source)[1] or "they wait for the update under way"
            if len(self._clouds) and self._clouds.lag_s > BEHIND_S:
                why = f"{len(self._clouds)} wait for odometry, {self._clouds.lag_s:.2f} s behind"
            sentence = f"clouds arrive and none was integrated for {starved_s:.0f} s: {why}"
        self.health.problem(WARN if sentence else OK, sentence)
        waiting = {
            "waiting_for_odometry": str(len(self._clouds)),
            "backlog": str(len(self._backlog)),
        }
        return waiting | self._places.values()


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(LiveMapNode, args)
