# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What flies: the 13-state quadrotor with collective thrust and body-rate input."""

from live_mvp_ros.vehicle.quadrotor import (
    QuadrotorConfig,
    QuadrotorState,
    at_rest,
    clip_command,
    derivative,
    hover_command,
    rk4_step,
    simulate,
)

__all__ = [
    "QuadrotorConfig",
    "QuadrotorState",
    "at_rest",
    "clip_command",
    "derivative",
    "hover_command",
    "rk4_step",
    "simulate",
]
