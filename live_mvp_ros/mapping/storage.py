# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Keep a live map in one file.

The file is an uncompressed NumPy archive: a JSON header (format, version, configuration) and every
array of the state. It is written beside its destination, flushed and renamed, so that there is
always either the old map or the new one. Nothing in it is executed on loading, every part of it
has a checksum, and nothing is taken for larger than it is on disk.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import array_file
from live_mvp_ros.base.array_file import DAMAGE, HEADER
from live_mvp_ros.base.config import ConfigurationError, from_mapping
from live_mvp_ros.mapping.live_map import LiveMap, init
from live_mvp_ros.mapping.map_config import LiveMapConfig
from live_mvp_ros.mapping.moving import init_moving
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.vehicle.odometry import DriftConfig

FORMAT = "live_mvp_ros map"
VERSION = 3


class MapFileError(ValueError):
    """A map file cannot be read or written; the text names it and says why."""


def save_map(path: str | os.PathLike[str], config: LiveMapConfig, state: LiveMap) -> None:
    """Write a map; on failure the file that was there before is untouched.

    Raises:
        MapFileError: the file cannot be written.
    """
    destination = Path(path)
    if not destination.name or "\0" in str(destination):
        raise MapFileError(f"{str(destination)!r} is not the name of a file")
    header = {"format": FORMAT, "version": VERSION, "config": dataclasses.asdict(config)}
    arrays = {name: np.asarray(leaf) for name, leaf in _named(state)}
    content = array_file.packed(header, arrays)
    temporary = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, destination)
        array_file.sync_folder(destination.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise MapFileError(f"{destination}: cannot be written: {error.strerror}") from error


def load_map(path: str | os.PathLike[str]) -> tuple[LiveMapConfig, LiveMap]:
    """Return the configuration and state that ``save_map`` wrote.

    Raises:
        MapFileError: there is no such file, or it is not a whole map of a known version.
    """
    arrays = _arrays(path)
    config = _config(path, arrays)
    template = jax.eval_shape(init, config, jax.random.key(0))
    # a map of before anybody looked for what moves knows of nothing that does
    arrays = {f"moving.{name}": leaf for name, leaf in _named(init_moving(config))} | arrays
    for name, leaf in _named(template):
        array = arrays.get(name)
        if array is None or array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise MapFileError(f"{path}: is not a whole map file: {name} is missing or misshapen")
    leaves = [jnp.array(arrays[name]) for name, _ in _named(template)]  # copies, to be donated
    return config, jax.tree.unflatten(jax.tree.structure(template), leaves)


def holds_map(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a map of any version, as far as its header says."""
    try:
        header = json.loads(_arrays(path, (HEADER,))[HEADER].tobytes())
        return isinstance(header, dict) and header.get("format") == FORMAT
    except (MapFileError, *DAMAGE):
        return False


def _arrays(
    path: str | os.PathLike[str], only: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Return the arrays of a map file.

    Raises:
        MapFileError: there is no such file, or it is not a whole archive of that kind.
    """
    try:
        return array_file.read_arrays(path, "map file", only)
    except array_file.ArrayFileError as error:
        raise MapFileError(f"{path}: {error}") from error


def _config(path: str | os.PathLike[str], arrays: dict[str, np.ndarray]) -> LiveMapConfig:
    """Return the configuration in the header of a map file."""
    try:
        header = json.loads(arrays[HEADER].tobytes())
        is_map = header["format"] == FORMAT
        version, values = int(header["version"]), dict(header["config"])
    except DAMAGE as error:
        raise MapFileError(f"{path}: is not a map file of live_mvp_ros") from error
    if not is_map:
        raise MapFileError(f"{path}: is not a map file of live_mvp_ros")
    if version > VERSION:
        raise MapFileError(
            f"{path}: has version {version}, written by a newer live_mvp_ros; "
            f"this one reads version {VERSION}"
        )
    if version < VERSION:
        raise MapFileError(
            f"{path}: has version {version}, written by an older live_mvp_ros; "
            f"this one reads version {VERSION}"
        )
    try:
        body = from_mapping(BodyConfig, values.pop("body"))
        odometry = from_mapping(DriftConfig, values.pop("odometry", {}))
        return from_mapping(LiveMapConfig, {**values, "body": body, "odometry": odometry})
    except (ConfigurationError, *DAMAGE) as error:
        raise MapFileError(f"{path}: has a configuration that is not allowed: {error}") from error


def _named(state: Any) -> list[tuple[str, Any]]:
    """Return the leaves of a state with their names."""
    leaves = jax.tree_util.tree_leaves_with_path(state)
    return [
        (jax.tree_util.keystr(path, simple=True, separator="."), leaf) for path, leaf in leaves
    ]
