# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that the in-process commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.cli.file_options import FILE
from live_mvp_ros.cli.numbers import Number

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_TIME_LIMIT_S = 600.0


def check_altitude(altitude_m: float, low_m: float, high_m: float) -> None:
    """Refuse a cut where there is nothing to cut.

    Raises:
        UsageError: the altitude is not between the lowest and the highest one.
    """
    if not low_m <= altitude_m <= high_m:
        raise UsageError(
            f"--altitude {altitude_m:g} is not allowed: it must be between {low_m:g} and "
            f"{high_m:g} m, from the floor to the ceiling of what is drawn"
        )


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


checkpoint_option = click.option(
    "--checkpoint",
    type=FILE,
    metavar="FILE",
    help="The policy.npz of a training that the planner policy flies.",
)


def sim_options(command: Command) -> Command:
    """Add what every flight of a command has in common: sensing, odometry, time, settings."""
    for option in (
        click.option(
            "--heading-drift",
            type=Number(0.0, 5.0),
            metavar="DEG_PER_M",
            help="Heading error that odometry gains per metre flown  [default: 0]",
        ),
        click.option(
            "--drift",
            type=Number(0.0, 0.2),
            metavar="M_PER_M",
            help="Position error that odometry gains per metre flown, such as 0.005  [default: 0]",
        ),
        click.option(
            "--params-file",
            type=FILE,
            metavar="FILE",
            help="Settings nested by component, or a ROS parameters file.",
        ),
        click.option(
            "--time-limit",
            type=Number(0.0, 1e6, min_open=True),
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
