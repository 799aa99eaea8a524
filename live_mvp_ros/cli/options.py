# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that the in-process commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
DEFAULT_TIME_LIMIT_S = 600.0


def sim_options(command: Command) -> Command:
    """Add what every flight of a command has in common: sensing, time limit and settings."""
    for option in (
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
