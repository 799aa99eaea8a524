# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a look teaches most, and how to get there: the information field over the whole known map.

Map frame, metres, nats. One step turns an occupancy grid into the gain of every cell (swept FSMI), the
cells that still see something unknown (sources), and a guidance potential of slope one that leads to them.
"""

from __future__ import annotations

import dataclasses
import math

import jax
import jax.numpy as jnp

from live_mvp_ros.config import configuration, parameter

PATH_POINTS = 40
PATH_STEP_M = 0.1  # 2 m/s in steps of 0.05 s


@configuration
class InfoFieldConfig:
    """Settings of the information field, the guidance and the reference path."""

    n_beams: int = parameter(12, low=1, high=256, help="Beams over the field of view (scales gain).")
    fov_rad: float = parameter(
        math.radians(80.0), unit="rad", low=0.1, high=2.0 * math.pi, help="Horizontal field of view."
    )
    range_m: float = parameter(
        7.0, unit="m", low=0.5, high=50.0, help="Range within which a look makes cells known."
    )
    noise_sigma_m: float = parameter(
        0.15, unit="m", low=0.0, high=1.0, help="Standard deviation of the measured range."
    )
    n_directions: int = parameter(
        48, low=8, high=256, help="Directions of the sweep; a multiple of 8."
    )
    n_yaw: int = parameter(16, low=4, high=128, help="Headings of the local gain.")
    navigable_radius_m: float = parameter(
        0.35, unit="m", low=0.05, high=2.0, help="Distance to keep from cells not known to be free."
    )
    occupied_threshold: float = parameter(
        0.65, low=0.5, high=0.99, help="Probability from which a known cell blocks view and flight."
    )
    local_half_width_m: float = parameter(
        5.0, unit="m", low=0.5, high=20.0, help="Half width of the yaw-resolved local gain."
    )
    local_resolution_m: float = parameter(
        0.25, unit="m", low=0.05, high=2.0, help="Cell of the yaw-resolved local gain."
    )
    discount_length_m: float = parameter(
        1.5, unit="m", low=0.0, high=50.0, live=True, help="Detour that a gain e times larger is worth."
    )
    look_patience_s: float = parameter(
        1.5, unit="s", low=0.05, high=60.0, live=True,
        help="How long a cell may stay unknown in plain view before it is given up.",
    )
    goal_radius_m: float = parameter(
        1.5, unit="m", low=0.1, high=20.0, live=True,
        help="A navigable cell this close to the goal makes it reachable.",
    )
    off_path_slope: float = parameter(
        2.0, low=1.0, high=20.0, live=True,
        help="Metres of guidance lost per metre away from navigable cells.",
    )

    def check(self) -> str | None:
        """Return what is wrong between fields, if anything."""
        if self.n_directions % 8:
            return f"n_directions = {self.n_directions} is not allowed: it must be a multiple of 8"
        return None


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldInputs:
    """What one step needs; map frame.

    Attributes:
        p: [nx, ny] occupancy probability, 0.5 = unknown.
        known: [nx, ny] bool, observed at least once.
        position_m: [3] of base_link.
        yaw_rad: heading of the camera (of base_link).
        goal_m: [3], where to go when nothing is left.
        dt_s: time since the previous step during which the drone looked from about this pose.
    """

    p: jax.Array
    known: jax.Array
    position_m: jax.Array
    yaw_rad: jax.Array
    goal_m: jax.Array
    dt_s: jax.Array


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldState:
    """What survives between steps.

    Attributes:
        looked_s: [nx, ny] how long a still unknown cell has been in plain view.
    """

    looked_s: jax.Array


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldOutput:
    """The information field; map frame, grids [nx, ny].

    Attributes:
        gain: nats, largest over yaw; 0 where the cell is not known to be free.
        best_yaw: rad, the yaw of that gain.
        guidance: m, higher is better, slope one in navigable cells.
        local_gain: [n_yaw, lx, ly] nats around the drone; yaw k is -pi + 2 pi k / n_yaw.
        local_origin_m: [2] centre of local cell [0, 0].
        reference_path_m: [40, 3], 0.1 m apart (2 m/s in steps of 0.05 s), first point at the drone.
        reference_yaw_rad: [40].
        nothing_left: bool, no navigable cell sees anything that can still become known.
        goal_reachable: bool, a navigable cell lies within ``goal_radius_m`` of the goal.
        reachable_unknown_m2: area of the unknown that navigable cells see.
        explored_fraction: known free area / (known free area + reachable unknown).
        target_m: [2] where the guidance leads from the drone.
        navigable: [nx, ny] bool, where the drone fits and can go.
    """

    gain: jax.Array
    best_yaw: jax.Array
    guidance: jax.Array
    local_gain: jax.Array
    local_origin_m: jax.Array
    reference_path_m: jax.Array
    reference_yaw_rad: jax.Array
    nothing_left: jax.Array
    goal_reachable: jax.Array
    reachable_unknown_m2: jax.Array
    explored_fraction: jax.Array
    target_m: jax.Array
    navigable: jax.Array
