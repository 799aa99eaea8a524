# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of policy_controller: the policy, and what every controller is told."""

from __future__ import annotations

from typing import ClassVar

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.control import ControllerConfig, MissionConfig, SafetyConfig
from live_mvp_ros.control.observer import ObserverConfig
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.ladder import EscalationConfig


@configuration
class FlownConfig:
    """What a policy's command goes through; nothing is planned here."""

    latency_s: float = parameter(
        default=0.005,
        unit="s",
        low=0.0,
        high=0.2,
        live=True,
        help="Time from the odometry until the command acts, its age apart.",
    )
    lower_m: tuple[float, float, float] = parameter(
        default=(-100.0, -100.0, 0.0),
        unit="m",
        help="Lower corner of the volume to fly in, map frame.",
    )
    upper_m: tuple[float, float, float] = parameter(
        default=(100.0, 100.0, 3.0),
        unit="m",
        help="Upper corner of the volume to fly in, map frame.",
    )
    safety: SafetyConfig = SafetyConfig()
    body: BodyConfig = BodyConfig()
    vehicle: QuadrotorConfig = QuadrotorConfig()
    observer: ObserverConfig = ObserverConfig()

    def check(self) -> str | None:
        """Refuse an empty volume."""
        return self.as_controller().check()

    def as_controller(self) -> ControllerConfig:
        """Return the same as the configuration of a controller that plans nothing."""
        return ControllerConfig(
            latency_s=self.latency_s,
            lower_m=self.lower_m,
            upper_m=self.upper_m,
            safety=self.safety,
            body=self.body,
            vehicle=self.vehicle,
            observer=self.observer,
        )


@configuration
class PolicyConfig:
    """Parameters of policy_controller; those of what commands go through have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("flown",)

    checkpoint: str = parameter(
        default="", help="File of the policy, policy.npz of a training; there is no default."
    )
    rate_hz: float = parameter(
        default=50.0, unit="Hz", low=5.0, high=500.0, help="Rate of commands, in node time."
    )
    late_periods: int = parameter(
        default=3,
        low=1,
        high=100,
        help="Hold is said to be the machine's fault when ticks come so many periods apart.",
    )
    autostart: bool = parameter(default=True, help="Fly as soon as everything is there.")
    jump_limit_m: float = parameter(
        default=1.0,
        unit="m",
        low=0.05,
        high=1000.0,
        live=True,
        help="Hold until explore/start when map_to_odom moves the vehicle by more at once.",
    )
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    flown: FlownConfig = FlownConfig()
    mission: MissionConfig = MissionConfig()
    escalation: EscalationConfig = EscalationConfig(odometry_age_max_s=1.0, odometry_old=("hold",))

    @property
    def controller(self) -> ControllerConfig:
        """Body, vehicle, fence and filter, as everybody who steers has them."""
        return self.flown.as_controller()
