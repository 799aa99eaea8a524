# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Names of a package that are imported when they are first used (PEP 562).

So who needs one module of a room does not load, with its ``__init__``, JAX and all the others.
Also what to say of a module of ours that is not found then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

PACKAGE = __name__.split(".", maxsplit=1)[0]


def names_of(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package.

    Args:
        package: its ``__name__``.
        modules: which module of the package defines which names.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def load(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    return load


def not_built(error: ModuleNotFoundError) -> str:
    """Return why a module of ours is not found and what to do, empty for one of others.

    A build links every file for itself, so a new file is found only after the next one.
    """
    name = error.name or ""
    if name.split(".", maxsplit=1)[0] != PACKAGE:
        return ""
    return (
        f"there is no module {name} in what was built: if its file is new, run `make setup`, or "
        "`colcon build` in your ROS 2 workspace"
    )
