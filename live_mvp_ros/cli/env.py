# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp env``: look into the packet environment, and write its packets and schemas."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.bringup.errors import FAILED, BringupError, UsageError
from live_mvp_ros.bringup.option_checks import LARGEST_SEED
from live_mvp_ros.cli.file_options import FILE, check_new_folder, check_writable
from live_mvp_ros.cli.packets import schema

if TYPE_CHECKING:
    from live_mvp_ros.packets import Environment

_FRAME_S = 0.12


def common(command: Any) -> Any:
    """Add what every run of an environment has in common."""
    for option in (
        click.option("--seed", type=click.IntRange(0, LARGEST_SEED), default=0, show_default=True),
        click.option(
            "--config",
            "config_file",
            type=FILE,
            metavar="FILE",
            help="Settings as YAML or JSON, the keys of EnvConfig.",
        ),
    ):
        command = option(command)
    return command


def steps_option(default: int) -> Any:
    """Return the option for the number of steps."""
    return click.option(
        "--steps", type=click.IntRange(1, 100_000), default=default, show_default=True
    )


output_option = click.option(
    "--output",
    type=FILE,
    metavar="FILE",
    help="Film (.gif) or strip (.png) of evenly chosen steps.  [default: NAME.png]",
)


@click.group()
def env() -> None:
    """Look into the packet environment, and write its packets and schemas."""


@env.command()
@common
@steps_option(48)
@output_option
def examine(seed: int, config_file: Path | None, steps: int, output: Path | None) -> int:
    """Go round every object, and write what is seen as a film or a strip of pictures."""
    return _shown("examiner", seed, config_file, steps, output or Path("examine.png"))


@env.command()
@common
@steps_option(48)
@output_option
def explore(seed: int, config_file: Path | None, steps: int, output: Path | None) -> int:
    """Turn to every thing of the scene, fly there, and write what is seen."""
    return _shown("explorer", seed, config_file, steps, output or Path("explore.png"))


@env.command()
@common
@steps_option(3)
@click.option(
    "--scenario",
    type=click.Choice(("examiner", "explorer")),
    default="examiner",
    show_default=True,
)
@click.option(
    "--output",
    type=FILE,
    default=Path("packets"),
    show_default=True,
    metavar="DIR",
    help="New folder for the steps.",
)
def dump(seed: int, config_file: Path | None, steps: int, scenario: str, output: Path) -> int:
    """Write the packets of some steps as JSON, and their patches as PNG and NPY."""
    check_new_folder(output, "--output")
    environment = _environment(config_file, debug_overlay=True)
    for tick, _ in enumerate(_walk(environment, scenario, seed, steps)):
        environment.dump_step(tick, output)
    click.echo(f"{counted(steps + 1, 'step')} in {output}")
    return 0


env.add_command(schema)


def _shown(scenario: str, seed: int, config_file: Path | None, steps: int, output: Path) -> int:
    """Run an environment and write a film or a strip; exit code 1 if a step was not valid."""
    check_writable(output, "--output", (".gif", ".png"))
    environment = _environment(config_file)
    from live_mvp_ros.base import results
    from live_mvp_ros.packets.film import MOST_IN_FILM, MOST_IN_STRIP, chosen, film, frame, strip

    is_film = output.suffix.lower() == ".gif"
    shown = chosen(steps + 1, MOST_IN_FILM if is_film else MOST_IN_STRIP)
    frames: list[Any] = []
    invalid, spent_s = 0, 0.0
    walk = _walk(environment, scenario, seed, steps)
    for number in range(steps + 1):
        begin = time.perf_counter()
        observation, info = next(walk)
        spent_s += time.perf_counter() - begin if number else 0.0  # the first one compiles
        invalid += info is not None and not info.ok
        if number in shown:
            frames.append(frame(observation, environment.preview()))
    results.write(output, film(frames, _FRAME_S) if is_film else strip(frames))
    click.echo(
        f"{scenario}: {counted(steps, 'step')}, {steps / max(spent_s, 1e-9):.0f} per second, "
        f"{invalid} not valid; pictures in {output}"
    )
    return FAILED if invalid else 0


def _walk(
    environment: Environment, scenario: str, seed: int, steps: int
) -> Iterator[tuple[Any, Any]]:
    """Yield observation and info of a reset and of the steps of a tour, which it makes."""
    from live_mvp_ros.packets import EnvAssetError, EnvBackendError

    objects = environment.config.objects
    try:
        yield environment.reset(seed=seed, scenario=scenario, random_view=False)[0], None
        for tick in range(steps):
            action = _action(scenario, tick, steps, len(objects))
            observation, _, _, info = environment.step(action)
            yield observation, info
    except EnvAssetError as error:
        raise UsageError(str(error)) from error
    except EnvBackendError as error:
        raise BringupError(str(error)) from error
    except ValueError as error:
        raise UsageError(str(error)) from error


def _action(scenario: str, tick: int, steps: int, objects: int) -> dict[str, Any]:
    """Return the action of a tour: once round each object, or towards each thing."""
    per_object = max(steps // objects, 1)
    if tick % per_object == per_object - 1 and tick + 1 < steps:
        return {"type": "switch_object", "params": {}}
    if scenario == "examiner":
        return {"type": "jump_to", "params": {"u": (tick % per_object) / per_object, "v": 0.75}}
    return {"type": "motor", "params": {"motor": [0.5, 0.1, 0.0, 0.0, 0.0, -0.1]}}


def _environment(config_file: Path | None, debug_overlay: bool = False) -> Environment:
    """Return the environment of a file of settings, the usual one without.

    Raises:
        UsageError: the file or a value in it is not allowed, or the backend is not here.
    """
    values = _read(config_file)
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax(in_background=False)
    from live_mvp_ros.packets import EnvBackendError, EnvConfig, Environment

    try:
        config = EnvConfig.from_dict(values)
        return Environment(config, debug_overlay=debug_overlay)
    except EnvBackendError as error:
        raise UsageError(str(error)) from error
    except ValueError as error:
        where = f"--config {config_file}: " if config_file else ""
        raise UsageError(f"{where}{error}") from error


def _read(config_file: Path | None) -> Mapping[str, Any]:
    if config_file is None:
        return {}
    from live_mvp_ros.base.mapping_file import MappingFileError, parsed_yaml
    from live_mvp_ros.bringup.params_file import read_text

    text = read_text(str(config_file))
    try:
        values = parsed_yaml(text)
    except MappingFileError as error:
        raise UsageError(f"{config_file} {error}") from error
    return {} if values is None else values
