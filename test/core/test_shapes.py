# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Distances to the shapes of a world file agree with the signed distance to its scene."""

from __future__ import annotations

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.worlds import load_world, signed_distance
from live_mvp_ros.worlds.file_fields import Fields
from live_mvp_ros.worlds.shapes import READERS, distance
from live_mvp_ros.worlds.start_room import room_at_start

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
def test_a_shape_is_as_far_as_the_signed_distance_says(tmp_path: Path, shape) -> None:
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
    each = [min(distance(shape["type"], row, p) for row in rows) for p in points]
    assert 10 < np.sum(distance_m < 0.0) < 290
    np.testing.assert_array_equal(np.sign(each), np.sign(distance_m))
    outside = distance_m > 0.0
    np.testing.assert_allclose(np.array(each)[outside], distance_m[outside], atol=1e-5)


@pytest.mark.parametrize("smoothness", [0.0, 4.0])
def test_the_room_at_a_start_is_the_distance_to_the_scene(tmp_path: Path, smoothness) -> None:
    union = {"type": "union", "smoothness_per_m": smoothness, "members": SHAPES[1:4]}
    for index, start in enumerate(([1.6, 0.3, 1.5], [-1.4, 1.2, 1.9], [0.2, -1.9, 1.1])):
        values = {
            "name": "one", "lower_m": [-5, -5, -5], "upper_m": [5, 5, 5], "start_m": start,
            "goal_m": [4, 4, 4], "primitives": [SHAPES[0], union],
        }  # fmt: skip
        path = tmp_path / f"{index}.json"
        path.write_text(json.dumps(values))
        expected = float(signed_distance(load_world(str(path)).scene, jnp.asarray(start)))
        assert room_at_start(Fields("", "", values)) == pytest.approx(expected, abs=1e-5)
