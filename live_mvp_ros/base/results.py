# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every written result shares: whole files, rounded numbers, the versions that made them.

Every file is written under a temporary name, flushed and renamed, so that a reader never meets
half of one. Values that were not measured are null, never 0 and never NaN.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

PAGE = "report.html"
"""The page about a run, in its folder."""
LAST_MAP = "last_map.npz"
"""The last map of a flight that had no time to draw it, in its folder."""
EVAL_LINES, FACET_LINES = "eval.jsonl", "facets.jsonl"
"""What the packets of a flight say, in its folder, as one record a line."""


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all.

    Through a link, the file that it leads to is written; into a device or a pipe, such as
    /dev/stdout, as it comes.

    Raises:
        OSError: it cannot be written; it names the file, never one that was made on the way.
    """
    try:
        if _comes_as_it_goes(path):
            path.write_bytes(content)
        else:
            _write_whole(path, content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def try_to_write(path: Path) -> None:
    """Begin to write a file, as ``write`` does, and leave everything as it was.

    Raises:
        OSError: it cannot be begun.
    """
    if not _comes_as_it_goes(path):
        temporary = _temporary(Path(os.path.realpath(path)))
        temporary.touch()
        temporary.unlink()


def _comes_as_it_goes(path: Path) -> bool:
    """Return whether a path is a device or a pipe."""
    return path.exists() and not path.is_file()


def _temporary(path: Path) -> Path:
    """Return what a file is called while it is written."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def _write_whole(path: Path, content: bytes) -> None:
    path = Path(os.path.realpath(path))
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):  # nothing is there, or nothing can be
            temporary.unlink()


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write values as JSON; NaN is refused."""
    write(path, (json.dumps(values, indent=2, allow_nan=False) + "\n").encode())


def write_table(path: Path, names: Sequence[str], rows: np.ndarray) -> None:
    """Write rows [N, columns] as comma-separated values under a line of names."""
    buffer = io.StringIO()
    np.savetxt(buffer, rows, "%.4f", ",", header=",".join(names), comments="")
    write(path, buffer.getvalue().encode())


def rounded(value: float | None, digits: int) -> float | None:
    """Return a rounded number, None for one that is not finite."""
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def percentiles(values: Sequence[float] | np.ndarray) -> dict[str, float | None]:
    """Return the median and the 99th percentile as ``p50`` and ``p99``, None of no values."""
    if not len(values):
        return {"p50": None, "p99": None}
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": rounded(float(p50), 3), "p99": rounded(float(p99), 3)}


def versions() -> dict[str, str | None]:
    """Return the versions of what the numbers depend on; None where it is not installed."""
    names = ("jax", "numpy")
    return {
        "live_mvp_ros": package_version(),
        "python": platform.python_version(),
        **{name: _version(name) for name in names},
        "ros_distro": os.environ.get("ROS_DISTRO"),
    }


def package_version() -> str | None:
    """Return the version of this package from its metadata, or from the package.xml of an install.

    A colcon workspace has the one, an installation with pip the other.
    """
    version = _version("live_mvp_ros")
    if version is not None:
        return version
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        manifest = Path(prefix) / "share" / "live_mvp_ros" / "package.xml"
        if manifest.is_file():
            return ElementTree.parse(manifest).findtext("version")
    return None


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
