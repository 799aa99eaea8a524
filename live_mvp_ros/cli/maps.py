# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp maps``: look at saved maps, and save, load or reset that of a running graph."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.cli.file_options import FILE, check_writable
from live_mvp_ros.cli.numbers import Number
from live_mvp_ros.cli.options import check_altitude

if TYPE_CHECKING:
    from live_mvp_ros.mapping import LiveMap, LiveMapConfig

ANSWER_S = 10.0
MAP_SUFFIX = ".npz"
namespace_option = click.option(
    "--namespace", default="", metavar="NS", help="Namespace of the drone's nodes."
)


@click.group()
def maps() -> None:
    """Look at saved maps, or save, load and reset the map of a running graph."""


@maps.command()
@click.argument("file", type=FILE)
def info(file: Path) -> int:
    """Say what a saved map holds."""
    config, state = _read(file)
    import numpy as np

    from live_mvp_ros import mapping

    seen = np.asarray(state.evidence.seen)
    occupied = seen & (np.asarray(state.evidence.log_odds) > 0.0)
    voxels = " x ".join(str(n) for n in config.shape)
    click.echo(f"volume    {config.lower_m} to {config.upper_m} m")
    click.echo(f"voxels    {voxels} of {config.resolution_m:g} m")
    share = occupied.sum() / max(int(seen.sum()), 1)
    click.echo(f"observed  {seen.mean():.1%}, of these {share:.1%} occupied")
    click.echo(f"scans     {int(state.ticks)}, {int(state.rays)} rays")
    click.echo(f"memory    {mapping.memory_bytes(state) / 2**20:.1f} MiB")
    return 0


@maps.command()
@click.argument("file", type=FILE)
@click.argument("output", type=FILE)
@click.option(
    "--spacing",
    type=Number(0.01, 1.0),
    default=0.05,
    show_default=True,
    metavar="M",
    help="Distance between the points at which the field is evaluated.",
)
def mesh(file: Path, output: Path, spacing: float) -> int:
    """Write the learned surface of FILE to OUTPUT: .ply, .glb, .obj or .stl."""
    from live_mvp_ros import mapping

    check_writable(output, "OUTPUT", mapping.MESH_TYPES)
    config, state = _read(file)
    try:
        found = mapping.surface_mesh(config, state, spacing)
        mapping.save_mesh(output, found)
    except mapping.MeshError as error:
        raise BringupError(str(error)) from error
    click.echo(f"{len(found.vertices_m)} corners, {len(found.faces)} triangles in {output}")
    return 0


@maps.command()
@click.argument("file", type=FILE)
@click.argument("output", type=FILE)
@click.option(
    "--altitude", type=Number(-1000.0, 1000.0), default=2.0, show_default=True, metavar="M"
)
def picture(file: Path, output: Path, altitude: float) -> int:
    """Draw what FILE knows at an altitude to OUTPUT (.png): occupancy, exposure, frontiers."""
    check_writable(output, "OUTPUT", (".png",))
    config, state = _read(file)
    check_altitude(altitude, config.lower_m[2], config.upper_m[2])
    from live_mvp_ros.base import results
    from live_mvp_ros.reports.drawing import png
    from live_mvp_ros.reports.map_picture import map_figure

    results.write(output, png(map_figure(config, state, altitude)))
    click.echo(f"picture in {output}")
    return 0


@maps.command()
@click.argument("file", type=FILE, required=False)
@namespace_option
def save(file: Path | None, namespace: str) -> int:
    """Let the running map save itself to FILE, or to where it saves itself anyway."""
    if file is None:
        click.echo(f"saved to {_called('save', namespace, '').path}")
        return 0
    _check_replaceable(file)
    # The map writes only into a folder of its own, so it is brought from there.
    passing = Path(_called("save", namespace, f"maps-save-{os.getpid()}{MAP_SUFFIX}").path)
    if not passing.is_file():
        raise BringupError(f"the map is not on this machine: it was saved to {passing} there")
    from live_mvp_ros.base import results

    try:
        results.write(file, passing.read_bytes())
    except OSError as error:
        raise BringupError(f"FILE {file} cannot be written: {error.strerror}") from error
    finally:
        passing.unlink(missing_ok=True)
    click.echo(f"saved to {file.absolute()}")
    return 0


@maps.command()
@click.argument("file", type=FILE, required=False)
@namespace_option
def load(file: Path | None, namespace: str) -> int:
    """Let the running map take over a saved one."""
    _called("load", namespace, str(file.absolute()) if file else "")
    click.echo("loaded")
    return 0


@maps.command()
@namespace_option
def reset(namespace: str) -> int:
    """Let the running map forget everything."""
    _called("reset", namespace, None)
    click.echo("reset")
    return 0


def _check_replaceable(file: Path) -> None:
    """Refuse to write a map where something else is.

    Raises:
        UsageError: there is something that is not a map, or nothing can be written.
    """
    check_writable(file, "FILE")
    if not file.exists():
        return
    from live_mvp_ros import mapping

    if not mapping.holds_map(file):
        raise UsageError(f"FILE {file} is there and holds no map: it is not replaced")


def _read(file: Path) -> tuple[LiveMapConfig, LiveMap]:
    """Return a saved map.

    Raises:
        UsageError: it cannot be read.
    """
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros import mapping

    try:
        return mapping.load_map(file)
    except mapping.MapFileError as error:
        raise UsageError(str(error)) from error


def _called(verb: str, namespace: str, path: str | None) -> Any:
    """Call map/VERB of a running graph and return its answer.

    Raises:
        BringupError: nobody answers, or the map says why not.
        UsageError: ROS has no such namespace.
    """
    from live_mvp_ros.bringup.environment import require_ros
    from live_mvp_ros.bringup.ros_settings import check_ros_settings, checked_namespace

    namespace = checked_namespace(namespace)
    require_ros()
    check_ros_settings()
    import rclpy
    from std_srvs.srv import Trigger

    from live_mvp_ros.srv import LoadMap, SaveMap

    kinds: dict[str, Any] = {"save": SaveMap, "load": LoadMap, "reset": Trigger}
    request = kinds[verb].Request()
    if path is not None:
        request.path = path
    rclpy.init()
    node = rclpy.create_node("live_mvp_maps", namespace=namespace or None)
    try:
        client = node.create_client(kinds[verb], f"map/{verb}")
        if not client.wait_for_service(timeout_sec=ANSWER_S):
            raise BringupError(f"no map answers to map/{verb}: is a graph running?")
        future = client.call_async(request)
        rclpy.spin_until_future_complete(node, future, timeout_sec=ANSWER_S)
        answer = future.result() if future.done() else None
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    if answer is None:
        raise BringupError(f"map/{verb} did not answer within {ANSWER_S:g} s")
    if not answer.success:
        raise BringupError(answer.message)
    return answer
