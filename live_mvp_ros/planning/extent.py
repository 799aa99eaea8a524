# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How much has been explored, and how much there still is to see. Grids [nx, ny]."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.expectation import View
from live_mvp_ros.planning.frame import sweep_plan
from live_mvp_ros.planning.info_field_config import InfoFieldConfig
from live_mvp_ros.planning.sweep import sees_any


class Extent(NamedTuple):
    """What is known, against what may become known."""

    unknown_m2: jax.Array
    """Area of the unknown that navigable cells see."""
    explored: jax.Array
    """Known free area / (known free area + that of the unknown)."""


def extent_of(config: InfoFieldConfig, spec: GridSpec, view: View, navigable: jax.Array) -> Extent:
    """Return how much has been explored, as if the unknown were transparent.

    Args:
        config: of the planner.
        spec: geometry (static).
        view: the map as the planner sees it.
        navigable: [nx, ny] bool, where the drone fits and can go.
    """
    known_m2 = jnp.sum(view.free) * spec.resolution_m**2
    seen = sees_any(sweep_plan(config, spec), navigable, view.opaque) & view.resolvable
    unknown_m2 = jnp.sum(seen) * spec.resolution_m**2
    return Extent(unknown_m2, known_m2 / jnp.maximum(known_m2 + unknown_m2, 1e-6))


def reported(config: InfoFieldConfig, extent: Extent, nothing_left: jax.Array) -> Extent:
    """Return the extent as it is told: with nothing left all is explored, unless a share was."""
    all_seen = nothing_left & (config.finish != "share")
    return Extent(
        unknown_m2=jnp.where(all_seen, 0.0, extent.unknown_m2),
        explored=jnp.where(all_seen, 1.0, extent.explored),
    )
