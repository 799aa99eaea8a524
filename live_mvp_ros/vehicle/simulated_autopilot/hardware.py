# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One vehicle as its firmware finds it: body, motors, sensors, battery, parameters and a voice."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

from live_mvp_ros.vehicle.simulated_autopilot import attitude_math
from live_mvp_ros.vehicle.simulated_autopilot.airframe import GRAVITY_M_S2, Airframe
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import Vector
from live_mvp_ros.vehicle.simulated_autopilot.battery_charge import Battery
from live_mvp_ros.vehicle.simulated_autopilot.estimator import Estimator
from live_mvp_ros.vehicle.simulated_autopilot.motors import Motors
from live_mvp_ros.vehicle.simulated_autopilot.parameter_table import ParameterTable
from live_mvp_ros.vehicle.simulated_autopilot.rigid_body import RigidBody

STEP_S = 0.002
"""Step of the physics: 500 Hz."""


@dataclasses.dataclass
class Hardware:
    """What a firmware flies."""

    body: RigidBody
    estimator: Estimator
    battery: Battery
    parameters: ParameterTable
    tell: Callable[[int, str], None]
    """Send a STATUSTEXT: severity, text."""
    time_s: float = 0.0
    """Since boot."""
    armed: bool = False

    @property
    def altitude_m(self) -> float:
        """Believed height above where it booted."""
        return -self.estimator.position_m[2]

    @property
    def climb_m_s(self) -> float:
        """Believed climb rate."""
        return -self.estimator.velocity_m_s[2]

    @property
    def yaw_rad(self) -> float:
        """Heading, from north to east."""
        return attitude_math.yaw_of(self.body.attitude)

    @property
    def acceleration_m_s2(self) -> Vector:
        """Believed acceleration, NED."""
        n, e, d = attitude_math.rotate(self.body.attitude, self.body.specific_force_m_s2)
        return (n, e, d + GRAVITY_M_S2)


def assemble(
    airframe: Airframe,
    battery: Battery,
    parameters: ParameterTable,
    tell: Callable[[int, str], None],
    *,
    settle_s: float,
    gyro_cutoff_hz: float,
    wander_m: float,
    yaw_rad: float,
    seed: int,
) -> Hardware:
    """Return a vehicle that has just booted, on the floor, with a heading (north to east)."""
    attitude = attitude_math.from_euler(0.0, 0.0, yaw_rad)
    body = RigidBody(airframe, Motors(airframe), attitude)
    noise = random.Random(seed)
    estimator = Estimator(body, settle_s, wander_m, noise, STEP_S, gyro_cutoff_hz)
    return Hardware(body, estimator, battery, parameters, tell)
