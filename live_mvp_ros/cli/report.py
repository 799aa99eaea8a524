# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp report``: the page about a run, or about several side by side."""

from __future__ import annotations

from pathlib import Path

import click

from live_mvp_ros.cli.files import check_writable


@click.command()
@click.argument("folders", type=Path, nargs=-1, required=True, metavar="RUN_DIR...")
@click.option(
    "--output",
    type=Path,
    metavar="FILE",
    help="Page to write; default: report.html in the run, comparison.html here for several.",
)
def report(folders: tuple[Path, ...], output: Path | None) -> None:
    """Write a page about a run, or one that compares several."""
    if output is not None:
        check_writable(output, "--output")
    from live_mvp_ros.bringup import page
    from live_mvp_ros.bringup.run_data import read_run

    runs = [read_run(folder) for folder in folders]
    if len(runs) == 1 and output is None:
        path = page.write_report(runs[0])
    else:
        path = output or Path("comparison.html")
        page.write_comparison(runs, path)
    click.echo(f"the report is {path}")
