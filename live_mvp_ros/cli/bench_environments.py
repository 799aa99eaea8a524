# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench environments``: steps a second of every Gymnasium environment."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import click

from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.cli.file_options import FILE, check_writable


@click.command()
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write all figures to FILE.")
@click.option(
    "--only",
    metavar="NAMES",
    help="What to measure, with commas between: names as the table has them.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, 4096),
    metavar="N",
    help="Members of a batch.  [default: 64, of full sensing and proposals 8]",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 3600.0),
    default=10.0,
    show_default=True,
    help="How long to count steps, alone and in a batch each.",
)
@click.option(
    "--threads",
    type=click.Choice(("one", "all")),
    default="all",
    show_default=True,
    help="Cores for each environment.",
)
def environments(
    json_file: Path | None, only: str | None, batch: int | None, seconds: float, threads: str
) -> int:
    """Step every environment by random actions, alone and in a batch, each in its own process."""
    if json_file is not None:
        check_writable(json_file)
    from live_mvp_ros.base.results import write_json
    from live_mvp_ros.environments.step_bench import VARIANTS

    names = [variant.name for variant in VARIANTS]
    chosen = names if only is None else [name.strip() for name in only.split(",")]
    for name in chosen:
        if name not in names:
            raise UsageError(f"--only {name!r} is not allowed: it must be of {', '.join(names)}")
    found: dict[str, Any] = {}
    for name, figures in _measured(chosen, names, batch, seconds, threads):
        found[name] = figures
        if json_file is not None:
            write_json(json_file, found)
    _show(found)
    return 0


def _measured(
    chosen: Sequence[str], names: Sequence[str], batch: int | None, seconds: float, threads: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and figures, one after the other.

    Raises:
        BringupError: the process of one has ended without figures.
    """
    from rich.console import Console

    from live_mvp_ros.environments.step_bench import measured

    console = Console(stderr=True, highlight=False)
    context = multiprocessing.get_context("spawn")
    for name in chosen:
        with (
            console.status(f"{name} ..."),
            ProcessPoolExecutor(1, context, prepare, (threads,)) as pool,
        ):
            try:
                figures = pool.submit(measured, names.index(name), batch, seconds).result()
            except BrokenProcessPool as error:
                raise BringupError(f"the measurement of {name} ended without figures") from error
        console.print(f"{name}: {_rates(figures)} steps/s", markup=False)
        yield name, figures


def prepare(threads: str) -> None:
    """Prepare JAX in a process that measures."""
    if threads == "all":
        os.environ.setdefault("XLA_FLAGS", "")  # one thread is what prepare_jax would choose
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()


def _rates(figures: Mapping[str, Any]) -> str:
    rates = figures["steps_per_s"]
    return f"{rates['single']:,.0f} alone, {rates['batched']:,.0f} by {figures['batch']}"


def _show(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the figures as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("environment")
    for name in ("steps/s alone", "in a batch", "of", "compiling", "memory"):
        table.add_column(name, justify="right")
    for name, row in found.items():
        rates = row["steps_per_s"]
        table.add_row(
            name,
            f"{rates['single']:,.0f}",
            f"{rates['batched']:,.0f}",
            str(row["batch"]),
            f"{row['compile_s']:.1f} s",
            f"{row['rss_mib']:,.0f} MiB",
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    console.print(table)
