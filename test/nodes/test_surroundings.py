# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A field leads along the path that came with it, never along an older or a newer one."""

from __future__ import annotations

import math

import numpy as np

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.nodes.imppi_controller.latest import LatestSurroundings
from live_mvp_ros.planning.guidance import PATH_POINTS
from live_mvp_ros.ros.convert.field_messages import Field
from live_mvp_ros.ros.convert.grid_messages import ProbabilityGrid
from live_mvp_ros.ros.convert.path_messages import PathArrays

SPEC = GridSpec((0.05, 0.05), 0.1, (20, 20))
S = 1_000_000_000


def field(stamp_ns: int, slope: float) -> Field:
    guidance = np.full(SPEC.shape, slope, np.float32)
    local = np.zeros((4, 4, 4), np.float32)
    return Field(
        stamp_ns, 0, SPEC, 0 * guidance, 0 * guidance, guidance, 0.25, np.float32([0, 0]), local,
        False, True, 1.0, 0.5, np.float32([1, 1]),
    )  # fmt: skip


def path(stamp_ns: int, x_m: float) -> PathArrays:
    points = np.full((PATH_POINTS, 3), x_m, np.float32)
    return PathArrays(stamp_ns, points, np.zeros(PATH_POINTS, np.float32))


def test_only_a_field_and_a_path_of_one_stamp_are_flown_by():
    around = LatestSurroundings()
    known = np.ones(SPEC.shape, bool)
    around.grid = ProbabilityGrid(S, SPEC, np.zeros(SPEC.shape, np.float32), known)
    around.field = field(1 * S, 1.0)
    assert not around.refresh(0.5)
    assert around.field_age_s(2 * S) == math.inf
    around.path = path(2 * S, 2.0)  # of another field
    assert not around.refresh(0.5)
    assert around.geometry == ()
    around.path = path(1 * S, 1.0)
    assert around.refresh(0.5)
    assert around.field_age_s(2 * S) == 1.0
    first = around.guide
    around.field = field(2 * S, 2.0)  # its path has not come yet
    assert around.refresh(0.5)
    assert around.guide is first
    assert around.field_age_s(2 * S) == 1.0
    around.path = path(2 * S, 2.0)
    assert around.refresh(0.5)
    assert around.guide is not first
    assert around.field_age_s(2 * S) == 0.0
