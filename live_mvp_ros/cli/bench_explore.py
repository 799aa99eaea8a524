# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench explore``: many missions in many worlds by many planners, in many processes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.bringup.errors import FAILED, BringupError, UsageError
from live_mvp_ros.cli.file_options import FILE, check_folder, check_writable, read_settings
from live_mvp_ros.cli.options import checkpoint_option, sim_options, with_drift
from live_mvp_ros.cli.shell_completion import PLANNERS, planner_names

if TYPE_CHECKING:
    from live_mvp_ros.evaluation.campaign import Campaign, Document, Folder
    from live_mvp_ros.evaluation.runs import Run


PLAIN_WIDTH = 160
COLUMNS = (
    "runs",
    "done",
    "hits",
    "least %",
    "95 % [s]",
    "quartiles",
    "99 % [s]",
    "mission [s]",
    "path [m]",
    "no plan %",
    "parked %",
    "at target [s]",
    "given up",
)
"""Of the table: counts of runs, the medians of times and shares, the longest time at a target."""


class Names(click.ParamType):  # type: ignore[type-arg]  # no generic before click 8.4
    """A list of names with commas between them."""

    name = "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the names."""
        names = tuple(name.strip() for name in value.split(","))
        if not all(names):
            self.fail(f"{value!r} has an empty name: write them like office,maze", param, ctx)
        return names


@click.command()
@click.option("--worlds", type=Names(), default="office", show_default=True, metavar="A,B,...")
@click.option(
    "--planners",
    type=Names(),
    default="parallel",
    show_default=True,
    shell_complete=planner_names,
    metavar="A,B,...",
    help=f"Of {', '.join(PLANNERS)}.",
)
@checkpoint_option
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Runs of every world, planner and start: seeds 0 to N - 1.",
)
@click.option(
    "--start",
    type=click.Choice(("world", "random", "both")),
    default="world",
    show_default=True,
    help="The world's start, random places and headings, or runs of both kinds.",
)
@click.option(
    "--floor-plans",
    type=click.Choice(("seed", "one")),
    default="seed",
    show_default=True,
    help="Of generated worlds: seed k flies in floor plan k, or all in the same.",
)
@sim_options
@click.option("--jobs", type=click.IntRange(min=1), help="Processes  [default: one per core]")
@click.option(
    "--ray", "address", metavar="ADDRESS", help="Fly on a Ray cluster; local starts one."
)
@click.option(
    "--output",
    type=FILE,
    metavar="DIR",
    help="Folder of the campaign; goes on with one that is there  [default: runs/bench-<time>]",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Copy explore.json to FILE.")
def explore(
    worlds: tuple[str, ...],
    planners: tuple[str, ...],
    checkpoint: Path | None,
    seeds: int,
    start: str,
    floor_plans: str,
    sensing: str,
    drift: float | None,
    heading_drift: float | None,
    time_limit: float,
    params_file: Path | None,
    jobs: int | None,
    address: str | None,
    output: Path | None,
    json_file: Path | None,
) -> int:
    """Fly every combination of worlds, planners and seeds; exit code 1 if a run failed.

    A campaign that was interrupted goes on when it is started again with the same --output.
    """
    if json_file is not None:
        check_writable(json_file)
    if output is not None:
        check_folder(output, "--output")
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    overrides = with_drift(read_settings(params_file), drift, heading_drift)
    from live_mvp_ros.evaluation.campaign import Campaign, Folder

    starts = ("world", "random") if start == "both" else (start,)
    campaign = Campaign(
        worlds,
        planners,
        starts,
        seeds,
        sensing,
        time_limit,
        overrides,
        floor_plans,
        checkpoint="" if checkpoint is None else str(checkpoint),
    )
    folder = Folder(output if output is not None else _new_path())
    try:
        campaign.check()
        folder.open(campaign)
        documents = folder.finished(campaign.runs())
    except ValueError as error:  # of a world, a setting, or a folder of another campaign
        raise UsageError(str(error)) from error
    interrupted = _fly(campaign, folder, documents, jobs, address)
    failed = _report(campaign, folder, documents, json_file)
    if interrupted:
        raise BringupError(
            f"interrupted after {len(documents)} of {counted(len(campaign.runs()), 'run')}: the"
            f" same command with --output {folder.path} goes on"
        )
    return FAILED if failed else 0


def _new_path() -> Path:
    from datetime import datetime

    return Path("runs") / f"bench-{datetime.now():%Y%m%d-%H%M%S}"


def _fly(
    campaign: Campaign,
    folder: Folder,
    documents: dict[str, Document],
    jobs: int | None,
    address: str | None,
) -> bool:
    """Fly what has no document yet and add that; return whether it was interrupted."""
    from live_mvp_ros.evaluation import campaign as campaigns

    runs = campaign.runs()
    missing = [run for run in runs if run.name not in documents]
    if documents:
        are = "is" if len(documents) == 1 else "are"
        whole = counted(len(runs), "run")
        click.echo(f"{len(documents)} of {whole} {are} in {folder.path} already")
    interrupted = False
    with _progress(len(runs), len(documents)) as advance, _terminate_as_interrupt():
        answers = _pool(missing, jobs, address)
        try:
            for run, document in campaigns.fly(folder, answers):
                documents[run.name] = document
                advance(run, document["record"])
        except KeyboardInterrupt:
            interrupted = True
        finally:
            answers.close()
    return interrupted


def _pool(missing: Sequence[Run], jobs: int | None, address: str | None) -> Any:
    from live_mvp_ros.evaluation import ray_workers, workers
    from live_mvp_ros.evaluation.campaign import Pilot

    if address is None:
        count = jobs or len(os.sched_getaffinity(0))
        return workers.in_processes(Pilot, missing, count)
    return _translated(ray_workers.on_ray(Pilot, missing, address, jobs))


def _translated(answers: Iterator[Any]) -> Iterator[Any]:
    from live_mvp_ros.evaluation.ray_workers import RayUnavailableError

    try:
        yield from answers
    except RayUnavailableError as error:
        raise UsageError(str(error)) from error


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end the campaign as cleanly as Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _progress(total: int, done: int) -> Iterator[Any]:
    """Yield what is to be called with each run: a bar in a terminal, lines elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(highlight=False, soft_wrap=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total, completed=done)

        def advance(run: Run, record: Mapping[str, Any]) -> None:
            bar.advance(task)
            console.print(run_line(run, record), markup=False)

        yield advance


def run_line(run: Run, record: Mapping[str, Any]) -> str:
    """Return what came of one run as a line."""
    if record["error"] is not None:
        return f"{run.name}: FAILED, {record['error']}"
    late = record["time_to_95_s"]
    return (
        f"{run.name}: {'complete' if record['mission_complete'] else record['end_reason']}, "
        f"{100 * record['explored_fraction']:.1f} % in {record['flight_time_s']:.0f} s, "
        f"95 % {'never' if late is None else f'after {late:.0f} s'}, "
        f"{counted(record['collisions'], 'collision')}"
    )


def _report(
    campaign: Campaign,
    folder: Folder,
    documents: Mapping[str, Document],
    json_file: Path | None,
) -> int:
    """Write the JSON and the plots and show the table; return how many runs failed."""
    from rich.console import Console

    from live_mvp_ros.base.results import write, write_json
    from live_mvp_ros.evaluation import campaign as campaigns
    from live_mvp_ros.reports import campaign_plots as plots
    from live_mvp_ros.reports.drawing import png

    result = campaigns.result(campaign, documents)
    write_json(folder.path / "explore.json", result)
    if json_file is not None:
        write_json(json_file, result)
    ordered = [documents[run.name] for run in campaign.runs() if run.name in documents]
    if groups := plots.grouped(ordered):
        write(folder.path / "explored.png", png(plots.explored_figure(groups)))
        write(folder.path / "time_to_95.png", png(plots.time_figure(groups)))
        width = None if sys.stdout.isatty() else PLAIN_WIDTH
        Console(highlight=False, width=width).print(table(result["summary"]))
    failed = sum(record["error"] is not None for record in result["runs"])
    click.echo(
        (f"{counted(failed, 'run')} failed; " if failed else "") + f"results in {folder.path}"
    )
    return failed


def table(summary: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return the summary as a table for the terminal."""
    from rich.table import Table
    from rich.text import Text

    from live_mvp_ros.worlds.names import shown_name

    result = Table(box=None, pad_edge=False, padding=(0, 1))
    for name in ("world", "planner"):
        result.add_column(name, overflow="fold")
    for name in COLUMNS:
        result.add_column(Text(name), justify="right", no_wrap=True)  # [s] is no markup
    for world, planners in summary.items():
        for planner, values in planners.items():
            least = values["explored_fraction_min"]
            low, high = map(_number, values["time_to_95_s_quartiles"])
            result.add_row(
                shown_name(world),
                planner,
                *(str(values[key]) for key in ("runs", "complete", "collisions")),
                _percent(least),
                _number(values["time_to_95_s_median"]),
                f"{low}-{high}",
                _number(values["time_to_99_s_median"]),
                _number(values["mission_time_s_median"]),
                "-"
                if values["path_length_m_median"] is None
                else f"{values['path_length_m_median']:.0f}",
                _percent(values["unsafe_plan_fraction_median"]),
                _percent(values["parked_fraction_median"]),
                str(values["longest_at_target_s_max"] or "-"),
                str(values["targets_given_up"]),
            )
    return result


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _number(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"
