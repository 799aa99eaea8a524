# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench mapping``: what the live map learns on standard flights, and what it costs."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.cli.file_options import FILE, check_folder, check_writable, read_settings

WORLDS = ("seed", "office", "cave", "mesh")
KEYS = (
    "sdf_mae_near_m",
    "surface_median_m",
    "surface_precision_5cm",
    "surface_recall_5cm",
    "fscore_5cm",
    "exposure_auroc",
    "q_seen_mean",
    "q_unseen_mean",
    "calibration",
    "occupancy_agreement",
    "forgetting_m",
    "update_ms",
    "update_by_rays",
    "ray_samples_per_s",
    "compile_s_cold",
    "compile_s_warm",
    "nonfinite",
    "map_mib",
    "rss_mib",
)


@click.command()
@click.option(
    "--worlds",
    "names",
    default=",".join(WORLDS),
    show_default=True,
    metavar="NAMES",
    help="Worlds to fly in, with commas between: names, files, mesh:FILE, or mesh for the"
    " one that is built in.",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write all figures to FILE.")
@click.option(
    "--plots", "folder", type=FILE, metavar="DIR", help="Write a picture per world into DIR."
)
@click.option(
    "--looks",
    type=click.IntRange(20, 100_000),
    default=1200,
    show_default=True,
    metavar="N",
    help="Scans of a flight, ten a second; fewer fly the same way faster.",
)
@click.option(
    "--params-file",
    type=FILE,
    metavar="FILE",
    help="Settings nested by component, or a ROS parameters file; what is not of camera, body or"
    " live_map changes nothing here.",
)
@click.option(
    "--threads",
    type=click.Choice(("all", "one")),
    default="all",
    show_default=True,
    help="Cores for the map: all, or one, as in every process of a flight.",
)
def mapping(
    names: str,
    json_file: Path | None,
    folder: Path | None,
    looks: int,
    params_file: Path | None,
    threads: str,
) -> int:
    """Fly the standard flights, score the maps against the truth, time every update."""
    if json_file is not None:
        check_writable(json_file)
    if folder is not None:
        check_folder(folder, "--plots")
    if threads == "all":
        os.environ.setdefault("XLA_FLAGS", "")  # one thread is what prepare_jax would choose
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    settings = read_settings(params_file)
    found: dict[str, dict[str, Any]] = {}
    chosen = [name for name in names.split(",") if name]
    if not chosen:
        raise UsageError(f"--worlds {names!r} names no world")
    with tempfile.TemporaryDirectory() as scratch:
        flights = [Flight(name, settings, Path(scratch)) for name in chosen]
        with _progress(len(flights) * looks) as (advance, say):
            for flight in flights:
                found[flight.name] = flight.measure(looks, folder, advance)
                error = found[flight.name]["sdf_mae_near_m"]
                say(f"{flight.name}: {error} m mean error near surfaces")
                if json_file is not None:
                    _write(json_file, found)
    _show(found)
    return 0


class Flight:
    """One world, its standard flight and the settings of camera and map.

    Attributes:
        name: of the world.
        camera: its settings.
        config: of the map.
    """

    def __init__(self, name: str, settings: Mapping[str, Any], scratch: Path) -> None:
        """Load the world; refuse it or the settings with a sentence.

        Raises:
            UsageError: there is no such world, or a setting is not allowed.
        """
        from live_mvp_ros import worlds
        from live_mvp_ros.base.config import ConfigurationError, from_mapping, replace
        from live_mvp_ros.evaluation import mapping_bench, scenario
        from live_mvp_ros.worlds.names import shown_name

        self.name = name
        self._source = mapping_bench.standard_mesh(scratch) if name == "mesh" else name
        try:
            whole = scenario.settings(settings)  # of all components, as a flight has
            world = worlds.load_world(self._source)
            self._world = dataclasses.replace(world, name=shown_name(name))
            camera = mapping_bench.CAMERA | dict(settings.get("camera") or {})
            self.camera = from_mapping(worlds.DepthCameraConfig, camera)
            config = replace(whole.live_map, body=whole.body)
            self.config = mapping_bench.map_config(self._world, config)
        except (worlds.WorldError, ConfigurationError) as error:
            raise UsageError(str(error)) from error

    def measure(self, looks: int, folder: Path | None, advance: Any) -> dict[str, Any]:
        """Fly, score, draw; returns the figures by name.

        Raises:
            BringupError: the compilation could not be measured.
        """
        from live_mvp_ros.base import results
        from live_mvp_ros.evaluation import mapping_bench, mapping_score
        from live_mvp_ros.evaluation.mapping_flight import standard_flight
        from live_mvp_ros.reports.drawing import png

        path = standard_flight(self._world, looks)
        points = mapping_score.probe(self._world, self.config)
        learning = mapping_bench.learn(self._world, path, points, self.config, self.camera)
        for step in learning:
            if isinstance(step, mapping_bench.Progress):
                advance(self.name, step.added)
            else:
                learned = step
        figures, curves = mapping_bench.scores(self._world, learned, points)
        try:
            figures |= mapping_bench.compile_times(str(self._source))
        except RuntimeError as error:
            raise BringupError(str(error)) from error
        if folder is not None:
            from live_mvp_ros.reports.mapping_plots import mapping_figure

            folder.mkdir(parents=True, exist_ok=True)
            picture = mapping_figure(self._world, path, learned, curves, figures)
            results.write(folder / f"{self._world.name.replace(':', '_')}.png", png(picture))
        return figures


def _write(path: Path, found: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the figures of all worlds so far."""
    from live_mvp_ros.base.results import write_json

    write_json(path, {name: {key: row[key] for key in KEYS} for name, row in found.items()})


@contextlib.contextmanager
def _progress(total: int) -> Iterator[tuple[Any, Any]]:
    """Yield a function to advance a bar, and one to say a line above it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("compiling", total=total)

        def advance(name: str, looks: int) -> None:
            bar.update(task, description=name, advance=looks)

        yield advance, lambda text: console.print(text, markup=False)


def _show(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Print the figures, a column per world."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in found:
        table.add_column(name, justify="right")
    for key in dict.fromkeys(key for row in found.values() for key in row):
        if key not in ("calibration", "update_by_rays"):
            table.add_row(key, *[_text(row.get(key)) for row in found.values()])
    times = [{entry["rays"]: entry for entry in row["update_by_rays"]} for row in found.values()]
    for rays in dict.fromkeys(rays for world in times for rays in world):
        table.add_row(f"update, {rays} rays", *[_text(world.get(rays)) for world in times])
    console = Console()
    if not console.is_terminal:
        console = Console(width=40 + 24 * len(found))
    console.print(table)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['p50']:.1f} / {value['p99']:.1f} ms"
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
