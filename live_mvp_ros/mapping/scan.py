# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One depth scan in the map frame, with surface normals where its image shows them."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

_FARTHEST_M = 1e5  # farther numbers lose centimetres in float32, and overflow when squared


_IN_PLANE_M = 0.03
"""A pixel so near to the plane of its neighbour is on the same surface,"""
_BESIDE_M = 0.4
"""if it is no farther from it than that."""


class Scan(NamedTuple):
    """Rays from one origin; rows that are not finite carry no evidence.

    Attributes:
        origin_m: sensor position [3], map frame.
        points_m: end points [R, 3], map frame, NaN without a return.
        normals: unit surface normals [R, 3] towards the sensor, zero where unknown.
        body_m: position [3] of the vehicle, map frame.
        marks: which rays end at a surface, bool [R]; the others are free as far as they go, and
            nothing is known of their ends. None where all do.
    """

    origin_m: jax.Array
    points_m: jax.Array
    normals: jax.Array
    body_m: jax.Array
    marks: jax.Array | None = None


def cleaned(scan: Scan) -> Scan:
    """Return a scan in which everything that could spoil a map is marked as not there.

    Rays without a finite origin and end, or longer than ``_FARTHEST_M``, become NaN; normals that
    are not of unit length become zero; a body that is nowhere is taken to be at the origin of the
    rays, or far away if that is nowhere too. A scan without any ray gets one that is NaN.
    """
    if scan.points_m.shape[0] == 0:
        nothing = jnp.full((1, 3), jnp.nan, jnp.float32)
        scan = scan._replace(points_m=nothing, normals=jnp.zeros_like(nothing), marks=None)
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
        scan.marks,
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


def scan_from_rays(
    points: jax.Array,
    normals: jax.Array,
    marks: jax.Array,
    R_map_sensor: jax.Array,
    t_map: jax.Array,
    body_m: jax.Array,
) -> Scan:
    """Return the scan of rays that were chosen already.

    Args:
        points: ends [R, 3] in the sensor's frame, NaN: no ray.
        normals: unit surface normals [R, 3] there, zero where unknown.
        marks: which rays end at a surface, bool [R].
        R_map_sensor: rotation [3, 3] from the sensor's frame into the map.
        t_map: sensor position [3] in the map.
        body_m: vehicle position [3] in the map.
    """
    ends, normals = points @ R_map_sensor.T + t_map, normals @ R_map_sensor.T
    return scan_from_points(t_map, ends, body_m)._replace(normals=normals, marks=marks)


def image_normals(points: Any) -> Any:
    """Return normals [H, W, 3] towards the sensor at the origin; zero where they are not known.

    Points are an array [H, W, 3] of JAX, or of NumPy for one of NumPy. The normal is the cross
    product of the central differences. A pixel counts as smooth if its forward and backward
    differences agree: across a jump or a crease they do not. A pixel that is not smooth, but lies
    in the plane of a smooth neighbour, is where that surface ends.
    """
    xp = np if isinstance(points, np.ndarray) else jnp
    along_v, smooth_v = _difference(points, 0)
    along_u, smooth_u = _difference(points, 1)
    normal = xp.cross(along_v, along_u)
    length = xp.linalg.norm(normal, axis=-1, keepdims=True)
    normal = normal * -xp.sign(xp.sum(normal * points, axis=-1, keepdims=True))
    good = (smooth_u & smooth_v)[..., None] & (length > 1e-12)
    return _to_the_edges(points, xp.where(good, normal / xp.where(good, length, 1.0), 0.0))


def _to_the_edges(points: Any, normals: Any) -> Any:
    """Return normals [H, W, 3] also of pixels in which the plane of a neighbour ends."""
    xp = np if isinstance(points, np.ndarray) else jnp
    found, least_m = normals, xp.where(xp.any(normals != 0.0, axis=-1), 0.0, _IN_PLANE_M)
    for axis, side in ((0, -1), (0, 1), (1, -1), (1, 1)):
        normal = _beside(normals, axis, side)
        away = points - _beside(points, axis, side)
        off_m = xp.abs(xp.sum(normal * away, axis=-1))
        near = xp.linalg.norm(away, axis=-1) < _BESIDE_M
        ends = xp.any(normal != 0.0, axis=-1) & near & (off_m < least_m)
        found = xp.where(ends[..., None], normal, found)
        least_m = xp.where(ends, off_m, least_m)
    return found


def _beside(image: Any, axis: int, side: int) -> Any:
    """Return the neighbour of each pixel on one side, zero beyond the border."""
    xp = np if isinstance(image, np.ndarray) else jnp
    width = [(0, 0)] * image.ndim
    width[axis] = (1, 0) if side < 0 else (0, 1)
    kept = [slice(None)] * image.ndim
    kept[axis] = slice(None, -1) if side < 0 else slice(1, None)
    return xp.pad(image[tuple(kept)], width)


def _difference(points: Any, axis: int) -> tuple[Any, Any]:
    """Return the central difference [H, W, 3] along an image axis and where it is smooth."""
    xp = np if isinstance(points, np.ndarray) else jnp
    forward = xp.roll(points, -1, axis) - points
    backward = points - xp.roll(points, 1, axis)
    central, bend = forward + backward, forward - backward
    smooth = xp.linalg.norm(bend, axis=-1) < 0.3 * xp.linalg.norm(central, axis=-1)
    index = np.arange(points.shape[axis])
    interior = (index > 0) & (index < points.shape[axis] - 1)
    return central, smooth & (interior[:, None] if axis == 0 else interior[None, :])
