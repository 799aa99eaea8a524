# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp play``: fly one drone by keyboard and watch how its map grows."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import click

from live_mvp_ros.base.pip_packages import remedy
from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.bringup.facts import resolve_world
from live_mvp_ros.bringup.option_checks import LARGEST_SEED
from live_mvp_ros.cli.shell_completion import worlds_and_files
from live_mvp_ros.playing.key_bindings import SLICE_KEYS, SOLID_KEYS
from live_mvp_ros.viewing.ports import ViewError, check_screen
from live_mvp_ros.worlds.names import WORLD_FILES

if TYPE_CHECKING:
    from live_mvp_ros.playing.play_messages import Failed
    from live_mvp_ros.playing.play_session import PlaySession

INSTEAD = "a machine with one, or ssh -X to this one"


@click.command()
@click.option(
    "--world",
    default="seed",
    show_default=True,
    shell_complete=worlds_and_files,
    help=f"{', '.join(WORLD_FILES)} (what is drawn takes a seed, too: maze:3), or a file.",
)
@click.option(
    "--2d", "flat", is_flag=True, help="A cut through the world, by Matplotlib, instead."
)
@click.option(
    "--seed",
    type=click.IntRange(0, LARGEST_SEED),
    default=0,
    show_default=True,
    help="Of the random numbers of the map.",
)
def play(world: str, flat: bool, seed: int) -> int:
    """Fly a drone by keyboard: the truth, its depth camera and its live map side by side.

    Esc, closing the window or Ctrl-C ends. The exit code is 0 then, and 1 where there is no window
    or the simulation has ended by itself.
    """
    resolved = resolve_world(world)
    if not flat and importlib.util.find_spec("pyvista") is None:
        raise BringupError(
            f"play needs PyVista, which is not installed here: {remedy(['pyvista'])};"
            " play --2d does not"
        )
    try:
        check_screen(INSTEAD)
    except ViewError as error:
        raise BringupError(str(error)) from None
    from live_mvp_ros.playing.play_link import PlayLink
    from live_mvp_ros.playing.play_process import Wanted
    from live_mvp_ros.playing.play_session import PlaySession

    show = _show_slice if flat else _show_solid
    link = PlayLink(Wanted(resolved, seed, solid=not flat))
    try:
        failed = show(PlaySession(link, SLICE_KEYS if flat else SOLID_KEYS))
    except KeyboardInterrupt:
        failed = None
    finally:
        link.close()
    if failed is not None:
        raise (UsageError if failed.used_wrongly else BringupError)(failed.sentence)
    return 0


def _show_solid(session: PlaySession) -> Failed | None:
    """Play in three dimensions.

    Raises:
        BringupError: no window can be opened.
    """
    from live_mvp_ros.playing.playing_loop import play as play_on
    from live_mvp_ros.playing.solid_window import SolidWindow, WindowError

    try:
        window = SolidWindow(session)
    except WindowError as error:
        raise BringupError(str(error)) from None
    try:
        return play_on(session, window)
    finally:
        window.close()


def _show_slice(session: PlaySession) -> Failed | None:
    """Play in two dimensions.

    Raises:
        BringupError: no window can be opened.
    """
    from live_mvp_ros.playing.playing_loop import play as play_on
    from live_mvp_ros.playing.slice_window import SliceWindow, close_figure, open_figure

    figure = open_figure()
    if figure is None:
        raise BringupError(
            "Matplotlib can open no window here: install python3-tk, or pip install PyQt6"
        )
    try:
        return play_on(session, SliceWindow(session, figure))
    finally:
        close_figure(figure)
