# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ladder of last resorts as configuration: which reason leads to which rungs, and how fast."""

from __future__ import annotations

import math

from live_mvp_ros.base.config import configuration, parameter

RUNGS = ("hold", "level", "land", "stop")
"""From the mildest to the last: hold the position; hold the attitude level and the height, without
a position; descend level; rotors off."""


@configuration
class EscalationConfig:
    """Limits of what is normal, and the rungs that each reason climbs while it lasts."""

    step_s: float = parameter(
        default=1.0,
        unit="s",
        low=0.1,
        high=60.0,
        live=True,
        help="A reason that lasts climbs its next rung after so long.",
    )
    recover_s: float = parameter(
        default=0.5,
        unit="s",
        low=0.0,
        high=60.0,
        live=True,
        help="A reason that is gone for so long is over, unless it has led to land or stop.",
    )
    recover_share: float = parameter(
        default=0.8,
        low=0.1,
        high=1.0,
        live=True,
        help="Share of its limit below which a reason counts as gone.",
    )
    descent_m_s: float = parameter(
        default=0.5, unit="m/s", low=0.05, high=5.0, live=True, help="How fast land descends."
    )
    odometry_age_max_s: float = parameter(
        default=0.1, unit="s", low=0.01, high=10.0, live=True, help="Oldest odometry to fly by."
    )
    position_sigma_max_m: float = parameter(
        default=0.5,
        unit="m",
        low=0.01,
        high=100.0,
        live=True,
        help="Greatest standard deviation of the position, by the odometry's own covariance.",
    )
    off_track_max_m: float = parameter(
        default=1.0,
        unit="m",
        low=0.1,
        high=100.0,
        live=True,
        help="Greatest distance from where the commands should have led.",
    )
    command_age_max_s: float = parameter(
        default=0.2, unit="s", low=0.02, high=10.0, live=True, help="Longest silence of commands."
    )
    link_quality_min: float = parameter(
        default=0.3,
        low=0.0,
        high=0.99,
        live=True,
        help="Least share of the messages that arrive over a link.",
    )
    tilt_max_rad: float = parameter(
        default=math.radians(60.0),
        unit="rad",
        low=0.1,
        high=3.1,
        live=True,
        help="Greatest lean of a vehicle under control.",
    )
    odometry_old: tuple[str, ...] = parameter(
        default=("level", "land"), choices=RUNGS, help="Rungs of old odometry."
    )
    position_uncertain: tuple[str, ...] = parameter(
        default=("hold", "level", "land"), choices=RUNGS, help="Rungs of an uncertain position."
    )
    off_track: tuple[str, ...] = parameter(
        default=("hold", "level", "land"), choices=RUNGS, help="Rungs of a vehicle that strays."
    )
    commands_late: tuple[str, ...] = parameter(
        default=("hold", "land"), choices=RUNGS, help="Rungs of silent commands."
    )
    link_weak: tuple[str, ...] = parameter(
        default=("hold", "land"), choices=RUNGS, help="Rungs of a bad link."
    )
    tilted: tuple[str, ...] = parameter(
        default=("level", "land", "stop"), choices=RUNGS, help="Rungs of a lean out of control."
    )

    def check(self) -> str | None:
        """Refuse rungs that do not climb."""
        for name in ("odometry_old", "position_uncertain", "off_track", "commands_late"):
            if problem := _descends(name, getattr(self, name)):
                return problem
        return _descends("link_weak", self.link_weak) or _descends("tilted", self.tilted)


def _descends(name: str, rungs: tuple[str, ...]) -> str | None:
    numbers = [RUNGS.index(rung) for rung in rungs]
    if numbers == sorted(numbers):
        return None
    return f"{name} = {list(rungs)} is not allowed: rungs climb in the order {', '.join(RUNGS)}"
