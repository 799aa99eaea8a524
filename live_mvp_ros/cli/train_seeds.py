# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp train --seeds N``: the same training from several random numbers, side by side."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.bringup.errors import FAILED, UsageError

if TYPE_CHECKING:
    from live_mvp_ros.learning.training_config import TrainingConfig

PICTURE = "seeds.png"
SAVING_LIMIT_S = 60.0  # after Ctrl-C: an iteration, and its checkpoint


class Job(NamedTuple):
    """One training.

    Attributes:
        config: its settings, the seed among them.
        folder: where it leaves what a training leaves.
    """

    config: TrainingConfig
    folder: str


class Trainer:
    """What trains in a process of its own; made there once."""

    def __init__(self) -> None:
        """Have JAX compute on one thread, as several do beside each other."""
        from live_mvp_ros.base.jax_setup import prepare_jax

        prepare_jax()

    def __call__(self, job: Job) -> dict[str, Any]:
        """Train and return the summary; told to end, save the last iteration."""
        from live_mvp_ros.cli.train import train_into

        folder = Path(job.folder)
        folder.mkdir(parents=True, exist_ok=True)
        if threading.current_thread() is not threading.main_thread():
            return train_into(folder, job.config)  # of Ray's: nobody there hears signals
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            return train_into(folder, job.config)
        except KeyboardInterrupt:  # before the first iteration, or after the last
            raise SystemExit(FAILED) from None
        finally:
            signal.signal(signal.SIGTERM, before)


def train_seeds(
    config: TrainingConfig, seeds: int, jobs: int | None, address: str | None, output: Path
) -> tuple[dict[str, Any], Path, int]:
    """Train with seeds 0 to ``seeds`` - 1, and write the summary of all.

    Args:
        config: settings of each but for its seed.
        seeds: how many.
        jobs: processes; None for one per core, or per CPU of the cluster.
        address: of a Ray cluster; None for this machine.
        output: folder in which a folder is created for all of them; on a cluster of several
            machines one that they share.

    Returns:
        The summary, the folder, and the exit code: 1 when one failed, or they were interrupted.

    Raises:
        UsageError: Ray cannot be used.
    """
    from live_mvp_ros.base.config import replace
    from live_mvp_ros.base.results import write, write_json
    from live_mvp_ros.bringup.run_folder import new_folder
    from live_mvp_ros.evaluation.workers import Failure
    from live_mvp_ros.reports.drawing import png
    from live_mvp_ros.reports.training_curve import seeds_figure

    folder = new_folder(output).path
    todo = [Job(replace(config, seed=k), str(folder / f"seed_{k}")) for k in range(seeds)]
    click.echo(f"{counted(seeds, 'training')} of {config.iterations} iterations each", err=True)
    found: dict[int, dict[str, Any]] = {}
    failed = False
    answers = _pool(todo, jobs, address)
    try:
        for job, answer in answers:
            if isinstance(answer, Failure):
                failed = True
                click.echo(f"seed {job.config.seed} failed: {answer.sentence}", err=True)
                continue
            found[job.config.seed] = answer
            click.echo(f"seed {job.config.seed}: {in_words(answer)}")
    except KeyboardInterrupt:
        failed = True
        click.echo(f"interrupted; {_saving(config, address)}", err=True)
    finally:
        answers.close()
    record = {"seeds": [_short(k, found[k]) for k in sorted(found)]}
    write_json(folder / "summary.json", record)
    if found:
        curves = {k: found[k]["curve"] for k in sorted(found)}
        write(folder / PICTURE, png(seeds_figure(curves)))
    return record, folder, FAILED if failed else 0


def in_words(record: dict[str, Any]) -> str:
    """Return what came of one training."""
    first, last = record["reward_first"], record["reward_last"]
    parts = [f"mean reward {first:.4f} at the beginning, {last:.4f} at the end"]
    if record["held_out"] is not None:
        area = 100 * record["held_out"]["held_out_explored_area"]
        by_chance = 100 * record["random"]["explored_area"]
        parts.append(f"explored area {area:.1f} % held out, {by_chance:.1f} % by chance")
    parts.append(f"{counted(record['nonfinite'], 'number')} not finite")
    return ", ".join(parts)


def _saving(config: TrainingConfig, address: str | None) -> str:
    """Return what is left of trainings that are interrupted."""
    if address is not None:
        return f"left of each is what it saved every {config.checkpoint_every} iterations"
    return "each saves its last iteration, from which --resume of its folder goes on"


def _short(seed: int, record: dict[str, Any]) -> dict[str, Any]:
    """Return a summary without its curve."""
    return {"seed": seed, **{name: v for name, v in record.items() if name != "curve"}}


def _pool(todo: list[Job], jobs: int | None, address: str | None) -> Any:
    from live_mvp_ros.evaluation import ray_workers, workers

    if address is None:
        count = jobs or len(os.sched_getaffinity(0))
        return workers.in_processes(Trainer, todo, count, SAVING_LIMIT_S)
    return _translated(ray_workers.on_ray(Trainer, todo, address, jobs))


def _translated(answers: Iterator[Any]) -> Iterator[Any]:
    from live_mvp_ros.evaluation.ray_workers import RayUnavailableError

    try:
        yield from answers
    except RayUnavailableError as error:
        raise UsageError(str(error)) from error
