# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp view``: what a flight has left behind, in Rerun, or a picture of a world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.cli.file_options import FILE, check_writable
from live_mvp_ros.cli.numbers import Number
from live_mvp_ros.cli.shell_completion import worlds_and_files
from live_mvp_ros.cli.view_bag import bag_of, view_bag
from live_mvp_ros.cli.view_world import view_world
from live_mvp_ros.viewing.ports import WEB_PORT
from live_mvp_ros.worlds.names import MESH, MESH_SUFFIXES, SUFFIXES, WORLD_FILES

_OF_WORLDS = ("output", "altitude")


@click.command()
@click.argument("what", metavar="RUN_DIR|BAG|WORLD", shell_complete=worlds_and_files)
@click.option("--web", is_flag=True, help="Flights: serve a web page instead of a window.")
@click.option("--save", type=FILE, metavar="FILE", help="Flights: write a Rerun file (.rrd).")
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    default=WEB_PORT,
    show_default=True,
    help="Flights: port of the web page.",
)
@click.option(
    "--until",
    type=Number(min=0.0, min_open=True),
    metavar="S",
    help="Flights: draw only the first S seconds of the bag.",
)
@click.option(
    "--output",
    type=FILE,
    metavar="FILE",
    help="Worlds: where the picture goes; else a file WORLD.png in this folder.",
)
@click.option(
    "--altitude",
    type=Number(-1000.0, 1000.0),
    metavar="M",
    help="Worlds: height of the cut; else that of the start.",
)
@click.pass_context
def view(
    context: click.Context,
    what: str,
    web: bool,
    save: Path | None,
    port: int,
    until: float | None,
    output: Path | None,
    altitude: float | None,
) -> None:
    """Open the bag of a flight in Rerun, or draw a world.

    A world is a name, name:seed, mesh:FILE, mesh@SCALE:FILE, or a world file.
    """
    if _is_world(what):
        _refuse_others(context, what, _OF_WORLDS)
        view_world(what, output, altitude)
        return
    _refuse_others(context, what, ("web", "save", "port", "until"))
    if web and save is not None:
        raise UsageError("--web and --save are two places for one view: choose one")
    if save is not None:
        check_writable(save, "--save", (".rrd",))
    view_bag(bag_of(Path(what)), web, save, port, until)


def _is_world(what: str) -> bool:
    """Return whether ``what`` names a world; a folder of that name comes first."""
    path = Path(what)
    if path.is_dir():
        return False
    name = what.partition(":")[0].partition("@")[0]
    return name in (*WORLD_FILES, MESH) or path.suffix.lower() in (*SUFFIXES, *MESH_SUFFIXES)


def _refuse_others(context: click.Context, what: str, allowed: tuple[str, ...]) -> None:
    """Refuse options that say nothing about what is opened."""
    given: dict[str, Any] = context.params
    for name in given:
        source = context.get_parameter_source(name)
        if (
            name != "what"
            and name not in allowed
            and source == click.core.ParameterSource.COMMANDLINE
        ):
            kind = "a world" if allowed == _OF_WORLDS else "a flight"
            raise UsageError(f"--{name} does not apply to {what}, which is {kind}")
