# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What flies: the body and its limits; the 13-state quadrotor, thrust and body rates as input.

The autopilots below speak MAVLink and are processes without JAX: names load when they are used.
"""

from typing import TYPE_CHECKING

from live_mvp_ros.base.late_imports import names_of

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.body import BodyConfig
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
    "BodyConfig",
    "QuadrotorConfig",
    "QuadrotorState",
    "at_rest",
    "clip_command",
    "derivative",
    "hover_command",
    "rk4_step",
    "simulate",
]

__getattr__ = names_of(
    __name__,
    {
        "body": ("BodyConfig",),
        "quadrotor": (
            "QuadrotorConfig",
            "QuadrotorState",
            "at_rest",
            "clip_command",
            "derivative",
            "hover_command",
            "rk4_step",
            "simulate",
        ),
    },
)
