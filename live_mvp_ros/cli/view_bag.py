# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Opening in Rerun what a flight has left behind."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.bringup.environment import require_ros
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.viewing.ports import GRPC_PORT, ViewError, check_screen


def bag_of(what: Path) -> Path:
    """Return the bag that a path means: itself, or that in the folder of a run.

    Raises:
        UsageError: it is neither.
    """
    from live_mvp_ros.bags.metadata import FILE_NAME
    from live_mvp_ros.bags.reader import storage_files

    if not what.exists():
        raise UsageError(
            f"{what} does not exist: name the folder of a run, a bag, or a world such as office"
        )
    if storage_files(what):
        return what
    if (what / "bag").is_dir():
        return what / "bag"
    if (what / FILE_NAME).is_file():
        return what  # a bag that has lost its files, as opening it will say
    raise UsageError(
        f"{what} is no bag and has no folder named bag: was it flown with --no-record?"
    )


def view_bag(path: Path, web: bool, save: Path | None, port: int, until_s: float | None) -> None:
    """Draw a bag into a view.

    Raises:
        UsageError: Rerun is not installed, or there is no screen.
        BagError: the bag cannot be read.
    """
    require_ros()
    from live_mvp_ros.bags.bag_types import BagDamagedError, BagError
    from live_mvp_ros.bags.reader import open_bag

    bag = open_bag(path)
    try:
        from live_mvp_ros.viewing import sinks
        from live_mvp_ros.viewing.bag_drawing import draw_bag, drawn_topics, names
    except ImportError as error:
        raise UsageError(
            "this needs Rerun, which is not installed here: pip install rerun-sdk"
        ) from error
    drawn_topics(bag)  # before a window is opened or a file written
    recording = sinks.new_recording()
    try:
        if save is not None:
            sinks.to_file(recording, save, names(bag))
        elif web:
            server = sinks.to_web(recording, port, GRPC_PORT, names(bag))
            click.echo(f"the view is at {server.address}")
        else:
            check_screen("--web or --save FILE.rrd")
            sinks.to_window(recording, names(bag))
    except (ViewError, OSError, RuntimeError) as error:
        raise UsageError(f"the view cannot be opened: {error}") from None
    for note in bag.notes:
        click.echo(note)
    damage: BagDamagedError | None = None
    try:
        drawn = draw_bag(bag, recording, until_s)
    except BagDamagedError as error:
        damage = error  # after all that is good was drawn
    except BagError:
        if save is not None:  # leave nothing half-written
            recording.disconnect()
            save.unlink(missing_ok=True)
        raise
    recording.flush()
    if damage is not None:
        raise damage
    for note in drawn.notes:
        click.echo(note)
    click.echo(
        f"{counted(drawn.messages, 'message')} drawn" + (f" to {save}" if save is not None else "")
    )
    if web:
        click.echo("Ctrl-C ends it")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(1.0)
        except KeyboardInterrupt:
            return
