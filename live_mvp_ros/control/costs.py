# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cost terms of the I-MPPI controller.

Each term is a function ``term(setup, trajectories, surroundings) -> [H, K]`` of cost per second;
``total_cost`` weighs them, sums them and integrates over the horizon. To add one: write the
function, give it a weight in ``CostConfig`` and list it in ``TERMS``.

Costs are rates (per second), so that a weight keeps its meaning when the horizon step changes.
A published weight per step of 0.05 s is 20 times its value here (10 (z - z_ref)^2 per step is
200 per second); the temperature of the optimiser is scaled likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import quaternion
from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.control.surroundings import (
    CostMap,
    GuidanceField,
    clearance_at,
    guidance_at,
    look_at,
)
from live_mvp_ros.vehicle import QuadrotorConfig


@configuration
class CostConfig:
    """Weights and set points of the cost terms."""

    obstacle_weight: float = parameter(
        default=1000.0, unit="1/s", low=0.0, high=1e6, live=True, help="Cost of contact."
    )
    proximity_weight: float = parameter(
        default=10.0,
        unit="1/s",
        low=0.0,
        high=1e6,
        live=True,
        help="Cost of flying just short of contact.",
    )
    contact_distance_m: float = parameter(
        default=0.32,
        unit="m",
        low=0.05,
        high=5.0,
        live=True,
        help="Clearance that counts as contact.",
    )
    comfort_distance_m: float = parameter(
        default=0.6,
        unit="m",
        low=0.05,
        high=10.0,
        live=True,
        help="Clearance from which on space is free.",
    )
    bounds_weight: float = parameter(
        default=1000.0,
        unit="1/(m s)",
        low=0.0,
        high=1e6,
        live=True,
        help="Cost of leaving the geofence.",
    )
    altitude_weight: float = parameter(
        default=60.0,
        unit="1/(m^2 s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Cost of leaving the altitude.",
    )
    altitude_m: float = parameter(
        default=2.0,
        unit="m",
        low=-1000.0,
        high=10000.0,
        live=True,
        help="Altitude to fly at, map frame.",
    )
    speed_weight: float = parameter(
        default=100.0,
        unit="s/m^2",
        low=0.0,
        high=1e4,
        live=True,
        help="Cost of exceeding the speed limit.",
    )
    speed_max_m_s: float = parameter(
        default=2.0, unit="m/s", low=0.05, high=20.0, live=True, help="Speed limit."
    )
    narrow_speed_m_s: float = parameter(
        default=0.5,
        unit="m/s",
        low=0.05,
        high=20.0,
        live=True,
        help="Speed limit at the contact distance, rising to the full one at comfort.",
    )
    tilt_weight: float = parameter(
        default=100.0,
        unit="1/s",
        low=0.0,
        high=1e4,
        live=True,
        help="Cost of leaning beyond the limit.",
    )
    tilt_max_rad: float = parameter(
        default=0.35,
        unit="rad",
        low=0.05,
        high=1.2,
        live=True,
        help="Lean from which on it costs.",
    )
    effort_weight: float = parameter(
        default=0.05,
        low=0.0,
        high=1e3,
        live=True,
        help="Cost of thrust and rates away from hover, squared.",
    )
    yaw_rate_weight: float = parameter(
        default=40.0, low=0.0, high=1e3, live=True, help="Cost of turning faster than the limit."
    )
    yaw_rate_max_rad_s: float = parameter(
        default=1.5,
        unit="rad/s",
        low=0.1,
        high=10.0,
        live=True,
        help="Turning rate that the camera bears.",
    )
    guidance_weight: float = parameter(
        default=20.0,
        unit="1/(m s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Pull of the information field.",
    )
    look_weight: float = parameter(
        default=10.0,
        unit="1/s",
        low=0.0,
        high=1e4,
        live=True,
        help="Pull towards headings that teach.",
    )
    reference_weight: float = parameter(
        default=1.0,
        unit="1/(m s)",
        low=0.0,
        high=1e4,
        live=True,
        help="Pull towards the reference path (sequential architecture only).",
    )

    def check(self) -> str | None:
        """Refuse a comfort distance inside the contact distance."""
        if self.comfort_distance_m <= self.contact_distance_m:
            return (
                f"comfort_distance_m = {self.comfort_distance_m} is not allowed: it must be more "
                f"than contact_distance_m = {self.contact_distance_m}"
            )
        return None


class Trajectories(NamedTuple):
    """Rolled-out samples; state h is the one after command h."""

    position: jax.Array
    """[H, 3, K] m, map frame."""
    velocity: jax.Array
    """[H, 3, K] m/s, map frame."""
    attitude: jax.Array
    """[H, 4, K] (w, x, y, z)."""
    body_rates: jax.Array
    """[H, 3, K] rad/s."""
    commands: jax.Array
    """[H, 4, K] N, rad/s."""


class Surroundings(NamedTuple):
    """All that the terms may look at besides the samples."""

    costmap: CostMap
    field: GuidanceField
    lower_m: jax.Array
    """[3] lower corner of the geofence, map frame."""
    upper_m: jax.Array
    """[3] upper corner of the geofence, map frame."""


class CostSetup(NamedTuple):
    """What the terms need of the configuration."""

    costs: CostConfig
    vehicle: QuadrotorConfig
    step_s: float
    sequential: bool
    look_stride: int
    """The look term is evaluated at every look_stride-th step and held between."""


Term = Callable[[CostSetup, Trajectories, Surroundings], jax.Array]


def speed_limit(config: CostConfig, clearance_m: jax.Array) -> jax.Array:
    """Return the speed limit [m/s] at places of some clearance: narrow places are flown slowly."""
    span = config.comfort_distance_m - config.contact_distance_m
    open_share = jnp.clip((clearance_m - config.contact_distance_m) / span, 0.0, 1.0)
    narrow = jnp.minimum(config.narrow_speed_m_s, config.speed_max_m_s)
    return narrow + open_share * (config.speed_max_m_s - narrow)


def obstacle(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Contact costs ``obstacle_weight``, more inside; fades towards the comfort distance."""
    c = setup.costs
    clearance = clearance_at(s.costmap, t.position[:, 0], t.position[:, 1])
    depth = jnp.maximum(c.contact_distance_m - clearance, 0.0) / c.contact_distance_m
    contact = jnp.where(depth > 0.0, c.obstacle_weight * (1.0 + depth), 0.0)
    span = c.comfort_distance_m - c.contact_distance_m
    near = jnp.clip((c.comfort_distance_m - clearance) / span, 0.0, 1.0)
    return contact + c.proximity_weight * near**2


def bounds(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Leaving the geofence costs in proportion to the distance beyond it."""
    beyond = jnp.maximum(s.lower_m[:, None] - t.position, t.position - s.upper_m[:, None])
    return setup.costs.bounds_weight * jnp.sum(jnp.maximum(beyond, 0.0), axis=1)


def altitude(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Squared distance to the altitude of the flight."""
    return setup.costs.altitude_weight * (t.position[:, 2] - setup.costs.altitude_m) ** 2


def speed(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Squared excess over the speed limit of the place."""
    norm = jnp.sqrt(jnp.sum(t.velocity**2, axis=1) + 1e-9)
    clearance = clearance_at(s.costmap, t.position[:, 0], t.position[:, 1])
    excess = jnp.maximum(norm - speed_limit(setup.costs, clearance), 0.0)
    return setup.costs.speed_weight * excess**2


def tilt(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Squared excess of the lean 1 - cos(angle): the camera should look at the horizon."""
    x, y = t.attitude[:, 1], t.attitude[:, 2]
    lean = 2.0 * (x * x + y * y)  # 1 - cos(angle to the vertical)
    limit = 1.0 - jnp.cos(setup.costs.tilt_max_rad)
    excess = jnp.maximum(lean - limit, 0.0) / limit
    return setup.costs.tilt_weight * excess**2


def effort(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Squared distance of the command from hovering."""
    hover = setup.vehicle.mass_kg * setup.vehicle.gravity_m_s2
    thrust = t.commands[:, 0] - hover
    return setup.costs.effort_weight * (thrust**2 + jnp.sum(t.commands[:, 1:] ** 2, axis=1))


def yaw_rate(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Squared excess over the turning rate at which depth images still overlap."""
    excess = jnp.abs(t.body_rates[:, 2]) - setup.costs.yaw_rate_max_rad_s
    return setup.costs.yaw_rate_weight * jnp.maximum(excess, 0.0) ** 2


def guidance(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Minus the information field's guidance, in metres."""
    value = guidance_at(s.field, t.position[:, 0], t.position[:, 1])
    return -setup.costs.guidance_weight * value


def look(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Minus the worth of looking along the sample's heading, from near the vehicle."""
    stride = setup.look_stride
    x, y = t.position[::stride, 0], t.position[::stride, 1]
    heading = quaternion.yaw(jnp.moveaxis(t.attitude[::stride], 1, 0))
    value = jnp.repeat(look_at(s.field, x, y, heading), stride, axis=0)
    return -setup.costs.look_weight * value[: t.position.shape[0]]


def reference(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Distance to the reference path's point of the same time, in the sequential architecture."""
    if not setup.sequential:
        return jnp.zeros_like(t.position[:, 0])
    path = s.field.reference_path_m
    start = jnp.argmin(jnp.sum((path - t.position[0, :, 0]) ** 2, axis=1))
    index = jnp.minimum(start + 1 + jnp.arange(t.position.shape[0]), path.shape[0] - 1)
    gap = t.position - path[index][:, :, None]
    return setup.costs.reference_weight * jnp.sqrt(jnp.sum(gap**2, axis=1) + 1e-9)


TERMS: tuple[Term, ...] = (
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
)


def total_cost(setup: CostSetup, t: Trajectories, s: Surroundings) -> jax.Array:
    """Return the cost [K] of each sample: all terms, integrated over the horizon."""
    per_second = sum(term(setup, t, s) for term in TERMS)
    return setup.step_s * jnp.sum(jnp.asarray(per_second), axis=0)
