# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a point is in a shape of a world file agrees with the signed distance to its scene."""

from __future__ import annotations

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.worlds import load_world, signed_distance
from live_mvp_ros.worlds.file_fields import Fields
from live_mvp_ros.worlds.shapes import READERS, holds

SHAPES = [
    {"type": "plane", "point_m": [0.0, 0.3, 0.5], "normal": [0.2, -0.4, 1.0]},
    {"type": "sphere", "centre_m": [0.2, 0.1, 0.0], "radius_m": 1.1},
    {"type": "box", "centre_m": [0.1, -0.2, 0.3], "half_extents_m": [1.0, 0.5, 0.8]},
    {"type": "cylinder", "centre_m": [0.0, 0.4, -0.2], "radius_m": 0.9, "height_m": 1.5},
    {
        "type": "polygon",
        "corners_m": [[-1.5, -1.0], [1.5, -1.0], [0.0, 0.0], [1.0, 1.5]],
        "bottom_m": -0.7,
        "top_m": 0.9,
    },
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["type"])
def test_inside_is_where_the_signed_distance_is_negative(tmp_path: Path, shape) -> None:
    far = [50.0, -50.0, 50.0]
    values = {
        "name": "one", "lower_m": [-60, -60, -60], "upper_m": [60, 60, 60],
        "start_m": far, "goal_m": far, "primitives": [shape],
    }  # fmt: skip
    path = tmp_path / "one.json"
    path.write_text(json.dumps(values))
    points = np.random.default_rng(3).uniform(-2.0, 2.0, (300, 3))
    distance_m = np.asarray(signed_distance(load_world(str(path)).scene, jnp.asarray(points)))
    rows = READERS[shape["type"]](Fields("one.json", "", shape))
    inside = np.array([any(holds(shape["type"], row, p) for row in rows) for p in points])
    decided = np.abs(distance_m) > 1e-4
    assert 10 < inside.sum() < 290
    np.testing.assert_array_equal(inside[decided], distance_m[decided] < 0.0)
