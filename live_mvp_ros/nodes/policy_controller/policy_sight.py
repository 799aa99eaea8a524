# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a policy flies by: the map's clearances and its fields, made ready by the worker."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from live_mvp_ros import control
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.policy.sent_fields import Lattice
from live_mvp_ros.ros.convert.grid_messages import ProbabilityGrid
from live_mvp_ros.ros.convert.lattice_messages import LatticeArrays
from live_mvp_ros.ros.steering.latest_field import LatestField, age_s


class Sight(NamedTuple):
    """Clearances and fields; immutable."""

    costmap: control.CostMap
    lattice: Lattice

    @property
    def geometry(self) -> Hashable:
        """What a compiled flight depends on."""
        return self.costmap.clearance.spec, self.lattice.values.shape


class LatestSight(LatestField):
    """What has come, and what was made of it.

    ``grid``, ``lattice`` and ``field`` are written by the executor only; the worker reads them.
    Each is replaced whole.
    """

    def __init__(self) -> None:
        """Know nothing."""
        super().__init__()
        self.grid: ProbabilityGrid | None = None
        self.lattice: LatticeArrays | None = None
        self._built: tuple[Any, Any] = (None, None)  # the worker's, what parts were built from
        self._parts: tuple[Any, Any] = (None, None)  # the worker's
        self._build_costmap = KeptProgram(control.build_costmap, static_argnums=(0, 3))

    def map_age_s(self, now_ns: int) -> float:
        """Return the age of the older of map and fields, infinite if one is missing."""
        ages = [age_s(now_ns, item) for item in (self.grid, self.lattice)]
        return min(ages) if min(ages) < 0.0 and max(ages) < np.inf else max(ages)

    def built(self, costmap_reach_m: float) -> Sight | None:
        """Return what newer messages make (worker); None while one is missing."""
        grid, lattice = self.grid, self.lattice
        if grid is None or lattice is None:
            return None
        costmap, sent = self._parts
        if grid is not self._built[0]:
            costmap = self._build_costmap(grid.spec, grid.p, grid.known, costmap_reach_m)
        if lattice is not self._built[1]:
            step_m = jnp.float32(lattice.step_m)
            sent = Lattice(jnp.asarray(lattice.values), jnp.asarray(lattice.origin_m), step_m)
        self._built, self._parts = (grid, lattice), (costmap, sent)
        return Sight(costmap, sent)
