# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a vehicle has room where its flight starts: the distance from there to the solid.

Needs no JAX, and no mesh is loaded unless it is asked for. Map frame, metres.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from live_mvp_ros.worlds.file_fields import Fields
from live_mvp_ros.worlds.shapes import distance, solids_of, solids_of_plan
from live_mvp_ros.worlds.world_error import WorldError

_ROUNDING_M = 1e-5  # of distances in float32


def check_room(world: str, room_m: float, radius_m: float) -> None:
    """Refuse a start where a body does not fit.

    Args:
        world: its name, for the sentence.
        room_m: distance from the start to the nearest surface.
        radius_m: of the body.

    Raises:
        WorldError: there is not so much room.
    """
    if room_m <= radius_m + _ROUNDING_M:
        raise WorldError(
            f"{world}: start is {room_m:.2f} m from a surface, a body of {radius_m:.2f} m radius"
            " needs more"
        )


def room_at_start(fields: Fields) -> float:
    """Return how far the start of a world is from the nearest shape; meshes do not count.

    Raises:
        WorldError: a shape is none; the sentence says what is allowed.
    """
    if fields.values.get("occupied"):
        point = np.array(fields.point("start"))
        return min(distance(kind, row, point) for _, kind, row in solids_of_plan(fields))
    if not fields.values.get("primitives"):
        return math.inf
    point = np.array(fields.point("start_m"))
    items = fields.mappings("primitives")
    return min((_to_item(item, point) for item in items), default=math.inf)


def room_to_meshes(fields: Fields) -> float:
    """Return how far the start of a world is from the nearest of its meshes; this loads them.

    Raises:
        WorldError: a mesh cannot be loaded.
    """
    from live_mvp_ros.worlds.mesh_scene import MeshSolid  # loads JAX

    start = np.array([fields.point("start_m")])
    room = math.inf
    for item in meshes_of(fields):
        path = Path(item.file).parent / os.path.expanduser(item.text("path"))
        solid = MeshSolid(path, item.number("scale", default=1.0, above=0.0))
        room = min(room, float(solid.distance(start)[0]))
    return room


def meshes_of(fields: Fields) -> Iterable[Fields]:
    """Return those primitives of a world that are meshes."""
    if not fields.values.get("primitives"):
        return []
    return [item for item in fields.mappings("primitives") if item.values.get("type") == "mesh"]


def _to_item(item: Fields, point: np.ndarray) -> float:
    """Return the distance to a primitive, or to a union, hard or smooth."""
    each = np.array([distance(kind, row, point) for _, kind, row in solids_of([item])])
    if not len(each):
        return math.inf
    nearest = float(each.min())
    k = 0.0
    if item.values.get("type") == "union":
        k = item.number("smoothness_per_m", default=0.0, least=0.0)
    return nearest if k == 0.0 else nearest - math.log(np.exp(-k * (each - nearest)).sum()) / k
