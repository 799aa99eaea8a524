# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The synthetic depth camera: looks at the true world from the pose that ``odom`` gives.

That must be the true pose: the graph connects ``odom`` to the simulator's ``ground_truth/odom``.
Everything it publishes carries the stamp of the odometry it was rendered from, which is also that
of the vehicle's own odometry of that moment, so that a subscriber can pair depth and pose exactly.
This is the one node that knows the world.
"""

from __future__ import annotations

import time
from collections import deque

import jax
import numpy as np
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tf2_msgs.msg import TFMessage

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.msg import ObservationPacket
from live_mvp_ros.packets import BodyPose, CameraIntrinsics
from live_mvp_ros.packets.explorer import observation_packet
from live_mvp_ros.packets.world_pictures import WorldPictures
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import cloud_messages, pose_messages
from live_mvp_ros.ros.convert.packet_messages import to_message
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.frames import Frames
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import StartError, run_node
from live_mvp_ros.ros.schedule import Every
from live_mvp_ros.worlds import (
    LINK_TO_OPTICAL_QUATERNION,
    DepthCameraConfig,
    WorldError,
    intrinsics,
    load_world,
    render,
)


@configuration
class DepthConfig:
    """Parameters of gt_depth."""

    world: str = parameter(default="office", help="World to look at: a name or a file.")
    rate_hz: float = parameter(
        default=10.0,
        unit="Hz",
        low=0.1,
        high=100.0,
        help="Rate of depth images, in odometry time.",
    )
    packet_rate_hz: float = parameter(
        default=1.0, unit="Hz", low=0.01, high=100.0, help="Rate of packets/observation."
    )
    packet_modalities: tuple[str, ...] = parameter(
        default=("depth",),
        choices=("rgb", "depth", "normals"),
        help="What patches of packets/observation show; depth is as the camera measures it.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of the sensor noise.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    camera: DepthCameraConfig = DepthCameraConfig()


class GtDepth(GraphNode):
    """One depth camera on one vehicle."""

    def __init__(self) -> None:
        """Declare, compile, publish, then listen."""
        super().__init__("gt_depth", DepthConfig(), inputs=("odom",))
        config = self.parameters.value
        self._frames = Frames(config.frame_prefix)
        try:
            self._world = load_world(config.world)
            self._pictures = self._opened_pictures(config)
        except (WorldError, ValueError) as error:
            raise StartError(str(error)) from None
        self._camera = CameraIntrinsics(
            *intrinsics(config.camera), config.camera.width_px, config.camera.height_px
        )
        self._key = jax.random.key(config.seed)
        self._count, self._packet_tick = 0, 0
        self._images, self._packets = Every(config.rate_hz), Every(config.packet_rate_hz)
        self._previous: BodyPose | None = None
        self._waiting: deque[VehicleState] = deque()  # images that are not due for their latency
        self._render = KeptProgram(render)
        self._seen(np.zeros(3, np.float32), np.array([1, 0, 0, 0], np.float32))

        self._points_out = self.publisher(PointCloud2, "depth/points", qos.SENSOR)
        self._image_out = self.publisher(Image, "depth/image", qos.SENSOR)
        self._info_out = self.publisher(CameraInfo, "depth/camera_info", qos.SENSOR)
        self._packet_out = self.publisher(ObservationPacket, "packets/observation", qos.SENSOR)
        self._tf_static_out = self.publisher(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
        self._tf_static_out.publish(self._mount())

        work = self.start_worker(self._look)
        self.health.extra = lambda: {"overtaken": str(work.dropped)}
        self.listen(Odometry, "odom", qos.SENSOR, self._on_odometry)

    def _opened_pictures(self, config: DepthConfig) -> WorldPictures | None:
        """Return what gives colours and normals, None where packets show neither."""
        if config.packet_modalities == ("depth",):
            return None
        pictures = WorldPictures(self._world.scene, config.camera)
        pictures.images(np.zeros(3, np.float32), np.array([1, 0, 0, 0], np.float32))
        return pictures

    def _mount(self) -> TFMessage:
        """Return the fixed transforms from the body to the optical frame."""
        camera, frames = self.parameters.value.camera, self._frames
        return TFMessage(
            transforms=[
                pose_messages.transform(
                    0,
                    frames.base_link,
                    frames.camera_link,
                    camera.mount_xyz_m,
                    camera.mount_quaternion(),
                ),
                pose_messages.transform(
                    0,
                    frames.camera_link,
                    frames.camera_optical,
                    (0.0, 0.0, 0.0),
                    LINK_TO_OPTICAL_QUATERNION,
                ),
            ]
        )

    def _on_odometry(self, message: Odometry) -> None:
        seen_from = self._frames.vehicle_state(message)
        now_ns = seen_from.stamp_ns
        self.refuse_future(now_ns)
        if self._images.due(now_ns):
            self._waiting.append(seen_from)
        latency_ns = round(1e9 * self.parameters.value.camera.latency_s)
        while self._waiting and not 0 <= now_ns - self._waiting[0].stamp_ns < latency_ns:
            state = self._waiting.popleft()
            if self.worker is not None and not self.worker.submit(state):
                self.health.dropped()

    def _seen(self, position: np.ndarray, attitude: np.ndarray) -> np.ndarray:
        """Return the points [height, width, 3] seen from a body pose, optical frame."""
        key = jax.random.fold_in(self._key, self._count)
        self._count += 1
        camera = self.parameters.value.camera
        return np.asarray(self._render(camera, self._world.scene, position, attitude, key))

    def _look(self, state: VehicleState) -> None:
        """Render and publish, on the worker's thread."""
        begin = time.monotonic()
        points = self._seen(state.position, state.attitude)
        stamp, frame = state.stamp_ns, self._frames.camera_optical
        self._points_out.publish(cloud_messages.cloud(stamp, frame, points, ("x", "y", "z")))
        self._image_out.publish(cloud_messages.depth_image(stamp, frame, points[..., 2]))
        camera = self._camera
        self._info_out.publish(
            cloud_messages.camera_info(
                stamp,
                frame,
                (camera.width, camera.height),
                (camera.fx, camera.fy),
                (camera.cx, camera.cy),
            )
        )
        if self._packets.due(stamp):
            self._publish_packet(state, points[..., 2])
        self.health.produced(time.monotonic() - begin)

    def _publish_packet(self, state: VehicleState, depth_m: np.ndarray) -> None:
        body = BodyPose(tuple(state.position.tolist()), tuple(state.attitude.tolist()))
        images = {"depth": depth_m}
        if self._pictures is not None:
            images |= self._pictures.images(state.position, state.attitude)
        packet = observation_packet(
            state.stamp_ns,
            self._frames.camera_optical,
            self._packet_tick,
            self._world.name,
            self._camera,
            {kind: images[kind] for kind in self.parameters.value.packet_modalities},
            body,
            self._previous or body,
        )
        self._packet_out.publish(to_message(packet))
        self._packet_tick, self._previous = self._packet_tick + 1, body


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(GtDepth, args)
