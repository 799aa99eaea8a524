# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Setpoints of a vehicle: commands of ROS as thrust and body rates that its autopilot flies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2
from live_mvp_ros.vehicle.mavlink.axes import attitude_swapped, body_swapped, turn, yaw_rad
from live_mvp_ros.vehicle.mavlink.clock_offset import ClockOffset
from live_mvp_ros.vehicle.mavlink.estimates import Estimate
from live_mvp_ros.vehicle.mavlink.throttle import HoverEstimator
from live_mvp_ros.vehicle.mavlink.wire import Writer

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig


class Setpoints:
    """Makes the setpoints of one vehicle; the throttle that hovers must be known."""

    def __init__(
        self, config: LinkConfig, writer: Writer, hover: HoverEstimator, clock: ClockOffset
    ) -> None:
        """Make them with ``writer``, by what is estimated of the hover and of the clock."""
        self._vehicle, self._traits = config.vehicle, config.traits
        self._writer, self._hover, self._clock = writer, hover, clock

    def throttle(self, thrust_n: float) -> float:
        """Return the throttle of a thrust, within what the motors and the attitude need."""
        ratio = thrust_n / (self._vehicle.mass_kg * GRAVITY_M_S2)
        ratio = max(0.0, min(ratio, self._vehicle.thrust_ratio_max))
        throttle = self._hover.estimate.throttle * self._traits.curve.throttle(ratio)
        return max(self._traits.throttle_min, min(1.0, throttle))

    def body_rates(self, command: Sequence[float], answers_ns: int) -> tuple[Any, float]:
        """Return the setpoint of a command, rates limited, and its throttle.

        Args:
            command: [4] thrust [N] and body rates [rad/s], FLU.
            answers_ns: steady time of the odometry that it answers: the setpoint's time, by the
                vehicle's clock, so that its log shows how old it is.
        """
        limit = self._vehicle.body_rate_max_rad_s
        x, y, z = (max(-limit, min(limit, rate)) for rate in command[1:])
        throttle, boot_ms = self.throttle(command[0]), self._boot_ms(answers_ns)
        return self._writer.body_rates(boot_ms, body_swapped((x, y, z)), throttle), throttle

    def level(self, estimate: Estimate, now_ns: int) -> tuple[Any, float]:
        """Return the setpoint that levels the vehicle at its heading, and its throttle."""
        throttle = max(self._traits.throttle_min, min(1.0, self._hover.estimate.throttle))
        heading = turn(yaw_rad(attitude_swapped(estimate.attitude)))
        return self._writer.attitude(self._boot_ms(now_ns), heading, throttle), throttle

    def _boot_ms(self, steady_ns: int) -> int:
        boot_ns = steady_ns - self._clock.steady_ns(0) if self._clock.known else 0
        return max(0, boot_ns // 1_000_000) & 0xFFFFFFFF
