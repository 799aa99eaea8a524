# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What can be said of the link to one vehicle. Alone among its neighbours this file loads JAX."""

from __future__ import annotations

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.vehicle.body import BodyConfig
from live_mvp_ros.vehicle.ladder import EscalationConfig
from live_mvp_ros.vehicle.mavlink.autopilot_traits import AutopilotTraits, Demands
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS
from live_mvp_ros.vehicle.quadrotor import QuadrotorConfig


@configuration
class LinkConfig:
    """The link to one vehicle, and when it may be flown."""

    autopilot: str = parameter(
        default="px4", choices=tuple(AUTOPILOTS), help="What flies the vehicle."
    )
    url: str = parameter(
        default="",
        help="udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or serial:DEVICE:BAUD; empty for "
        "where the autopilot's simulator is found.",
    )
    system_id: int = parameter(default=1, low=1, high=255, help="MAVLink system of the vehicle.")
    own_system_id: int = parameter(
        default=255,
        low=1,
        high=255,
        help="MAVLink system of the driver; ArduPilot counts the heartbeats of 255 as those of "
        "the ground station.",
    )
    own_component_id: int = parameter(
        default=191, low=1, high=255, help="MAVLink component of the driver."
    )
    command_timeout_s: float = parameter(
        default=0.1,
        unit="s",
        low=0.02,
        high=0.2,
        help="A command that answers older odometry than this is not passed on.",
    )
    autopilot_timeout_s: float = parameter(
        default=0.5,
        unit="s",
        low=0.2,
        high=2.0,
        help="Without a setpoint for so long the autopilot takes care of itself; set before a "
        "flight, and read back.",
    )
    land_after_s: float = parameter(
        default=5.0,
        unit="s",
        low=1.0,
        high=600.0,
        help="In the air without a command that may be passed on for so long: land.",
    )
    command_rate_max_hz: float = parameter(
        default=100.0, unit="Hz", low=10.0, high=400.0, help="Most setpoints a second."
    )
    odometry_rate_hz: float = parameter(
        default=100.0, unit="Hz", low=20.0, high=100.0, help="Odometry that is asked for."
    )
    heartbeat_timeout_s: float = parameter(
        default=2.5, unit="s", low=1.5, high=30.0, help="Without heartbeats: disconnected."
    )
    settle_s: float = parameter(
        default=3.0,
        unit="s",
        low=0.0,
        high=300.0,
        help="The estimator must have been steady for so long before it is armed.",
    )
    battery_min: float = parameter(
        default=0.3, low=0.0, high=1.0, help="Least share of the battery to take off with."
    )
    origin_m: tuple[float, float, float] = parameter(
        default=(0.0, 0.0, 0.0),
        unit="m",
        help="Where the autopilot's local origin lies, map frame: where it was switched on.",
    )
    origin_yaw_rad: float = parameter(
        default=0.0,
        unit="rad",
        low=-7.0,
        high=7.0,
        help="Heading of east in the map frame.",
    )
    true_origin: tuple[float, float, float] = parameter(
        default=(47.397742, 8.545594, 489.4),
        help="Latitude and longitude [deg] and altitude [m] of the map's origin, for simulators "
        "that tell the true pose.",
    )
    lean_max_rad: float = parameter(
        default=1.0,
        unit="rad",
        low=0.1,
        high=3.2,
        help="A vehicle that leans farther is levelled, whatever the command.",
    )
    body: BodyConfig = BodyConfig()
    vehicle: QuadrotorConfig = QuadrotorConfig()
    escalation: EscalationConfig = EscalationConfig(
        position_uncertain=("level", "land"), tilted=("level", "land")
    )

    def check(self) -> str | None:
        """Refuse an altitude to take off to that is none, and time-outs that leave no room."""
        if self.altitude_m < 0.5:
            return (
                f"body.altitude_m = {self.body.altitude_m:g} is not allowed: it must be 0.5 m or "
                f"more above origin_m[2] = {self.origin_m[2]:g}, where the vehicle stands"
            )
        if self.autopilot_timeout_s < 2.0 * self.command_timeout_s:
            return (
                f"autopilot_timeout_s = {self.autopilot_timeout_s:g} is not allowed: it must be "
                f"at least twice command_timeout_s = {self.command_timeout_s:g}"
            )
        return None

    @property
    def altitude_m(self) -> float:
        """To take off to, above where the vehicle stands."""
        return self.body.altitude_m - self.origin_m[2]

    @property
    def traits(self) -> AutopilotTraits:
        """What is particular to the autopilot."""
        return AUTOPILOTS[self.autopilot]

    @property
    def demands(self) -> Demands:
        """What is wanted of it."""
        return Demands(self.autopilot_timeout_s, self.altitude_m, self.odometry_rate_hz)
