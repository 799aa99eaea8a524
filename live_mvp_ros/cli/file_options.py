# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that a command was told to read or write: refused before anything is computed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from live_mvp_ros.bringup.errors import UsageError

FILE = click.Path(path_type=Path)
"""The type of options that take a path, which shells complete."""


def check_writable(path: Path, option: str = "--json", suffixes: Sequence[str] = ()) -> None:
    """Refuse a file that cannot be written later.

    Args:
        path: of the file.
        option: that names it, for the sentence.
        suffixes: endings that its name may have, in small letters; none: any name.

    Raises:
        UsageError: its name has another ending, its folder does not exist or no file can be made
            in it, or it is a folder itself.
    """
    from live_mvp_ros.base import results

    if suffixes and path.suffix.lower() not in suffixes:
        raise UsageError(f"{option} {path} is not allowed: the name must end in {_any(suffixes)}")
    with _refusing(f"{option} {path}"):
        if path.is_dir():
            raise UsageError(f"{option} {path} is a folder: give the name of a file")
        folder = Path(os.path.realpath(path)).parent  # of what a link leads to
        if not folder.is_dir():
            raise UsageError(f"{option} {path}: the folder {folder} does not exist")
        results.try_to_write(path)


def check_folder(path: Path, option: str) -> None:
    """Refuse a folder that files cannot be written into later; it may exist or not.

    Raises:
        UsageError: it is something else, cannot be created, or no file can be made in it.
    """
    with _refusing(f"{option} {path}"):
        if path.exists() and not path.is_dir():
            raise UsageError(f"{option} {path} is not a folder: give the name of one")
        _try_to_make_one_in(path if path.exists() else _parent(path, option))


def check_new_folder(path: Path, option: str) -> None:
    """Refuse a folder that exists already, or cannot be created later.

    Raises:
        UsageError: one of the two.
    """
    with _refusing(f"{option} {path}"):
        if path.exists():
            raise UsageError(f"{option} {path} exists already: give the name of a new folder")
        _try_to_make_one_in(_parent(path, option))


@contextlib.contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Refuse what the system refuses: only trying knows of every reason.

    Raises:
        UsageError: instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{what} cannot be written: {error.strerror}; give another place"
        ) from error


def _parent(path: Path, option: str) -> Path:
    """Return the nearest folder that there is above one that is to be created."""
    parent = next(place for place in path.absolute().parents if place.exists())
    if not parent.is_dir():
        raise UsageError(f"{option} {path} cannot be created: {parent} is not a folder")
    return parent


def _try_to_make_one_in(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass


def _any(words: Sequence[str]) -> str:
    """Return words as a choice: ``.gif or .mp4``."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


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

    from live_mvp_ros.base.yaml_words import broken
    from live_mvp_ros.bringup.params_file import read_text, root_of
    from live_mvp_ros.bringup.settings_file import names_nodes

    text = read_text(str(path))
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: the 31st of June
        raise UsageError(f"{path} is not valid YAML: {broken(error)}") from error
    if values is None:
        return {}
    root = root_of(str(path), text)
    if not all(isinstance(key, str) for key in values):
        raise UsageError(f"{path} must hold a mapping of settings to values")
    return _said_to_nodes(str(path), text) if names_nodes(root) else values


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
