# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle``: autopilots, simulated and real."""

from __future__ import annotations

import click

from live_mvp_ros.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "check": Lazy(
        "live_mvp_ros.cli.vehicle_check", "Say whether a vehicle on the ground would fly."
    ),
    "monitor": Lazy("live_mvp_ros.cli.vehicle_monitor", "Show what a vehicle says, in one line."),
    "conform": Lazy(
        "live_mvp_ros.cli.vehicle_conform", "Check a vehicle and its driver, and leave a page."
    ),
    "simulate": Lazy(
        "live_mvp_ros.cli.vehicle_simulate", "Be an autopilot that others fly by MAVLink."
    ),
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def vehicle() -> None:
    """Fly what people have: autopilots that speak MAVLink."""
