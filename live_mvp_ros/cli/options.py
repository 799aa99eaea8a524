# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that the in-process commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_TIME_LIMIT_S = 600.0


def with_drift(
    overrides: Mapping[str, Any], drift: float | None, heading_drift: float | None
) -> dict[str, Any]:
    """Return settings of the loop with the drift of ``--drift`` and ``--heading-drift``."""
    given: dict[str, Any] = {}
    if drift is not None:
        given["drift_m_per_m"] = drift
    if heading_drift is not None:
        given["heading_drift_rad_per_m"] = math.radians(heading_drift)
    if not given:
        return dict(overrides)
    before = overrides.get("odometry", {})
    return {**overrides, "odometry": {**(before if isinstance(before, Mapping) else {}), **given}}


def sim_options(command: Command) -> Command:
    """Add what every flight of a command has in common: sensing, odometry, time, settings."""
    for option in (
        click.option(
            "--heading-drift",
            type=click.FloatRange(0.0, 5.0),
            metavar="DEG_PER_M",
            help="Heading error that odometry gains per metre flown  [default: 0]",
        ),
        click.option(
            "--drift",
            type=click.FloatRange(0.0, 0.2),
            metavar="M_PER_M",
            help="Position error that odometry gains per metre flown, such as 0.005  [default: 0]",
        ),
        click.option(
            "--params-file",
            type=Path,
            metavar="FILE",
            help="YAML with settings of the loop, nested by component.",
        ),
        click.option(
            "--time-limit",
            type=click.FloatRange(0.0, 1e6, min_open=True),
            default=DEFAULT_TIME_LIMIT_S,
            show_default=True,
            metavar="S",
            help="Longest flight in simulated seconds.",
        ),
        click.option(
            "--sensing",
            type=click.Choice(("planar", "full")),
            default="planar",
            show_default=True,
            help="Range beams into a grid, or the depth camera and the live map.",
        ),
    ):
        command = option(command)
    return command
