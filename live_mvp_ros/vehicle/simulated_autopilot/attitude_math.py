# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Vectors and unit quaternions as tuples of floats: faster than arrays where there are three.

A quaternion (w, x, y, z) turns vectors of the body (FRD) into the local frame (NED).
"""

from __future__ import annotations

import math
from collections import deque

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

ZERO: Vector = (0.0, 0.0, 0.0)
LEVEL: Quaternion = (1.0, 0.0, 0.0, 0.0)


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """Return the rotation ``b`` followed by ``a``."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )


def conjugate(q: Quaternion) -> Quaternion:
    """Return the inverse rotation."""
    return (q[0], -q[1], -q[2], -q[3])


def normalised(q: Quaternion) -> Quaternion:
    """Return the quaternion of length 1."""
    scale = 1.0 / math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    return (q[0] * scale, q[1] * scale, q[2] * scale, q[3] * scale)


def rotate(q: Quaternion, v: Vector) -> Vector:
    """Return a body vector in the local frame."""
    w, x, y, z = q
    vx, vy, vz = v
    tx, ty, tz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return (
        vx + w * tx + y * tz - z * ty,
        vy + w * ty + z * tx - x * tz,
        vz + w * tz + x * ty - y * tx,
    )


def turned(q: Quaternion, rates_rad_s: Vector, dt_s: float) -> Quaternion:
    """Return an attitude after turning for ``dt_s`` at constant body rates."""
    p, q_, r = rates_rad_s
    half = 0.5 * dt_s
    return normalised(multiply(q, (1.0, half * p, half * q_, half * r)))


def from_euler(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Quaternion:
    """Return the attitude after yaw, then pitch, then roll."""
    cr, sr = math.cos(0.5 * roll_rad), math.sin(0.5 * roll_rad)
    cp, sp = math.cos(0.5 * pitch_rad), math.sin(0.5 * pitch_rad)
    cy, sy = math.cos(0.5 * yaw_rad), math.sin(0.5 * yaw_rad)
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )


def euler_of(q: Quaternion) -> Vector:
    """Return roll, pitch and yaw."""
    w, x, y, z = q
    roll = math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
    pitch = math.asin(max(-1.0, min(1.0, 2.0 * (w * y - z * x))))
    return roll, pitch, yaw_of(q)


def yaw_of(q: Quaternion) -> float:
    """Return the heading, from north to east."""
    w, x, y, z = q
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def cosine_of_tilt(q: Quaternion) -> float:
    """Return the cosine of the angle between the thrust and straight up."""
    return 1.0 - 2.0 * (q[1] * q[1] + q[2] * q[2])


def towards(thrust_ned: Vector, yaw_rad: float) -> Quaternion:
    """Return the attitude with a heading whose thrust, body -z, has a direction (not zero)."""
    n, e, d = thrust_ned
    length = math.sqrt(n * n + e * e + d * d)
    zx, zy, zz = -n / length, -e / length, -d / length
    tilt = math.acos(max(-1.0, min(1.0, zz)))
    flat = math.hypot(zx, zy)
    heading = (math.cos(0.5 * yaw_rad), 0.0, 0.0, math.sin(0.5 * yaw_rad))
    if flat < 1e-9:
        return heading
    s = math.sin(0.5 * tilt) / flat
    lean = (math.cos(0.5 * tilt), -zy * s, zx * s, 0.0)  # about the horizontal axis z0 x z
    return multiply(lean, heading)


def error_of(actual: Quaternion, wanted: Quaternion) -> Vector:
    """Return the rotation vector [rad], body frame, from the actual attitude to another."""
    w, x, y, z = multiply(conjugate(actual), wanted)
    if w < 0.0:
        w, x, y, z = -w, -x, -y, -z
    sine = math.sqrt(x * x + y * y + z * z)
    scale = 2.0 if sine < 1e-9 else 2.0 * math.atan2(sine, w) / sine
    return (x * scale, y * scale, z * scale)


def clipped(value: float, low: float, high: float) -> float:
    """Return a value within limits."""
    return low if value < low else high if value > high else value


class LowPass:
    """First-order low-pass of a number."""

    def __init__(self, cutoff_hz: float, dt_s: float) -> None:
        """Begin at 0; ``dt_s`` is the time between two values."""
        self._follow = 1.0 - math.exp(-2.0 * math.pi * cutoff_hz * dt_s)
        self.value = 0.0

    def step(self, value: float) -> float:
        """Return the filtered value."""
        self.value += self._follow * (value - self.value)
        return self.value


class Delay:
    """A number that comes out some steps later."""

    def __init__(self, steps: int) -> None:
        """Begin with zeros."""
        self._waiting = deque([0.0] * steps)

    def step(self, value: float) -> float:
        """Return the number that went in some steps ago."""
        self._waiting.append(value)
        return self._waiting.popleft()
