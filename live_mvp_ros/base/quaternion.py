# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Unit quaternions (w, x, y, z), Hamilton convention, from body (FLU) vectors to the map (ENU).

Components are the FIRST axis, so that a batch of samples is [4, K] and vectors are [3, K]: the
sample axis stays last and contiguous. Messages use (x, y, z, w); only ``ros/convert`` knows
that.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def identity() -> jax.Array:
    """Return the rotation that changes nothing, [4]."""
    return jnp.array([1.0, 0.0, 0.0, 0.0])


def multiply(a: jax.Array, b: jax.Array) -> jax.Array:
    """Return the Hamilton product a*b of quaternions [4, ...]: first rotate by b, then by a."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return jnp.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ]
    )


def conjugate(q: jax.Array) -> jax.Array:
    """Return the inverse rotation of a unit quaternion [4, ...]."""
    return jnp.stack([q[0], -q[1], -q[2], -q[3]])


def normalise(q: jax.Array) -> jax.Array:
    """Return q [4, ...] scaled to unit length."""
    return q / jnp.linalg.norm(q, axis=0, keepdims=True)


def rotate(q: jax.Array, v: jax.Array) -> jax.Array:
    """Rotate vectors v [3, ...] by unit quaternions q [4, ...]."""
    w, u = q[0], q[1:]
    t = 2.0 * jnp.cross(u, v, axis=0)
    return v + w * t + jnp.cross(u, t, axis=0)


def rotation_matrix(q: jax.Array) -> jax.Array:
    """Return the matrix [3, 3] of one unit quaternion [4]: v_map = R @ v_body."""
    w, x, y, z = q
    return jnp.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def yaw(q: jax.Array) -> jax.Array:
    """Return the heading [rad] of the body x axis about +z, of quaternions [4, ...]."""
    w, x, y, z = q
    return jnp.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def from_yaw(angle: jax.Array | float) -> jax.Array:
    """Return the rotation about +z by an angle [rad] (scalar or [...]), as [4, ...]."""
    half = 0.5 * jnp.asarray(angle)
    zero = jnp.zeros_like(half)
    return jnp.stack([jnp.cos(half), zero, zero, jnp.sin(half)])
