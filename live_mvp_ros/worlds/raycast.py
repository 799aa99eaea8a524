# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ray casting: closed forms for hard unions, Newton-sized safe steps for smooth ones.

The first entry of a ray into a hard union is the least of its members' (``worlds/entry.py``), so
it is exact at any angle. A smooth union is traced. Advancing by its distance would stall at
grazing incidence: at an angle a to a wall each step shortens the rest by the factor 1 - sin a
only, and a threshold on the distance stops early by threshold / sin a. Both go away because every
member is convex: along a ray t its signed distance d_i(t) is a convex function, so it lies above
its tangent d_i + d_i' s. Hence

    L(s) = smin_i(d_i + d_i' s)

lies below the true distance. It is concave in s, so with L(0) > 0 any chord from L(0) to a later
L(s1) < 0 crosses zero before L does: that crossing is the safe step. The step is an estimate of
the remaining length ALONG the ray, so stopping when it is short bounds the range error itself.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.worlds.entry import first_entry
from live_mvp_ros.worlds.mesh_scene import mesh_entry
from live_mvp_ros.worlds.scene import Group, Scene, member_distances, union

_Progress = tuple[jax.Array, jax.Array, jax.Array, jax.Array]  # steps, t [N], hit, active


@configuration
class RayCastConfig:
    """Settings of the ray caster."""

    max_range_m: float = parameter(
        default=12.0,
        unit="m",
        low=0.1,
        high=1000.0,
        help="Longest range; beyond it there is no return.",
    )
    max_steps: int = parameter(
        default=64,
        low=1,
        high=4096,
        help="Most steps of a ray to a smooth union; one that needs more has no return.",
    )
    hit_tolerance_m: float = parameter(
        default=0.0002,
        unit="m",
        low=0.00001,
        high=0.002,
        help="A ray has hit a smooth union when the next step along it is shorter than this.",
    )


def cast_rays(
    scene: Scene, origins: jax.Array, directions: jax.Array, config: RayCastConfig
) -> jax.Array:
    """Return the range [N] in metres at which each ray first meets the scene, as ``reaches``.

    Returns:
        Ranges [N], float32: as ``reaches``, but NaN, never infinity, without a return.
    """
    ranges = reaches(scene, origins, directions, config)
    return jnp.where(jnp.isfinite(ranges), ranges, jnp.nan)


def reaches(
    scene: Scene, origins: jax.Array, directions: jax.Array, config: RayCastConfig
) -> jax.Array:
    """Return the range [N] in metres that each ray reaches before it meets the scene.

    Args:
        scene: the solid.
        origins: ray origins [N, 3] or [3], map frame, metres.
        directions: ray directions [N, 3]; their length does not matter.
        config: settings; ranges are never above ``config.max_range_m``.

    Returns:
        Ranges [N], float32: 0 for an origin inside the solid, infinity where nothing is within
        the longest range, NaN for a direction of zero length, for input that is not finite, and
        for a ray that ran out of steps.
    """
    directions = jnp.asarray(directions, jnp.float32)
    d = directions.T / jnp.linalg.norm(directions, axis=-1)
    o = jnp.broadcast_to(jnp.asarray(origins, jnp.float32), directions.shape).T
    usable = jnp.all(jnp.isfinite(o) & jnp.isfinite(d), axis=0)
    o, d = jnp.where(usable, o, 0.0), jnp.where(usable, d, 0.0)
    nearest = jnp.full(o.shape[1:], jnp.inf)
    for group in (group for group in scene.groups if group.smoothness_per_m == 0.0):
        for stack in group.members:
            nearest = jnp.minimum(nearest, first_entry(stack, o, d))
    for group in (group for group in scene.groups if group.smoothness_per_m > 0.0):
        limit = jnp.minimum(nearest, config.max_range_m)
        nearest = jnp.minimum(nearest, _trace(group, o, d, limit, config))
    for solid in scene.meshes:
        nearest = jnp.minimum(nearest, mesh_entry(solid, o, d))
    beyond = jnp.where(nearest > config.max_range_m, jnp.inf, nearest)
    return jnp.where(usable, beyond, jnp.nan)


def _trace(
    group: Group, o: jax.Array, d: jax.Array, limit: jax.Array, config: RayCastConfig
) -> jax.Array:
    """Return where rays meet a smooth union [N]: infinity if not, NaN if it takes too long."""

    def unfinished(carry: _Progress) -> jax.Array:
        steps, _, _, active = carry
        return jnp.any(active) & (steps < config.max_steps)

    def advance(carry: _Progress) -> _Progress:
        steps, t, hit, active = carry
        step = _safe_step(group, o + t * d, d, limit - t)
        t = jnp.where(active, jnp.minimum(t + step, limit + 1.0), t)
        met = active & (step < config.hit_tolerance_m)
        return steps + 1, t, hit | met, active & ~met & (t <= limit)

    none = jnp.zeros(o.shape[1:], bool)
    start = (jnp.int32(0), jnp.zeros_like(o[0]), none, jnp.any(d != 0.0, axis=0))
    _, t, hit, active = jax.lax.while_loop(unfinished, advance, start)
    return jnp.where(hit, t, jnp.where(active, jnp.nan, jnp.inf))


def _safe_step(group: Group, p: jax.Array, d: jax.Array, left: jax.Array) -> jax.Array:
    """Return a length [N] that rays at p [3, N] along d can go without passing the surface."""
    distance, slope = jax.jvp(lambda x: member_distances(group, x), (p,), (d,))
    smoothness = group.smoothness_per_m
    tangent = lambda s: union(distance + slope * s, smoothness)  # noqa: E731
    here = union(distance, smoothness)
    weights = jax.nn.softmax(-smoothness * distance, axis=0)
    far = jnp.minimum(_newton(here, jnp.sum(weights * slope, axis=0)), left + 1e-3)
    at_far = tangent(far)
    near = jnp.where(at_far < 0.0, far * here / jnp.maximum(here - at_far, 1e-12), far)
    return jnp.where(here <= 0.0, 0.0, jnp.maximum(near, here))


def _newton(distance: jax.Array, slope: jax.Array) -> jax.Array:
    """Return where the tangent is zero: 0 inside, infinity where the ray moves away."""
    ahead = jnp.where(slope < 0.0, distance / -jnp.minimum(slope, -1e-9), jnp.inf)
    return jnp.where(distance <= 0.0, 0.0, ahead)
