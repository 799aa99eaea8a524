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
import io
import json
import os
import stat
import struct
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.config import ConfigurationError, from_mapping
from live_mvp_ros.mapping.live_map import LiveMap, init
from live_mvp_ros.mapping.map_config import LiveMapConfig
from live_mvp_ros.mapping.moving import init_moving
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.vehicle.odometry import DriftConfig

FORMAT = "live_mvp_ros map"
VERSION = 3
_HEADER = "header"
_DAMAGE = (  # what the readers of ZIP, NPY and JSON raise on bytes that are not theirs
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
)


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
    content = io.BytesIO()
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(content, allow_pickle=False, **{_HEADER: text, **arrays})
    temporary = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, destination)
        _sync_folder(destination.parent)
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
        header = json.loads(_arrays(path, (_HEADER,))[_HEADER].tobytes())
        return isinstance(header, dict) and header.get("format") == FORMAT
    except (MapFileError, *_DAMAGE):
        return False


def _arrays(
    path: str | os.PathLike[str], only: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Return the arrays of a NumPy archive that is stored uncompressed.

    Raises:
        MapFileError: there is no such file, or it is not a whole archive of that kind.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise MapFileError(f"{path}: is not a file")
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            if not stored or sum(member.file_size for member in members) > status.st_size:
                raise MapFileError(f"{path}: is not a whole map file")
            names = {member.filename.removesuffix(".npy"): member for member in members}
            return {
                name: _array(archive.read(member))
                for name, member in names.items()
                if only is None or name in only
            }
    except FileNotFoundError as error:
        raise MapFileError(f"{path}: there is no such file") from error
    except MapFileError:
        raise
    except _DAMAGE as error:
        raise MapFileError(f"{path}: is not a whole map file") from error


def _array(data: bytes) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _config(path: str | os.PathLike[str], arrays: dict[str, np.ndarray]) -> LiveMapConfig:
    """Return the configuration in the header of a map file."""
    try:
        header = json.loads(arrays[_HEADER].tobytes())
        is_map = header["format"] == FORMAT
        version, values = int(header["version"]), dict(header["config"])
    except _DAMAGE as error:
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
    except (ConfigurationError, *_DAMAGE) as error:
        raise MapFileError(f"{path}: has a configuration that is not allowed: {error}") from error


def _named(state: Any) -> list[tuple[str, Any]]:
    """Return the leaves of a state with their names."""
    leaves = jax.tree_util.tree_leaves_with_path(state)
    return [
        (jax.tree_util.keystr(path, simple=True, separator="."), leaf) for path, leaf in leaves
    ]


def _sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
