# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Objects of the YCB set as primitives with their published sizes.

Sizes are those of Calli et al., "Benchmarking in Manipulation Research: The YCB Object and Model
Set and Benchmarking Protocols", IEEE Robotics & Automation Magazine 22(3), 2015, table of objects:
depth x width x height of boxes, diameter x height of cans, diameter of balls. Colours are
plausible ones. An object stands upright with its middle in the origin; the parts of a can or a
box are bands of one colour each, from the bottom up. Each reaches a little into the one below: a
ray in the very plane where they touch would pass between them.
"""

from __future__ import annotations

import dataclasses

Colour = tuple[float, float, float]

SEAM_MM = 0.5
"""How far a part reaches into the one below."""
RED: Colour = (0.78, 0.10, 0.12)
WHITE: Colour = (0.92, 0.91, 0.88)
YELLOW: Colour = (0.93, 0.78, 0.12)
BLUE: Colour = (0.12, 0.25, 0.62)
SILVER: Colour = (0.66, 0.67, 0.70)
BROWN: Colour = (0.42, 0.26, 0.16)
WOOD: Colour = (0.70, 0.52, 0.33)
GREEN: Colour = (0.66, 0.83, 0.20)
ORANGE: Colour = (0.95, 0.52, 0.10)


@dataclasses.dataclass(frozen=True)
class Part:
    """A primitive of one colour.

    Attributes:
        kind: ``box``, ``cylinder`` (upright) or ``sphere``.
        size_mm: depth, width and height of its bounding box.
        bottom_mm: its lowest point above the lowest of the object.
        colour: albedo (r, g, b), each in [0, 1].
    """

    kind: str
    size_mm: tuple[float, float, float]
    bottom_mm: float
    colour: Colour


@dataclasses.dataclass(frozen=True)
class Model:
    """An object: its parts, the published size of the whole [mm], and its symmetries."""

    size_mm: tuple[float, float, float]
    parts: tuple[Part, ...]
    symmetries: tuple[str, ...] = ("mirror_x", "mirror_y")


def _banded(
    kind: str, size_mm: tuple[float, float, float], *bands: tuple[float, Colour]
) -> tuple[Part, ...]:
    """Return bands of so many shares of the height each, from the bottom up."""
    whole, bottom = sum(share for share, _ in bands), 0.0
    parts: list[Part] = []
    depth, width, height = size_mm
    for share, colour in bands:
        high = height * share / whole
        seam = SEAM_MM if parts else 0.0
        parts.append(Part(kind, (depth, width, high + seam), bottom - seam, colour))
        bottom += high
    return tuple(parts)


def _box(depth: float, width: float, height: float, *bands: tuple[float, Colour]) -> Model:
    size = (depth, width, height)
    level = ("mirror_z",) * (len(bands) == 1)
    return Model(size, _banded("box", size, *bands), ("mirror_x", "mirror_y", *level))


def _can(diameter: float, height: float, *bands: tuple[float, Colour]) -> Model:
    size = (diameter, diameter, height)
    level = ("mirror_z",) * (bands == bands[::-1])
    symmetries = ("turned", "mirror_x", "mirror_y", *level)
    return Model(size, _banded("cylinder", size, *bands), symmetries)


def _ball(diameter: float, colour: Colour) -> Model:
    size = (diameter, diameter, diameter)
    everything = ("turned", "mirror_x", "mirror_y", "mirror_z", "sphere")
    return Model(size, (Part("sphere", size, 0.0, colour),), everything)


MODELS: dict[str, Model] = {
    "001_chips_can": _can(75.0, 250.0, (1, SILVER), (8, RED), (1, WHITE)),
    "002_master_chef_can": _can(102.0, 139.0, (1, SILVER), (8, BLUE), (1, WHITE)),
    "003_cracker_box": _box(60.0, 158.0, 210.0, (3, RED), (1, WHITE), (2, RED)),
    "004_sugar_box": _box(38.0, 89.0, 175.0, (2, YELLOW), (2, WHITE), (1, BLUE)),
    "005_tomato_soup_can": _can(66.0, 101.0, (1, SILVER), (5, WHITE), (5, RED), (1, SILVER)),
    "006_mustard_bottle": Model(
        (50.0, 85.0, 175.0),
        (
            Part("box", (50.0, 85.0, 60.0), 0.0, YELLOW),
            Part("box", (50.0, 85.0, 70.0 + SEAM_MM), 60.0 - SEAM_MM, (0.95, 0.86, 0.30)),
            Part("cylinder", (44.0, 44.0, 15.0 + SEAM_MM), 130.0 - SEAM_MM, YELLOW),
            Part("cylinder", (24.0, 24.0, 30.0 + SEAM_MM), 145.0 - SEAM_MM, RED),
        ),
    ),
    "007_tuna_fish_can": _can(85.0, 33.0, (1, SILVER), (6, BLUE), (1, SILVER)),
    "008_pudding_box": _box(35.0, 110.0, 89.0, (2, BROWN), (1, WHITE), (1, BROWN)),
    "009_gelatin_box": _box(28.0, 85.0, 73.0, (2, RED), (1, WHITE)),
    "010_potted_meat_can": _box(50.0, 97.0, 82.0, (1, SILVER), (6, BLUE), (1, YELLOW)),
    "013_apple": _ball(75.0, RED),
    "017_orange": _ball(73.0, ORANGE),
    "036_wood_block": _box(85.0, 85.0, 200.0, (1, WOOD)),
    "055_baseball": _ball(75.0, WHITE),
    "056_tennis_ball": _ball(64.7, GREEN),
    "061_foam_brick": _box(50.0, 75.0, 50.0, (1, RED)),
    "077_rubiks_cube": _box(57.0, 57.0, 57.0, (1, WHITE), (1, BLUE), (1, YELLOW)),
}
"""Object: its model."""
