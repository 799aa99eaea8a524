# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The body that flies: Newton and Euler with linear drag, and a floor at its feet.

    v' = R(q) f + g - drag v        q' = 1/2 q (0, w)        w' = control - damping w

with the specific force f of the motors along body -z. Semi-implicit Euler steps, as PX4's SIH.
While it stands, the vehicle is frozen: nothing moves it but more thrust than its weight. Where it
touches down, however hard, it stands upright; the hardest touch is remembered.
"""

from __future__ import annotations

import dataclasses

from live_mvp_ros.vehicle.simulated_autopilot import attitude_math
from live_mvp_ros.vehicle.simulated_autopilot.airframe import GRAVITY_M_S2, Airframe
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import ZERO, Quaternion, Vector
from live_mvp_ros.vehicle.simulated_autopilot.motors import Motors


@dataclasses.dataclass
class RigidBody:
    """True state of the vehicle."""

    airframe: Airframe
    motors: Motors
    attitude: Quaternion
    position_m: Vector = ZERO
    """NED from where it booted; the floor is at 0."""
    velocity_m_s: Vector = ZERO
    rates_rad_s: Vector = ZERO
    specific_force_m_s2: Vector = (0.0, 0.0, -GRAVITY_M_S2)
    """What its accelerometer feels, FRD."""
    on_ground: bool = True
    hardest_touch_m_s: float = 0.0

    def step(self, dt_s: float, throttles: tuple[float, float, float, float]) -> None:
        """Move on by ``dt_s`` with the throttle of each motor held."""
        frame = self.airframe
        thrust_g, turning = self.motors.step(dt_s, throttles)
        force = (0.0, 0.0, -thrust_g * GRAVITY_M_S2)
        n, e, d = attitude_math.rotate(self.attitude, force)
        vn, ve, vd = self.velocity_m_s
        k = frame.drag_per_s
        an, ae, ad = n - k * vn, e - k * ve, d - k * vd + GRAVITY_M_S2
        if self.on_ground and ad >= 0.0:
            self.specific_force_m_s2 = (0.0, 0.0, -GRAVITY_M_S2)
            return
        self.on_ground = False
        p, q, r = self.rates_rad_s
        cp, cq, cr = frame.damping_per_s
        self.rates_rad_s = (
            p + dt_s * (turning[0] - cp * p),
            q + dt_s * (turning[1] - cq * q),
            r + dt_s * (turning[2] - cr * r),
        )
        self.attitude = attitude_math.turned(self.attitude, self.rates_rad_s, dt_s)
        vn, ve, vd = vn + dt_s * an, ve + dt_s * ae, vd + dt_s * ad
        pn, pe, pd = self.position_m
        self.velocity_m_s = (vn, ve, vd)
        self.position_m = (pn + dt_s * vn, pe + dt_s * ve, pd + dt_s * vd)
        back = attitude_math.conjugate(self.attitude)
        dx, dy, dz = attitude_math.rotate(back, (-k * vn, -k * ve, -k * vd))
        self.specific_force_m_s2 = (dx, dy, force[2] + dz)
        if self.position_m[2] >= 0.0 and vd > 0.0:
            self._touch_down(vd)

    def _touch_down(self, speed_m_s: float) -> None:
        self.hardest_touch_m_s = max(self.hardest_touch_m_s, speed_m_s)
        n, e, _ = self.position_m
        self.position_m = (n, e, 0.0)
        self.velocity_m_s = self.rates_rad_s = ZERO
        self.attitude = attitude_math.from_euler(0.0, 0.0, attitude_math.yaw_of(self.attitude))
        self.on_ground = True
