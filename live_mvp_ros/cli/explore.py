# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp explore``: fly a mission, show one live line, leave a report."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live_mvp_ros.bringup.environment import require_ros
from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.bringup.graph import CONTROLLERS, VEHICLES, GraphOptions, describe

if TYPE_CHECKING:
    from live_mvp_ros.bringup.flight import Flight, Glance

PLAIN_PERIOD_S = 5.0
DEFAULTS = GraphOptions()


@click.command()
@click.option("--world", default=DEFAULTS.world, show_default=True, help="World name or file.")
@click.option("--headless", is_flag=True, help="Plain log lines instead of the live line.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.0, min_open=True),
    metavar="S",
    help="End after S seconds of flight.",
)
@click.option("--json", "json_file", type=Path, metavar="FILE", help="Copy metrics.json to FILE.")
@click.option("--params-file", metavar="FILE", help="ROS parameters file with overrides.")
@click.option("--namespace", default="", metavar="NS", help="Namespace of the whole graph.")
@click.option("--controller", type=click.Choice(CONTROLLERS), default=DEFAULTS.controller)
@click.option("--vehicle", type=click.Choice(VEHICLES), default=DEFAULTS.vehicle)
@click.option(
    "--real-time-factor",
    type=click.FloatRange(0.01, 100.0),
    default=DEFAULTS.real_time_factor,
    show_default=True,
    help="Simulated seconds per second.",
)
@click.option("--seed", type=click.IntRange(min=0), default=DEFAULTS.seed, show_default=True)
@click.option(
    "--output",
    type=Path,
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Folder in which the folder of this run is created.",
)
def explore(
    world: str,
    headless: bool,
    timeout: float | None,
    json_file: Path | None,
    params_file: str | None,
    namespace: str,
    controller: str,
    vehicle: str,
    real_time_factor: float,
    seed: int,
    output: Path,
) -> int:
    """Fly until the space is explored; the exit code is 0 only when the mission is complete."""
    options = GraphOptions(
        world=world,
        controller=controller,
        vehicle=vehicle,
        namespace=namespace,
        use_sim_time=vehicle == "sim",
        params_file=params_file,
        real_time_factor=real_time_factor,
        seed=seed,
    )
    graph = describe(options)
    if json_file is not None:
        check_writable(json_file)
    require_ros()
    from live_mvp_ros.bringup.flight import Flight, FlightOptions

    view = PlainView() if headless or not sys.stdout.isatty() else LiveView()
    view.say(f"starting {len(graph.nodes)} nodes in world {world}")
    flight = Flight(graph, FlightOptions(output, timeout, json_file), view.show, view.say)
    with view:
        ending = flight.run()
    view.say(summary(flight, ending.reason))
    code = 0 if flight.metrics.get("mission_complete") else FAILED
    if flight.unfinished:  # a thread is inside an import and cannot be ended
        sys.stdout.flush()
        os._exit(code)
    return code


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written later.

    Raises:
        UsageError: its folder does not exist or is not writable, or it is a folder itself.
    """
    if path.is_dir():
        raise UsageError(f"--json {path} is a folder: give the name of a file")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--json {path}: the folder {path.absolute().parent} does not exist")
    if not os.access(path.absolute().parent, os.W_OK):
        raise UsageError(f"--json {path}: the folder {path.absolute().parent} is not writable")


def line(glance: Glance) -> str:
    """Return a glance as one line of text."""
    explored = glance.explored_fraction
    parts = [
        f"{glance.state:<14}",
        f"{100 * explored:5.1f} %" if explored is not None else "    - %",
        f"{glance.flight_time_s:6.1f} s",
        f"{glance.path_length_m:6.1f} m",
        f"{glance.speed_m_s:4.1f} m/s",
        f"clearance {glance.clearance_m:.2f} m" if glance.clearance_m is not None else "",
        f"control {glance.control_ms:.1f} ms" if glance.control_ms is not None else "",
        f"x{glance.real_time_factor:.2f}" if glance.real_time_factor is not None else "",
        glance.note,
    ]
    return "  ".join(part for part in parts if part)


def summary(flight: Flight, reason: str) -> str:
    """Return what came of a flight, and where it is written down."""
    values = flight.metrics
    verdict = "complete" if values.get("mission_complete") else "not complete"
    facts = [f"mission {verdict}: {reason}"]
    explored = values.get("explored_fraction")
    if isinstance(explored, float):
        facts.append(f"explored {100 * explored:.1f} %")
    if values.get("flight_time_s"):
        facts.append(f"{values['flight_time_s']:.1f} s of flight")
        facts.append(f"{values['path_length_m']:.1f} m")
    if values.get("collisions") is not None:
        facts.append(f"{values['collisions']} collisions")
    where = f"; results in {flight.folder}" if flight.folder else ""
    return ", ".join(facts) + where


class PlainView:
    """Log lines at long intervals and at each change of state, for files and scripts."""

    def __init__(self) -> None:
        """Show the first glance at once."""
        self._state, self._last = "", 0.0

    def __enter__(self) -> PlainView:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def say(self, text: str) -> None:
        """Write a line."""
        click.echo(text)

    def show(self, glance: Glance) -> None:
        """Write a glance if it is due."""
        now = time.monotonic()
        if glance.state != self._state or now - self._last >= PLAIN_PERIOD_S:
            self._state, self._last = glance.state, now
            click.echo(line(glance))


class LiveView:
    """One line that changes in place, with other lines above it."""

    def __init__(self) -> None:
        """Prepare the terminal."""
        from rich.console import Console
        from rich.live import Live

        self._console = Console(highlight=False)
        self._live = Live(console=self._console, refresh_per_second=5)

    def __enter__(self) -> LiveView:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last line where it is."""
        self._live.stop()

    def say(self, text: str) -> None:
        """Write a line above the live one."""
        self._console.print(text, markup=False)

    def show(self, glance: Glance) -> None:
        """Draw the glance."""
        from rich.text import Text

        style = {"DONE": "bold green", "HOLDING": "yellow", "FAULT": "bold red"}
        text = Text(line(glance), style=style.get(glance.state, ""), no_wrap=True)
        text.truncate(self._console.width, overflow="ellipsis")
        self._live.update(text)
