# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether the vehicle of a graph has room where it starts, found out before anything does.

Shapes are measured here. Meshes load JAX, so where a world holds one, a process of its own
measures it, this module as a program: it is asked with JSON on its standard input.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from live_mvp_ros.bringup.drifting import BODIES
from live_mvp_ros.bringup.environment import child_environment
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.facts import MissionFacts, read_mapping, room_of
from live_mvp_ros.worlds.file_fields import Fields
from live_mvp_ros.worlds.names import WORLD_FILES, find_world, mesh_of
from live_mvp_ros.worlds.world_error import WorldError

if TYPE_CHECKING:
    from live_mvp_ros.bringup.graph import GraphOptions, NodeSpec

RADIUS_M = 0.3
"""``vehicle.BodyConfig.radius_m``, without importing JAX to describe a graph."""


def check_start(options: GraphOptions, facts: MissionFacts, nodes: Sequence[NodeSpec]) -> None:
    """Refuse a world at whose start the vehicle does not fit; one that is elsewhere may be.

    Args:
        options: of the graph.
        facts: of its world.
        nodes: of the graph, with what they are told.

    Raises:
        UsageError: a surface is nearer to the start than the radius of the body.
    """
    if options.vehicle == "none":
        return
    told = [node.parameters for node in nodes if node.name in BODIES]
    radius_m = max(cast("float", values.get("body.radius_m", RADIUS_M)) for values in told)
    path, _ = find_world(options.world)
    packaged = path in WORLD_FILES.values()
    if packaged and radius_m <= RADIUS_M:
        return  # they have so much room, and a launch file stays light
    from live_mvp_ros.worlds.start_room import check_room  # loads numpy

    room_m = min(facts.room_m, _room_to_meshes(options.world))
    if packaged and math.isinf(room_m):
        room_m = room_of(path, read_mapping(path))
    try:
        check_room(options.world, room_m, radius_m)
    except WorldError as error:
        raise UsageError(str(error)) from None


def _room_to_meshes(world: str) -> float:
    """Return how far the start is from the meshes that stand in a user's world."""
    path, _ = find_world(world)
    if mesh_of(world) is not None or path in WORLD_FILES.values():
        return math.inf  # a mesh alone is started in where there is room
    values = read_mapping(path)
    kinds = [item.get("type") for item in values.get("primitives") or []]
    if "mesh" not in kinds:
        return math.inf
    result = subprocess.run(
        [sys.executable, "-P", "-m", "live_mvp_ros.bringup.start_check"],
        input=json.dumps([str(path), values]),
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        last = next(iter(result.stderr.strip().splitlines()[-1:]), "it said nothing")
        raise UsageError(f"{world}: cannot be checked, since its meshes cannot be loaded: {last}")
    said = json.loads(result.stdout.splitlines()[-1])
    if isinstance(said, str):
        raise UsageError(said)
    return float(said)


def main() -> int:
    """Answer how far the start of the world on the standard input is from its meshes."""
    from live_mvp_ros.worlds.start_room import room_to_meshes

    path, values = json.load(sys.stdin)
    try:
        answer: float | str = room_to_meshes(Fields(path, "", values))
    except WorldError as error:
        answer = str(error)
    sys.stdout.write(f"{json.dumps(answer)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
