# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which worlds have a name, and what a name such as ``maze:3`` means: a data file and a seed.

Needs no JAX, because launch files and commands ask before anything is loaded.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import NamedTuple

SUFFIXES = (".yaml", ".yml", ".json")
MESH = "mesh"
MESH_SUFFIXES = (".obj", ".ply", ".glb", ".stl")
SEEDED = ("maze", "cave", "office_15x30", "office_20x20", "office_30x30", "office_35x35")
_DATA = Path(__file__).parent / "data"
WORLD_FILES: dict[str, Path] = {
    "seed": _DATA / "seed.yaml",
    "office": _DATA / "office.json",
    **{name: _DATA / f"{name}.yaml" for name in SEEDED},
}
_MOST_DIGITS = 9


class WorldNameError(ValueError):
    """There is no such world; the text is one sentence that lists what there is."""


def shown_name(world: str) -> str:
    """Return the one name by which tables and pictures call a world: a file's without its path."""
    mesh = mesh_of(world)
    if mesh is not None:
        return _readable(mesh.path.stem)
    is_file = world not in WORLD_FILES and Path(world).suffix in SUFFIXES
    return _readable(Path(world).stem) if is_file else world


def _readable(name: str) -> str:
    """Return the name of a file as text, also where the locale has no letters for its bytes."""
    return os.fsencode(name).decode("utf-8", "replace")


class MeshName(NamedTuple):
    """What a name such as ``mesh:hall.stl`` means: a file, and metres per unit of it."""

    path: Path
    scale: float

    def text(self, path: Path) -> str:
        """Return the name for the same scale and a path."""
        return mesh_name(path, self.scale)


def mesh_name(path: Path, scale: float = 1.0) -> str:
    """Return the name of a world that is a mesh."""
    return f"{MESH}:{path}" if scale == 1.0 else f"{MESH}@{str(scale).removesuffix('.0')}:{path}"


def mesh_of(world: str) -> MeshName | None:
    """Return what ``mesh:FILE`` or ``mesh@SCALE:FILE`` means, None for the name of another world.

    Raises:
        WorldNameError: the scale is no number above 0.
    """
    head, _, file = world.partition(":")
    kind, at, text = head.partition("@")
    if kind != MESH or not file:
        return None
    try:
        scale = float(text) if at else 1.0
    except ValueError:
        scale = math.nan
    if not (math.isfinite(scale) and scale > 0.0):
        raise WorldNameError(
            f"world {world!r} is not allowed: the scale must be a number above 0, as in"
            f" {MESH}@0.001:{file}"
        )
    return MeshName(Path(os.path.expanduser(file)), scale)


def find_world(world: str) -> tuple[Path, int | None]:
    """Return the file of a world by name, name:seed or path, and the seed if the name has one.

    Raises:
        WorldNameError: no world has this name, it has no seed, or the seed is no whole number.
    """
    if world in WORLD_FILES:
        return WORLD_FILES[world], None
    mesh = mesh_of(world)
    if mesh is not None:
        return mesh.path, None
    path = Path(os.path.expanduser(world))
    if path.suffix in SUFFIXES:
        return path, None
    if path.suffix.lower() in MESH_SUFFIXES:
        raise WorldNameError(
            f"world {world!r} is not allowed: a mesh alone is the world {MESH}:{world}"
            f" ({MESH}@0.001:{world} if it is in millimetres), and part of another one by three"
            f" lines among the primitives of its file, 'type: mesh', 'path: {path.name}' and"
            " 'scale: 1.0'"
        )
    name, _, seed = world.partition(":")
    if name not in WORLD_FILES:
        raise WorldNameError(
            f"there is no world {world!r}: choose one of {', '.join(WORLD_FILES)}"
            ", mesh:FILE, mesh@SCALE:FILE, or the path of a .yaml or .json file"
        )
    if name not in SEEDED:
        raise WorldNameError(
            f"world {world!r} is not allowed: {name} is always the same, only"
            f" {', '.join(SEEDED)} take a seed"
        )
    if not (seed.isascii() and seed.isdecimal() and len(seed) <= _MOST_DIGITS):
        raise WorldNameError(
            f"world {world!r} is not allowed: the seed must be a whole number of at most"
            f" {_MOST_DIGITS} digits, as in {name}:3"
        )
    return WORLD_FILES[name], int(seed)
