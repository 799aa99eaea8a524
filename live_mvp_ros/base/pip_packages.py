# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What pip installs: the modules of others that we import, and what to type where one is missing.

A ROS machine gets most of them from its distribution. For JAX, for the formats of bags and for
Rerun there is no rosdep key, so such a machine may lack them.
"""

from __future__ import annotations

import importlib.util
import platform
from importlib import metadata

REQUIRED = {
    "click": "click>=8.1",
    "embreex": "embreex>=2.17.7.post6,<5",
    "jax": "jax>=0.6.2,<0.13",
    "jsonschema": "jsonschema>=4.10,<5",
    "matplotlib": "matplotlib>=3.8,<4",
    "mcap": "mcap>=1.6,<2",
    "numpy": "numpy>=1.26.4,<3",
    "PIL": "pillow>=11",
    "psutil": "psutil>=6",
    "yaml": "pyyaml>=6.0.2",
    "rich": "rich>=14",
    "rtree": "rtree>=1.3,<2",
    "skimage": "scikit-image>=0.22,<1",
    "scipy": "scipy>=1.13,<2",
    "trimesh": "trimesh>=4.5,<6",
    "zstandard": "zstandard>=0.23,<1",
}
"""Module: what pip installs it by. pyproject.toml says the same."""
OPTIONAL = {
    "equinox": "equinox>=0.13,<0.14",
    "gymnasium": "gymnasium>=1.1,<2",
    "optax": "optax>=0.2.5,<0.3",
    "orbax": "orbax-checkpoint>=0.11,<0.13",
    "pyvista": "pyvista>=0.49,<0.50",
    "pymavlink": "pymavlink>=2.4.41,<3",
    "ray": "ray>=2.49,<3",
    "rerun": "rerun-sdk>=0.40,<0.42",
    "serial": "pyserial>=3.5,<4",
    "tensorboardX": "tensorboardx>=2.6,<3",
}
"""The same of what only autopilots, environments, campaigns, play, training and views need."""
JAX_WITH_CUDA = "jax[cuda12]>=0.6.2,<0.13"
"""Of the extra cuda: for an NVIDIA card, on Linux and WSL2."""
JAX_FOR_NUMPY_1 = "jax>=0.6.2,<0.7"
"""Later ones would replace the NumPy of a distribution that has version 1."""


def missing() -> list[str]:
    """Return the required modules that this Python cannot find."""
    return [name for name in REQUIRED if _is_wanted(name) and not _is_there(name)]


def remedy(modules: list[str]) -> str:
    """Return the command that installs modules of the tables."""
    return "pip install " + " ".join(f'"{_requirement(name)}"' for name in modules)


def sentence(error: ModuleNotFoundError) -> str | None:
    """Return what to do about a module that was not found, None if it is none of the tables."""
    name = _known(error.name or "")
    return None if name is None else f"{name} is not installed here: {remedy([name])}"


def _known(name: str) -> str | None:
    return name if name in {**REQUIRED, **OPTIONAL} else None


def _requirement(name: str) -> str:
    if name == "jax" and _is_there("numpy") and metadata.version("numpy").startswith("1."):
        return JAX_FOR_NUMPY_1
    return {**REQUIRED, **OPTIONAL}[name]


def _is_wanted(name: str) -> bool:
    """Return whether this machine needs a module: processors differ in what casts rays."""
    on_x86 = platform.machine() == "x86_64"
    return {"embreex": on_x86, "rtree": not on_x86}.get(name, True)


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False
