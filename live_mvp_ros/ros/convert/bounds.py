# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The bounds of every number that comes in a message."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from live_mvp_ros.ros.refusals import InvalidMessageError

FASTEST = 1e3
"""Highest speed [m/s] and body rate [rad/s]."""
STRONGEST_N = 1e6
RESOLUTIONS_M = (1e-3, 100.0)
MAX_CELLS = 1 << 24
"""Most cells of a grid: 4096 x 4096."""


def bounded(what: str, values: Iterable[float], limit: float, unit: str) -> np.ndarray:
    """Return numbers as float32 that are finite and at most ``limit`` in size.

    Raises:
        InvalidMessageError: one is not; the sentence begins with ``what``.
    """
    numbers = [float(value) for value in values]
    if not all(map(math.isfinite, numbers)):
        raise InvalidMessageError(f"{what} holds a value that is not finite")
    largest = max(map(abs, numbers))
    if largest > limit:
        raise InvalidMessageError(
            f"{what} holds {largest:g} {unit}, at most {limit:g} {unit} is allowed"
        )
    return np.array(numbers, np.float32)


def resolution(value: float) -> float:
    """Return the edge length of a cell [m] as the decimal number that was meant.

    Raises:
        InvalidMessageError: it is not in RESOLUTIONS_M.
    """
    low, high = RESOLUTIONS_M
    if not low <= value <= high:
        raise InvalidMessageError(
            f"the resolution is {value} m, it must be between {low:g} and {high:g} m"
        )
    return decimal(value)


def cells(shape: tuple[int, ...]) -> int:
    """Return how many cells a grid of a shape has.

    Raises:
        InvalidMessageError: none, or more than MAX_CELLS.
    """
    count = math.prod(int(size) for size in shape)
    if not 1 <= count <= MAX_CELLS:
        sizes = " x ".join(str(size) for size in shape)
        raise InvalidMessageError(
            f"a grid of {sizes} cells is not allowed: it must have 1 to {MAX_CELLS}"
        )
    return count


def decimal(value: float) -> float:
    """Return a float that went through float32 as the decimal number that was meant."""
    return round(float(value), 6)
