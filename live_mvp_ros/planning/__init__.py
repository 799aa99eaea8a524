# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a look teaches most: mutual information, guidance over the known map, trajectory gain."""

from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.fitting import navigable_cells
from live_mvp_ros.planning.geodesy import (
    distance_transform,
    geodesic_distance,
)
from live_mvp_ros.planning.info_field import (
    InfoFieldConfig,
    InfoFieldInputs,
    InfoFieldOutput,
    InfoFieldState,
    init,
    step,
    with_new_goal,
)
from live_mvp_ros.planning.interpolation import interp2d, interp3d
from live_mvp_ros.planning.leftovers import plan
from live_mvp_ros.planning.observable import observable_cells

__all__ = [
    "InfoFieldConfig",
    "InfoFieldInputs",
    "InfoFieldOutput",
    "InfoFieldState",
    "PlanCode",
    "distance_transform",
    "geodesic_distance",
    "init",
    "interp2d",
    "interp3d",
    "navigable_cells",
    "observable_cells",
    "plan",
    "step",
    "with_new_goal",
]
