# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the controller flies by: map, field and path as tables, built once each.

A field and its path come as two messages with the same stamp, and only such a pair is used: a new
field never leads along an old path. Until the other one has come, the last pair serves.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from live_mvp_ros import control
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.nodes.imppi_controller.ready_plan import Plan
from live_mvp_ros.ros.convert.field_messages import Field
from live_mvp_ros.ros.convert.grid_messages import ProbabilityGrid
from live_mvp_ros.ros.convert.path_messages import PathArrays
from live_mvp_ros.ros.steering.latest_field import LatestField, age_s
from live_mvp_ros.ros.steering.latest_odometry import Seen


class Tick(NamedTuple):
    """One control period's work."""

    seen: Seen
    plans: bool
    """Whether to plan; else what has come is only made ready for it."""
    rest: Plan | None
    """How the vehicle rests before this plan; None while it flies on."""
    haste: float
    """Share of the speed limit that may be flown by data of this age."""
    odom_age_s: float = 0.0
    """How old the odometry is now."""
    doubt_m: float = 0.0
    """How much more room the last filter keeps by such data."""


class LatestSurroundings(LatestField):
    """What has come, and the tables made of it.

    ``grid``, ``field`` and ``path`` are written by the executor only, ``costmap`` and ``guide``
    by the worker only, in ``refresh``. Each is replaced whole.
    """

    def __init__(self) -> None:
        """Know nothing."""
        super().__init__()
        self.grid: ProbabilityGrid | None = None
        self.path: PathArrays | None = None
        self.costmap: control.CostMap | None = None
        self.guide: control.GuidanceField | None = None
        self._built: tuple[Any, Any] = (None, None)  # what the two tables were built from
        self._build_costmap = KeptProgram(control.build_costmap, static_argnums=(0, 3))
        self._prepare_field = KeptProgram(control.prepare_field, static_argnums=(0, 4))

    @property
    def geometry(self) -> Hashable:
        """Return what a compiled plan depends on; empty while something is missing."""
        return _geometry(self.grid, self._paired())

    @property
    def built_geometry(self) -> Hashable:
        """Return the same of the two tables (worker)."""
        return _geometry(*self._built)

    def refresh(self, costmap_reach_m: float) -> bool:
        """Rebuild what newer messages changed; returns whether everything is there."""
        grid, field, path = self.grid, self.field, self.path
        paired = field is not None and path is not None and field.stamp_ns == path.stamp_ns
        if grid is not None and grid is not self._built[0]:
            self.costmap = self._build_costmap(grid.spec, grid.p, grid.known, costmap_reach_m)
            self._built = (grid, self._built[1])
        if paired and field is not self._built[1]:
            assert field is not None  # they are a pair
            assert path is not None
            self.guide = self._prepare_field(
                field.spec,
                field.guidance,
                field.local_gain,
                field.local_origin_m,
                field.local_resolution_m,
                path.points,
                path.yaws,
            )
            self._built = (self._built[0], field)
        return self.costmap is not None and self.guide is not None

    def map_age_s(self, now_ns: int) -> float:
        """Return the age of the map, infinite if there is none, negative in the future."""
        return age_s(now_ns, self.grid)

    def field_age_s(self, now_ns: int) -> float:
        """Return the age of the newest field that has its path, infinite if there is none."""
        return age_s(now_ns, self._paired())

    def _paired(self) -> Field | None:
        """Return the newest field that has its path, None while there is none."""
        field, path, built = self.field, self.path, self._built[1]
        together = field is not None and path is not None and field.stamp_ns == path.stamp_ns
        return field if together else built


def _geometry(grid: ProbabilityGrid | None, field: Field | None) -> Hashable:
    if grid is None or field is None:
        return ()
    return grid.spec, field.spec, field.local_resolution_m, field.local_gain.shape
