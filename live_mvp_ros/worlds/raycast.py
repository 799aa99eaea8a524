# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ray casting by sphere tracing with Newton-sized safe steps.

Sphere tracing advances a ray by the distance to the scene, which stalls at grazing incidence: at
an angle a to a wall each step shortens the rest by the factor 1 - sin a only, and a threshold on
the distance stops early by threshold / sin a. Both go away because every primitive is convex:
along a ray t its signed distance d_i(t) is a convex function, so it lies above its tangent
d_i + d_i' s. Hence no primitive is reached before the tangent is zero, and Newton's step
min_i d_i / -d_i' never passes a surface; on planes it is exact. For a smooth union

    L(s) = smin_i(d_i + d_i' s)

lies below the true distance and is concave in s, so with L(0) > 0 any chord from L(0) to a later
L(s1) < 0 crosses zero before L does: that crossing is the safe step. The step is an estimate of
the remaining length ALONG the ray, so stopping when it is short bounds the range error itself.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.worlds.scene import Scene, member_distances, union

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
        help="Most steps per ray; a ray that needs more has no return.",
    )
    hit_tolerance_m: float = parameter(
        default=0.0002,
        unit="m",
        low=0.00001,
        high=0.002,
        help="A ray has hit when the next step along it is shorter than this.",
    )


def cast_rays(
    scene: Scene, origins: jax.Array, directions: jax.Array, config: RayCastConfig
) -> jax.Array:
    """Return the range [N] in metres at which each ray first meets the scene.

    Args:
        scene: the solid.
        origins: ray origins [N, 3] or [3], map frame, metres.
        directions: ray directions [N, 3]; their length does not matter.
        config: settings; ranges are never above ``config.max_range_m``.

    Returns:
        Ranges [N], float32: 0 for an origin inside the solid, NaN without a return, for a
        direction of zero length, and for input that is not finite.
    """
    directions = jnp.asarray(directions, jnp.float32)
    d = directions.T / jnp.linalg.norm(directions, axis=-1)
    o = jnp.broadcast_to(jnp.asarray(origins, jnp.float32), directions.shape).T
    usable = jnp.all(jnp.isfinite(o) & jnp.isfinite(d), axis=0)
    o, d = jnp.where(usable, o, 0.0), jnp.where(usable, d, 0.0)
    limit = config.max_range_m

    def unfinished(carry: _Progress) -> jax.Array:
        steps, _, _, active = carry
        return jnp.any(active) & (steps < config.max_steps)

    def advance(carry: _Progress) -> _Progress:
        steps, t, hit, active = carry
        step = _safe_step(scene, o + t * d, d, limit - t)
        t = jnp.where(active, jnp.minimum(t + step, limit + 1.0), t)
        met = active & (step < config.hit_tolerance_m)
        return steps + 1, t, hit | met, active & ~met & (t <= limit)

    start = (jnp.int32(0), jnp.zeros_like(o[0]), jnp.zeros_like(usable), usable)
    _, t, hit, _ = jax.lax.while_loop(unfinished, advance, start)
    return jnp.where(hit & (t <= limit), t, jnp.nan)


def _safe_step(scene: Scene, p: jax.Array, d: jax.Array, left: jax.Array) -> jax.Array:
    """Return a length [N] that rays at p [3, N] along d can go without passing a surface."""
    step = jnp.full_like(left, jnp.inf)
    for group in scene.groups:
        distance, slope = jax.jvp(lambda x, g=group: member_distances(g, x), (p,), (d,))
        if group.smoothness_per_m == 0.0:
            bound = jnp.min(_newton(distance, slope), axis=0)
        else:
            bound = _chord_step(distance, slope, group.smoothness_per_m, left)
        step = jnp.minimum(step, bound)
    return step


def _newton(distance: jax.Array, slope: jax.Array) -> jax.Array:
    """Return where the tangent is zero: 0 inside, infinity where the ray moves away."""
    ahead = jnp.where(slope < 0.0, distance / -jnp.minimum(slope, -1e-9), jnp.inf)
    return jnp.where(distance <= 0.0, 0.0, ahead)


def _chord_step(
    distance: jax.Array, slope: jax.Array, smoothness: float, left: jax.Array
) -> jax.Array:
    """Return the safe step [N] of a smooth union from the tangents [n, N] of its members."""
    tangent = lambda s: union(distance + slope * s, smoothness)  # noqa: E731
    here = union(distance, smoothness)
    weights = jax.nn.softmax(-smoothness * distance, axis=0)
    far = jnp.minimum(_newton(here, jnp.sum(weights * slope, axis=0)), left + 1e-3)
    at_far = tangent(far)
    near = jnp.where(at_far < 0.0, far * here / jnp.maximum(here - at_far, 1e-12), far)
    return jnp.where(here <= 0.0, 0.0, jnp.maximum(near, here))
