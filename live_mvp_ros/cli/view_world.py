# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Drawing a world: from above, and as the camera at the start sees it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.cli.file_options import check_writable
from live_mvp_ros.cli.options import check_altitude


def view_world(world: str, output: Path | None, altitude_m: float | None) -> None:
    """Draw a world into a file, WORLD.png in this folder if none is named.

    Raises:
        UsageError: the world cannot be loaded, or the file not be written.
    """
    target = output or Path(f"{Path(world.replace(':', '_')).stem}.png")
    check_writable(target, "--output", (".png",))
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros import worlds
    from live_mvp_ros.base import results
    from live_mvp_ros.reports.drawing import png
    from live_mvp_ros.reports.world_picture import world_figure
    from live_mvp_ros.worlds.names import shown_name

    try:
        loaded = dataclasses.replace(worlds.load_world(world), name=shown_name(world))
    except worlds.WorldError as error:
        raise UsageError(str(error)) from error
    if altitude_m is not None:
        check_altitude(altitude_m, loaded.lower_m[2], loaded.upper_m[2])
    results.write(target, png(world_figure(loaded, altitude_m)))
    size = " x ".join(
        f"{high - low:.4g}" for low, high in zip(loaded.lower_m, loaded.upper_m, strict=True)
    )
    click.echo(f"{loaded.name}: {size} m; picture in {target}")
