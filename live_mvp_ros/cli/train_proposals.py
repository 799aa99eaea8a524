# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp train --task proposals``: learn to choose among the planner's proposals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.cli.file_options import read_settings

if TYPE_CHECKING:
    from live_mvp_ros.learning.proposal_config import ProposalTrainingConfig


def train_proposals(
    params_file: Path | None,
    iterations: int | None,
    seed: int | None,
    output: Path,
    json_file: Path | None,
) -> int:
    """Train and evaluate; exit code 0 when all of it was done, 1 when it was interrupted."""
    config = settings(params_file, iterations, seed)
    from live_mvp_ros.base.config import ConfigurationError
    from live_mvp_ros.base.results import write_json
    from live_mvp_ros.bringup.run_folder import new_folder
    from live_mvp_ros.learning import proposal_record

    folder = new_folder(output).path
    interrupted, record = False, proposal_record.started(config)
    click.echo("compiling (minutes the first time)", err=True)
    try:
        for line in proposal_record.made(config, record):
            write_json(folder / proposal_record.FILE, record)
            click.echo(line, err=True)
    except KeyboardInterrupt:
        interrupted = True
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    if json_file is not None:
        write_json(json_file, record)
    for line in _told(record):
        click.echo(line)
    click.echo(f"{record['iterations']} iterations; results in {folder}")
    return FAILED if interrupted else 0


def settings(
    params_file: Path | None, iterations: int | None, seed: int | None
) -> ProposalTrainingConfig:
    """Return the settings of a file, or the defaults.

    Raises:
        UsageError: they are not allowed.
    """
    from live_mvp_ros.base.config import ConfigurationError, from_mapping
    from live_mvp_ros.learning.proposal_config import ProposalTrainingConfig

    told = {"iterations": iterations, "seed": seed}
    told = {name: value for name, value in told.items() if value is not None}
    try:
        return from_mapping(ProposalTrainingConfig, {**read_settings(params_file), **told})
    except ConfigurationError as error:
        raise UsageError(str(error)) from error


def _told(record: Mapping[str, Any]) -> list[str]:
    """Return a line for each chooser that was evaluated."""
    lines = []
    for name, row in (record["evaluation"] or {}).items():
        area = row["area"]
        line = f"{name:12} explored on average {100 * area['mean']:.1f} %"
        line += f" ({100 * area['low']:.1f} to {100 * area['high']:.1f})"
        if "against_planner" in row:
            more = row["against_planner"]
            line += f", {100 * more['mean']:+.1f} ({100 * more['low']:+.1f} to"
            line += f" {100 * more['high']:+.1f}) against parallel"
        lines.append(line)
    return lines
