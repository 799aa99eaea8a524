# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One depth scan in the map frame, with surface normals where its image shows them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

_FARTHEST_M = 1e5  # farther numbers lose centimetres in float32, and overflow when squared


class Scan(NamedTuple):
    """Rays from one origin; rows that are not finite carry no evidence.

    Attributes:
        origin_m: sensor position [3], map frame.
        points_m: end points [R, 3], map frame, NaN without a return.
        normals: unit surface normals [R, 3] towards the sensor, zero where unknown.
        body_m: position [3] of the vehicle, map frame.
    """

    origin_m: jax.Array
    points_m: jax.Array
    normals: jax.Array
    body_m: jax.Array


def cleaned(scan: Scan) -> Scan:
    """Return a scan in which everything that could spoil a map is marked as not there.

    Rays without a finite origin and end, or longer than ``_FARTHEST_M``, become NaN; normals that
    are not of unit length become zero; a body that is nowhere is taken to be at the origin of the
    rays, or far away if that is nowhere too. A scan without any ray gets one that is NaN.
    """
    if scan.points_m.shape[0] == 0:
        nothing = jnp.full((1, 3), jnp.nan, jnp.float32)
        scan = scan._replace(points_m=nothing, normals=jnp.zeros_like(nothing))
    offset = scan.points_m - scan.origin_m
    usable = jnp.sum(offset * offset, axis=1) < _FARTHEST_M**2  # false for NaN
    near = jnp.sum(scan.origin_m**2) < _FARTHEST_M**2
    usable = usable & near
    length = jnp.sum(scan.normals**2, axis=1)
    unit = (length > 0.9) & (length < 1.1)
    body = jnp.where(jnp.sum(scan.body_m**2) < _FARTHEST_M**2, scan.body_m, scan.origin_m)
    return Scan(
        jnp.where(near, scan.origin_m, jnp.nan),
        jnp.where(usable[:, None], scan.points_m, jnp.nan),
        jnp.where(unit[:, None], scan.normals, 0.0),
        jnp.where(jnp.sum(body**2) < _FARTHEST_M**2, body, _FARTHEST_M),
    )


def scan_from_points(
    origin_m: jax.Array, points_m: jax.Array, body_m: jax.Array | None = None
) -> Scan:
    """Return the scan of unorganised end points [R, 3] (map frame); normals stay unknown."""
    origin = jnp.asarray(origin_m, jnp.float32)
    points = jnp.asarray(points_m, jnp.float32)
    body = origin if body_m is None else jnp.asarray(body_m, jnp.float32)
    return Scan(origin, points, jnp.zeros_like(points), body)


def scan_from_cloud(
    points_optical: jax.Array,
    R_map_optical: jax.Array,
    t_map: jax.Array,
    body_m: jax.Array | None = None,
) -> Scan:
    """Return the scan of an organised cloud.

    Args:
        points_optical: points [H, W, 3] in the optical frame, NaN without a return.
        R_map_optical: rotation [3, 3] from the optical frame into the map.
        t_map: sensor position [3] in the map.
        body_m: vehicle position [3] in the map; the sensor's if not given.
    """
    scan = scan_from_points(t_map, points_optical.reshape(-1, 3) @ R_map_optical.T + t_map, body_m)
    normals = image_normals(points_optical).reshape(-1, 3) @ R_map_optical.T
    return scan._replace(normals=normals)


def image_normals(points: jax.Array) -> jax.Array:
    """Return normals [H, W, 3] towards the sensor at the origin; zero on edges and depth jumps.

    The normal is the cross product of the central differences. A pixel counts as smooth if its
    forward and backward differences agree: across a jump or a crease they do not.
    """
    along_v, smooth_v = _difference(points, 0)
    along_u, smooth_u = _difference(points, 1)
    normal = jnp.cross(along_v, along_u)
    length = jnp.linalg.norm(normal, axis=-1, keepdims=True)
    normal = normal * -jnp.sign(jnp.sum(normal * points, axis=-1, keepdims=True))
    good = (smooth_u & smooth_v)[..., None] & (length > 1e-12)
    return jnp.where(good, normal / jnp.where(good, length, 1.0), 0.0)


def _difference(points: jax.Array, axis: int) -> tuple[jax.Array, jax.Array]:
    """Return the central difference [H, W, 3] along an image axis and where it is smooth."""
    forward = jnp.roll(points, -1, axis) - points
    backward = points - jnp.roll(points, 1, axis)
    central, bend = forward + backward, forward - backward
    smooth = jnp.linalg.norm(bend, axis=-1) < 0.3 * jnp.linalg.norm(central, axis=-1)
    index = jnp.arange(points.shape[axis])
    interior = (index > 0) & (index < points.shape[axis] - 1)
    return central, smooth & (interior[:, None] if axis == 0 else interior[None, :])
