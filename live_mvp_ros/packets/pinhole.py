# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera behind columns, and where it looks from.

Optical frame: x right, y down, z forward. Pixel centres have whole-number coordinates. Rotations
R [3, 3] and places t [3] take optical coordinates to those of the scene: p = R @ p_optical + t.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from live_mvp_ros.packets.env_config import EnvConfig, OrbitConfig, SensorConfig
from live_mvp_ros.packets.packet_types import BodyPose, CameraIntrinsics, ChartPoint

LINK_TO_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Rotation: optical coordinates to those of a forward, left, up frame."""


class View(NamedTuple):
    """Where a camera is: R [3, 3] and t [3], float64."""

    rotation: np.ndarray
    place: np.ndarray


def intrinsics(sensor: SensorConfig) -> CameraIntrinsics:
    """Return the camera of the whole image: square pixels that span the field of view."""
    height, width = sensor.resolution
    focal = 0.5 * width / math.tan(0.5 * math.radians(sensor.hfov))
    return CameraIntrinsics(focal, focal, 0.5 * (width - 1), 0.5 * (height - 1), width, height)


def corner(config: EnvConfig) -> tuple[int, int]:
    """Return row and column of a patch's first pixel in the image."""
    (rows, columns), (height, width, _) = config.sensor.resolution, config.shape
    return (rows - height) // 2, (columns - width) // 2


def patch_intrinsics(config: EnvConfig) -> CameraIntrinsics:
    """Return the camera of which a patch is the whole image."""
    camera, (row, column), (height, width, _) = (
        intrinsics(config.sensor),
        corner(config),
        config.shape,
    )
    return CameraIntrinsics(
        camera.fx, camera.fy, camera.cx - column, camera.cy - row, width, height
    )


def rays(camera: CameraIntrinsics) -> np.ndarray:
    """Return the direction [height, width, 3] of each pixel in the optical frame, with z = 1."""
    x = (np.arange(camera.width) - camera.cx) / camera.fx
    y = (np.arange(camera.height) - camera.cy) / camera.fy
    return np.stack(np.broadcast_arrays(x[None, :], y[:, None], 1.0), axis=-1)


def orbit_view(orbit: OrbitConfig, point: ChartPoint) -> View:
    """Return the view from a chart point of an orbit at the object in its middle, upright."""
    azimuth = 2.0 * math.pi * point.u
    low, high = orbit.elevation
    elevation = low + (high - low) * point.v
    level = math.cos(elevation)
    outwards = np.array(
        [level * math.cos(azimuth), level * math.sin(azimuth), math.sin(elevation)]
    )
    right = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    forward = -outwards
    return View(
        np.stack([right, np.cross(forward, right), forward], axis=-1), orbit.radius * outwards
    )


def body_view(body: BodyPose, du: float = 0.0, dv: float = 0.0) -> View:
    """Return the view of a body's camera, turned by an offset on the chart of gazes."""
    w, x, y, z = body.quaternion
    turned = (
        Rotation.from_euler("z", 2.0 * math.pi * du)
        * Rotation.from_quat([x, y, z, w])
        * Rotation.from_euler("y", -math.pi * dv)
    )
    return View(turned.as_matrix() @ LINK_TO_OPTICAL, np.array(body.position_m))
