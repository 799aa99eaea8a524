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

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.bringup.card_sharing import card_environment, undecided
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
@click.option(
    "--seeds",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Train N times, with seeds 0 to N - 1, side by side.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes of --seeds  [default: one per core]",
)
@click.option(
    "--ray",
    "address",
    metavar="ADDRESS",
    help="Train them on a Ray cluster; local starts one.",
)
@click.option("--resume", type=FILE, metavar="DIR", help="Go on with the training in this folder.")
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the summary to FILE.")
def train(
    task: str,
    params_file: Path | None,
    iterations: int | None,
    seed: int | None,
    output: Path,
    seeds: int | None,
    jobs: int | None,
    address: str | None,
    resume: Path | None,
    json_file: Path | None,
) -> int:
    """Train; exit code 0 when all iterations are made, 1 when it was interrupted."""
    if resume is not None and (params_file is not None or seed is not None):
        raise UsageError("--resume goes on with the settings in its folder: give no others")
    if resume is not None and task == "proposals":
        raise UsageError("--resume is not for --task proposals: it takes minutes, train anew")
    if seeds is not None and (resume is not None or seed is not None or task != "policy"):
        raise UsageError("--seeds begins trainings of policies: no --seed, --resume or --task")
    if seeds is None and (jobs is not None or address is not None):
        raise UsageError("--jobs and --ray are for --seeds: one training runs in one process")
    if json_file is not None:
        check_writable(json_file)
    check_folder(output, "--output")
    if task == "policy" and seeds is None:
        os.environ.setdefault("XLA_FLAGS", "")  # one thread is what prepare_jax would choose
    if seeds is not None:  # each process, and this one, takes its part of a graphics card
        processes = 1 + min(seeds, jobs or len(os.sched_getaffinity(0)))
        os.environ |= undecided(card_environment(processes), os.environ)
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    if task == "proposals":
        from live_mvp_ros.cli.train_proposals import train_proposals

        return train_proposals(params_file, iterations, seed, output, json_file)
    config = settings(resume, params_file, iterations, seed)
    from live_mvp_ros.base.results import write_json
    from live_mvp_ros.bringup.run_folder import new_folder

    check_worlds(config)
    if seeds is not None:
        from live_mvp_ros.cli.train_seeds import train_seeds

        record, folder, code = train_seeds(config, seeds, jobs, address, output)
        click.echo(f"{counted(len(record['seeds']), 'training')}; results in {folder}")
    else:
        folder = new_folder(output).path if resume is None else resume
        record = train_into(folder, config, goes_on=resume is not None, shown=True)
        click.echo(sentence(record, folder))
        code = FAILED if record["interrupted"] else 0
    if json_file is not None:
        write_json(json_file, record)
    return code


def check_worlds(config: TrainingConfig) -> None:
    """Refuse worlds and starts that nobody can train in.

    Raises:
        UsageError: there is such a one.
    """
    from live_mvp_ros.learning.training_run import prepare

    try:
        prepare(config)
    except ValueError as error:
        raise UsageError(str(error)) from error


def train_into(
    folder: Path, config: TrainingConfig, *, goes_on: bool = False, shown: bool = False
) -> dict[str, Any]:
    """Train, leave everything in a folder, and return the summary.

    Args:
        folder: of this training.
        config: its settings.
        goes_on: from the newest checkpoint in the folder.
        shown: whether progress is.

    Raises:
        UsageError: there is no checkpoint to go on from.
    """
    from live_mvp_ros.learning.checkpoints import Checkpoints, write_settings
    from live_mvp_ros.learning.training_run import prepare
    from live_mvp_ros.learning.training_step import begin

    setting, state = prepare(config), begin(config)
    write_settings(folder, config)
    kept = Checkpoints(folder)
    try:
        if goes_on:
            state = newest(kept, state)
        rows, random, interrupted = run(config, setting, state, kept, folder, shown)
    finally:
        kept.close()
    about = {"runs_on": runs_on(setting), "interrupted": interrupted}
    record = {**about, **summary(config, rows, random)}
    write_all(folder, record, rows)
    return record


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
    config: TrainingConfig,
    setting: Setting,
    state: TrainingState,
    kept: Any,
    folder: Path,
    shown: bool,
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
        _progress(config.iterations, made, runs_on(setting), shown) as advance,
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


def runs_on(setting: Setting) -> str:
    """Return what the flights of a training are shared by, in words."""
    from live_mvp_ros.learning.devices import in_words, mesh_for

    return in_words(mesh_for(setting.courses.yaws.shape[0]))


@contextlib.contextmanager
def _progress(total: int, made: int, where: str, shown: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that moves a bar on by one, with a line; ``where`` it is computed."""
    if not shown:
        yield lambda line: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Left

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Left())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        waits = f"compiling for {where} (a minute the first time)"
        task = bar.add_task(waits, total=total, completed=made)
        if not console.is_terminal:
            console.print(waits, markup=False)

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


def write_all(folder: Path, record: dict[str, Any], rows: list[Row]) -> None:
    """Write the summary and the picture."""
    from live_mvp_ros.base.results import write, write_json
    from live_mvp_ros.reports.drawing import png
    from live_mvp_ros.reports.training_curve import training_figure

    write_json(folder / "summary.json", record)
    if rows:
        write(folder / PICTURE, png(training_figure(rows, record["random"])))


def sentence(record: dict[str, Any], folder: Path) -> str:
    """Return what came of a training."""
    first, last = record["reward_first"], record["reward_last"]
    parts = [f"{record['iterations']} iterations"]
    if first is not None:
        parts.append(f"mean reward {first:.4f} at the beginning, {last:.4f} at the end")
    parts.append(f"{record['nonfinite']} numbers not finite")
    return ", ".join(parts) + f"; results in {folder}"
