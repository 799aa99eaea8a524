# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench``: measurements that others can repeat."""

from __future__ import annotations

import click

from live_mvp_ros.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "environments": Lazy(
        "live_mvp_ros.cli.bench_environments",
        "Count the steps a second of every Gymnasium environment.",
    ),
    "explore": Lazy(
        "live_mvp_ros.cli.bench_explore",
        "Fly many missions and compare what came of them.",
    ),
    "mapping": Lazy(
        "live_mvp_ros.cli.bench_mapping", "Score and time the live map on standard flights."
    ),
    "planning": Lazy(
        "live_mvp_ros.cli.bench_planning", "Time the planner's parts against plain evaluations."
    ),
    "training": Lazy("live_mvp_ros.cli.bench_training", "Time a training step of a policy."),
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def bench() -> None:
    """Measure what planner, map, environments and training are worth and what they cost."""
