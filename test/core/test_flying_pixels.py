# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pixels between two surfaces are dropped; surfaces at flat angles, thin things and gaps stay."""

from __future__ import annotations

import numpy as np
import pytest

from live_mvp_ros.mapping import RangeSensorConfig
from live_mvp_ros.mapping.flying_pixels import flying

CONFIG = RangeSensorConfig()


def found(rows):
    return flying(CONFIG, np.float32(rows)).astype(int).tolist()


@pytest.mark.parametrize(
    ("row", "dropped"),
    [
        ([2, 2, 2, 2.8, 3.4, 4, 4], [0, 0, 0, 0, 0, 0, 0]),  # perhaps a ramp
        ([2, 2, 2, 3.1, 4, 4, 4], [0, 0, 0, 1, 0, 0, 0]),
        ([4, 4, 3.1, 2, 2, 2, 2], [0, 0, 1, 0, 0, 0, 0]),
        ([2, 2, 2, 4, 4, 4, 4], [0, 0, 0, 0, 0, 0, 0]),  # an edge as it should be
        ([4, 4, 4, 2, 4, 4, 4], [0, 0, 0, 0, 0, 0, 0]),  # a thin post
        ([2, 2, 2, 4, 2, 2, 2], [0, 0, 0, 0, 0, 0, 0]),  # a gap
        ([2, 2, np.nan, 3, 4, 4, 4], [0, 0, 0, 0, 0, 0, 0]),  # nobody knows
        ([2, 2, 2, 2.1, 2.2, 2.2, 2.2], [0, 0, 0, 0, 0, 0, 0]),  # too near to be two
    ],
)
def test_one_row(row, dropped):
    assert found([row]) == [dropped]
    assert found([[value] for value in row]) == [[value] for value in dropped]


def test_a_floor_that_is_seen_at_a_flat_angle_stays():
    """0.5 m above a floor, whose rows of pixels are 1.2 m apart at the far end."""
    angle = np.radians(np.linspace(3.5, 22.0, 20))
    rows = np.repeat((0.5 / np.sin(angle))[:, None], 8, axis=1)
    assert np.diff(rows[:, 0]).min() < -1.2
    assert not flying(CONFIG, rows).any()


def test_noise_on_a_surface_is_no_flying_pixel():
    rng = np.random.default_rng(0)
    config = RangeSensorConfig(range_noise_b_per_m=0.01)
    wall = 4.0 + 0.16 * rng.normal(size=(100, 100))
    assert flying(config, wall).mean() < 1e-3


def test_a_mixture_at_a_vertical_edge_is_dropped_in_every_row():
    image = np.full((12, 20), 2.0)
    image[:, 10:] = 5.0
    image[:, 10] = np.linspace(2.6, 4.4, 12)  # as an edge that is not quite upright is mixed
    assert np.argwhere(flying(CONFIG, image)).tolist() == [[row, 10] for row in range(12)]
