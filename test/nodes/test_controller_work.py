# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which map and field the controller's worker plans by, and when it makes new ones ready."""

from __future__ import annotations

from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np

from live_mvp_ros.nodes.imppi_controller.latest import Tick
from live_mvp_ros.nodes.imppi_controller.node import ImppiController


class Around:
    """The newest message is a number; the tables hold that of the last refresh."""

    def __init__(self) -> None:
        self.newest, self.costmap, self.guide, self.geometry = 0, None, None, "map"

    @property
    def built_geometry(self):
        return "map"

    def refresh(self, reach_m):
        self.costmap = self.guide = self.newest
        return True


def worker():
    """Return a controller without ROS, and the list of the tables that it has planned by."""
    planned = []

    def plan(config, vehicle, costmap, guide, rest, haste, odom_age_s, doubt_m):
        planned.append(costmap)
        return None, SimpleNamespace(code=0, clearance_m=1.0, command=np.zeros(4))

    controller = Mock(_around=Around(), _ready_for="map", _planned=False)
    controller._pilot.plan = plan
    controller._commands.send_plan.return_value = False
    return controller, planned


def work(controller, plans):
    seen = SimpleNamespace(vehicle=None, arrival_s=0.0)
    ImppiController._work(controller, Tick(seen, plans, None, 1.0))


def test_the_first_plan_after_a_hold_is_made_from_the_newest_map():
    controller, planned = worker()
    work(controller, plans=False)  # it holds, since the map is old
    controller._around.newest = 7
    work(controller, plans=True)
    assert planned == [7]


def test_in_flight_the_command_is_sent_before_a_new_map_is_made_ready():
    controller, planned = worker()
    work(controller, plans=True)
    controller._around.newest = 7
    work(controller, plans=True)
    work(controller, plans=True)
    assert planned == [0, 0, 7]
