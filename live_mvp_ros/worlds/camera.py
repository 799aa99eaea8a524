# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pinhole depth camera that looks at a scene.

Frames: ``base_link`` is FLU; ``depth_camera_link`` is FLU too, mounted at ``mount_xyz_m`` and
turned nose down by ``mount_pitch_rad``; ``depth_camera_optical_frame`` has x right, y down,
z forward (REP 103). Pixel centres have whole-number coordinates: the image spans
[-0.5, width - 0.5].
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion as quat
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.worlds.raycast import RayCastConfig, reaches
from live_mvp_ros.worlds.scene import Scene

LINK_TO_OPTICAL_QUATERNION = (0.5, -0.5, 0.5, -0.5)  # (w, x, y, z): v_link = q v_optical q*

_QUARTERS_PX = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))


class Intrinsics(NamedTuple):
    """Pinhole parameters in pixels: u = fx x/z + cx, v = fy y/z + cy."""

    fx: float
    fy: float
    cx: float
    cy: float


@configuration
class DepthCameraConfig:
    """The depth camera: image, range, mounting and sensor model."""

    width_px: int = parameter(default=64, unit="px", low=2, high=1024, help="Image width.")
    height_px: int = parameter(default=48, unit="px", low=2, high=1024, help="Image height.")
    hfov_rad: float = parameter(
        default=math.radians(80.0), unit="rad", low=0.1, high=2.8, help="Horizontal field of view."
    )
    vfov_rad: float = parameter(
        default=math.radians(45.0), unit="rad", low=0.1, high=2.8, help="Vertical field of view."
    )
    min_range_m: float = parameter(
        default=0.2, unit="m", low=0.0, high=10.0, help="Nearer surfaces give no return."
    )
    max_range_m: float = parameter(
        default=12.0, unit="m", low=0.1, high=100.0, help="Farther surfaces give no return."
    )
    mount_xyz_m: tuple[float, float, float] = parameter(
        default=(0.05, 0.0, 0.0),
        unit="m",
        low=-5.0,
        high=5.0,
        help="Camera position in base_link.",
    )
    mount_pitch_rad: float = parameter(
        default=0.0, unit="rad", low=-1.6, high=1.6, help="Camera pitch; positive looks down."
    )
    range_noise_a_m: float = parameter(
        default=0.0,
        unit="m",
        low=0.0,
        high=1.0,
        live=True,
        help="Constant part a of the range noise, sigma = a + b r^2.",
    )
    range_noise_b_per_m: float = parameter(
        default=0.0,
        unit="1/m",
        low=0.0,
        high=1.0,
        live=True,
        help="Part b of the range noise that grows with the square of the range.",
    )
    range_step_m: float = parameter(
        default=0.0,
        unit="m",
        low=0.0,
        high=1.0,
        live=True,
        help="Ranges are rounded to multiples of this; 0: not at all.",
    )
    latency_s: float = parameter(
        default=0.0,
        unit="s",
        low=0.0,
        high=2.0,
        help="Images are published so long after their stamp, in odometry time.",
    )
    report_clear: bool = parameter(
        default=False,
        help="A ray that meets nothing gives a point at max_range_m, not NaN: maps of a lesser"
        " max_range_m then know that it is free.",
    )
    mixed_pixels: bool = parameter(
        default=False,
        help="A pixel measures the mean range over its area, as real ones do: at edges it lies"
        " between what is before and what is behind.",
    )
    dropout: float = parameter(
        default=0.0, low=0.0, high=1.0, live=True, help="Probability that a pixel has no return."
    )

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        if self.min_range_m >= self.max_range_m:
            return (
                f"min_range_m = {self.min_range_m:g} is not allowed: "
                f"it must be below max_range_m = {self.max_range_m:g}"
            )
        return None

    def mount_quaternion(self) -> tuple[float, float, float, float]:
        """Return the rotation (w, x, y, z) of depth_camera_link in base_link."""
        half = 0.5 * self.mount_pitch_rad
        return math.cos(half), 0.0, math.sin(half), 0.0


def intrinsics(config: DepthCameraConfig) -> Intrinsics:
    """Return the pinhole parameters that span the fields of view."""
    return Intrinsics(
        fx=0.5 * config.width_px / math.tan(0.5 * config.hfov_rad),
        fy=0.5 * config.height_px / math.tan(0.5 * config.vfov_rad),
        cx=0.5 * (config.width_px - 1),
        cy=0.5 * (config.height_px - 1),
    )


def camera_pose(
    config: DepthCameraConfig, position: jax.Array, quaternion: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the camera's pose for a body pose.

    Args:
        config: the camera.
        position: position [3] of base_link in the map, metres.
        quaternion: attitude [4] of base_link (w, x, y, z), unit length.

    Returns:
        R_map_optical [3, 3] and t_map [3]: p_map = R_map_optical @ p_optical + t_map.
    """
    attitude = quat.multiply(quaternion, jnp.array(config.mount_quaternion()))
    rotation = quat.rotation_matrix(quat.multiply(attitude, jnp.array(LINK_TO_OPTICAL_QUATERNION)))
    return rotation, position + quat.rotate(quaternion, jnp.array(config.mount_xyz_m))


def pixel_directions(
    config: DepthCameraConfig, offset_px: tuple[float, float] = (0.0, 0.0)
) -> jax.Array:
    """Return the unit viewing direction [H, W, 3] of each pixel in the optical frame.

    Args:
        config: the camera.
        offset_px: from the centre of the pixel, to the right and down.
    """
    fx, fy, cx, cy = intrinsics(config)
    u = (jnp.arange(config.width_px) + offset_px[0] - cx) / fx
    v = (jnp.arange(config.height_px) + offset_px[1] - cy) / fy
    x, y, z = jnp.broadcast_arrays(u[None, :], v[:, None], jnp.float32(1.0))
    directions = jnp.stack([x, y, z], axis=-1)
    return directions / jnp.linalg.norm(directions, axis=-1, keepdims=True)


def render(
    config: DepthCameraConfig,
    scene: Scene,
    position: jax.Array,
    quaternion: jax.Array,
    key: jax.Array,
) -> jax.Array:
    """Return the organised point cloud that the camera sees.

    Args:
        config: the camera.
        scene: what there is to see.
        position: position [3] of base_link in the map, metres.
        quaternion: attitude [4] of base_link (w, x, y, z), unit length.
        key: random key of the sensor model; the same key gives the same noise.

    Returns:
        Points [H, W, 3] in the optical frame, metres (``[..., 2]`` is the depth image), NaN where
        there is no return.
    """
    rotation, origin = camera_pose(config, position, quaternion)
    directions = pixel_directions(config)
    settings = RayCastConfig(max_range_m=config.max_range_m)

    def seen(directions: jax.Array) -> jax.Array:
        rays = directions.reshape(-1, 3) @ rotation.T
        return reaches(scene, origin, rays, settings).reshape(directions.shape[:-1])

    if config.mixed_pixels:
        parts = seen(jnp.stack([pixel_directions(config, offset) for offset in _QUARTERS_PX]))
        met = jnp.isfinite(parts)
        mean = jnp.sum(jnp.where(met, parts, 0.0), axis=0) / jnp.sum(met, axis=0)
        ranges = jnp.where(jnp.any(met, axis=0), mean, parts[0])
    else:
        ranges = seen(directions)
    return directions * _measured(config, ranges, key)[..., None]


def _measured(config: DepthCameraConfig, ranges: jax.Array, key: jax.Array) -> jax.Array:
    """Apply the sensor model: noise, rounding, then the range limits, then dropouts.

    Ranges are infinite where nothing is within reach, NaN where nothing can be said.
    """
    noise_key, dropout_key = jax.random.split(key)
    sigma = config.range_noise_a_m + config.range_noise_b_per_m * ranges**2
    noisy = ranges + sigma * jax.random.normal(noise_key, ranges.shape)
    step = jnp.maximum(config.range_step_m, 1e-9)
    noisy = jnp.where(config.range_step_m > 0.0, step * jnp.round(noisy / step), noisy)
    in_range = (noisy >= config.min_range_m) & (noisy <= config.max_range_m)
    kept = jax.random.uniform(dropout_key, ranges.shape) >= config.dropout
    measured = jnp.where(in_range, noisy, jnp.nan)
    if config.report_clear:
        measured = jnp.where(jnp.isinf(ranges), config.max_range_m, measured)
    return jnp.where(kept, measured, jnp.nan)
