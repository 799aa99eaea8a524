# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cost terms of the I-MPPI controller.

Each is a ``Term``: a name, a weight, and the cost per second [K] that K samples have with it at
one moment of the horizon. ``judging`` flies the samples, sums the terms that the configuration
lists, and integrates. To add one: write its function and list it in ``TERMS``, with a constant
weight if it keeps a limit, with a setting of ``CostConfig`` if it is traded against others.

Costs are rates (per second), so that a weight keeps its meaning when the horizon step changes.
A published weight per step of 0.05 s is 20 times its value here (10 (z - z_ref)^2 per step is
200 per second); the temperature of the optimiser is scaled likewise.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

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

if TYPE_CHECKING:
    from live_mvp_ros.control.cost_config import CostConfig

# What keeps a limit is no matter of taste: so steep that no pull of field and look, at any weight
# that makes sense, leads beyond it. The limits themselves are settings, most of them the body's.
OBSTACLE_WEIGHT = 1000.0
"""Cost of contact [1/s]: as much as to be 10 m behind on the way."""
PROXIMITY_WEIGHT = 10.0
"""Cost of flying just short of contact [1/s]: enough to centre in a door, not to avoid it."""
BOUNDS_WEIGHT = 1000.0
"""Cost of leaving the geofence [1/(m s)]: ten times the pull of the field."""
SPEED_WEIGHT = 150.0
"""Cost of exceeding the speed limit [s/m^2]: it limits within 10 % over 0.1 s."""
TILT_WEIGHT = 100.0
"""Cost of leaning beyond the limit [1/s]."""
EFFORT_WEIGHT = 0.05
"""Cost of thrust and rates away from hover, squared [mixed]: so little that it only chooses among
plans that are alike in all else."""
YAW_RATE_WEIGHT = 40.0
"""Cost of turning faster than the limit [s/rad^2]."""
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
    haste: jax.Array | float
    """Share of the speed limit that may be flown now."""


def survey(
    costmap: CostMap,
    field: GuidanceField,
    fence: Fence,
    goal_m: jax.Array | None = None,
    haste: jax.Array | float = 1.0,
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
        haste,
    )


class CostSetup(NamedTuple):
    """What the terms need of the configuration."""

    costs: CostConfig
    body: BodyConfig
    vehicle: QuadrotorConfig


Weight = jax.Array | float
Rate = Callable[[Weight, CostSetup, Moment, Surroundings], jax.Array]


@dataclasses.dataclass(frozen=True)
class Term:
    """One thing that costs.

    Attributes:
        name: as in ``CostConfig.terms``.
        weight: what it costs: a constant, or a setting.
        rate: from the weight to the cost per second [K] of K samples at one moment.
    """

    name: str
    weight: float | Callable[[CostConfig], Weight]
    rate: Rate

    def __call__(self, setup: CostSetup, moment: Moment, surroundings: Surroundings) -> jax.Array:
        """Return the cost per second [K] of K samples at one moment."""
        weight = self.weight(setup.costs) if callable(self.weight) else self.weight
        return self.rate(weight, setup, moment, surroundings)


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


def contact(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Contact costs w, more inside."""
    depth = jnp.maximum(1.0 - m.clearance_m / contact_m(setup.body), 0.0)
    return jnp.where(depth > 0.0, w * (1.0 + depth), 0.0)


def closeness(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Just short of contact costs w; it fades towards open space."""
    return w * narrowness(setup.body, m.clearance_m) ** 2


def beyond_fence(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Leaving the geofence costs in proportion to the distance beyond it."""
    beyond = sum(
        jnp.abs(p - jnp.clip(p, s.lower_m[i], s.upper_m[i])) for i, p in enumerate(m.position)
    )
    return w * jnp.asarray(beyond)


def off_altitude(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared distance to the altitude of the flight."""
    return w * (m.position[2] - setup.body.altitude_m) ** 2


def too_fast(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Excess e over the speed limit of the place, as e^2 + 4 e / limit.

    A square alone is flat at the limit: every pull, however small, would lead beyond it, by the
    same amount at a limit of 0.05 m/s as at one of 2 m/s. The second part costs the same for the
    same share of the limit.
    """
    limit = s.haste * speed_limit(setup.body, m.clearance_m)
    excess = jnp.maximum(_norm(m.velocity) - limit, 0.0)
    steepness = excess + _SPEED_SLOPE_M2_S2 / setup.body.speed_max_m_s
    return w * excess * steepness


def leaning(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared excess of the lean 1 - cos(angle): the camera should look at the horizon."""
    lean = 2.0 * (m.attitude[1] ** 2 + m.attitude[2] ** 2)  # 1 - cos(angle to the vertical)
    limit = 1.0 - jnp.cos(setup.costs.tilt_max_rad)
    excess = jnp.maximum(lean - limit, 0.0) / limit
    return w * excess**2


def off_hover(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared distance of the command from hovering."""
    hover = setup.vehicle.mass_kg * GRAVITY_M_S2
    thrust, *rates = m.command
    return w * ((thrust - hover) ** 2 + sum(rate**2 for rate in rates))


def turning_too_fast(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Squared excess over the turning rate at which depth images still overlap."""
    excess = jnp.abs(m.body_rates[2]) - setup.body.yaw_rate_max_rad_s
    return w * jnp.maximum(excess, 0.0) ** 2


def guidance(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Minus the information field's guidance, in metres."""
    return -w * interpolate(s.guidance, m.position[0], m.position[1])


def look(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Minus the worth of looking along the sample's heading, from near the vehicle."""
    x, y, _ = m.position
    return -w * interpolate_yaw(s.look, x, y, heading(m.attitude))


def off_reference(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Distance to the reference path's point of the same time."""
    gap = tuple(p - wanted for p, wanted in zip(m.position, m.reference_m, strict=True))
    return w * _norm(gap)


def to_goal(w: Weight, setup: CostSetup, m: Moment, s: Surroundings) -> jax.Array:
    """Horizontal distance to the goal, straight; nothing while the goal is NaN.

    Raises:
        ValueError: the term is listed, but the caller gave no goal.
    """
    if s.goal_m is None:
        raise ValueError("costs.terms lists goal, but ControllerInputs.goal_m was not given")
    gap = tuple(m.position[i] - s.goal_m[i] for i in range(2))
    return jnp.where(jnp.isfinite(s.goal_m[0]), w * _norm(gap), 0.0)


TERMS = {
    term.name: term
    for term in (
        Term("obstacle", OBSTACLE_WEIGHT, contact),
        Term("proximity", PROXIMITY_WEIGHT, closeness),
        Term("bounds", BOUNDS_WEIGHT, beyond_fence),
        Term("altitude", lambda costs: costs.altitude_weight, off_altitude),
        Term("speed", SPEED_WEIGHT, too_fast),
        Term("tilt", TILT_WEIGHT, leaning),
        Term("effort", EFFORT_WEIGHT, off_hover),
        Term("yaw_rate", YAW_RATE_WEIGHT, turning_too_fast),
        Term("guidance", lambda costs: costs.guidance_weight, guidance),
        Term("look", lambda costs: costs.look_weight, look),
        Term("reference", lambda costs: costs.reference_weight, off_reference),
        Term("goal", lambda costs: costs.goal_weight, to_goal),
    )
}
"""All terms, by name, in the order in which they are summed."""
USUAL_TERMS = tuple(name for name in TERMS if name != "goal")
"""Those that are summed if the configuration says nothing: guidance leads to the goal too."""


def _norm(vector: Components) -> jax.Array:
    return jnp.sqrt(sum(component**2 for component in vector) + 1e-9)
