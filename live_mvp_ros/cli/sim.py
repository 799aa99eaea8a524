# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp sim``: fly one mission in this process, without ROS, faster than real time."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.bringup.errors import FAILED, BringupError, UsageError
from live_mvp_ros.cli.files import check_writable, read_settings
from live_mvp_ros.cli.options import sim_options, with_drift
from live_mvp_ros.cli.views import view

if TYPE_CHECKING:
    from live_mvp_ros.sim.logbook import Flight, Glance
    from live_mvp_ros.sim.scenario import Scenario


@click.command()
@click.option("--world", default="office", show_default=True, help="World name or file.")
@click.option("--planner", default="parallel", show_default=True, help="What decides where to.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--start",
    type=click.Choice(("world", "random")),
    default="world",
    show_default=True,
    help="The world's start, or a random place and heading drawn with the seed.",
)
@sim_options
@click.option("--json", "json_file", type=Path, metavar="FILE", help="Copy metrics.json to FILE.")
@click.option(
    "--animation", type=Path, metavar="FILE", help="Write the flight as a .gif (or .mp4) film."
)
@click.option(
    "--output",
    type=Path,
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Folder in which the folder of this run is created.",
)
def sim(
    world: str,
    planner: str,
    seed: int,
    start: str,
    sensing: str,
    drift: float | None,
    heading_drift: float | None,
    time_limit: float,
    params_file: Path | None,
    json_file: Path | None,
    animation: Path | None,
    output: Path,
) -> int:
    """Explore a world in one deterministic loop; exit code 0 when the mission is complete."""
    for option, path in {"--json": json_file, "--animation": animation}.items():
        if path is not None:
            check_writable(path, option)
    if animation is not None:
        check_film(animation)
    overrides = with_drift(read_settings(params_file), drift, heading_drift)
    from live_mvp_ros.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros.bringup.flight import new_folder, remove_folder
    from live_mvp_ros.sim.runs import Run
    from live_mvp_ros.sim.scenario import prepare

    run = Run(world, planner, seed, start, sensing, time_limit, overrides)
    try:
        scenario = prepare(run)
    except ValueError as error:  # of a world, a setting, or a start that is nowhere
        raise UsageError(str(error)) from error
    place = new_folder(output)
    flight = fly(scenario, keep_frames=animation is not None)
    if flight is None:
        remove_folder(place)
        raise BringupError("interrupted before anything was flown")
    record = write_all(place.path, flight, json_file, animation)
    click.echo(summary(record, place.path))
    return 0 if record["mission_complete"] else FAILED


def fly(scenario: Scenario, keep_frames: bool) -> Flight | None:
    """Fly with one line that shows how it goes; None if nothing was flown."""
    from live_mvp_ros.sim import closed_loop
    from live_mvp_ros.sim.logbook import Logbook

    book, interrupted = Logbook(scenario, keep_frames), False
    run = scenario.run
    with view() as screen:
        screen.say(
            f"flying {run.planner} in {run.world}, {run.sensing} sensing, seed {run.seed}"
            " (the first time, programs are compiled for some seconds)"
        )
        try:
            for stretch in closed_loop.explore(scenario.world, scenario.config, run.seed):
                book.add(stretch)
                glance = book.glance()
                screen.show(line(glance), glance.state)
        except KeyboardInterrupt:
            interrupted = True
    return None if book.empty else book.close(interrupted)


def write_all(
    folder: Path, flight: Flight, json_file: Path | None, animation: Path | None
) -> dict[str, Any]:
    """Write everything that is kept of a flight; return its record."""
    from live_mvp_ros.results import write_json
    from live_mvp_ros.sim import output, report

    record = report.record(flight.scenario.run, flight)
    output.write_flight(folder, flight, record)
    if json_file is not None:
        write_json(json_file, record)
    if animation is not None:
        from live_mvp_ros.sim.animation import write_film

        write_film(animation, flight)
    return record


def check_film(path: Path) -> None:
    """Refuse a film that cannot be made here.

    Raises:
        UsageError: it is neither .gif nor .mp4, or .mp4 and there is no ffmpeg.
    """
    if path.suffix not in (".gif", ".mp4"):
        raise UsageError(f"--animation {path} is not allowed: the name must end in .gif or .mp4")
    if path.suffix == ".mp4":
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


def summary(record: dict[str, Any], folder: Path) -> str:
    """Return what came of a flight, and where it is written down."""
    verdict = "complete" if record["mission_complete"] else "not complete"
    facts = [
        f"mission {verdict}: {record['end_reason']}",
        f"explored {100 * record['explored_fraction']:.1f} %",
        f"{record['flight_time_s']:.1f} s of flight",
        f"{record['path_length_m']:.1f} m",
        f"{record['collisions']} collisions",
    ]
    if record["real_time_factor"]:
        facts.append(f"{record['real_time_factor']:.1f} x real time")
    return ", ".join(facts) + f"; results in {folder}"
