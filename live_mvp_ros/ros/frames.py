# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frame names (REP 105) of one vehicle, and who says where its odometry lies in the map.

map -> <prefix>odom -> <prefix>base_link -> <prefix>depth_camera_link ->
<prefix>depth_camera_optical_frame. All vehicles share ``map``.
"""

from __future__ import annotations

import dataclasses

from nav_msgs.msg import Odometry

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState, vehicle_state

MAP = "map"


@configuration
class FramesConfig:
    """Who says where frames lie."""

    map_to_odom: str = parameter(
        default="identity",
        choices=("identity", "external"),
        help="Who says where odom lies in map. identity: both are the same, as the simulator "
        "publishes, or live_map finds it where odometry drifts; external: somebody else on tf.",
    )


@dataclasses.dataclass(frozen=True)
class Frames:
    """The frames of the vehicle whose names begin with ``prefix``."""

    prefix: str = ""

    @property
    def odom(self) -> str:
        """Return the frame in which odometry is given."""
        return f"{self.prefix}odom"

    @property
    def base_link(self) -> str:
        """Return the body frame (FLU)."""
        return f"{self.prefix}base_link"

    @property
    def camera_link(self) -> str:
        """Return the camera's body frame (FLU)."""
        return f"{self.prefix}depth_camera_link"

    @property
    def camera_optical(self) -> str:
        """Return the camera's optical frame (x right, y down, z forward)."""
        return f"{self.prefix}depth_camera_optical_frame"

    def vehicle_state(self, message: Odometry) -> VehicleState:
        """Return the state of this vehicle, given in its odom frame or in the map.

        Raises:
            InvalidMessageError: it is not usable, or describes another body.
        """
        return vehicle_state(message, (self.odom, MAP), self.base_link)
