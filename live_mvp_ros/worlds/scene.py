# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes as unions of convex primitives and meshes, and their signed distance.

Every primitive is convex: planes, spheres, axis-aligned boxes, vertical cylinders, and vertical
prisms over triangles (into which polygons are cut). Groups are joined by the minimum; the members
of one group either by the minimum or by the smooth minimum

    smin(a, b, ...) = -log(exp(-k a) + exp(-k b) + ...) / k.

Map frame, metres, negative inside. Outside a hard union the distance is exact; deep inside one, or
near the seam of a smooth one, it is a bound whose magnitude never exceeds the true distance.
Points are [3, N] here, with the sample axis last; distances to n primitives are [n, N].
"""

from __future__ import annotations

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp

from live_mvp_ros.worlds.mesh_scene import MeshSolid, mesh_distance

_TINY_M2 = 1e-20  # keeps the slope of sqrt finite at zero


@partial(jax.tree_util.register_dataclass, data_fields=["normal", "offset_m"], meta_fields=[])
@dataclasses.dataclass(frozen=True)
class Planes:
    """Half spaces ``normal . x <= offset``: unit normals [3, n] point out of the solid."""

    normal: jax.Array
    offset_m: jax.Array


@partial(jax.tree_util.register_dataclass, data_fields=["centre_m", "radius_m"], meta_fields=[])
@dataclasses.dataclass(frozen=True)
class Spheres:
    """Balls: centres [3, n], radii [n]."""

    centre_m: jax.Array
    radius_m: jax.Array


@partial(jax.tree_util.register_dataclass, data_fields=["centre_m", "half_m"], meta_fields=[])
@dataclasses.dataclass(frozen=True)
class Boxes:
    """Axis-aligned boxes: centres [3, n], half extents [3, n]."""

    centre_m: jax.Array
    half_m: jax.Array


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["centre_m", "radius_m", "half_height_m"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Cylinders:
    """Vertical cylinders: centres [3, n], radii [n], half heights [n]."""

    centre_m: jax.Array
    radius_m: jax.Array
    half_height_m: jax.Array


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["corners_m", "centre_z_m", "half_height_m"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Prisms:
    """Vertical prisms over counter-clockwise triangles: corners [3, 2, n], heights [n]."""

    corners_m: jax.Array
    centre_z_m: jax.Array
    half_height_m: jax.Array


Primitives = Planes | Spheres | Boxes | Cylinders | Prisms


@partial(
    jax.tree_util.register_dataclass, data_fields=["members"], meta_fields=["smoothness_per_m"]
)
@dataclasses.dataclass(frozen=True)
class Group:
    """Primitives joined by one union; smoothness k = 0 means the hard minimum."""

    members: tuple[Primitives, ...]
    smoothness_per_m: float = 0.0


@partial(jax.tree_util.register_dataclass, data_fields=["groups"], meta_fields=["meshes"])
@dataclasses.dataclass(frozen=True)
class Scene:
    """A solid: the hard union of its groups and meshes."""

    groups: tuple[Group, ...]
    meshes: tuple[MeshSolid, ...] = ()


@jax.jit
def signed_distance(scene: Scene, points: jax.Array) -> jax.Array:
    """Return the signed distance [...] in metres of points [..., 3] in the map frame."""
    flat = jnp.asarray(points, jnp.float32).reshape(-1, 3).T
    return distance_first_axis(scene, flat).reshape(jnp.shape(points)[:-1])


def padded(scene: Scene, multiple: int = 32) -> Scene:
    """Return the same solid in arrays whose lengths are whole multiples.

    The last primitive of a hard stack is repeated, which changes nothing in a minimum. Worlds that
    differ in a few primitives then share one compiled program.
    """
    groups = []
    for group in scene.groups:
        if group.smoothness_per_m == 0.0:
            members = tuple(_repeated(stack, multiple) for stack in group.members)
            group = dataclasses.replace(group, members=members)
        groups.append(group)
    return dataclasses.replace(scene, groups=tuple(groups))


def _repeated(stack: Primitives, multiple: int) -> Primitives:
    missing = -jax.tree.leaves(stack)[0].shape[-1] % multiple
    return jax.tree.map(
        lambda leaf: jnp.concatenate([leaf, *([leaf[..., -1:]] * missing)], axis=-1), stack
    )


def distance_first_axis(scene: Scene, points: jax.Array) -> jax.Array:
    """Return the signed distance [N] of points [3, N]."""
    distance = jnp.full(points.shape[1:], jnp.inf, points.dtype)
    for group in scene.groups:
        if group.smoothness_per_m > 0.0:
            joined = union(member_distances(group, points), group.smoothness_per_m)
            distance = jnp.minimum(distance, joined)
        else:
            for stack in group.members:
                distance = _nearest(stack, points, distance)
    for solid in scene.meshes:
        distance = jnp.minimum(distance, mesh_distance(solid, points))
    return distance


def _nearest(stack: Primitives, points: jax.Array, distance: jax.Array) -> jax.Array:
    """Return the lesser of ``distance`` [N] and that to a stack, whose primitives take turns."""

    def nearer(i: int, least: jax.Array) -> jax.Array:
        one = jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, i, 1, -1), stack)
        return jnp.minimum(least, _distances(one, points[:, None, :])[0])

    return jax.lax.fori_loop(0, jax.tree.leaves(stack)[0].shape[-1], nearer, distance)


def union(distances: jax.Array, smoothness_per_m: float) -> jax.Array:
    """Join distances [n, N] of one group into [N] by the smooth minimum."""
    nearest = jnp.min(distances, axis=0)
    k = smoothness_per_m
    return nearest - jnp.log(jnp.sum(jnp.exp(-k * (distances - nearest)), axis=0)) / k


def member_distances(group: Group, points: jax.Array) -> jax.Array:
    """Return the signed distance [n, N] of points [3, N] to each primitive of a group."""
    p = points[:, None, :]
    return jnp.concatenate([_distances(member, p) for member in group.members])


def _distances(primitives: Primitives, p: jax.Array) -> jax.Array:
    """Return distances [n, N] of p [3, 1, N] to primitives of one kind."""
    match primitives:
        case Planes(normal, offset):
            n = normal[:, :, None]
            return n[0] * p[0] + n[1] * p[1] + n[2] * p[2] - offset[:, None]
        case Spheres(centre, radius):
            return _norm(*(p - centre[:, :, None])) - radius[:, None]
        case Boxes(centre, half):
            qx, qy, qz = jnp.abs(p - centre[:, :, None]) - half[:, :, None]
            outside = _norm(jnp.maximum(qx, 0.0), jnp.maximum(qy, 0.0), jnp.maximum(qz, 0.0))
            return outside + jnp.minimum(jnp.maximum(jnp.maximum(qx, qy), qz), 0.0)
        case Cylinders(centre, radius, half_height):
            x, y, z = p - centre[:, :, None]
            return _extruded(_norm(x, y) - radius[:, None], z, half_height)
        case Prisms(corners, centre_z, half_height):
            return _extruded(_triangle(corners, p), p[2] - centre_z[:, None], half_height)


def _norm(*components: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.maximum(sum(c * c for c in components), _TINY_M2))


def _extruded(planar: jax.Array, z: jax.Array, half_height: jax.Array) -> jax.Array:
    """Return the distance [n, N] to a vertical extrusion, from the planar distance [n, N]."""
    vertical = jnp.abs(z) - half_height[:, None]
    outside = _norm(jnp.maximum(planar, 0.0), jnp.maximum(vertical, 0.0))
    return outside + jnp.minimum(jnp.maximum(planar, vertical), 0.0)


def _triangle(corners: jax.Array, p: jax.Array) -> jax.Array:
    """Return the planar signed distance [n, N] to counter-clockwise triangles [3, 2, n]."""
    squared = jnp.full((corners.shape[-1], p.shape[-1]), jnp.inf, p.dtype)
    inside = jnp.ones(squared.shape, bool)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        ex, ey = (corners[b] - corners[a])[:, :, None]
        wx, wy = p[:2] - corners[a][:, :, None]
        along = jnp.clip((wx * ex + wy * ey) / (ex * ex + ey * ey), 0.0, 1.0)
        squared = jnp.minimum(squared, (wx - along * ex) ** 2 + (wy - along * ey) ** 2)
        inside &= ex * wy - ey * wx >= 0.0
    distance = jnp.sqrt(jnp.maximum(squared, _TINY_M2))
    return jnp.where(inside, -distance, distance)
