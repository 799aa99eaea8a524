# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of triangle meshes: real YCB models, or any others, and scenes around them.

The mesh of an object is the first of these below ``ycb_root``, in metres:

    OBJECT/google_16k/textured.obj  OBJECT/google_16k/nontextured.ply  (as YCB is distributed)
    OBJECT/textured.obj  OBJECT.glb  OBJECT.obj  OBJECT.ply  OBJECT.stl

It is shown with the middle of its bounding box in the origin. Scenes are GLB files below
``scene_root``; one to explore must be watertight, since its inside is where the explorer is. Rays
are cast by trimesh with Embree. Normals are those of triangles; nothing is said of curvature.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.env_errors import EnvAssetError
from live_mvp_ros.packets.packet_types import BodyPose
from live_mvp_ros.packets.pinhole import View, intrinsics, rays
from live_mvp_ros.packets.sdf_backend import load, place_around, start_of
from live_mvp_ros.packets.solid_models import AMBIENT, BACKGROUND, WALL
from live_mvp_ros.packets.stages import Met, Picture, Samples, Thing
from live_mvp_ros.worlds.mesh_scene import load_triangles
from live_mvp_ros.worlds.world_error import WorldError

PLACES = (
    "{}/google_16k/textured.obj",
    "{}/google_16k/nontextured.ply",
    "{}/textured.obj",
    "{}.glb",
    "{}.obj",
    "{}.ply",
    "{}.stl",
)
_PIECES = 20_000
_CANDIDATES = 8
_NOT_PARALLEL = 1e-12


class Coloured(NamedTuple):
    """Triangles: corners [V, 3], faces [F, 3], albedo [F, 3], number of the object [F]."""

    corners: np.ndarray
    faces: np.ndarray
    albedo: np.ndarray
    number: np.ndarray

    @property
    def middle(self) -> np.ndarray:
        """Return the middle [3] of the bounding box."""
        middle: np.ndarray = 0.5 * (self.corners.max(axis=0) + self.corners.min(axis=0))
        return middle

    @property
    def half(self) -> np.ndarray:
        """Return half the size [3] of the bounding box."""
        return 0.5 * (self.corners.max(axis=0) - self.corners.min(axis=0))

    def at(self, middle: np.ndarray, number: int) -> Coloured:
        """Return the triangles moved to a middle [3], as an object of that number."""
        return self._replace(
            corners=self.corners - self.middle + middle, number=np.full(len(self.faces), number)
        )


class MeshStage:
    """Triangles to look at."""

    def __init__(
        self,
        config: EnvConfig,
        name: str,
        parts: Sequence[Coloured],
        things: tuple[Thing, ...],
        start: BodyPose = BodyPose(),  # noqa: B008 - frozen
        bounds: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        """Join the triangles, and remember the camera."""
        import trimesh

        self.name, self.things, self.start, self.bounds = name, things, start, bounds
        offsets = np.cumsum([0, *(len(part.corners) for part in parts[:-1])])
        corners = np.concatenate([part.corners for part in parts])
        faces = np.concatenate([p.faces + n for p, n in zip(parts, offsets, strict=True)])
        self._albedo = np.concatenate([part.albedo for part in parts])
        self._number = np.concatenate([part.number for part in parts])
        self._mesh: Any = trimesh.Trimesh(corners, faces, process=False)
        edge = math.sqrt(4.0 * self._mesh.area / _PIECES)
        cut, pieces, self._face = trimesh.remesh.subdivide_to_size(
            corners, faces, edge, max_iter=20, return_index=True
        )
        self._middles = KDTree(cut[pieces].mean(axis=1))
        self._rays = rays(intrinsics(config.sensor))
        self._near, self._far = config.sensor.near, config.sensor.far

    def look(self, views: Sequence[View]) -> Picture:
        """Return what cameras see."""
        pictures = [self._seen(view) for view in views]
        return Picture(*(np.stack(parts) for parts in zip(*pictures, strict=True)))

    def _seen(self, view: View) -> tuple[np.ndarray, ...]:
        shape = self._rays.shape[:2]
        length = np.linalg.norm(self._rays, axis=-1).reshape(-1)
        along = (self._rays.reshape(-1, 3) @ view.rotation.T) / length[:, None]
        ranges, face = self._first(view.place, along)
        depth = ranges / length
        is_met = (face >= 0) & (depth >= self._near) & (depth <= self._far)
        normal = np.asarray(self._mesh.face_normals)[face]
        normal = np.where(np.sum(normal * along, axis=1)[:, None] > 0.0, -normal, normal)
        light = AMBIENT - (1.0 - AMBIENT) * np.sum(normal * along, axis=1)
        rgb = np.where(is_met[:, None], self._albedo[face] * light[:, None], BACKGROUND)
        images = (
            rgb.reshape(*shape, 3),
            np.where(is_met, depth, np.nan).reshape(shape),
            np.where(is_met[:, None], normal @ view.rotation, np.nan).reshape(*shape, 3),
            np.where(is_met, self._number[face], 0).reshape(shape),
        )
        return tuple(image.astype(np.float32) for image in images)

    def _first(self, place: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ranges [N], infinite for none, and triangles [N], -1 for none, of unit rays."""
        origins = np.broadcast_to(place, along.shape)
        face = np.asarray(self._mesh.ray.intersects_first(origins, along))
        normal, corner = self._mesh.face_normals[face], self._mesh.triangles[face, 0]
        slope = np.sum(normal * along, axis=1)
        slope = np.where(np.abs(slope) < _NOT_PARALLEL, _NOT_PARALLEL, slope)
        ranges = np.sum(normal * (corner - place), axis=1) / slope
        return np.where(face >= 0, ranges, np.inf), face

    def meet(self, place: np.ndarray, direction: np.ndarray) -> Met:
        """Return what a ray meets first."""
        ranges, face = self._first(place, direction[None])
        if face[0] < 0 or ranges[0] > self._far:
            return Met(math.inf, 0)
        return Met(float(ranges[0]), int(self._number[face[0]]))

    def clearance(self, place: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the distance to the surface, and the way from it."""
        nearest, _ = self._nearest(place[None])
        away = place - nearest[0]
        distance = float(np.linalg.norm(away))
        return distance, away / max(distance, 1e-12)

    def surface(self, points: np.ndarray) -> Samples:
        """Return the surface next to points."""
        nearest, face = self._nearest(points)
        return Samples(
            nearest, np.asarray(self._mesh.face_normals)[face], np.full(len(points), np.nan)
        )

    def _nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest places [N, 3] of the surface and their triangles [N]."""
        from trimesh.triangles import closest_point

        count = min(_CANDIDATES, self._middles.n)
        found = self._face[self._middles.query(points, k=np.arange(1, count + 1))[1]]
        places = np.stack([closest_point(self._mesh.triangles[f], points) for f in found.T])
        best = np.nanargmin(np.linalg.norm(places - points, axis=-1), axis=0)
        rows = np.arange(len(points))
        return places[best, rows], found[rows, best]


class MeshBackend:
    """Makes stages of meshes."""

    name, light = "mesh", "headlight"

    def __init__(self, config: EnvConfig) -> None:
        """Remember settings; files are read when a stage is opened."""
        self._config = config

    def examine(self, object_id: str) -> MeshStage:
        """Return an object, with the configured scene around it."""
        model = self.model(object_id)
        scene = self._config.assets.examiner_scene
        around = [_coloured(scene, self.scene_path(scene))] if scene else []
        parts = [model.at(np.zeros(3), 1), *around]
        thing = Thing(object_id, np.zeros(3), model.half)
        return MeshStage(self._config, object_id, parts, (thing,))

    def explore(self) -> MeshStage:
        """Return a scene with the objects in it."""
        scene = self._config.assets.explorer_scene
        path = self.scene_path(scene)
        if not scene:
            raise EnvAssetError("the explorer's scene", path, "assets.explorer_scene is not set")
        world = load(f"mesh:{path}")
        walls = _coloured(scene, path)
        empty = MeshStage(self._config, world.name, [walls], ())
        models = {name: self.model(name) for name in self._config.objects}
        placed = place_around(self._config.objects, world, lambda p: empty.clearance(p)[0])
        things = tuple(Thing(name, place, models[name].half) for name, place in placed)
        parts = [
            models[thing.object_id].at(thing.middle, number)
            for number, thing in enumerate(things, start=1)
        ]
        bounds = (np.array(world.lower_m), np.array(world.upper_m))
        return MeshStage(
            self._config, world.name, [walls, *parts], things, start_of(world), bounds
        )

    def symmetries(self, object_id: str) -> Sequence[str]:
        """Return none: nothing is known."""
        return ()

    def scene_path(self, scene: str) -> Path:
        """Return the file of a scene."""
        return Path(os.path.expanduser(self._config.assets.scene_root)) / scene

    def model(self, object_id: str) -> Coloured:
        """Return the mesh of an object.

        Raises:
            EnvAssetError: there is none, or it cannot be read.
        """
        return _coloured(object_id, self.model_path(object_id))

    def model_path(self, object_id: str) -> Path:
        """Return the file of an object's mesh.

        Raises:
            EnvAssetError: there is none.
        """
        root = Path(os.path.expanduser(self._config.assets.ycb_root))
        for place in PLACES:
            path = root / place.format(object_id)
            if os.path.isfile(path):  # also false of a name that is too long
                return path
        names = ", ".join(place.format(object_id) for place in PLACES)
        raise EnvAssetError(object_id, root, f"there is none of {names}")


def _coloured(object_id: str, path: Path) -> Coloured:
    """Return the triangles of a file with the colours that it gives them.

    Raises:
        EnvAssetError: it cannot be read.
    """
    try:
        mesh = load_triangles(path)
    except WorldError as error:
        raise EnvAssetError(object_id, path, str(error).removeprefix(f"{path}: ")) from error
    faces = np.asarray(mesh.faces)
    visual = mesh.visual
    if visual.kind == "texture":
        visual = visual.to_color()
    if visual.kind is None:
        albedo = np.tile(WALL, (len(faces), 1))
    elif visual.kind == "face":
        albedo = np.asarray(visual.face_colors, float)[:, :3] / 255.0
    else:
        albedo = np.asarray(visual.vertex_colors, float)[faces, :3].mean(axis=1) / 255.0
    return Coloured(np.asarray(mesh.vertices, float), faces, albedo, np.zeros(len(faces), int))
