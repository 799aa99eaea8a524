# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cost terms of the I-MPPI controller.

Each term is a function ``term(setup, moment, surroundings) -> [K]``: the cost per second of K
samples at one moment of the horizon; ``evaluation`` flies the samples, sums the terms that the
configuration lists, and integrates. To add one: write the function, list it in ``TERMS`` and
``cost_config.TERM_NAMES``, and give it a weight: in ``CostConfig`` if it is traded against others,
beside it if it keeps a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.control.cost_config import (
    BOUNDS_WEIGHT,
    EFFORT_WEIGHT,
    OBSTACLE_WEIGHT,
    PROXIMITY_WEIGHT,
    SPEED_WEIGHT,
    TERM_NAMES,
    TILT_WEIGHT,
    YAW_RATE_WEIGHT,
    CostConfig,
)
from live_mvp_ros.control.rollout import Components
from live_mvp_ros.control.safety import Fence
from live_mvp_ros.control.surroundings import CostMap, GuidanceField
from live_mvp_ros.control.tables import (
    Table,
    YawTable,
    heading,
    interpolate,
    interpolate_yaw,
)
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.quadrotor import GRAVITY_M_S2

_CONTACT_BEYOND_M = 0.01  # samples shall not end just where plans are refused
_COMFORT_BEYOND_M = 0.28  # from this much farther away on space is open
_SPEED_SLOPE_M2_S2 = 4.0  # makes the pull of field and look stop at the limit
_NARROW_SHARE = 0.25  # of the speed limit, where the vehicle just fits
LEFT_OUT = {"parallel": "reference", "sequential": "guidance"}
"""The way of the field into the cost that belongs to the other architecture."""


class Moment(NamedTuple):
    """K samples at one moment: the state after one command of the horizon."""

    position: Components
    """Three [K], m, map frame."""
    velocity: Components
    """Three [K], m/s, map frame."""
    attitude: Components
    """Four [K], (w, x, y, z)."""
    body_rates: Components
    """Three [K], rad/s."""
    command: Components
    """Four [K], N and rad/s, the command that led here."""
    clearance_m: jax.Array
    """[K] distance to the nearest place that is not known to be free."""
    reference_m: jax.Array
    """[3] the reference path's point of this moment, map frame."""


class Surroundings(NamedTuple):
    """All that the terms may look at besides the samples, as tables for fast lookup."""

    clearance: Table
    """Distance [m] to the nearest place that is not known to be free."""
    guidance: Table
    """Metres, higher is better."""
    look: YawTable
    """Worth of looking along a yaw from a position near the vehicle."""
    lower_m: jax.Array
    """[3] lower corner of the geofence, map frame."""
    upper_m: jax.Array
    """[3] upper corner of the geofence, map frame."""
    path_m: jax.Array
    """[n, 3] the reference path, map frame."""
    goal_m: jax.Array | None
    """[3] map frame; NaN while nothing pulls there."""


def survey(
    costmap: CostMap,
    field: GuidanceField,
    fence: Fence,
    goal_m: jax.Array | None = None,
) -> Surroundings:
    """Return the surroundings of one control step."""
    return Surroundings(
        costmap.clearance,
        field.guidance,
        field.look,
        jnp.asarray(fence.lower_m),
        jnp.asarray(fence.upper_m),
        field.reference_path_m,
        goal_m,
    )


class CostSetup(NamedTuple):
    """What the terms need of the configuration."""

    costs: CostConfig
    body: BodyConfig
    vehicle: QuadrotorConfig


Term = Callable[[CostSetup, Moment, Surroundings], jax.Array]


def contact_m(body: BodyConfig) -> float:
    """Return the clearance [m] that costs as much as contact."""
    return body.fits_from_m + _CONTACT_BEYOND_M


def open_from_m(body: BodyConfig) -> float:
    """Return the clearance [m] from which on space is open: flown at full speed."""
    return contact_m(body) + _COMFORT_BEYOND_M


def narrowness(body: BodyConfig, clearance_m: jax.Array) -> jax.Array:
    """Return how narrow places of some clearance are: 0 in the open, 1 at contact and nearer."""
    return jnp.clip(1.0 - (clearance_m - contact_m(body)) / _COMFORT_BEYOND_M, 0.0, 1.0)


def speed_limit(body: BodyConfig, clearance_m: jax.Array) -> jax.Array:
    """Return the speed limit [m/s] at places of some clearance: narrow places are flown slowly."""
    slower = (1.0 - _NARROW_SHARE) * narrowness(body, clearance_m)
    return body.speed_max_m_s * (1.0 - slower)


def obstacle(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Contact costs ``OBSTACLE_WEIGHT``, more inside; fades towards open space."""
    depth = jnp.maximum(1.0 - m.clearance_m / contact_m(setup.body), 0.0)
    contact = jnp.where(depth > 0.0, OBSTACLE_WEIGHT * (1.0 + depth), 0.0)
    return contact + PROXIMITY_WEIGHT * narrowness(setup.body, m.clearance_m) ** 2


def bounds(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Leaving the geofence costs in proportion to the distance beyond it."""
    beyond = sum(
        jnp.abs(p - jnp.clip(p, s.lower_m[i], s.upper_m[i])) for i, p in enumerate(m.position)
    )
    return BOUNDS_WEIGHT * jnp.asarray(beyond)


def altitude(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared distance to the altitude of the flight."""
    return setup.costs.altitude_weight * (m.position[2] - setup.body.altitude_m) ** 2


def speed(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Excess e over the speed limit of the place, as e^2 + 4 e / limit.

    A square alone is flat at the limit: every pull, however small, would lead beyond it, by the
    same amount at a limit of 0.05 m/s as at one of 2 m/s. The second part costs the same for the
    same share of the limit.
    """
    excess = jnp.maximum(_norm(m.velocity) - speed_limit(setup.body, m.clearance_m), 0.0)
    steepness = excess + _SPEED_SLOPE_M2_S2 / setup.body.speed_max_m_s
    return SPEED_WEIGHT * excess * steepness


def tilt(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared excess of the lean 1 - cos(angle): the camera should look at the horizon."""
    lean = 2.0 * (m.attitude[1] ** 2 + m.attitude[2] ** 2)  # 1 - cos(angle to the vertical)
    limit = 1.0 - jnp.cos(setup.costs.tilt_max_rad)
    excess = jnp.maximum(lean - limit, 0.0) / limit
    return TILT_WEIGHT * excess**2


def effort(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared distance of the command from hovering."""
    hover = setup.vehicle.mass_kg * GRAVITY_M_S2
    thrust, *rates = m.command
    return EFFORT_WEIGHT * ((thrust - hover) ** 2 + sum(rate**2 for rate in rates))


def yaw_rate(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared excess over the turning rate at which depth images still overlap."""
    excess = jnp.abs(m.body_rates[2]) - setup.body.yaw_rate_max_rad_s
    return YAW_RATE_WEIGHT * jnp.maximum(excess, 0.0) ** 2


def guidance(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Minus the information field's guidance, in metres."""
    return -setup.costs.guidance_weight * interpolate(s.guidance, m.position[0], m.position[1])


def look(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Minus the worth of looking along the sample's heading, from near the vehicle."""
    x, y, _ = m.position
    return -setup.costs.look_weight * interpolate_yaw(s.look, x, y, heading(m.attitude))


def reference(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Distance to the reference path's point of the same time."""
    gap = tuple(p - wanted for p, wanted in zip(m.position, m.reference_m, strict=True))
    return setup.costs.reference_weight * _norm(gap)


def goal(setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Horizontal distance to the goal, straight; nothing while the goal is NaN.

    Raises:
        ValueError: the term is listed, but the caller gave no goal.
    """
    if s.goal_m is None:
        raise ValueError("costs.terms lists goal, but ControllerInputs.goal_m was not given")
    gap = tuple(m.position[i] - s.goal_m[i] for i in range(2))
    return jnp.where(jnp.isfinite(s.goal_m[0]), setup.costs.goal_weight * _norm(gap), 0.0)


TERMS: dict[str, Term] = {
    term.__name__: term
    for term in (
        obstacle,
        bounds,
        altitude,
        speed,
        tilt,
        effort,
        yaw_rate,
        guidance,
        look,
        reference,
        goal,
    )
}
assert tuple(TERMS) == TERM_NAMES


def _norm(vector: Components) -> jax.Array:
    return jnp.sqrt(sum(component**2 for component in vector) + 1e-9)
