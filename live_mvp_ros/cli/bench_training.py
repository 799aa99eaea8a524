# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench training``: what one training step costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from live_mvp_ros.bringup.errors import BringupError
from live_mvp_ros.cli.file_options import FILE, check_writable


@click.command()
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the figures to FILE.")
@click.option(
    "--drones",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    metavar="N",
    help="Drones in one map.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 10_000),
    default=80,
    show_default=True,
    metavar="N",
    help="Steps of a flight.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    metavar="N",
    help="Training steps that are timed.",
)
def training(json_file: Path | None, drones: int, steps: int, repeats: int) -> int:
    """Time a training step on the seed world, and its compilation without and with a cache."""
    if json_file is not None:
        check_writable(json_file)
    from live_mvp_ros.base.results import write_json
    from live_mvp_ros.learning.training_bench import measure

    try:
        figures = measure(drones, steps, repeats)
    except RuntimeError as error:
        raise BringupError(str(error)) from error
    if json_file is not None:
        write_json(json_file, figures)
    for name, value in figures.items():
        click.echo(f"{name:16} {_text(value)}")
    return 0


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    return str(value)
