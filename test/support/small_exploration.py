# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A room of 6 x 5 x 3 m with a pillar, in which learning environments are quick to test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from live_mvp_ros.base.config import replace
from live_mvp_ros.environments import ExploreConfig
from live_mvp_ros.environments.explore_config import LIGHT
from live_mvp_ros.planning import InfoFieldConfig

SIZE_M = np.array([6.0, 5.0, 3.0])
PILLAR_M, HALF_M = np.array([4.0, 2.5]), 0.4
ROOM = """
name: room
lower_m: [-0.4, -0.4, 0.0]
upper_m: [6.4, 5.4, 3.0]
start_m: [1.5, 2.5, 1.5]
goal_m: [5.5, 2.5, 1.5]
primitives:
  - {type: plane, point_m: [0.0, 0.0, 0.0], normal: [0.0, 0.0, 1.0]}
  - {type: plane, point_m: [0.0, 0.0, 3.0], normal: [0.0, 0.0, -1.0]}
  - {type: plane, point_m: [0.0, 0.0, 0.0], normal: [1.0, 0.0, 0.0]}
  - {type: plane, point_m: [6.0, 0.0, 0.0], normal: [-1.0, 0.0, 0.0]}
  - {type: plane, point_m: [0.0, 0.0, 0.0], normal: [0.0, 1.0, 0.0]}
  - {type: plane, point_m: [0.0, 5.0, 0.0], normal: [0.0, -1.0, 0.0]}
  - {type: box, centre_m: [4.0, 2.5, 1.5], half_extents_m: [0.4, 0.4, 1.5]}
"""
QUICK = replace(LIGHT, info_field=InfoFieldConfig(n_directions=8))


def room_config(folder: Path, **settings: Any) -> ExploreConfig:
    """Return the settings of an exploration of the room, whose file lies in a folder."""
    path = folder / "room.yaml"
    path.write_text(ROOM)
    return ExploreConfig(**{"world": str(path), "crop_cells": 8, "loop": QUICK} | settings)


def room_distance_m(points: np.ndarray) -> np.ndarray:
    """Return the distance [N] of points [N, 3] to walls and pillar, negative inside of them."""
    walls = np.minimum(points, SIZE_M - points).min(axis=-1)
    beside = np.abs(points[:, :2] - PILLAR_M) - HALF_M
    outside = np.linalg.norm(np.maximum(beside, 0.0), axis=-1)
    return np.minimum(walls, outside + np.minimum(beside.max(axis=-1), 0.0))
