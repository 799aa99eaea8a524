# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images with their CameraInfo as points.

A pixel holds the depth along the optical axis (REP 118); where it looks, the CameraInfo of its
camera says, distortion included.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from live_mvp_ros.ros.convert.layouts import MAX_POINTS, depth_values, thinly
from live_mvp_ros.ros.refusals import InvalidMessageError


def camera_matrix(message: Any) -> tuple[float, float, float, float]:
    """Return fx, fy, cx, cy [px] of a CameraInfo.

    Raises:
        InvalidMessageError: it is too large, not calibrated, or shows a part of an image.
    """
    if not 1 <= message.width * message.height <= MAX_POINTS:
        raise InvalidMessageError(
            f"a camera of {message.width} x {message.height} pixels is not allowed: it must have "
            f"1 to {MAX_POINTS}"
        )
    k = [float(value) for value in message.k]
    fx, fy, cx, cy = k[0], k[4], k[2], k[5]
    if not all(map(math.isfinite, k)) or fx <= 0.0 or fy <= 0.0:
        raise InvalidMessageError(
            f"its matrix K says fx = {fx:g} and fy = {fy:g} px: both must be above 0, as of a "
            "camera that is calibrated"
        )
    if message.binning_x > 1 or message.binning_y > 1:
        raise InvalidMessageError(
            f"its binning is {message.binning_x} x {message.binning_y}: it must be 0 or 1"
        )
    if message.roi.x_offset or message.roi.y_offset:
        raise InvalidMessageError(
            f"its region of interest begins at ({message.roi.x_offset}, {message.roi.y_offset}): "
            "it must be the whole image"
        )
    return fx, fy, cx, cy


def distortion(message: Any, models: dict[str, int]) -> tuple[float, ...]:
    """Return the coefficients of a CameraInfo, as many as the model has; none: no distortion.

    Args:
        message: the CameraInfo.
        models: the names of models that are known, and how many coefficients each has.

    Raises:
        InvalidMessageError: the model is not known, or a coefficient is not finite.
    """
    values = [float(value) for value in message.d]
    if not any(values):
        return ()
    most = models.get(message.distortion_model)
    if most is None:
        raise InvalidMessageError(
            f"its distortion_model is {message.distortion_model!r}: it must be one of "
            f"{', '.join(models)}"
        )
    if not all(map(math.isfinite, values)):
        raise InvalidMessageError("its distortion d holds a value that is not finite")
    return tuple(values[:most])


def check_size(image: Any, info: Any) -> None:
    """Refuse an image that is not of the size that its CameraInfo says.

    Raises:
        InvalidMessageError: it is of another one.
    """
    if (image.width, image.height) != (info.width, info.height):
        raise InvalidMessageError(
            f"it has {image.width} x {image.height} pixels, and its camera_info says "
            f"{info.width} x {info.height}"
        )


def read_pixels(shape: tuple[int, int], most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return column and row [H, W] of the pixels that ``depth_points`` reads of an image."""
    v, u = np.indices(shape)
    return thinly(u, most), thinly(v, most)


def depth_points(message: Any, looks: np.ndarray, most: int) -> np.ndarray:
    """Return the points [H, W, 3] of a depth image, m, optical frame.

    A depth that is 0, NaN or infinite makes a point of which each coordinate is that.

    Args:
        message: the image.
        looks: points [H, W, 3] with z = 1 at which the pixels look that are read.
        most: about so many pixels are read at most.

    Raises:
        InvalidMessageError: it is no depth image, or sizes are wrong or too large.
    """
    depth = depth_values(message, most)
    with np.errstate(invalid="ignore"):
        points = np.asarray(depth[..., None] * looks, np.float32)
    said = ~np.isfinite(depth) | (depth == 0.0)
    points[said] = depth[said, None]
    return points
