# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp sim``: fly one mission in this process, without ROS, faster than real time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.bringup.errors import FAILED, BringupError, UsageError
from live_mvp_ros.bringup.option_checks import LARGEST_SEED
from live_mvp_ros.cli.file_options import FILE, check_folder, check_writable, read_settings
from live_mvp_ros.cli.numbers import Number
from live_mvp_ros.cli.options import checkpoint_option, sim_options, with_drift
from live_mvp_ros.cli.shell_completion import PLANNERS, planner_names, worlds_and_files
from live_mvp_ros.cli.views import Shown, view

if TYPE_CHECKING:
    from live_mvp_ros.bringup.attempts import Unwritten
    from live_mvp_ros.evaluation.logbook import Flight, Glance
    from live_mvp_ros.evaluation.scenario import Scenario

FILMS = (".gif", ".mp4")


@click.command()
@click.option(
    "--world",
    default="office",
    show_default=True,
    shell_complete=worlds_and_files,
    help="World name or file.",
)
@click.option(
    "--planner",
    default="parallel",
    show_default=True,
    shell_complete=planner_names,
    metavar="NAME",
    help=f"What decides where to: {', '.join(PLANNERS)}.",
)
@checkpoint_option
@click.option("--seed", type=click.IntRange(0, LARGEST_SEED), default=0, show_default=True)
@click.option(
    "--start",
    type=click.Choice(("world", "random")),
    default="world",
    show_default=True,
    help="The world's start, or a random place and heading drawn with the seed.",
)
@sim_options
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Copy metrics.json to FILE.")
@click.option(
    "--animation", type=FILE, metavar="FILE", help="Write the flight as a .gif (or .mp4) film."
)
@click.option(
    "--animation-width",
    type=click.IntRange(320, 3840),
    metavar="PX",
    help="Width of the film  [default: 800]",
)
@click.option(
    "--animation-speed",
    type=Number(0.1, 1000.0),
    metavar="X",
    help="Seconds of the flight per second of film  [default: what makes it short]",
)
@click.option(
    "--output",
    type=FILE,
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Folder in which the folder of this run is created.",
)
def sim(
    world: str,
    planner: str,
    checkpoint: Path | None,
    seed: int,
    start: str,
    sensing: str,
    drift: float | None,
    heading_drift: float | None,
    time_limit: float,
    params_file: Path | None,
    json_file: Path | None,
    animation: Path | None,
    animation_width: int | None,
    animation_speed: float | None,
    output: Path,
) -> int:
    """Explore a world in one deterministic loop; exit code 0 when the mission is complete."""
    if json_file is not None:
        check_writable(json_file)
    check_folder(output, "--output")
    if animation is not None:
        check_film(animation)
    elif animation_width is not None or animation_speed is not None:
        raise UsageError("--animation-width and --animation-speed are for --animation FILE")
    from live_mvp_ros.base.config import ConfigurationError
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    overrides = with_drift(read_settings(params_file), drift, heading_drift)
    from live_mvp_ros.bringup.attempts import Unwritten
    from live_mvp_ros.bringup.run_folder import new_folder
    from live_mvp_ros.evaluation import figures
    from live_mvp_ros.evaluation.planners import POLICY, planner_of
    from live_mvp_ros.evaluation.runs import Run
    from live_mvp_ros.evaluation.scenario import prepare
    from live_mvp_ros.reports.advice import advice_lines

    file = "" if checkpoint is None else str(checkpoint)
    run = Run(world, planner, seed, start, sensing, time_limit, overrides, checkpoint=file)
    if file and planner != POLICY:
        raise UsageError(f"--checkpoint is for --planner {POLICY}, not for {planner}")
    try:
        planner_of(planner, file)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    try:
        scenario = prepare(run)
    except ConfigurationError as error:
        in_file = params_file is not None
        raise UsageError(f"{params_file}: {error}" if in_file else str(error)) from error
    except ValueError as error:  # of a world, or a start that is nowhere
        raise UsageError(str(error)) from error
    flight = fly(scenario, keep_frames=animation is not None)
    if flight is None:
        raise BringupError("interrupted before anything was flown")
    record = figures.record(flight.scenario.run, flight)
    unwritten = Unwritten()
    # only now, so that nothing is left behind by a flight that crashed
    place = unwritten.attempt(str(output), new_folder, output)
    folder = None if place is None else place.path
    write_all(folder, flight, record, json_file, unwritten)
    if animation is not None:
        from live_mvp_ros.reports.animation import WIDTH_PX, write_film

        unwritten.attempt(
            str(animation),
            write_film,
            animation,
            flight,
            animation_width or WIDTH_PX,
            animation_speed,
        )
    click.echo(summary(record, folder))
    for line_of_advice in advice_lines(record):
        click.echo(line_of_advice)
    sentence = unwritten.sentence()
    if sentence:
        click.echo(f"live-mvp: {sentence}", err=True)
    return 0 if record["mission_complete"] and not sentence else FAILED


def fly(scenario: Scenario, keep_frames: bool) -> Flight | None:
    """Fly with one line that shows how it goes; None if nothing was flown."""
    from live_mvp_ros.evaluation.logbook import Logbook
    from live_mvp_ros.worlds.names import shown_name

    book, interrupted = Logbook(scenario, keep_frames), False
    run = scenario.run
    with view() as screen:
        screen.say(
            f"flying {run.planner} in {shown_name(run.world)}, {run.sensing} sensing, "
            f"seed {run.seed} (the first time, programs are compiled: half a minute, or more on a "
            "busy machine)"
        )
        try:
            for stretch in scenario.fly():
                book.add(stretch)
                glance = book.glance()
                screen.show(Shown(line(glance), glance.state))
        except KeyboardInterrupt:
            interrupted = True
    return None if book.empty else book.close(interrupted)


def write_all(
    folder: Path | None,
    flight: Flight,
    record: dict[str, Any],
    json_file: Path | None,
    unwritten: Unwritten,
) -> None:
    """Write everything that is kept of a flight; note what cannot be."""
    from live_mvp_ros.base.results import write_json
    from live_mvp_ros.reports import flight_files

    if folder is not None:
        for name, write in flight_files.writers(flight, record).items():
            unwritten.attempt(str(folder / name), write, folder / name)
    if json_file is not None:
        unwritten.attempt(str(json_file), write_json, json_file, record)


def check_film(path: Path) -> None:
    """Refuse a film that cannot be made here.

    Raises:
        UsageError: it is neither .gif nor .mp4, cannot be written, or is .mp4 and there is no
            ffmpeg.
    """
    check_writable(path, "--animation", FILMS)
    if path.suffix.lower() == ".mp4":
        from matplotlib.animation import FFMpegWriter

        if not FFMpegWriter.isAvailable():
            raise UsageError(f"--animation {path} needs ffmpeg, which is not here: use a .gif")


def line(glance: Glance) -> str:
    """Return how it goes as one line of text."""
    clearance = "" if math.isnan(glance.clearance_m) else f"clearance {glance.clearance_m:.2f} m"
    parts = [
        f"{glance.state:<13}",
        f"{100 * glance.explored_fraction:5.1f} %",
        f"{glance.time_s:6.1f} s",
        f"{glance.path_length_m:6.1f} m",
        f"{glance.speed_m_s:4.1f} m/s",
        clearance,
        f"x{glance.real_time_factor:.1f}",
    ]
    return "  ".join(part for part in parts if part)


def summary(record: dict[str, Any], folder: Path | None) -> str:
    """Return what came of a flight, and where it is written down."""
    verdict = "complete" if record["mission_complete"] else "not complete"
    explored = f"Explored {100 * record['explored_fraction']:.1f} % of what can be seen"
    facts = [
        f"mission {verdict}: {record['end_reason']}. {explored}",
        f"{record['flight_time_s']:.1f} s of flight",
        f"{record['path_length_m']:.1f} m",
        counted(record["collisions"], "collision"),
    ]
    if record["real_time_factor"]:
        facts.append(f"{record['real_time_factor']:.1f} x real time")
    return ", ".join(facts) + ("" if folder is None else f"; results in {folder}")
