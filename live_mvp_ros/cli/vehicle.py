# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle``: autopilots, simulated and real."""

from __future__ import annotations

import click

from live_mvp_ros.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "simulate": Lazy(
        "live_mvp_ros.cli.vehicle_simulate", "Be an autopilot that others fly by MAVLink."
    ),
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def vehicle() -> None:
    """Fly what people have: autopilots that speak MAVLink."""
