# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a machine may lack: modules without a rosdep key, or with one for pip alone.

A build farm installs none of them. A test that meets one that is missing is skipped, and says so.
"""

from __future__ import annotations

import importlib.util
import re

import pytest

INSTALLED_BY_PIP = {
    "embreex": "embreex",
    "equinox": "equinox",
    "gymnasium": "gymnasium",
    "jax": "jax",
    "mcap": "mcap",
    "optax": "optax",
    "orbax": "orbax-checkpoint",
    "pymavlink": "pymavlink",
    "pyvista": "pyvista",
    "ray": "ray",
    "rerun": "rerun-sdk",
    "rosbags": "rosbags",
    "tensorboardX": "tensorboardx",
    "trimesh": "trimesh",
    "zstandard": "zstandard",
}
"""Module: what pip calls it."""
_NOT_FOUND = re.compile(r"No module named '([\w.]+)'|\b(\w+) is not installed here: pip install")


def lacking(error: BaseException | str) -> str | None:
    """Return why a test is skipped that ended with an error or its text, None if it has failed.

    The text may be what a command said that the test has run.
    """
    if isinstance(error, ModuleNotFoundError):
        return _reason(error.name) if error.name in INSTALLED_BY_PIP else None
    said = ("".join(names).split(".")[0] for names in _NOT_FOUND.findall(str(error)))
    missing = [name for name in said if name in INSTALLED_BY_PIP and not _is_there(name)]
    return _reason(missing[-1]) if missing else None


def need(*modules: str) -> None:
    """Skip a test that uses modules in another process."""
    for module in modules:
        if not _is_there(module):
            pytest.skip(_reason(module), allow_module_level=True)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _reason(module: str) -> str:
    return f"needs {module}: pip install {INSTALLED_BY_PIP[module]}"
