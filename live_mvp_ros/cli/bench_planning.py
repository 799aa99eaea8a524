# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench planning``: time the planner's parts against the published formulas.

The measuring is done by ``bench/planning.py`` in a process of its own, which prints a JSON object
per part as it goes; that folder lies in the source tree and is installed to the package's share.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.cli.file_options import FILE, check_writable

SCRIPT = Path("bench") / "planning.py"


@click.command()
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write all figures to FILE.")
@click.option(
    "--repeats",
    type=click.IntRange(min=5),
    default=200,
    show_default=True,
    metavar="N",
    help="How often each part is timed.",
)
@click.option(
    "--threads",
    type=click.Choice(("one", "all")),
    default="one",
    show_default=True,
    help="Cores for both sides: one, as in every process of a flight, or all.",
)
def planning(json_file: Path | None, repeats: int, threads: str) -> int:
    """Time field, guidance and control against plain evaluations of the published formulas."""
    if json_file is not None:
        check_writable(json_file)
    from live_mvp_ros.base.results import write_json

    script = find_script(Path(__file__))
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "planning.json"
        command = [sys.executable, str(script), "--json", str(target)]
        measure([*command, "--repeats", str(repeats), "--threads", threads])
        result = json.loads(target.read_text(encoding="utf-8"))
    if json_file is not None:
        write_json(json_file, result)
    show(result)
    return 0


def find_script(module: Path) -> Path:
    """Return ``bench/planning.py`` of the source tree or the installation that holds ``module``.

    Raises:
        UsageError: it is in neither.
    """
    for start in (module.absolute(), module.resolve()):
        for parent in start.parents:
            for folder in (parent, parent / "share" / "live_mvp_ros"):
                if (folder / SCRIPT).is_file() and (folder / "package.xml").is_file():
                    return folder / SCRIPT
    raise UsageError(f"{SCRIPT} is not installed: run this in a source tree or a colcon workspace")


def measure(command: Sequence[str]) -> None:
    """Run the measuring process and show which part it has finished.

    Raises:
        BringupError: it failed; the sentence is its last line.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
        _progress() as progress,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                progress(_finished(line))
        except KeyboardInterrupt:
            process.terminate()
            raise
        code = process.wait()
        if code:
            errors.seek(0)
            said = errors.read().strip().splitlines() or ["it says nothing"]
            raise BringupError(f"the measurement ended with code {code}: {said[-1]}")


def _finished(line: str) -> str:
    """Return one line of the measuring process in words."""
    try:
        row = json.loads(line)
    except ValueError:
        return line.strip()
    ratio = f", {row['speedup']:.1f} times the yardstick" if "speedup" in row else ""
    return f"{row['part']}: {row['ms_p50']:.2f} ms{ratio}"


@contextlib.contextmanager
def _progress() -> Iterator[Any]:
    """Yield a function that shows what is finished: beside a spinner, or line by line."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield console.print
        return
    with console.status("flying to a place to measure at, compiling ...") as status:

        def show(text: str) -> None:
            console.print(text)
            status.update("measuring ...")

        yield show


def show(result: dict[str, Any]) -> None:
    """Print all figures as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("part", "p50", "p99", "yardstick", "speedup", "error", "size"):
        table.add_column(name, justify="left" if name in ("part", "size") else "right")
    for part, row in result.items():
        if not isinstance(row, dict) or "ms_p50" not in row:
            continue
        table.add_row(
            part,
            f"{row['ms_p50']:.2f} ms",
            f"{row['ms_p99']:.2f} ms",
            f"{row['yardstick_ms_p50']:.1f} ms" if "speedup" in row else "",
            f"{row['speedup']:.1f} x" if "speedup" in row else "",
            f"{row['max_rel_error']:.1%}" if "max_rel_error" in row else "",
            row["size"],
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    console.print(table)
    machine = result["machine"]
    console.print(f"{machine['cpu']}, {machine['cores']} cores; threads: {result['threads']}")
