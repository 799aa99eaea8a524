# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Between the axes of ROS (ENU world, FLU body) and those of an autopilot (NED world, FRD body).

    v_NED = (y, x, -z) of v_ENU          w_FRD = (x, -y, -z) of w_FLU

Both swap back by themselves, and so does an attitude up to the sign of its quaternion: with the
half turns h = (0, 1, 1, 0) / sqrt 2 about north-east and r = (0, 1, 0, 0) about the nose,

    q_ENU_FLU = h q_NED_FRD r = (w + z, x + y, x - y, w - z) / sqrt 2   up to its sign.

Quaternions are (w, x, y, z) and turn body into world.
"""

from __future__ import annotations

import math

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

_HALF = math.sqrt(0.5)


def world_swapped(v: Vector) -> Vector:
    """Return a vector of the world [3] in NED if it was in ENU, in ENU if it was in NED."""
    x, y, z = v
    return y, x, -z


def body_swapped(v: Vector) -> Vector:
    """Return a vector of the body [3] in FRD if it was in FLU, in FLU if it was in FRD."""
    x, y, z = v
    return x, -y, -z


def attitude_swapped(q: Quaternion) -> Quaternion:
    """Return FLU -> ENU of an attitude FRD -> NED, or the other way; w is not negative."""
    w, x, y, z = q
    a, b, c, d = _HALF * (w + z), _HALF * (x + y), _HALF * (x - y), _HALF * (w - z)
    return (a, b, c, d) if a >= 0.0 else (-a, -b, -c, -d)


def rotated(q: Quaternion, v: Vector) -> Vector:
    """Return a vector [3] of the body in the world that the unit quaternion leads to."""
    w, x, y, z = q
    a, b, c = v
    tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return (
        a + w * tx + y * tz - z * ty,
        b + w * ty + z * tx - x * tz,
        c + w * tz + x * ty - y * tx,
    )


def conjugate(q: Quaternion) -> Quaternion:
    """Return the rotation the other way."""
    w, x, y, z = q
    return w, -x, -y, -z


def multiplied(p: Quaternion, q: Quaternion) -> Quaternion:
    """Return the rotation that does q first and then p."""
    a, b, c, d = p
    w, x, y, z = q
    return (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )


def turn(yaw_rad: float) -> Quaternion:
    """Return the rotation about the vertical."""
    return math.cos(0.5 * yaw_rad), 0.0, 0.0, math.sin(0.5 * yaw_rad)


def yaw_rad(q: Quaternion) -> float:
    """Return the heading of an attitude, in the axes that it is given in."""
    w, x, y, z = q
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def tilt_rad(q: Quaternion) -> float:
    """Return the angle between the body's vertical axis and the world's; the same in both axes."""
    _, x, y, _ = q
    return math.acos(max(-1.0, min(1.0, 1.0 - 2.0 * (x * x + y * y))))
