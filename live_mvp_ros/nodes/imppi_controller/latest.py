# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the controller flies by: odometry, and map, field and path as tables, built once each.

A field and its path come as two messages with the same stamp, and only such a pair is used: a new
field never leads along an old path. Until the other one has come, the last pair serves.
"""

from __future__ import annotations

import math
import time
from collections.abc import Hashable
from typing import Any, NamedTuple

import jax

from live_mvp_ros import control
from live_mvp_ros.nodes.imppi_controller.pilot import Plan
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.ros.convert.field_messages import Field
from live_mvp_ros.ros.convert.grid_messages import ProbabilityGrid
from live_mvp_ros.ros.convert.path_messages import PathArrays
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState

SILENCE_S = 1.0


class Seen(NamedTuple):
    """Odometry and when it came, by the steady clock [s]."""

    vehicle: VehicleState
    arrival_s: float
    position_sigma_m: float = 0.0
    """Standard deviation of the position, by the odometry's own word."""


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


class LatestOdometry:
    """The newest odometry; written by the executor only, the worker reads ``seen``.

    Attributes:
        seen: the last that could be used, None before the first. Replaced whole.
        unusable: why the last that came could not be used; empty if it could.
        since_ns: stamp of the first that was heard, infinite before.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.seen: Seen | None = None
        self.unusable = ""
        self.since_ns = math.inf
        self._least_sigma_m = math.inf

    def take(self, vehicle: VehicleState, position_sigma_m: float = 0.0) -> None:
        """Take what has just come and can be used."""
        self.seen, self.unusable = Seen(vehicle, time.monotonic(), position_sigma_m), ""
        self._least_sigma_m = min(self._least_sigma_m, position_sigma_m)
        self.since_ns = min(self.since_ns, vehicle.stamp_ns)

    @property
    def gained_sigma_m(self) -> float:
        """Standard deviation that the position has gained since it was known best.

        What was uncertain all the time, such as where on Earth it is, the map shares.
        """
        if self.seen is None:
            return 0.0
        return math.sqrt(max(self.seen.position_sigma_m**2 - self._least_sigma_m**2, 0.0))

    def age_s(self, now_ns: int) -> float:
        """Return the age by the node's clock, or by the steady one when everything is silent."""
        if self.seen is None:
            return math.inf
        silent_s = time.monotonic() - self.seen.arrival_s
        age_s = 1e-9 * (now_ns - self.seen.vehicle.stamp_ns)
        return max(age_s, silent_s) if silent_s > SILENCE_S else age_s


class LatestSurroundings:
    """What has come, and the tables made of it.

    ``grid``, ``field`` and ``path`` are written by the executor only, ``costmap`` and ``guide``
    by the worker only, in ``refresh``. Each is replaced whole.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.grid: ProbabilityGrid | None = None
        self.field: Field | None = None
        self.path: PathArrays | None = None
        self.costmap: control.CostMap | None = None
        self.guide: control.GuidanceField | None = None
        self._planned_ns: int | None = None  # when there was a plan
        self._built: tuple[Any, Any] = (None, None)  # what the two tables were built from
        self._build_costmap = jax.jit(control.build_costmap, static_argnums=(0, 3))
        self._prepare_field = jax.jit(control.prepare_field, static_argnums=(0, 4))

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
        return _age_s(now_ns, self.grid)

    def field_age_s(self, now_ns: int) -> float:
        """Return the age of the newest field that has its path, infinite if there is none."""
        return _age_s(now_ns, self._paired())

    def _paired(self) -> Field | None:
        """Return the newest field that has its path, None while there is none."""
        field, path, built = self.field, self.path, self._built[1]
        together = field is not None and path is not None and field.stamp_ns == path.stamp_ns
        return field if together else built

    def no_plan_s(self, now_ns: int) -> float:
        """Return for how long the planner has been saying that it cannot make a plan."""
        lost = self.field is not None and self.field.code != PlanCode.OK
        if not lost or self._planned_ns is None or now_ns < self._planned_ns:
            self._planned_ns = now_ns
        return 1e-9 * (now_ns - self._planned_ns)


def _geometry(grid: ProbabilityGrid | None, field: Field | None) -> Hashable:
    if grid is None or field is None:
        return ()
    return grid.spec, field.spec, field.local_resolution_m, field.local_gain.shape


def _age_s(now_ns: int, item: Any) -> float:
    return float("inf") if item is None else 1e-9 * (now_ns - item.stamp_ns)
