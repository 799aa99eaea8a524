# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of quadrotor_sim: where it starts, its time, and when a command is not flown."""

from __future__ import annotations

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.ros.frames import FramesConfig
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, disturbances, odometry
from live_mvp_ros.vehicle.ladder import EscalationConfig


@configuration
class SimConfig:
    """Parameters of quadrotor_sim."""

    start_position_m: tuple[float, float, float] = parameter(
        default=(1.5, 5.0, 2.0), unit="m", help="Where the vehicle starts, map frame."
    )
    start_yaw_rad: float = parameter(
        default=0.0, unit="rad", low=-7.0, high=7.0, help="Heading at the start."
    )
    real_time_factor: float = parameter(
        default=1.0,
        low=0.01,
        high=100.0,
        live=True,
        help="Simulated seconds per second of wall time.",
    )
    start_paused: bool = parameter(default=False, help="Wait for sim/step or sim/pause.")
    follow_clock: bool = parameter(
        default=False, help="Live in the time of another simulator, which publishes /clock."
    )
    rate_hz: float = parameter(
        default=100.0,
        unit="Hz",
        low=10.0,
        high=1000.0,
        help="Rate of odometry and clock, in simulated time.",
    )
    substeps: int = parameter(default=4, low=1, high=100, help="Integration steps per odometry.")
    command_timeout_s: float = parameter(
        default=0.2,
        unit="s",
        low=0.02,
        high=10.0,
        live=True,
        help="Without a command for so long: hold.",
    )
    command_age_max_s: float = parameter(
        default=0.12,
        unit="s",
        low=0.01,
        high=10.0,
        live=True,
        help="A command that answers older odometry than this is not flown; what that itself "
        "comes late by (odometry.latency_s, odometry.jitter_s) does not count.",
    )
    lean_max_rad: float = parameter(
        default=1.0,
        unit="rad",
        low=0.1,
        high=3.2,
        live=True,
        help="A vehicle that leans farther is levelled, whatever the command.",
    )
    ground_m: float = parameter(
        default=0.0,
        unit="m",
        low=-1e4,
        high=1e4,
        help="Height of the ground, map frame: the vehicle's centre does not get below it.",
    )
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    seed: int = parameter(default=0, low=0, help="Seed of gusts and of the odometry.")
    frames: FramesConfig = FramesConfig()
    body: BodyConfig = BodyConfig()
    vehicle: QuadrotorConfig = QuadrotorConfig()
    odometry: odometry.OdometryConfig = odometry.OdometryConfig()
    disturbances: disturbances.DisturbanceConfig = disturbances.DisturbanceConfig()
    escalation: EscalationConfig = EscalationConfig(commands_late=("hold",), tilted=("level",))

    @property
    def oldest_answered_s(self) -> float:
        """How old the odometry may be that a command answers."""
        return self.command_age_max_s + self.odometry.latency_s + self.odometry.jitter_s

    def check(self) -> str | None:
        """Refuse to move a time that is another simulator's, and to start underground."""
        if self.start_position_m[2] < self.ground_m:
            return (
                f"start_position_m = {self.start_position_m} is not allowed: it must not be below "
                f"ground_m = {self.ground_m:g}"
            )
        if self.follow_clock and self.start_paused:
            return "start_paused is not allowed with follow_clock: the other simulator moves time"
        if self.follow_clock and self.real_time_factor != 1.0:
            return (
                f"real_time_factor = {self.real_time_factor:g} is not allowed with follow_clock: "
                "the other simulator moves time"
            )
        return None
