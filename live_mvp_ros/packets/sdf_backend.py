# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of primitives: the YCB objects by their sizes, and the worlds of this package.

An explorer starts where flights of that world start. The objects stand on thin posts around the
start, as far as there is room for them, at the height of the eyes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.env_errors import EnvAssetError, EnvBackendError
from live_mvp_ros.packets.packet_types import BodyPose
from live_mvp_ros.packets.pinhole import View, intrinsics, rays
from live_mvp_ros.packets.solid_models import (
    Placed,
    Solids,
    clearance,
    meet,
    render,
    solids,
    surface,
)
from live_mvp_ros.packets.stages import Met, Picture, Samples, Thing
from live_mvp_ros.packets.ycb_objects import MODELS, SEAM_MM, SILVER, Part
from live_mvp_ros.worlds.raycast import RayCastConfig
from live_mvp_ros.worlds.world import World
from live_mvp_ros.worlds.world_error import WorldError
from live_mvp_ros.worlds.world_files import load_world

DEFAULT_WORLD = "seed"
RING_M = 1.0
"""How far from the start things stand."""
ROOM_M = 0.25
"""Least distance of the middle of a thing to what is solid."""
_PLACES = 24
_POST_MM = 16.0


class SdfStage:
    """Primitives to look at."""

    def __init__(
        self,
        config: EnvConfig,
        name: str,
        model: Solids,
        things: tuple[Thing, ...],
        start: BodyPose = BodyPose(),  # noqa: B008 - frozen
        bounds: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        """Remember what there is to see, and the camera."""
        self.name, self.things, self.start, self.bounds = name, things, start, bounds
        self.model = model
        sensor = config.sensor
        directions = rays(intrinsics(sensor))
        self._shape = directions.shape[:2]
        self._rays = jnp.asarray(directions.reshape(-1, 3), jnp.float32)
        self._limits = jnp.array([sensor.near, sensor.far], jnp.float32)
        longest = float(np.linalg.norm(directions, axis=-1).max())
        self._caster = RayCastConfig(max_range_m=min(sensor.far * longest * 1.001, 1000.0))

    def look(self, views: Sequence[View]) -> Picture:
        """Return what cameras see."""
        rotations = np.stack([view.rotation for view in views]).astype(np.float32)
        places = np.stack([view.place for view in views]).astype(np.float32)
        seen = render(self.model, rotations, places, self._rays, self._limits, self._caster)
        shape = (len(views), *self._shape)
        return Picture(
            np.asarray(seen.rgb).reshape(*shape, 3),
            np.asarray(seen.depth).reshape(shape),
            np.asarray(seen.normals).reshape(*shape, 3),
            np.asarray(seen.number).reshape(shape),
        )

    def meet(self, place: np.ndarray, direction: np.ndarray) -> Met:
        """Return what a ray meets first."""
        range_m, number = meet(self.model, np.float32(place), np.float32(direction), self._caster)
        return Met(float(range_m), int(number) if np.isfinite(range_m) else 0)

    def clearance(self, place: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the distance to what is solid, and the way out."""
        distance, slope = clearance(self.model, np.float32(place))
        return float(distance), np.asarray(slope, float)

    def surface(self, points: np.ndarray) -> Samples:
        """Return the surface next to points.

        It is asked for as many as the next power of two, so that few programs are compiled.
        """
        count = len(points)
        asked = np.zeros((1 << (max(count, 1) - 1).bit_length(), 3), np.float32)
        asked[:count] = points
        found = surface(self.model, jnp.asarray(asked))
        return Samples(*(np.asarray(part, float)[:count] for part in found))


class SdfBackend:
    """Makes stages of primitives."""

    name, light = "sdf", "headlight"

    def __init__(self, config: EnvConfig) -> None:
        """Remember settings."""
        self._config = config

    def examine(self, object_id: str) -> SdfStage:
        """Return an object alone."""
        thing = _thing(object_id, np.zeros(3))
        placed = Placed(MODELS[object_id].parts, (0.0, 0.0, -float(thing.half[2])), 1)
        return SdfStage(self._config, object_id, solids([placed]), (thing,))

    def explore(self) -> SdfStage:
        """Return a world with the objects in it."""
        world = load(self._config.assets.explorer_scene or DEFAULT_WORLD)
        if world.scene.meshes:
            raise EnvBackendError(
                f"world {world.name} is or holds a mesh, which backend sdf does not show: use "
                "backend mesh"
            )
        empty = solids([_away()], world.scene)
        room = lambda place: float(clearance(empty, np.float32(place))[0])  # noqa: E731
        things = tuple(
            _thing(name, place) for name, place in place_around(self._config.objects, world, room)
        )
        floor = world.lower_m[2]
        placed = [_on_post(thing, number, floor) for number, thing in enumerate(things, start=1)]
        bounds = (np.array(world.lower_m), np.array(world.upper_m))
        model = solids(placed or [_away()], world.scene)
        return SdfStage(self._config, world.name, model, things, start_of(world), bounds)

    def symmetries(self, object_id: str) -> Sequence[str]:
        """Return the symmetries of an object."""
        return MODELS[object_id].symmetries


def load(name: str) -> World:
    """Return a world.

    Raises:
        EnvAssetError: there is no such world, or it cannot be read.
    """
    try:
        return load_world(name)
    except WorldError as error:
        raise EnvAssetError(name, Path(name), str(error)) from error


def start_of(world: World) -> BodyPose:
    """Return where flights of a world start."""
    half = 0.5 * world.start_yaw_rad
    x, y, z = (float(value) for value in world.start_m)
    return BodyPose((x, y, z), (math.cos(half), 0.0, 0.0, math.sin(half)))


def place_around(
    names: Sequence[str], world: World, room_m: Callable[[np.ndarray], float]
) -> list[tuple[str, np.ndarray]]:
    """Return the middles [3] of things on a ring around a world's start, ahead first.

    Those for which there is no room are left out.
    """
    left = list(names)
    found: list[tuple[str, np.ndarray]] = []
    for i in range(_PLACES):
        side = (i + 1) // 2 * (1 if i % 2 else -1)
        angle = world.start_yaw_rad + 2.0 * math.pi * side / _PLACES
        ahead = RING_M * np.array([math.cos(angle), math.sin(angle), 0.0])
        place = np.array(world.start_m) + ahead
        is_free = all(np.linalg.norm(place - other) >= 2.0 * ROOM_M for _, other in found)
        if left and is_free and room_m(place) >= ROOM_M:
            found.append((left.pop(0), place))
    return found


def _thing(object_id: str, middle: np.ndarray) -> Thing:
    return Thing(object_id, middle, 0.0005 * np.array(MODELS[object_id].size_mm))


def _on_post(thing: Thing, number: int, floor_m: float) -> Placed:
    """Return an object and the post below it, which counts as a part of it."""
    x, y, middle = (float(value) for value in thing.middle)
    bottom = middle - float(thing.half[2])
    height = 1000.0 * (bottom - floor_m)
    post = Part("cylinder", (_POST_MM, _POST_MM, height + SEAM_MM), -height, SILVER)
    return Placed((*MODELS[thing.object_id].parts, post), (x, y, bottom), number)


def _away() -> Placed:
    """Return no object."""
    return Placed((), (0.0, 0.0, 0.0), 0)
