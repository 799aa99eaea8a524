# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds, or depth images with their CameraInfo, as rays of one size."""

from __future__ import annotations

import numpy as np
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

from live_mvp_ros.mapping.lens import MODELS, Lens, looks
from live_mvp_ros.mapping.sensor_config import RangeSensorConfig
from live_mvp_ros.mapping.sensor_scan import Sensor, SensorRays
from live_mvp_ros.ros.convert import cloud_messages, depth_messages
from live_mvp_ros.ros.refusals import InvalidMessageError

CLOUDS = "depth/points"
IMAGES = "depth/image"
CAMERA = "depth/camera_info"
TOPIC = {"points": CLOUDS, "depth_image": IMAGES}
"""Where what is mapped comes from, by the parameter ``input``."""
_MOST_PIXELS = 1 << 16
"""Of an image about so many are looked at: a thing as wide as two of those is not overlooked."""


class SensorInput:
    """Reads what one sensor publishes; used by one thread."""

    def __init__(self) -> None:
        """Know no camera yet."""
        self._sensor = Sensor()
        self._info: CameraInfo | None = None
        self._lens: tuple[Lens, tuple[int, int]] | None = None
        self._looks: np.ndarray | None = None

    @property
    def fixed(self) -> bool:
        """Whether the pixels of its clouds always look in the same directions."""
        return self._sensor.fixed

    def take_camera(self, message: CameraInfo) -> None:
        """Hear how the camera looks.

        Raises:
            InvalidMessageError: it is not calibrated, or has a lens that is not known.
        """
        matrix = depth_messages.camera_matrix(message)
        given = depth_messages.distortion(message, MODELS)
        lens = Lens(*matrix, coefficients=given + (0.0,) * (8 - len(given)))
        known = (lens, (int(message.height), int(message.width)))
        if known != self._lens:
            self._lens, self._looks = known, None
        self._info = message

    def cloud(self, config: RangeSensorConfig, message: PointCloud2, exact_m: float) -> SensorRays:
        """Return the rays of a cloud; see ``Sensor.rays`` for ``exact_m``.

        Raises:
            InvalidMessageError: it cannot be read.
        """
        points = cloud_messages.sensor_points(message, config.integer_unit_m, _MOST_PIXELS)
        return self._sensor.rays(config, points, exact_m)

    def image(self, config: RangeSensorConfig, message: Image, exact_m: float) -> SensorRays:
        """Return the rays of a depth image; see ``Sensor.rays`` for ``exact_m``.

        Raises:
            InvalidMessageError: it cannot be read, or its camera is not known.
        """
        if self._lens is None or self._info is None:
            raise InvalidMessageError(
                f"nothing has come on {CAMERA} that says where its pixels look"
            )
        depth_messages.check_size(message, self._info)
        if self._looks is None:
            lens, shape = self._lens
            self._looks = looks(lens, *depth_messages.read_pixels(shape, _MOST_PIXELS))
        points = depth_messages.depth_points(message, self._looks, _MOST_PIXELS)
        return self._sensor.rays(config, points, exact_m, self._looks)
