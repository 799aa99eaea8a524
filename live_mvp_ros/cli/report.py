# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp report``: the page about a run, about several side by side, or about a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.cli.file_options import FILE, check_folder, check_writable
from live_mvp_ros.cli.numbers import Number

if TYPE_CHECKING:
    from live_mvp_ros.reports.run_data import RunData

PAGES = (".html", ".htm")
DOTS = (30.0, 1200.0)
"""Per inch: from a thumbnail to print."""


@click.command()
@click.argument("folders", type=FILE, nargs=-1, required=True, metavar="RUN_DIR...")
@click.option(
    "--output",
    type=FILE,
    metavar="FILE",
    help="Page to write; default: report.html in the run, comparison.html here for several.",
)
@click.option(
    "--pictures", type=FILE, metavar="DIR", help="Write the pictures into DIR instead of a page."
)
@click.option(
    "--dpi",
    type=Number(*DOTS),
    metavar="N",
    help="With --pictures: dots per inch, such as 300 for print  [default: 110]",
)
def report(
    folders: tuple[Path, ...], output: Path | None, pictures: Path | None, dpi: float | None
) -> None:
    """Write a page about a run or a campaign, one that compares several runs, or pictures."""
    _check(output, pictures, dpi)
    from live_mvp_ros.base.results import PAGE
    from live_mvp_ros.reports import campaign_page, page
    from live_mvp_ros.reports.drawing import DPI
    from live_mvp_ros.reports.run_data import NoRunError, read_run

    dots = DPI if dpi is None else dpi
    campaigns = [folder for folder in folders if campaign_page.is_campaign(folder)]
    if campaigns and len(folders) > 1:
        raise UsageError(f"{campaigns[0]} is a campaign of many runs: report it alone")
    try:
        if campaigns:
            campaign = campaign_page.read_campaign(campaigns[0])
            drawn = campaign_page.draw_campaign(campaign, dots)
        else:
            runs = [_completed(read_run(folder)) for folder in folders]
            drawn = page.draw(runs, dots)
    except NoRunError as error:
        raise UsageError(str(error)) from error
    if pictures is not None:
        click.echo(_write_pictures(pictures, drawn))
        return
    if campaigns:
        path = output or campaign.folder / PAGE
        campaign_page.write_campaign(campaign, path, drawn)
    elif len(runs) == 1 and output is None:
        path = page.write_report(runs[0], drawn)
    else:
        path = output or Path("comparison.html")
        page.write_comparison(runs, path, drawn)
    click.echo(f"the report is {path}")


def _completed(run: RunData) -> RunData:
    """Return a run with the map and the score that an interrupted flight had no time for."""
    from live_mvp_ros.bringup.late_scores import complete
    from live_mvp_ros.reports.run_data import read_run
    from live_mvp_ros.worlds.world_error import WorldError

    try:
        made = complete(run)
    except (WorldError, OSError) as error:
        click.echo(f"the flight was not scored: {error}", err=True)
        return read_run(run.folder)
    if made:
        verb = "is" if len(made) == 1 else "are"
        what = " and ".join(made)
        click.echo(f"{what} of {run.folder} had been left out, and {verb} written now")
    return read_run(run.folder) if made else run


def _check(output: Path | None, pictures: Path | None, dpi: float | None) -> None:
    if dpi is not None and pictures is None:
        raise UsageError("--dpi is for --pictures DIR: the pictures of a page have their size")
    if output is not None and pictures is not None:
        raise UsageError("--output and --pictures exclude each other: choose a page or pictures")
    if output is not None:
        check_writable(output, "--output", PAGES)
    if pictures is not None:
        check_folder(pictures, "--pictures")


def _write_pictures(folder: Path, drawn: Mapping[str, bytes]) -> str:
    """Write pictures into a folder; return what was written."""
    from live_mvp_ros.base.results import write

    if not drawn:
        raise UsageError("there is nothing to draw: the run has left no tables")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--pictures {folder} cannot be created: {error.strerror}") from error
    for name, content in drawn.items():
        write(folder / f"{name}.png", content)
    return f"{', '.join(f'{name}.png' for name in drawn)} are in {folder}"
