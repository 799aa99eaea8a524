# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the components of the loop in one process must agree about."""

from __future__ import annotations

import pytest

from live_mvp_ros.config import replace
from live_mvp_ros.control import MissionConfig
from live_mvp_ros.sim import closed_loop
from live_mvp_ros.vehicle import BodyConfig


@pytest.mark.parametrize(("reached_m", "reachable_m"), [(0.5, 0.5), (1.5, 1.5), (9.0, 1.5)])
def test_a_goal_is_reachable_only_from_where_it_counts_as_reached(reached_m, reachable_m):
    config = closed_loop.ClosedLoopConfig(mission=MissionConfig(goal_tolerance_m=reached_m))
    assert closed_loop.with_one_body(config).info_field.goal_radius_m == reachable_m


def test_all_components_have_one_body():
    body = BodyConfig(radius_m=0.6)
    config = closed_loop.with_one_body(replace(closed_loop.ClosedLoopConfig(), body=body))
    for part in (config.planar, config.live_map, config.info_field, config.controller):
        assert part.body == body
