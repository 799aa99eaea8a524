# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Things as primitives of ``worlds``, perhaps in a world, and the pictures that cameras take.

The first meeting of a ray is in closed form (``worlds.raycast``), normals are the slope of the
signed distance, mean curvature half its Laplacian. Light comes from the camera (Lambert). All
objects have as many primitives, those that they lack lie far away: one compiled program serves all
of them, and cameras are an axis of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.packets.ycb_objects import Part
from live_mvp_ros.worlds.raycast import RayCastConfig, reaches
from live_mvp_ros.worlds.scene import (
    Boxes,
    Cylinders,
    Group,
    Scene,
    Spheres,
    distance_first_axis,
    member_distances,
)

AMBIENT = 0.3
"""Share of the light that comes from everywhere; the rest from the camera."""
BACKGROUND = (0.82, 0.86, 0.90)
GROUND = (0.55, 0.52, 0.48)
WALL = (0.68, 0.68, 0.70)
"""Albedo of a world: of what faces up, and of the rest."""
STACKS = {"box": 3, "cylinder": 5, "sphere": 1}
"""Kind of primitive: how many an object and the post below it may have."""
_FAR_AWAY_M = 1.0e4


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["world", "members", "albedo", "number"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Solids:
    """A world, empty for none, and the primitives of things in it.

    Attributes:
        world: the scene around the things.
        members: their primitives, a hard union.
        albedo: [n, 3] of each primitive.
        number: [n] of the object that each primitive belongs to, float32.
    """

    world: Scene
    members: Group
    albedo: jax.Array
    number: jax.Array


class Rendered(NamedTuple):
    """As ``stages.Picture``, of one camera and N pixels in a row."""

    rgb: jax.Array
    depth: jax.Array
    normals: jax.Array
    number: jax.Array


@dataclasses.dataclass(frozen=True)
class Placed:
    """Parts of an object, with the place [3] of the middle of its lowest point and its number."""

    parts: tuple[Part, ...]
    bottom_m: tuple[float, float, float]
    number: int


def solids(placed: Sequence[Placed], world: Scene | None = None) -> Solids:
    """Return the primitives of objects, each in so many as STACKS says, and a world."""
    found: dict[str, list[tuple[np.ndarray, np.ndarray, tuple[float, ...], int]]] = {}
    for kind, count in STACKS.items():
        rows = []
        for thing in placed:
            own = [_row(part, thing) for part in thing.parts if part.kind == kind]
            rows += own + [_nowhere(thing.number)] * (count - len(own))
        found[kind] = rows
    boxes, cylinders, spheres = (
        [np.array([row[i] for row in found[kind]], np.float32).T for i in (0, 1)]
        for kind in STACKS
    )
    members = (
        Boxes(jnp.asarray(boxes[0]), jnp.asarray(boxes[1])),
        Cylinders(
            jnp.asarray(cylinders[0]), jnp.asarray(cylinders[1][0]), jnp.asarray(cylinders[1][2])
        ),
        Spheres(jnp.asarray(spheres[0]), jnp.asarray(spheres[1][0])),
    )
    rows = [row for kind in STACKS for row in found[kind]]
    return Solids(
        world or Scene(()),
        Group(members),
        jnp.array([row[2] for row in rows], jnp.float32),
        jnp.array([row[3] for row in rows], jnp.float32),
    )


def _row(part: Part, thing: Placed) -> tuple[np.ndarray, np.ndarray, tuple[float, ...], int]:
    """Return the middle [3], half the size [3], albedo and number of a part."""
    half = 0.0005 * np.array(part.size_mm)
    x, y, z = thing.bottom_m
    middle = np.array([x, y, z + 0.001 * part.bottom_mm + half[2]])
    return middle, half, part.colour, thing.number


def _nowhere(number: int) -> tuple[np.ndarray, np.ndarray, tuple[float, ...], int]:
    return np.array([0.0, 0.0, -_FAR_AWAY_M]), np.full(3, 1e-3), (0.0, 0.0, 0.0), number


def distance(model: Solids, points: jax.Array) -> jax.Array:
    """Return the signed distance [N] of points [3, N] to world and things."""
    things = jnp.min(member_distances(model.members, points), axis=0)
    return jnp.minimum(things, distance_first_axis(model.world, points))


@jax.jit
def clearance(model: Solids, place: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the signed distance of a place [3] and its slope [3]."""
    return jax.value_and_grad(lambda p: distance(model, p[:, None])[0])(place)


@partial(jax.jit, static_argnames="config")
def meet(
    model: Solids, place: jax.Array, direction: jax.Array, config: RayCastConfig
) -> tuple[jax.Array, jax.Array]:
    """Return the range of a ray [3], infinite for none, and the number of what it meets."""
    ranges = _ranges(model, place, direction[None], config)
    point = (place + jnp.where(jnp.isfinite(ranges[0]), ranges[0], 0.0) * direction)[:, None]
    return ranges[0], _nearest(model, point)[1][0]


@jax.jit
def surface(model: Solids, points: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return places [N, 3], normals [N, 3] and mean curvature [N] of the surface near points."""

    def one(point: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        away = lambda p: distance(model, p[:, None])[0]  # noqa: E731
        d, slope = jax.value_and_grad(away)(point)
        normal = slope / jnp.maximum(jnp.linalg.norm(slope), 1e-9)
        return point - d * normal, normal, 0.5 * jnp.trace(jax.hessian(away)(point))

    return jax.vmap(one)(points)


@partial(jax.jit, static_argnames="config")
def render(
    model: Solids,
    rotations: jax.Array,
    places: jax.Array,
    rays: jax.Array,
    limits: jax.Array,
    config: RayCastConfig,
) -> Rendered:
    """Return what cameras see.

    Args:
        model: what there is to see.
        rotations: of the cameras, [B, 3, 3].
        places: of the cameras, [B, 3].
        rays: directions [N, 3] of the pixels in the optical frame, with z = 1.
        limits: nearest and farthest depth [2] that gives a return.
        config: of the ray caster.
    """
    return jax.vmap(lambda r, t: _seen(model, r, t, rays, limits, config))(rotations, places)


def _seen(
    model: Solids,
    rotation: jax.Array,
    place: jax.Array,
    rays: jax.Array,
    limits: jax.Array,
    config: RayCastConfig,
) -> Rendered:
    along = rays @ rotation.T
    length = jnp.linalg.norm(rays, axis=-1)
    ranges = _ranges(model, place, along, config)
    depth = ranges / length
    is_met = (depth >= limits[0]) & (depth <= limits[1])
    points = (place + jnp.where(is_met, ranges, 0.0)[:, None] * along / length[:, None]).T
    albedo, number, normal = _nearest_and_normal(model, points)
    facing = jnp.abs(jnp.sum(normal * along.T, axis=0)) / length
    light = AMBIENT + (1.0 - AMBIENT) * facing
    shown = is_met[:, None]
    rgb = jnp.where(shown, albedo * light[:, None], jnp.array(BACKGROUND))
    return Rendered(
        rgb,
        jnp.where(is_met, depth, jnp.nan),
        jnp.where(shown, normal.T @ rotation, jnp.nan),
        jnp.where(is_met, number, 0.0),
    )


def _ranges(
    model: Solids, place: jax.Array, directions: jax.Array, config: RayCastConfig
) -> jax.Array:
    scene = Scene((*model.world.groups, model.members), model.world.meshes)
    return reaches(scene, place, directions, config)


def _nearest(model: Solids, points: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return albedo [N, 3] and number [N] of what is nearest, and whether [N] it is the world."""
    to_members = member_distances(model.members, points)
    nearest = jnp.argmin(to_members, axis=0)
    is_world = distance_first_axis(model.world, points) < jnp.min(to_members, axis=0)
    return model.albedo[nearest], jnp.where(is_world, 0.0, model.number[nearest]), is_world


def _nearest_and_normal(
    model: Solids, points: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    slope = jax.grad(lambda p: jnp.sum(distance(model, p)))(points)
    normal = slope / jnp.maximum(jnp.linalg.norm(slope, axis=0), 1e-9)
    albedo, number, is_world = _nearest(model, points)
    ground = jnp.where(normal[2, :, None] > 0.7, jnp.array(GROUND), jnp.array(WALL))
    return jnp.where(is_world[:, None], ground, albedo), number, normal
