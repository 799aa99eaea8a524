# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write a world as a YAML file of primitives, which ``load_world`` reads back equal.

Numbers are written in full, so that nothing is lost. A polygon that was cut into triangles is
written as triangles.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from live_mvp_ros.worlds.scene import Boxes, Cylinders, Group, Planes, Primitives, Prisms, Spheres
from live_mvp_ros.worlds.world import World


def save_world(path: Path, world: World) -> None:
    """Write a world to a .yaml file.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_text(yaml.safe_dump(_values(world), sort_keys=False), encoding="utf-8")


def _values(world: World) -> dict[str, Any]:
    primitives = []
    for group in world.scene.groups:
        members = [entry for stack in group.members for entry in _entries(stack)]
        primitives += members if group.smoothness_per_m == 0.0 else [_union(group, members)]
    primitives += [
        {"type": "mesh", "path": str(solid.path.absolute()), "scale": solid.scale}
        for solid in world.scene.meshes
    ]
    return {
        "name": world.name,
        "lower_m": list(world.lower_m),
        "upper_m": list(world.upper_m),
        "start_m": list(world.start_m),
        "start_yaw_rad": world.start_yaw_rad,
        "goal_m": list(world.goal_m),
        "primitives": primitives,
    }


def _union(group: Group, members: list[dict[str, Any]]) -> dict[str, Any]:
    smoothness = float(group.smoothness_per_m)
    return {"type": "union", "smoothness_per_m": smoothness, "members": members}


def _entries(stack: Primitives) -> list[dict[str, Any]]:
    """Return the entries of a world file for a stack of primitives."""
    match stack:
        case Planes(normal, offset):
            columns = zip(_columns(normal), _columns(offset), strict=True)
            return [
                {"type": "plane", "point_m": (n * d).tolist(), "normal": n.tolist()}
                for n, d in columns
            ]
        case Spheres(centre, radius):
            pairs = zip(_columns(centre), _columns(radius), strict=True)
            return [
                {"type": "sphere", "centre_m": c.tolist(), "radius_m": float(r)} for c, r in pairs
            ]
        case Boxes(centre, half):
            pairs = zip(_columns(centre), _columns(half), strict=True)
            return [
                {"type": "box", "centre_m": c.tolist(), "half_extents_m": h.tolist()}
                for c, h in pairs
            ]
        case Cylinders(centre, radius, half_height):
            parts = zip(*map(_columns, (centre, radius, half_height)), strict=True)
            return [
                {
                    "type": "cylinder",
                    "centre_m": c.tolist(),
                    "radius_m": float(r),
                    "height_m": 2.0 * float(h),
                }
                for c, r, h in parts
            ]
        case Prisms(corners, centre_z, half_height):
            parts = zip(*map(_columns, (corners, centre_z, half_height)), strict=True)
            return [
                {
                    "type": "polygon",
                    "corners_m": c.tolist(),
                    "bottom_m": float(z - h),
                    "top_m": float(z + h),
                }
                for c, z, h in parts
            ]


def _columns(values: Any) -> np.ndarray:
    """Return values with the primitive index first, in double precision."""
    return np.moveaxis(np.asarray(values, np.float64), -1, 0)
