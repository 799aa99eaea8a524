# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a look teaches most: mutual information, guidance over the known map, trajectory gain."""

from typing import TYPE_CHECKING

from live_mvp_ros.base.late_imports import names_of

if TYPE_CHECKING:
    from live_mvp_ros.planning.ending import PlanCode
    from live_mvp_ros.planning.fitting import navigable_cells
    from live_mvp_ros.planning.frame import MapSeen
    from live_mvp_ros.planning.geodesy import (
        distance_transform,
        geodesic_distance,
    )
    from live_mvp_ros.planning.info_field import step
    from live_mvp_ros.planning.info_field_config import InfoFieldConfig
    from live_mvp_ros.planning.info_field_data import (
        InfoFieldInputs,
        InfoFieldOutput,
        InfoFieldState,
        init,
        with_new_goal,
    )
    from live_mvp_ros.planning.interpolation import interp2d
    from live_mvp_ros.planning.leftovers import plan
    from live_mvp_ros.planning.observable import observable_cells

__all__ = [
    "InfoFieldConfig",
    "InfoFieldInputs",
    "InfoFieldOutput",
    "InfoFieldState",
    "MapSeen",
    "PlanCode",
    "distance_transform",
    "geodesic_distance",
    "init",
    "interp2d",
    "navigable_cells",
    "observable_cells",
    "plan",
    "step",
    "with_new_goal",
]

__getattr__ = names_of(
    __name__,
    {
        "ending": ("PlanCode",),
        "fitting": ("navigable_cells",),
        "frame": ("MapSeen",),
        "geodesy": (
            "distance_transform",
            "geodesic_distance",
        ),
        "info_field": ("step",),
        "info_field_config": ("InfoFieldConfig",),
        "info_field_data": (
            "InfoFieldInputs",
            "InfoFieldOutput",
            "InfoFieldState",
            "init",
            "with_new_goal",
        ),
        "interpolation": ("interp2d",),
        "leftovers": ("plan",),
        "observable": ("observable_cells",),
    },
)
