# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that a command was told to read or write: refused before anything is computed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live_mvp_ros.bringup.errors import UsageError


def check_writable(path: Path, option: str = "--json") -> None:
    """Refuse a file that cannot be written later.

    Raises:
        UsageError: its folder does not exist or is not writable, or it is a folder itself.
    """
    if path.is_dir():
        raise UsageError(f"{option} {path} is a folder: give the name of a file")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{option} {path}: the folder {path.absolute().parent} does not exist")
    if not os.access(path.absolute().parent, os.W_OK):
        raise UsageError(f"{option} {path}: the folder {path.absolute().parent} is not writable")


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
    """Return the nested mapping of a YAML file, nothing for no file.

    Raises:
        UsageError: it cannot be read, is not valid YAML, or holds something else.
    """
    if path is None:
        return {}
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
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
    return values


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
