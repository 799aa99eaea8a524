# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Worlds drawn from a seed: a world file may name a generator instead of listing primitives.

Such a file has the keys ``generator`` (maze, cave or office), ``name``, ``seed`` (optional, 0)
and the fields of the generator's configuration, for instance

    {generator: office, name: annex, seed: 7, size_m: [25.0, 40.0]}

The same file and seed give the same world, on every machine that draws the same random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from live_mvp_ros.base.config import ConfigurationError, from_mapping
from live_mvp_ros.worlds.cave import CaveConfig, cave
from live_mvp_ros.worlds.file_fields import Fields
from live_mvp_ros.worlds.maze import MazeConfig, maze
from live_mvp_ros.worlds.offices import OfficeConfig, office
from live_mvp_ros.worlds.plan import FloorPlan
from live_mvp_ros.worlds.world_error import WorldError


class Generator(NamedTuple):
    """How to draw one kind of world."""

    config: type[Any]
    draw: Callable[[Any, np.random.Generator], FloorPlan]


GENERATORS: dict[str, Generator] = {
    "maze": Generator(MazeConfig, maze),
    "cave": Generator(CaveConfig, cave),
    "office": Generator(OfficeConfig, office),
}


def generate(fields: Fields, seed: int | None = None) -> dict[str, Any]:
    """Return the values of a world file of primitives, drawn as ``fields`` say.

    Args:
        fields: the values of a world file with the key ``generator``.
        seed: instead of the seed in the file; the world is then called name:seed.

    Raises:
        WorldError: a key or value is not allowed.
    """
    kind = fields.choice("generator", tuple(GENERATORS))
    name = fields.text("name")
    in_file = fields.number("seed", default=0.0, least=0.0)
    if in_file != int(in_file):
        fields.refuse("seed", "a whole number of at least 0")
    if seed is None:
        seed = int(in_file)
    settings = {k: v for k, v in fields.values.items() if k not in ("generator", "name", "seed")}
    generator = GENERATORS[kind]
    try:
        config = from_mapping(generator.config, settings)
    except ConfigurationError as error:
        raise WorldError(f"{fields.file}: {error}") from None
    plan = generator.draw(config, np.random.default_rng(seed))
    return plan.world_values(f"{name}:{seed}")
