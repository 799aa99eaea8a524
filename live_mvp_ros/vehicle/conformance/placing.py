# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Flies a rig between checks: to a place by position, attitude and thrust, in plain numbers.

A proportional-derivative law for the acceleration and a proportional one for the attitude, as
in Lee, Leok and McClamroch, "Geometric tracking control of a quadrotor UAV on SE(3)" (2010), with
small angles. It is slow on purpose: real autopilots answer within 0.1 s.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from live_mvp_ros.vehicle.conformance.recorded_flight import Heard, Recorded
from live_mvp_ros.vehicle.conformance.rig import Command, Rig
from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2
from live_mvp_ros.vehicle.mavlink.axes import (
    Quaternion,
    Vector,
    conjugate,
    rotated,
    tilt_rad,
    yaw_rad,
)
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase

STRAY_M, LEAN_RAD = 6.0, 1.2
"""Farther from its place, or leaning more, a vehicle is not flown on."""
ARRIVED_M, ARRIVED_M_S = 0.1, 0.15
GROUNDED = (Phase.STANDBY, Phase.CHECKED, Phase.ARMED, Phase.LANDING, Phase.LANDED)
NEUTRAL: Vector = (0.0, 0.0, 0.0)
_POSITION, _VELOCITY, _ATTITUDE, _YAW = 1.5, 2.2, 6.0, 1.0
_HARDEST_M_S2, _FASTEST_RAD_S = 3.0, 3.0
_LEAST_LIFT_M_S2 = 2.0

Sender = Callable[["Placing", Heard], None]
"""Sends what is to be sent in answer to an odometry."""


class AstrayError(Exception):
    """The vehicle does not go where it is flown to; the text is one sentence."""


class Placing:
    """Of one rig; belongs to one thread.

    Attributes:
        rig: that is flown.
        home_m: where the flight began; checks are flown around it.
        goal_m, goal_yaw_rad: where it is flown to.
        in_flight: it is to be in the air now.
    """

    def __init__(self, rig: Rig) -> None:
        """Stay where the vehicle is now; its odometry must have come."""
        self.rig, self.in_flight = rig, False
        self.here()
        self.home_m = self.goal_m

    def here(self) -> None:
        """Have it stay where it is now."""
        last = self.latest
        self.goal_m, self.goal_yaw_rad = last.position_m, yaw_rad(last.attitude)

    @property
    def latest(self) -> Heard:
        """The latest odometry."""
        return self.rig.odometry[-1]

    def command(self, at: Heard) -> Command:
        """Return the command that leads to the goal."""
        ax, ay, az = (
            min(max(_POSITION * (goal - p) - _VELOCITY * v, -_HARDEST_M_S2), _HARDEST_M_S2)
            for goal, p, v in zip(self.goal_m, at.position_m, at.velocity_m_s, strict=True)
        )
        x, y, z = rotated(conjugate(at.attitude), (ax, ay, az + GRAVITY_M_S2))
        rates = (
            -_ATTITUDE * y / GRAVITY_M_S2,
            _ATTITUDE * x / GRAVITY_M_S2,
            _YAW * turned(self.goal_yaw_rad, yaw_rad(at.attitude)),
        )
        roll, pitch, yaw = (min(max(rate, -_FASTEST_RAD_S), _FASTEST_RAD_S) for rate in rates)
        return self.rig.mass_kg * max(_LEAST_LIFT_M_S2, z), roll, pitch, yaw

    def fly(
        self,
        seconds: float,
        send: Sender | None = None,
        until: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Answer each odometry for so long; return whether ``until`` came true.

        Args:
            seconds: in the time of the stamps.
            send: sends the answers; by default the command that leads to the goal.
            until: ends it.

        Raises:
            AstrayError: the vehicle has gone too far, or leans too much.
            RigError: it is not heard any more.
        """
        end_s, answered = self.rig.now_s() + seconds, len(self.rig.odometry)
        while self.rig.now_s() < end_s:
            self.rig.wait()
            if len(self.rig.odometry) > answered:
                answered = len(self.rig.odometry)
                (send or to_goal)(self, self.latest)
                self._watch()
            if until():
                return True
        return False

    def settle(self, limit_s: float = 8.0) -> bool:
        """Fly to the goal; return whether it has come to rest there in time."""
        return self.fly(limit_s, until=self.arrived)

    def arrived(self) -> bool:
        """Return whether it is at its goal, and at rest."""
        at = self.latest
        near = math.dist(at.position_m, self.goal_m) <= ARRIVED_M
        turns = abs(turned(self.goal_yaw_rad, yaw_rad(at.attitude)))
        return near and math.hypot(*at.velocity_m_s) <= ARRIVED_M_S and turns <= 0.15

    @property
    def phase(self) -> Phase:
        """The phase that the driver says; FLYING without one."""
        if not self.rig.has_driver:
            return Phase.FLYING
        return Phase(self.rig.said[-1].phase) if self.rig.said else Phase.DISCONNECTED

    @property
    def reason(self) -> str:
        """Why, in the driver's words."""
        return self.rig.said[-1].reason if self.rig.said else "the driver says nothing"

    def recorded(self, begin: Begin, marks: dict[str, float]) -> Recorded:
        """Return what has come since ``begin``."""
        rig = self.rig
        return Recorded(
            tuple(rig.odometry[max(0, begin[0] - 1) :]),
            tuple(rig.truth[begin[1] :]),
            tuple(rig.said[max(0, begin[2] - 1) :]),
            tuple(rig.setpoints_s[begin[3] :]),
            dict(marks),
            self.goal_m,
        )

    def begin(self) -> Begin:
        """Return where a recording begins."""
        rig = self.rig
        return len(rig.odometry), len(rig.truth), len(rig.said), len(rig.setpoints_s)

    def _watch(self) -> None:
        at = self.latest
        far_m, lean = math.dist(at.position_m, self.home_m), tilt_rad(at.attitude)
        if not far_m <= STRAY_M:
            raise AstrayError(f"it has gone {far_m:.1f} m from where it was flown")
        if self.in_flight and self.phase in GROUNDED:
            raise AstrayError(
                f"it does not fly any more: {self.reason or self.phase.name.lower()}"
            )
        if not lean <= LEAN_RAD:
            raise AstrayError(f"it leans by {math.degrees(lean):.0f} degrees")


Begin = tuple[int, int, int, int]


def to_goal(placing: Placing, at: Heard) -> None:
    """Send the command that leads to the goal."""
    placing.rig.send(placing.command(at), at.stamp_ns)


def neutral(placing: Placing, at: Heard) -> None:
    """Send the command that keeps a level vehicle level, whatever its axes are."""
    placing.rig.send(hovering(placing, NEUTRAL), at.stamp_ns)


def silent(placing: Placing, at: Heard) -> None:
    """Send nothing."""


def hovering(placing: Placing, rates_rad_s: Vector, lift: float = 1.0) -> Command:
    """Return a command of body rates, and of a thrust that is ``lift`` times the weight."""
    return (lift * placing.rig.mass_kg * GRAVITY_M_S2, *rates_rad_s)


def turned(to_rad: float, from_rad: float) -> float:
    """Return the angle from one heading to another, in [-pi, pi]."""
    return math.remainder(to_rad - from_rad, 2.0 * math.pi)


def ahead(attitude: Quaternion, v: Vector) -> Vector:
    """Return a vector of the world by its parts ahead, to the left and up of a heading."""
    yaw = yaw_rad(attitude)
    c, s = math.cos(yaw), math.sin(yaw)
    return c * v[0] + s * v[1], c * v[1] - s * v[0], v[2]
