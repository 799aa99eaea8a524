# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp train``: train a policy through the live map, stop and go on at any time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.cli.file_options import FILE, check_folder, check_writable, read_settings

if TYPE_CHECKING:
    from live_mvp_ros.learning.curve import Row
    from live_mvp_ros.learning.held_out import Score
    from live_mvp_ros.learning.training_config import TrainingConfig
    from live_mvp_ros.learning.training_run import Moment, Setting
    from live_mvp_ros.learning.training_step import TrainingState

PICTURE = "curve.png"
_ENDS = 20  # iterations at each end of a curve that are compared


@click.command()
@click.option(
    "--task",
    type=click.Choice(("policy", "proposals")),
    default="policy",
    show_default=True,
    help="Learn to fly by gradients, or to choose among the planner's proposals.",
)
@click.option(
    "--params-file", type=FILE, metavar="FILE", help="Settings of the training, as YAML."
)
@click.option(
    "--iterations",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="Training steps, those before a stop included  [default: 400, of proposals 12]",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Of all random numbers."
)
@click.option(
    "--output",
    type=FILE,
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Folder in which the folder of this training is created.",
)
@click.option("--resume", type=FILE, metavar="DIR", help="Go on with the training in this folder.")
@click.option(
    "--json", "json_file", type=FILE, metavar="FILE", help="Write curve and scores to FILE."
)
def train(
    task: str,
    params_file: Path | None,
    iterations: int | None,
    seed: int | None,
    output: Path,
    resume: Path | None,
    json_file: Path | None,
) -> int:
    """Train; exit code 0 when all iterations are made, 1 when it was interrupted."""
    if resume is not None and (params_file is not None or seed is not None):
        raise UsageError("--resume goes on with the settings in its folder: give no others")
    if resume is not None and task == "proposals":
        raise UsageError("--resume is not for --task proposals: it takes minutes, train anew")
    if json_file is not None:
        check_writable(json_file)
    check_folder(output, "--output")
    if task == "policy":
        os.environ.setdefault("XLA_FLAGS", "")  # one thread is what prepare_jax would choose
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    if task == "proposals":
        from live_mvp_ros.cli.train_proposals import train_proposals

        return train_proposals(params_file, iterations, seed, output, json_file)
    config = settings(resume, params_file, iterations, seed)
    from live_mvp_ros.bringup.run_folder import new_folder
    from live_mvp_ros.learning.checkpoints import Checkpoints, write_settings
    from live_mvp_ros.learning.training_run import prepare
    from live_mvp_ros.learning.training_step import begin

    try:
        setting = prepare(config)
    except ValueError as error:  # of a world or a start
        raise UsageError(str(error)) from error
    state = begin(config)
    folder = new_folder(output).path if resume is None else resume
    write_settings(folder, config)
    kept = Checkpoints(folder)
    try:
        if resume is not None:
            state = newest(kept, state)
        rows, random, interrupted = run(config, setting, state, kept, folder)
    finally:
        kept.close()
    record = summary(config, rows, random)
    write_all(folder, json_file, record, rows, random)
    click.echo(sentence(record, folder))
    return FAILED if interrupted else 0


def settings(
    resume: Path | None, params_file: Path | None, iterations: int | None, seed: int | None
) -> TrainingConfig:
    """Return the settings of a folder, of a file, or the defaults.

    Raises:
        UsageError: they are not allowed.
    """
    from live_mvp_ros.base.config import ConfigurationError, replace
    from live_mvp_ros.learning.checkpoints import CheckpointError, config_from, read_training

    told: dict[str, Any] = {}
    if iterations is not None:
        told["iterations"] = iterations
    if seed is not None:
        told["seed"] = seed
    try:
        if resume is not None:
            return replace(read_training(resume), **told)
        return replace(config_from(dict(read_settings(params_file))), **told)
    except (CheckpointError, ConfigurationError) as error:
        raise UsageError(str(error)) from error


def newest(kept: Any, state: TrainingState) -> TrainingState:
    """Return the newest checkpoint.

    Raises:
        UsageError: there is none.
    """
    from live_mvp_ros.learning.checkpoints import CheckpointError

    try:
        found: TrainingState = kept.latest(state)
    except CheckpointError as error:
        raise UsageError(str(error)) from error
    return found


def run(
    config: TrainingConfig, setting: Setting, state: TrainingState, kept: Any, folder: Path
) -> tuple[list[Row], Score | None, bool]:
    """Train with progress and save; returns the curve, chance, and whether it was interrupted."""
    from live_mvp_ros.learning.checkpoints import write_policy
    from live_mvp_ros.learning.curve import NAME, CurveWriter, read_rows, row_of
    from live_mvp_ros.learning.training_run import chance
    from live_mvp_ros.learning.training_run import train as steps_of

    random, interrupted = None, False
    made = int(state.iteration)
    with (
        CurveWriter(folder, read_rows(folder / NAME, made)) as curve,
        _progress(config.iterations, made) as advance,
    ):
        try:
            for moment in steps_of(config, setting, state):
                state = moment.state
                curve.add(row_of(moment))
                if int(state.iteration) % config.checkpoint_every == 0:
                    kept.save(state)
                    write_policy(folder, config, state, evaluated(curve.rows))
                advance(_line(moment))
            random = chance(config, setting)
        except KeyboardInterrupt:
            interrupted = True
        if int(state.iteration) > 0:
            kept.save(state)
            write_policy(folder, config, state, evaluated(curve.rows))
        return curve.rows, random, interrupted


@contextlib.contextmanager
def _progress(total: int, made: int) -> Iterator[Callable[[str], None]]:
    """Yield a function that moves a bar on by one, with a line."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Left())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("compiling (a minute the first time)", total=total, completed=made)
        if not console.is_terminal:
            console.print("compiling (a minute the first time)", markup=False)

        def advance(line: str) -> None:
            bar.update(task, description=line, advance=1)
            if not console.is_terminal:
                console.print(line, markup=False)

        yield advance


def _line(moment: Moment) -> str:
    report = moment.report
    parts = [
        f"iteration {int(moment.state.iteration)}",
        f"reward {float(report.reward):.4f}",
        f"explored {100 * float(report.explored):.1f} %",
        f"{moment.step_s:.2f} s",
    ]
    if int(report.nonfinite):
        parts.append(f"{int(report.nonfinite)} numbers not finite")
    if moment.score is not None:
        parts.append(f"held out: {100 * float(moment.score.explored):.1f} % explored")
    return "  ".join(parts)


def evaluated(rows: list[Row]) -> Row | None:
    """Return the row of the last evaluation, None before the first."""
    found = [row for row in rows if row["held_out_reward"] is not None]
    return found[-1] if found else None


def summary(config: TrainingConfig, rows: list[Row], random: Score | None) -> dict[str, Any]:
    """Return what is written down of a training."""
    import dataclasses

    from live_mvp_ros.base.results import versions

    def mean(some: list[Row]) -> float | None:
        rewards = [row["reward"] or 0.0 for row in some]
        return sum(rewards) / len(rewards) if rewards else None

    return {
        "settings": dataclasses.asdict(config),
        "iterations": len(rows),
        "reward_first": mean(rows[:_ENDS]),
        "reward_last": mean(rows[-_ENDS:]),
        "nonfinite": sum(int(row["nonfinite"] or 0) for row in rows),
        "held_out": evaluated(rows),
        "random": None if random is None else {k: float(v) for k, v in random._asdict().items()},
        "curve": rows,
        "versions": versions(),
    }


def write_all(
    folder: Path,
    json_file: Path | None,
    record: dict[str, Any],
    rows: list[Row],
    random: Score | None,
) -> None:
    """Write the summary and the picture."""
    from live_mvp_ros.base.results import write, write_json
    from live_mvp_ros.reports.drawing import png
    from live_mvp_ros.reports.training_curve import training_figure

    write_json(folder / "summary.json", record)
    if rows:
        write(folder / PICTURE, png(training_figure(rows, record["random"])))
    if json_file is not None:
        write_json(json_file, record)


def sentence(record: dict[str, Any], folder: Path) -> str:
    """Return what came of a training."""
    first, last = record["reward_first"], record["reward_last"]
    parts = [f"{record['iterations']} iterations"]
    if first is not None:
        parts.append(f"mean reward {first:.4f} at the beginning, {last:.4f} at the end")
    parts.append(f"{record['nonfinite']} numbers not finite")
    return ", ".join(parts) + f"; results in {folder}"
