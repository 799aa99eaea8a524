# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which worlds have a name, and what a name such as ``maze:3`` means: a data file and a seed.

Needs no JAX, because launch files and commands ask before anything is loaded.
"""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")
MESH = "mesh"
SEEDED = ("maze", "cave", "office_15x30", "office_20x20", "office_30x30", "office_35x35")
_DATA = Path(__file__).parent / "worlds" / "data"
WORLD_FILES: dict[str, Path] = {
    "seed": _DATA / "seed.yaml",
    "office": _DATA / "office.json",
    **{name: _DATA / f"{name}.yaml" for name in SEEDED},
}
_MOST_DIGITS = 9


class WorldNameError(ValueError):
    """There is no such world; the text is one sentence that lists what there is."""


def find_world(world: str) -> tuple[Path, int | None]:
    """Return the file of a world by name, name:seed or path, and the seed if the name has one.

    Raises:
        WorldNameError: no world has this name, it has no seed, or the seed is no whole number.
    """
    if world in WORLD_FILES:
        return WORLD_FILES[world], None
    path = Path(world).expanduser()
    if path.suffix in SUFFIXES:
        return path, None
    name, _, seed = world.partition(":")
    if name == MESH and seed:
        return Path(seed).expanduser(), None
    if name not in WORLD_FILES:
        raise WorldNameError(
            f"there is no world {world!r}: choose one of {', '.join(WORLD_FILES)}"
            ", mesh:FILE, or the path of a .yaml or .json file"
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
