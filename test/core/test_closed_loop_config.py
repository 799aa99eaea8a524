# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the components of the loop in one process must agree about."""

from __future__ import annotations

import pytest

from live_mvp_ros.base.config import replace
from live_mvp_ros.control import MissionConfig
from live_mvp_ros.sim import closed_loop, loop_config
from live_mvp_ros.sim.planner import Planner
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.worlds import load_world


@pytest.mark.parametrize("tolerance_m", [0.5, 1.5, 9.0])
def test_a_goal_is_reachable_from_where_it_counts_as_reached(tolerance_m):
    """The planner is told by the mission, whatever it would take for near itself."""
    told = []

    def step(config, spec, state, inputs):
        told.append(float(inputs.goal_tolerance_m))
        return state, None

    planner = Planner(init=lambda config, spec, key: None, step=step)
    config = loop_config.ClosedLoopConfig(mission=MissionConfig(goal_tolerance_m=tolerance_m))
    world = load_world("seed")
    closed_loop.Loop(world, loop_config.configure(world, base=config), seed=0, planner=planner)
    assert told == [tolerance_m]


def test_all_components_have_one_body():
    body = BodyConfig(radius_m=0.6)
    config = loop_config.with_shared(replace(loop_config.ClosedLoopConfig(), body=body))
    for part in (config.planar, config.live_map, config.info_field, config.controller):
        assert part.body == body
