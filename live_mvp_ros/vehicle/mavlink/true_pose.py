# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""HIL_STATE_QUATERNION (115) -> where the vehicle truly is; only simulators send it.

It gives latitude and longitude in 1e-7 degrees, which are 11 mm (``TrueTrack`` is finer). On the
flat about an origin, on PX4's sphere of 6371 km:

    east = R cos(lat0) (lon - lon0)      north = R (lat - lat0)      up = alt - alt0
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from live_mvp_ros.vehicle.mavlink.axes import (
    Quaternion,
    Vector,
    attitude_swapped,
    body_swapped,
    multiplied,
    rotated,
    turn,
    world_swapped,
)

EARTH_RADIUS_M = 6_371_000.0
SMOOTHED_S = 0.3
"""Time over which the steps of a position are smoothed."""
TRACKED_S, STEP_M = 0.2, 0.05
"""After a longer gap, or a farther step, the track begins anew: it was reset."""


class PlacedPose(NamedTuple):
    """A pose and how it moves, in the map frame (velocity too) and FLU."""

    position_m: Vector
    velocity_m_s: Vector
    attitude: Quaternion
    body_rates_rad_s: Vector


def placed(
    position_m: Vector,
    velocity_m_s: Vector,
    attitude: Quaternion,
    body_rates_rad_s: Vector,
    origin_m: Vector,
    east_yaw_rad: float,
) -> PlacedPose:
    """Return what is given in ENU about an origin in the map, where east has a heading."""
    q = turn(east_yaw_rad)
    x, y, z = rotated(q, position_m)
    at = (x + origin_m[0], y + origin_m[1], z + origin_m[2])
    return PlacedPose(at, rotated(q, velocity_m_s), multiplied(q, attitude), body_rates_rad_s)


class TrueTrack:
    """The true pose, finer than it is told; belongs to one thread.

    Latitude and longitude come in steps of 1.1 cm, by which walls would be seen in two rows of
    cells; the velocity is told finer. So the way is summed up from that, and drawn towards the
    position that is told, slowly enough that the steps are smoothed.
    """

    def __init__(self) -> None:
        """Have heard nothing."""
        self._before: PlacedPose | None = None
        self._before_s = 0.0

    def follow(self, told: PlacedPose, now_s: float) -> PlacedPose:
        """Return the pose at a time, by what is told of it then."""
        passed_s, before = now_s - self._before_s, self._before
        if before is not None and 0.0 < passed_s <= TRACKED_S:
            half_s = 0.5 * passed_s
            led = [
                p + half_s * (v + w)
                for p, v, w in zip(
                    before.position_m, before.velocity_m_s, told.velocity_m_s, strict=True
                )
            ]
            if math.dist(led, told.position_m) <= STEP_M:
                share = passed_s / (SMOOTHED_S + passed_s)
                x, y, z = (a + share * (b - a) for a, b in zip(led, told.position_m, strict=True))
                told = told._replace(position_m=(x, y, z))
        self._before, self._before_s = told, now_s
        return told


def true_pose(
    message: Any, origin: tuple[float, float, float], east_yaw_rad: float
) -> PlacedPose | None:
    """Return the true pose, None for a message that holds none.

    Args:
        message: of a vehicle.
        origin: latitude [deg], longitude [deg] and altitude [m] of the map's origin.
        east_yaw_rad: heading of east in the map.
    """
    if message.get_type() != "HIL_STATE_QUATERNION":
        return None
    latitude, longitude, altitude_m = origin
    shrunk_m = EARTH_RADIUS_M * math.cos(math.radians(latitude))
    position = (
        math.radians(1e-7 * message.lon - longitude) * shrunk_m,
        math.radians(1e-7 * message.lat - latitude) * EARTH_RADIUS_M,
        1e-3 * message.alt - altitude_m,
    )
    velocity = world_swapped((0.01 * message.vx, 0.01 * message.vy, 0.01 * message.vz))
    w, x, y, z = message.attitude_quaternion
    rates = body_swapped((message.rollspeed, message.pitchspeed, message.yawspeed))
    values = (*position, *velocity, w, x, y, z, *rates)
    if not all(map(math.isfinite, values)) or abs(math.hypot(w, x, y, z) - 1.0) > 0.05:
        return None
    attitude = attitude_swapped((w, x, y, z))
    return placed(position, velocity, attitude, rates, (0.0, 0.0, 0.0), east_yaw_rad)
