# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Load worlds from data files: YAML or JSON lists of primitives, or floor plans of rectangles.

A world of primitives has the keys ``name``, ``lower_m``, ``upper_m``, ``start_m``,
``start_yaw_rad`` (optional, 0), ``goal_m`` and ``primitives``, a list of

    {type: plane, point_m: [x, y, z], normal: [x, y, z]}             normal points out of the solid
    {type: sphere, centre_m: [x, y, z], radius_m: r}
    {type: box, centre_m: [x, y, z], half_extents_m: [x, y, z]}
    {type: cylinder, centre_m: [x, y, z], radius_m: r, height_m: h}  axis along z
    {type: polygon, corners_m: [[x, y], ...], bottom_m: z, top_m: z}
    {type: union, smoothness_per_m: k, members: [...]}               k = 0: hard union
    {type: mesh, path: FILE, scale: 1.0}             watertight OBJ, PLY, GLB or STL

A path that is not absolute starts at the folder of the world file. A mesh is in metres, or in
units of ``scale`` (optional) metres; GLB is turned from Y up, as its standard has it, to Z up.

A floor plan has the key ``occupied``: rectangles [x_min, y_min, x_max, y_max] that are solid from
the floor z = 0 to the ceiling z = ``height``, both of which are solid too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.mapping_file import MappingFileError, read_mapping_file
from live_mvp_ros.worlds.file_fields import PLAN_KEYS, PRIMITIVE_KEYS, Fields
from live_mvp_ros.worlds.generators import generate
from live_mvp_ros.worlds.mesh_scene import MeshSolid
from live_mvp_ros.worlds.mesh_world import check_place, mesh_world_values
from live_mvp_ros.worlds.names import WORLD_FILES, WorldNameError, find_world, mesh_of
from live_mvp_ros.worlds.scene import (
    Boxes,
    Cylinders,
    Group,
    Planes,
    Primitives,
    Prisms,
    Scene,
    Spheres,
    signed_distance,
)
from live_mvp_ros.worlds.shapes import READERS, rectangles_of
from live_mvp_ros.worlds.world import World
from live_mvp_ros.worlds.world_error import WorldError
from live_mvp_ros.worlds.world_size import problem_of

WORLD_NAMES: tuple[str, ...] = tuple(WORLD_FILES)
_TYPES = ("plane", "sphere", "box", "cylinder", "polygon", "union", "mesh")


def load_world(name_or_path: str) -> World:
    """Return a world by name (one of ``WORLD_NAMES``) or from a .yaml, .yml or .json file.

    A generated world takes a seed: ``maze:3``; ``maze`` is ``maze:0``. A mesh alone is a world
    too: ``mesh:PATH``, or ``mesh@0.001:PATH`` of one in millimetres.

    Raises:
        WorldError: there is no such world, or its file is wrong; the sentence says what is.
    """
    try:
        path, seed = find_world(name_or_path)
    except WorldNameError as error:
        raise WorldError(str(error)) from None
    mesh = mesh_of(name_or_path)
    values = mesh_world_values(*mesh) if mesh is not None else _parsed(path)
    fields = Fields(str(path), "", values)
    if "generator" in fields.values:
        fields = Fields(str(path), "", generate(fields, seed))
    return _from_floor_plan(fields) if "occupied" in fields.values else _from_primitives(fields)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return read_mapping_file(path)
    except MappingFileError as error:
        raise WorldError(f"{path}: {error}") from error


def _from_floor_plan(fields: Fields) -> World:
    fields.allow(*PLAN_KEYS)
    if fields.values.get("units", "m") != "m":
        fields.refuse("units", "m")
    (width, depth), height = fields.vector("size", 2), fields.number("height", above=0.0)
    rectangles = np.array(rectangles_of(fields), np.float64).T
    heights = np.full(rectangles.shape[1], 0.5 * height)
    low, high = rectangles[:2], rectangles[2:]
    walls = Boxes(
        _array(np.vstack([0.5 * (low + high), heights])),
        _array(np.vstack([0.5 * (high - low), heights])),
    )
    slabs = Planes(_array([[0.0, 0.0], [0.0, 0.0], [1.0, -1.0]]), _array([0.0, -height]))
    world = World(
        name=fields.text("name"),
        scene=Scene((Group((slabs, walls)),)),
        lower_m=(0.0, 0.0, 0.0),
        upper_m=(width, depth, height),
        start_m=fields.point("start"),
        start_yaw_rad=fields.heading("start_yaw"),
        goal_m=fields.point("goal"),
    )
    return _checked(fields, world, "start", "goal", "size")


def _from_primitives(fields: Fields) -> World:
    fields.allow(*PRIMITIVE_KEYS)
    world = World(
        name=fields.text("name"),
        scene=_scene(fields.mappings("primitives")),
        lower_m=fields.point("lower_m"),
        upper_m=fields.point("upper_m"),
        start_m=fields.point("start_m"),
        start_yaw_rad=fields.heading("start_yaw_rad"),
        goal_m=fields.point("goal_m"),
    )
    return _checked(fields, world, "start_m", "goal_m", "upper_m")


def _checked(fields: Fields, world: World, start: str, goal: str, upper: str) -> World:
    """Refuse a world without volume, or whose start or goal is not in free space inside it."""
    lowest, highest = np.array(world.lower_m), np.array(world.upper_m)
    if not np.all(lowest < highest):
        fields.refuse(upper, "above the lower corner on every axis")
    if problem := problem_of(world.lower_m, world.upper_m):
        raise WorldError(f"{fields.file}: {problem}")
    alone = not world.scene.groups and len(world.scene.meshes) == 1
    for mesh in world.scene.meshes:
        check_place(mesh, lowest, highest, alone=alone)
    clear = signed_distance(world.scene, jnp.array([world.start_m, world.goal_m])) > 0.0
    ends = ((start, world.start_m), (goal, world.goal_m))
    for (key, position), outside in zip(ends, clear, strict=True):
        if np.any(np.array(position) < lowest) or np.any(np.array(position) > highest):
            fields.refuse(key, f"between {world.lower_m} and {world.upper_m}")
        if not outside:
            fields.refuse(key, "outside the solid")
    return world


def _scene(items: list[Fields]) -> Scene:
    """Build one hard group of all loose primitives, and one group per union."""
    kinds = [item.choice("type", _TYPES) for item in items]
    meshes = tuple(_mesh(item) for item, kind in zip(items, kinds, strict=True) if kind == "mesh")
    loose = [
        item for item, kind in zip(items, kinds, strict=True) if kind not in ("union", "mesh")
    ]
    groups = [_group(loose, 0.0)] if loose else []
    for item in items:
        if item.values["type"] == "union":
            item.allow("type", "smoothness_per_m", "members")
            smoothness = item.number("smoothness_per_m", default=0.0, least=0.0)
            groups.append(_group(item.mappings("members"), smoothness))
    return Scene(tuple(groups), meshes)


def _mesh(item: Fields) -> MeshSolid:
    item.allow("type", "path", "scale")
    path = Path(item.file).parent / os.path.expanduser(item.text("path"))
    return MeshSolid(path, item.number("scale", default=1.0, above=0.0))


def _group(items: list[Fields], smoothness: float) -> Group:
    """Build one group; primitives of one kind share one stack of arrays."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for item in items:
        kind = item.choice("type", tuple(READERS))
        if kind == "polygon" and smoothness > 0.0:
            item.refuse("type", "plane, sphere, box or cylinder inside a smooth union")
        rows.setdefault(kind, []).extend(READERS[kind](item))
    members = tuple(_stacked(kind, entries) for kind, entries in sorted(rows.items()))
    return Group(members, smoothness)


def _stacked(kind: str, rows: list[tuple[Any, ...]]) -> Primitives:
    """Stack rows of fields into arrays with the primitive index last."""
    kinds = {"plane": Planes, "sphere": Spheres, "box": Boxes, "cylinder": Cylinders}
    columns = [
        _array(np.stack([np.asarray(v) for v in c], axis=-1)) for c in zip(*rows, strict=True)
    ]
    return kinds.get(kind, Prisms)(*columns)


def _array(values: Any) -> Any:
    return jnp.asarray(np.asarray(values, np.float32))
