# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where it all is on Earth: the place from which PX4's simulators start, on the flat.

North and east in metres become degrees on a sphere about the home, which is exact to millimetres
over the hundreds of metres that are flown.
"""

from __future__ import annotations

import math

HOME_LATITUDE_DEG, HOME_LONGITUDE_DEG, HOME_ALTITUDE_M = 47.397742, 8.545594, 489.4
EARTH_RADIUS_M = 6371000.0


def latitude_longitude(north_m: float, east_m: float) -> tuple[float, float]:
    """Return latitude and longitude [deg] of a place relative to home."""
    latitude = HOME_LATITUDE_DEG + math.degrees(north_m / EARTH_RADIUS_M)
    shrunk_m = EARTH_RADIUS_M * math.cos(math.radians(HOME_LATITUDE_DEG))
    return latitude, HOME_LONGITUDE_DEG + math.degrees(east_m / shrunk_m)


def north_east(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return the place [m] relative to home of a latitude and a longitude."""
    shrunk_m = EARTH_RADIUS_M * math.cos(math.radians(HOME_LATITUDE_DEG))
    return (
        math.radians(latitude_deg - HOME_LATITUDE_DEG) * EARTH_RADIUS_M,
        math.radians(longitude_deg - HOME_LONGITUDE_DEG) * shrunk_m,
    )
