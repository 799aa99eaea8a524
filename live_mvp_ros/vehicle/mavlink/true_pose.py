# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""HIL_STATE_QUATERNION (115) -> where the vehicle truly is; only simulators send it.

It gives latitude and longitude in 1e-7 degrees, which are 11 mm, so the position is no finer than
that. On the flat about an origin, on PX4's sphere of 6371 km:

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
