# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the pixels of a camera look, by its matrix and the distortion of its lens.

The models are those of ROS and OpenCV: ``plumb_bob`` (k1, k2, p1, p2, k3) of Brown ("Decentering
Distortion of Lenses", 1966), and ``rational_polynomial`` with k4, k5, k6 besides. With x, y the
undistorted coordinates in the plane z = 1 and r^2 = x^2 + y^2,

    x_d = x q + 2 p1 x y + p2 (r^2 + 2 x^2)      q = (1 + k1 r^2 + k2 r^4 + k3 r^6)
    y_d = y q + p1 (r^2 + 2 y^2) + 2 p2 x y            / (1 + k4 r^2 + k5 r^4 + k6 r^6)

which Newton's method inverts. A pixel to which it does not converge, beyond the part of the image
for which the model was fitted, looks nowhere: NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MODELS = {"plumb_bob": 5, "rational_polynomial": 8}
"""Names, and the most coefficients that count."""
_STEPS = 20
_CLOSE = 1e-9


class Lens(NamedTuple):
    """A camera: pixels u = fx x_d + cx, v = fy y_d + cy, and the eight coefficients."""

    fx: float
    fy: float
    cx: float
    cy: float
    coefficients: tuple[float, ...] = (0.0,) * 8
    """k1, k2, p1, p2, k3, k4, k5, k6."""


def looks(lens: Lens, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return where pixels [...] look, as points [..., 3] with z = 1; optical frame.

    Args:
        lens: of the camera.
        u: column of each pixel; the centre of the first one is 0.
        v: row of each pixel.
    """
    goal = np.stack([(u - lens.cx) / lens.fx, (v - lens.cy) / lens.fy]).astype(float)
    xy = goal.copy()
    if any(lens.coefficients):
        with np.errstate(all="ignore"):
            for _ in range(_STEPS):
                value, slope = _distorted(lens.coefficients, xy)
                xy = xy - _solved(slope, value - goal)
            value, slope = _distorted(lens.coefficients, xy)
            # beyond its turning point a model maps two places to one pixel: only the inner one is
            # seen, where both eigenvalues of the Jacobian are above 0
            upright = slope[0, 0] * slope[1, 1] - slope[0, 1] * slope[1, 0] > 0.0
            upright &= slope[0, 0] + slope[1, 1] > 0.0
            found = (np.abs(value - goal).max(axis=0) < _CLOSE) & upright
        xy = np.where(found, xy, np.nan)
    return np.stack([xy[0], xy[1], np.where(np.isnan(xy[0]), np.nan, 1.0)], axis=-1)


def _distorted(c: tuple[float, ...], xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return distorted coordinates [2, ...] of undistorted ones, and the Jacobian [2, 2, ...]."""
    k1, k2, p1, p2, k3, k4, k5, k6 = c
    x, y = xy
    s = x * x + y * y
    above, below = 1.0 + s * (k1 + s * (k2 + s * k3)), 1.0 + s * (k4 + s * (k5 + s * k6))
    q = above / below
    above_s, below_s = k1 + s * (2 * k2 + 3 * s * k3), k4 + s * (2 * k5 + 3 * s * k6)
    q_s = (above_s - q * below_s) / below
    value = np.stack(
        [
            x * q + 2 * p1 * x * y + p2 * (s + 2 * x * x),
            y * q + p1 * (s + 2 * y * y) + 2 * p2 * x * y,
        ]
    )
    across = 2 * x * y * q_s + 2 * p1 * x + 2 * p2 * y
    slope = np.array(
        [
            [q + 2 * x * x * q_s + 2 * p1 * y + 6 * p2 * x, across],
            [across, q + 2 * y * y * q_s + 6 * p1 * y + 2 * p2 * x],
        ]
    )
    return value, slope


def _solved(slope: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the solution [2, ...] of slope [2, 2, ...] times it = right [2, ...]."""
    (a, b), (c, d) = slope
    return np.stack([d * right[0] - b * right[1], a * right[1] - c * right[0]]) / (a * d - b * c)
