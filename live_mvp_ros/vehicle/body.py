# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The body that flies and its limits, said once: every room derives what it needs from here.

A vehicle is a sphere for everybody who asks whether it fits, and it *fits* at a place when nothing
that is not known to be free is nearer than its radius and the safety margin together. Map,
planner, controller, score and report all ask this one question (``fits_from_m``). Its limits of
speed and yaw rate bound samples, proposals, patience and the last filter alike.
"""

from __future__ import annotations

import math

from live_mvp_ros.base.config import configuration, parameter

CRUISE_SHARE = 0.9
"""Share of the speed limit that is planned with: the rest is for control."""
STRAY_M = 0.15
"""How far a flight strays from its altitude when it leans and brakes (measured: 0.06 m in 99 of
100 moments in office and cave, at most 0.10 m in a maze): the map shows what the body meets so."""

FOOTPRINT_M = 0.25
"""Never-seen places this near become free, at most the radius: the vehicle is there. Less than the
default radius by what a pose may be off."""
START_CLEAR_M = 0.5
"""The same at the place of take-off, at least so much that it fits: vehicles start where there is
room, and this much nobody sees from there."""

_CELL_DIAGONALS = 1.01 * math.sqrt(2.0)  # half of one at either end
PARKED_M_S = 0.1
"""Slower than this, a vehicle is parked, if it may fly four times as fast."""


@configuration
class BodyConfig:
    """Size, limits and altitude of the vehicle, shared by everything that asks for them."""

    radius_m: float = parameter(
        default=0.3,
        unit="m",
        low=0.05,
        high=2.0,
        help="Radius of the sphere that encloses the vehicle, rotors included.",
    )
    margin_m: float = parameter(
        default=0.01,
        unit="m",
        low=0.0,
        high=1.0,
        help="Distance to keep beyond the radius: more where poses or depth are uncertain.",
    )
    speed_max_m_s: float = parameter(
        default=2.0, unit="m/s", low=0.05, high=20.0, live=True, help="Speed limit."
    )
    yaw_rate_max_rad_s: float = parameter(
        default=1.5,
        unit="rad/s",
        low=0.1,
        high=10.0,
        live=True,
        help="Limit of the yaw rate: depth images must overlap.",
    )
    acceleration_max_m_s2: float = parameter(
        default=4.0,
        unit="m/s^2",
        low=0.1,
        high=20.0,
        live=True,
        help="How hard it is told to brake and to speed up.",
    )
    altitude_m: float = parameter(
        default=2.0,
        unit="m",
        low=-1000.0,
        high=10000.0,
        live=True,
        help="Altitude to fly at, map frame; the planar map shows it.",
    )

    @property
    def fits_from_m(self) -> float:
        """Least clearance [m] of the vehicle's centre at which it fits."""
        return self.radius_m + self.margin_m

    @property
    def footprint_m(self) -> float:
        """Radius [m] of what is free because the vehicle is there: not beyond it."""
        return min(FOOTPRINT_M, self.radius_m)

    def start_clear_m(self, resolution_m: float) -> float:
        """Return the radius [m] of what is clear where it takes off: so much that it fits there.

        Cells are cleared whose centres are that near; it is not at the centre of its own, and the
        nearest one that is left reaches nearer than its centre.
        """
        return max(START_CLEAR_M, self.fits_from_m + _CELL_DIAGONALS * resolution_m)

    @property
    def cruise_m_s(self) -> float:
        """Speed [m/s] that plans and proposals count on."""
        return CRUISE_SHARE * self.speed_max_m_s

    @property
    def parked_m_s(self) -> float:
        """Speed [m/s] below which the vehicle is parked; for values that are not traced."""
        return min(PARKED_M_S, 0.25 * self.speed_max_m_s)
