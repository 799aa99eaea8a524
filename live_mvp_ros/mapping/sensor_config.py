# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a range sensor is like: how many of its rays a map takes, and what its values mean."""

from __future__ import annotations

import math

from live_mvp_ros.base.config import configuration, parameter

RAYS = 3072
"""Those of the default depth camera, 64 x 48."""


@configuration
class RangeSensorConfig:
    """The sensor of a live map: what its values mean, and how much of it is taken."""

    rays: int = parameter(
        default=RAYS,
        low=64,
        high=65536,
        help="Most rays per scan; what has more is thinned so that edges stay.",
    )
    min_range_m: float = parameter(
        default=0.0, unit="m", low=0.0, high=10.0, help="Nearer returns are the vehicle's own."
    )
    max_range_m: float = parameter(
        default=100.0, unit="m", low=0.1, high=1000.0, help="Farther returns are none."
    )
    clear_if_nan: bool = parameter(
        default=False, help="NaN means that nothing is there: free up to max_range_m."
    )
    clear_if_infinite: bool = parameter(
        default=False, help="Plus infinity means that nothing is there (REP 117)."
    )
    clear_if_zero: bool = parameter(default=False, help="0 means that nothing is there.")
    clear_if_beyond: bool = parameter(
        default=True, help="A return beyond max_range_m means that nothing is nearer."
    )
    range_noise_a_m: float = parameter(
        default=0.0,
        unit="m",
        low=0.0,
        high=1.0,
        help="Constant part a of the range noise, sigma = a + b r^2.",
    )
    range_noise_b_per_m: float = parameter(
        default=0.0, unit="1/m", low=0.0, high=1.0, help="Part b of the range noise."
    )
    drop_flying_pixels: bool = parameter(
        default=True,
        help="Drop pixels of images and organised clouds that lie between two surfaces.",
    )
    integer_unit_m: float = parameter(
        default=0.001,
        unit="m",
        low=1e-6,
        high=1.0,
        help="Length of 1 in clouds whose coordinates are whole numbers.",
    )

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        if self.min_range_m >= self.max_range_m:
            return (
                f"min_range_m = {self.min_range_m:g} is not allowed: "
                f"it must be below max_range_m = {self.max_range_m:g}"
            )
        return None

    @property
    def clears(self) -> bool:
        """Whether something that is no return says that a ray is free."""
        return self.clear_if_nan or self.clear_if_infinite or self.clear_if_zero

    def exact_up_to_m(self, sigma_m: float) -> float:
        """Return the range from which on one return is noisier than ``sigma_m``."""
        if self.range_noise_a_m >= sigma_m:
            return 0.0
        if self.range_noise_b_per_m == 0.0:
            return math.inf
        return math.sqrt((sigma_m - self.range_noise_a_m) / self.range_noise_b_per_m)
