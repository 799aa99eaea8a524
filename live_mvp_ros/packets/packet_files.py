# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets in files: JSON in which nothing is said twice, and the patches that lie beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from live_mvp_ros.packets.packet_fields import PacketError


def parsed(text: str) -> Any:
    """Return what a text in JSON says.

    Raises:
        PacketError: it is no JSON, or says a key twice.
    """
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
    except RecursionError:
        raise PacketError("it is nested too deeply for a packet") from None
    except PacketError:
        raise
    except ValueError as error:
        raise PacketError(str(error)) from None


def patches_beside(values: Any, folder: Path) -> dict[str, np.ndarray]:
    """Return the patches that an observation in JSON names, read from NPY files in a folder.

    Raises:
        PacketError: one is not there, or is no such file.
    """
    columns = values.get("columns", []) if isinstance(values, Mapping) else []
    listed = columns if isinstance(columns, list) else []
    found = (column.get("patch") for column in listed if isinstance(column, Mapping))
    return {name: _patch(folder, name) for name in found if isinstance(name, str)}


def _patch(folder: Path, name: str) -> np.ndarray:
    path = folder / name
    if path.name != name:  # in another folder, or none
        raise PacketError(f"patch = {name!r} is not allowed: it must be the name of a file")
    try:
        read: Any = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        words = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise PacketError(f"patch = {name!r} cannot be read from {path}: {words}") from None
    if not isinstance(read, np.ndarray):
        raise PacketError(f"patch = {name!r} cannot be read from {path}: it is no NPY file")
    return read


def _refuse(word: str) -> NoReturn:
    raise PacketError(f"{word} is not JSON: what is not known is null")


def _once(items: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in items:
        if name in found:
            raise PacketError(f"{name} is said twice")
        found[name] = value
    return found
