# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a mission order says about a world: where to start, where to end, where not to leave.

Needs no JAX, because launch files must load quickly; only a world that is generated has to be
drawn. Of a user's file, the shapes are checked, and that start and goal are outside of them; the
node that builds the scene (gt_depth) validates the rest. Map frame, metres.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live_mvp_ros.base.mapping_file import MappingFileError, read_mapping_file
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.worlds.file_fields import PLAN_KEYS, PRIMITIVE_KEYS, Fields
from live_mvp_ros.worlds.names import WORLD_FILES, MeshName, WorldNameError, find_world, mesh_of
from live_mvp_ros.worlds.world_error import WorldError
from live_mvp_ros.worlds.world_size import problem_of

Vector = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class MissionFacts:
    """What a pilot is told before the flight; nothing of what stands in the space.

    Attributes:
        start_m: where a flight starts.
        start_yaw_rad: heading there.
        goal_m: where it ends.
        lower_m: lowest corner of the bound in which to fly.
        upper_m: highest corner of that bound.
        room_m: distance from the start to the nearest surface but those of meshes; infinity where
            nobody has looked, in a world of the package that is not generated. Not told to the
            pilot, and not compared.
    """

    start_m: Vector
    start_yaw_rad: float
    goal_m: Vector
    lower_m: Vector
    upper_m: Vector
    room_m: float = dataclasses.field(default=math.inf, compare=False)


def world_files() -> dict[str, Path]:
    """Return the data files of the worlds that come with the package, by name."""
    return dict(WORLD_FILES)


def resolve_world(world: str) -> str:
    """Return a world's name (such as office or maze:3) as it is, or a file's absolute path.

    Raises:
        UsageError: there is no such world; the sentence lists what there is.
    """
    path, _ = _found(world)
    if path in WORLD_FILES.values():
        return world
    if not path.is_file():
        raise UsageError(f"the world file {world} does not exist")
    mesh = mesh_of(world)
    return str(path.resolve()) if mesh is None else mesh.text(path.resolve())


def mission_facts(world: str) -> MissionFacts:
    """Return the mission facts of a world by name or path.

    Raises:
        UsageError: there is no such world, a fact is missing or no list of three numbers, or a
            shape is none or holds the start or the goal.
    """
    resolve_world(world)
    path, seed = _found(world)
    mesh = mesh_of(world)
    values = read_mapping(path) if mesh is None else _of_mesh(mesh)
    drawn = "generator" in values
    if drawn:
        values, own = _drawn(path, values, seed), False
    else:
        own = mesh is None and path not in WORLD_FILES.values()
    if own:
        _check_keys(path, values)
    if "occupied" in values:  # a floor plan: from the floor z = 0 to its height
        size = _numbers(world, values, "size", 2)
        height = _numbers(world, {"height": [values.get("height")]}, "height", 1)
        lower, upper = (0.0, 0.0, 0.0), (size[0], size[1], height[0])
        names = ("start", "start_yaw", "goal")
    else:
        low, high = (_numbers(world, values, key, 3) for key in ("lower_m", "upper_m"))
        lower, upper = (low[0], low[1], low[2]), (high[0], high[1], high[2])
        names = ("start_m", "start_yaw_rad", "goal_m")
    start = _numbers(world, values, names[0], 3)
    yaw = _numbers(world, {names[1]: [values.get(names[1], 0.0)]}, names[1], 1)
    if own:
        _check_heading(path, values, names[1])
    goal = _numbers(world, values, names[2], 3)
    if problem := problem_of(lower, upper):
        raise UsageError(f"world {world}: {problem}")
    if own:
        _check_shapes(path, values)
    return MissionFacts(
        (start[0], start[1], start[2]),
        yaw[0],
        (goal[0], goal[1], goal[2]),
        lower,
        upper,
        math.inf if path in WORLD_FILES.values() and not drawn else room_of(path, values),
    )


def room_of(path: Path, values: dict[str, Any]) -> float:
    """Return the distance from the start of a world to its nearest surface but of meshes.

    Raises:
        UsageError: a shape is none.
    """
    from live_mvp_ros.worlds.start_room import room_at_start  # loads numpy

    try:
        return room_at_start(Fields(str(path), "", values))
    except WorldError as error:
        raise UsageError(str(error)) from None


def _check_keys(path: Path, values: dict[str, Any]) -> None:
    """Refuse a key of a user's world that is none: what is misspelt is missing by its name."""
    keys = PLAN_KEYS if "occupied" in values else PRIMITIVE_KEYS
    try:
        Fields(str(path), "", values).allow(*keys)
    except WorldError as error:
        raise UsageError(str(error)) from None


def _check_heading(path: Path, values: dict[str, Any], key: str) -> None:
    """Refuse a heading of a user's world that is more than a turn: degrees were meant."""
    try:
        Fields(str(path), "", values).heading(key)
    except WorldError as error:
        raise UsageError(str(error)) from None


def _check_shapes(path: Path, values: dict[str, Any]) -> None:
    """Refuse a user's world whose shapes are none, or whose start or goal is inside of one.

    A world of nothing is left to who needs more of it: to fly elsewhere, bounds and goal do.
    """
    if not (values.get("occupied") or values.get("primitives")):
        return
    from live_mvp_ros.worlds.shapes import check_free  # loads numpy, and few worlds are files

    try:
        check_free(Fields(str(path), "", values))
    except WorldError as error:
        raise UsageError(str(error)) from None


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML or JSON file holds.

    Raises:
        UsageError: it cannot be read, is malformed, says a key twice, or holds something else.
    """
    try:
        return read_mapping_file(path)
    except MappingFileError as error:
        raise UsageError(f"{path}: {error}") from error


def _found(world: str) -> tuple[Path, int | None]:
    try:
        return find_world(world)
    except WorldNameError as error:
        raise UsageError(str(error)) from None


def _drawn(path: Path, values: dict[str, Any], seed: int | None) -> dict[str, Any]:
    """Return what a generated world's file says when it is written out; this loads JAX."""
    from live_mvp_ros.worlds.generators import generate

    try:
        return generate(Fields(str(path), "", values), seed)
    except WorldError as error:
        raise UsageError(str(error)) from None


def _of_mesh(mesh: MeshName) -> dict[str, Any]:
    """Return what the world around a mesh would say as a file; this loads the mesh."""
    from live_mvp_ros.worlds.mesh_world import mesh_world_values

    try:
        return mesh_world_values(*mesh)
    except WorldError as error:
        raise UsageError(str(error)) from None


def _numbers(world: str, values: Mapping[str, Any], key: str, count: int) -> list[float]:
    value = values.get(key)
    valid = isinstance(value, list) and len(value) == count
    if not valid or not all(type(item) in (int, float) for item in value or ()):
        wanted = f"a list of {count} numbers" if count > 1 else "a number"
        raise UsageError(f"world {world}: {key} must be {wanted}")
    return [float(item) for item in value or ()]
