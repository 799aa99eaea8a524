# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Drawing a world: from above, and as the camera at the start sees it."""

from __future__ import annotations

from pathlib import Path

import click

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.cli.files import check_writable


def view_world(world: str, output: Path | None, altitude_m: float | None) -> None:
    """Draw a world into a file, WORLD.png in this folder if none is named.

    Raises:
        UsageError: the world cannot be loaded, or the file not be written.
    """
    target = output or Path(f"{Path(world.replace(':', '_')).stem}.png")
    if target.suffix.lower() != ".png":
        raise UsageError(f"--output {target} is not allowed: the name must end in .png")
    check_writable(target, "--output")
    from live_mvp_ros.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros import results, worlds
    from live_mvp_ros.sim.drawing import png
    from live_mvp_ros.sim.world_picture import world_figure

    try:
        loaded = worlds.load_world(world)
    except worlds.WorldError as error:
        raise UsageError(str(error)) from error
    results.write(target, png(world_figure(loaded, altitude_m)))
    size = " x ".join(
        f"{high - low:.4g}" for low, high in zip(loaded.lower_m, loaded.upper_m, strict=True)
    )
    click.echo(f"{loaded.name}: {size} m; picture in {target}")
