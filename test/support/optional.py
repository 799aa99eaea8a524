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
_NOT_FOUND = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")


def lacking(error: BaseException | str) -> str | None:
    """Return why a test is skipped that ended with an error or its text, None if it has failed."""
    if isinstance(error, str):
        found = _NOT_FOUND.findall(error)
        name = found[-1] if found else None
    else:
        name = error.name if isinstance(error, ModuleNotFoundError) else None
    return _reason(name) if name in INSTALLED_BY_PIP else None


def need(*modules: str) -> None:
    """Skip a test that uses modules in another process."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(_reason(module), allow_module_level=True)


def _reason(module: str) -> str:
    return f"needs {module}: pip install {INSTALLED_BY_PIP[module]}"
