# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The rays a policy is trained with: a fan of 12 x 3 over 100 x 40 degrees, every fourth of them.

Nine rays serve the map and the reward alike. Directions are of the body (FLU), level at rest.
"""

from __future__ import annotations

import numpy as np

COLUMNS, ROWS = 12, 3
WIDTH_RAD, HEIGHT_RAD = np.radians(100.0), np.radians(40.0)
EVERY = 4
SAMPLES = 24
"""Samples on each of these rays."""


def fan() -> np.ndarray:
    """Return the unit directions [3, 9] in the body frame."""
    azimuth = np.linspace(-0.5 * WIDTH_RAD, 0.5 * WIDTH_RAD, COLUMNS)
    elevation = np.linspace(-0.5 * HEIGHT_RAD, 0.5 * HEIGHT_RAD, ROWS)
    up, around = (axis.ravel() for axis in np.meshgrid(elevation, azimuth, indexing="ij"))
    all_rays = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])
    return all_rays[:, ::EVERY]
