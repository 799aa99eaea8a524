# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where rays enter primitives, in closed form.

Every primitive is convex, so a line is inside it in one interval of ranges [enter, leave]: a box
is three slabs, a prism three half planes and a slab, a cylinder a disc and a slab. Rays are
columns: origins and unit directions [3, N], map frame, metres. The primitives of a stack are
visited one by one, which keeps the working set in the processor's cache.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.worlds.scene import Boxes, Cylinders, Planes, Primitives, Prisms, Spheres

_SMALLEST = 1e-12  # stands for zero where a ray runs along a face

_Interval = tuple[jax.Array, jax.Array]


def first_entry(stack: Primitives, origins: jax.Array, directions: jax.Array) -> jax.Array:
    """Return the range [N] at which each ray first meets a primitive of a stack.

    Returns:
        0 where the origin is inside one, infinity where the ray meets none.
    """
    count = jax.tree.leaves(stack)[0].shape[-1]

    def nearer(i: int, best: jax.Array) -> jax.Array:
        one = jax.tree.map(lambda leaf: leaf[..., i], stack)
        enter, leave = _inside(one, origins, directions)
        meets = (enter <= leave) & (leave >= 0.0)
        return jnp.minimum(best, jnp.where(meets, jnp.maximum(enter, 0.0), jnp.inf))

    return jax.lax.fori_loop(0, count, nearer, jnp.full(origins.shape[1:], jnp.inf))


def _inside(one: Primitives, o: jax.Array, d: jax.Array) -> _Interval:
    """Return the ranges [N] between which rays are inside one primitive."""
    match one:
        case Planes(normal, offset):
            height = normal[0] * o[0] + normal[1] * o[1] + normal[2] * o[2] - offset
            return _half_space(height, normal[0] * d[0] + normal[1] * d[1] + normal[2] * d[2])
        case Spheres(centre, radius):
            x, y, z = o - centre[:, None]
            middle = -(x * d[0] + y * d[1] + z * d[2])
            off = (x + middle * d[0]) ** 2 + (y + middle * d[1]) ** 2 + (z + middle * d[2]) ** 2
            return _chord(middle, radius**2 - off)
        case Boxes(centre, half):
            return _both(
                _slab(o[0] - centre[0], d[0], half[0]),
                _slab(o[1] - centre[1], d[1], half[1]),
                _slab(o[2] - centre[2], d[2], half[2]),
            )
        case Cylinders(centre, radius, half_height):
            disc = _disc(o[0] - centre[0], o[1] - centre[1], d[0], d[1], radius)
            return _both(disc, _slab(o[2] - centre[2], d[2], half_height))
        case Prisms(corners, centre_z, half_height):
            sides = [_side(corners[a], corners[b], o, d) for a, b in ((0, 1), (1, 2), (2, 0))]
            return _both(*sides, _slab(o[2] - centre_z, d[2], half_height))


def _half_space(height: jax.Array, slope: jax.Array) -> _Interval:
    """Return where height + slope t <= 0."""
    crossing = -height / _not_zero(slope)
    return (
        jnp.where(slope < 0.0, crossing, -jnp.inf),
        jnp.where(slope < 0.0, jnp.inf, crossing),
    )


def _side(a: jax.Array, b: jax.Array, o: jax.Array, d: jax.Array) -> _Interval:
    """Return where a ray is to the left of the line from a to b in the plane."""
    x, y = b - a
    return _half_space(y * (o[0] - a[0]) - x * (o[1] - a[1]), y * d[0] - x * d[1])


def _slab(p: jax.Array, slope: jax.Array, half: jax.Array) -> _Interval:
    """Return where |p + slope t| <= half."""
    scale = 1.0 / _not_zero(slope)
    one, other = (-half - p) * scale, (half - p) * scale
    return jnp.minimum(one, other), jnp.maximum(one, other)


def _disc(
    x: jax.Array, y: jax.Array, dx: jax.Array, dy: jax.Array, radius: jax.Array
) -> _Interval:
    """Return where a ray is in the cylinder without ends around the origin of the plane."""
    length = jnp.sqrt(dx * dx + dy * dy)
    scale = 1.0 / jnp.maximum(length, _SMALLEST)
    ex, ey = dx * scale, dy * scale
    upright = length <= _SMALLEST
    off = jnp.where(upright, x * x + y * y, (x * ey - y * ex) ** 2)
    enter, leave = _chord(-(x * ex + y * ey), radius * radius - off)
    return enter * scale, leave * scale


def _chord(middle: jax.Array, half_squared: jax.Array) -> _Interval:
    """Return the interval around a middle, empty if its half length has a negative square."""
    half = jnp.sqrt(jnp.maximum(half_squared, 0.0))
    missed = half_squared < 0.0
    return jnp.where(missed, jnp.inf, middle - half), jnp.where(missed, -jnp.inf, middle + half)


def _both(*intervals: _Interval) -> _Interval:
    """Return what intervals have in common."""
    enter, leave = intervals[0]
    for begin, end in intervals[1:]:
        enter, leave = jnp.maximum(enter, begin), jnp.minimum(leave, end)
    return enter, leave


def _not_zero(values: jax.Array) -> jax.Array:
    return jnp.where(jnp.abs(values) < _SMALLEST, jnp.copysign(_SMALLEST, values), values)
