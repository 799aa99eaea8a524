# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that a command was told to read or write: refused before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from live_mvp_ros.bringup.errors import UsageError

FILE = click.Path(path_type=Path)
"""The type of options that take a path, which shells complete."""


def check_writable(path: Path, option: str = "--json") -> None:
    """Refuse a file that cannot be written later.

    Raises:
        UsageError: its folder does not exist or is not writable, or it is a folder itself.
    """
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder: give the name of a file")
    folder = Path(os.path.realpath(path)).parent  # of what a link leads to
    if not folder.is_dir():
        raise UsageError(f"{option} {path}: the folder {folder} does not exist")
    if not os.access(folder, os.W_OK) and not (path.exists() and not path.is_file()):
        raise UsageError(f"{option} {path}: the folder {folder} is not writable")


def check_new_folder(path: Path, option: str) -> None:
    """Refuse a folder that exists already, or cannot be created later.

    Raises:
        UsageError: one of the two.
    """
    if path.exists():
        raise UsageError(f"{option} {path} exists already: give the name of a new folder")
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise UsageError(f"{option} {path}: {parent} is no folder that can be written to")


def read_settings(path: Path | None) -> Mapping[str, Any]:
    """Return the nested settings that a file of either format says, nothing for no file.

    The formats are settings below components, and a ROS parameters file, which names nodes. For
    the second one this loads JAX, which must have been prepared.

    Raises:
        UsageError: it cannot be read, is not valid YAML, or says what no setting is.
    """
    if path is None:
        return {}
    import yaml

    from live_mvp_ros.bringup.settings_file import names_nodes

    try:
        text = path.read_text(encoding="utf-8")
        values, root = yaml.safe_load(text), yaml.compose(text, Loader=yaml.BaseLoader)
    except FileNotFoundError as error:
        raise UsageError(f"--params-file {path} does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--params-file {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"--params-file {path} is not valid YAML: {_one_line(error)}") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise UsageError(f"--params-file {path} is not a mapping of settings to values")
    return _said_to_nodes(str(path), text) if root is not None and names_nodes(root) else values


def _said_to_nodes(path: str, text: str) -> Mapping[str, Any]:
    """Return the nested settings that a ROS parameters file means."""
    from live_mvp_ros.base.config import ConfigurationError
    from live_mvp_ros.bringup.params_file import entries_of, meant
    from live_mvp_ros.evaluation.node_settings import MEANS, Told, settings_of

    nodes = {f"/{name}": name for name in MEANS}
    told = [
        Told(
            entry.name,
            [nodes[found] for found in meant(path, entry.name, list(nodes), "")],
            entry.is_pattern,
            entry.values,
        )
        for entry in entries_of(path, text)
    ]
    try:
        return settings_of(told)
    except ConfigurationError as error:
        raise UsageError(f"{path}: {error}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
