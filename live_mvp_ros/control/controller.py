# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The I-MPPI controller: informative model predictive path integral control.

Two architectures share everything but one cost term. ``parallel``: the information field and the
local worth of a look are terms of one MPPI. ``sequential``: the field becomes a reference path,
and the MPPI tracks it with the local term. In both, a share of the samples is drawn around the
input sequence of a geometric tracker that follows the reference path, and in both the plan is
checked against the map before its first command is sent.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import mppi
from live_mvp_ros.control.cost_config import CostConfig
from live_mvp_ros.control.costs import LEFT_OUT, CostSetup, open_from_m, speed_limit, survey
from live_mvp_ros.control.judging import Plan, judge
from live_mvp_ros.control.observer import ObserverConfig
from live_mvp_ros.control.rollout import trajectory
from live_mvp_ros.control.safety import Fence, SafetyConfig, fence
from live_mvp_ros.control.surroundings import (
    CostMap,
    GuidanceField,
    best_heading,
    clearance_at,
)
from live_mvp_ros.control.tracking import towards, track_velocity
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    QuadrotorState,
    clip_command,
    hover_command,
    rk4_step,
)
from live_mvp_ros.vehicle.body import CRUISE_SHARE

OK, NO_SAFE_PLAN, NOT_FINITE = 0, 1, 2
"""Result codes of ``step``."""

SAFETY_HORIZON_S = 1.5
"""How far ahead, within the horizon, a plan must be free of contact: three times what a stop from
2 m/s takes, and from what comes later the next plans keep away."""
LOOK_STRIDE_STEPS = 4
"""The look term is evaluated at every so many horizon steps: a heading changes slowly, and its
lookup is the dearest of all terms."""
_DISPLAYED_ROLLOUTS = 30  # samples that are returned to be shown: more make no picture clearer
_AGILE_M_S, _AGILE_RAD_S, _LEAST_AGILITY = 2.0, 1.5, 0.02
_LEAST_REACH_M, _BEYOND_OPEN_M = 1.5, 0.5  # of clearances: enough that slopes go on
_CREEP_M = 0.005  # a plan that leads away from an obstacle may come this much nearer at first


@configuration
class ControllerConfig:
    """Everything the controller can be told."""

    architecture: str = parameter(
        default="parallel",
        choices=("parallel", "sequential"),
        help="How the field reaches the controller.",
    )
    latency_s: float = parameter(
        default=0.015,
        unit="s",
        low=0.0,
        high=0.2,
        live=True,
        help="Time from when planning begins until its command acts; planning starts from "
        "where the commands before lead by then.",
    )
    lower_m: tuple[float, float, float] = parameter(
        default=(-100.0, -100.0, 0.0),
        unit="m",
        help="Lower corner of the volume to fly in, map frame.",
    )
    upper_m: tuple[float, float, float] = parameter(
        default=(100.0, 100.0, 3.0),
        unit="m",
        help="Upper corner of the volume to fly in, map frame.",
    )
    mppi: mppi.MppiConfig = mppi.MppiConfig()
    costs: CostConfig = CostConfig()
    safety: SafetyConfig = SafetyConfig()
    body: BodyConfig = BodyConfig()
    vehicle: QuadrotorConfig = QuadrotorConfig()
    observer: ObserverConfig = ObserverConfig()

    def check(self) -> str | None:
        """Refuse an empty volume and an architecture without its cost term."""
        for low, high, axis in zip(self.lower_m, self.upper_m, "xyz", strict=True):
            if not low < high:
                return (
                    f"lower_m = {low} is not allowed: it must be below upper_m = {high} in {axis}"
                )
        needs = {"parallel": ("guidance", "goal"), "sequential": ("reference",)}[self.architecture]
        if not set(needs) & set(self.costs.terms):
            return (
                f"costs.terms = {list(self.costs.terms)} is not allowed: the {self.architecture} "
                f"architecture needs {' or '.join(needs)}"
            )
        return None

    @property
    def fence(self) -> Fence:
        """Where the vehicle's centre may be."""
        return fence(self.body, self.lower_m, self.upper_m)

    @property
    def costmap_reach_m(self) -> float:
        """Clearances are cut off here [m]: beyond the one from which on space is open."""
        return max(_LEAST_REACH_M, open_from_m(self.body) + _BEYOND_OPEN_M)

    @property
    def plan(self) -> Plan:
        """How samples are flown and judged."""
        terms = (term for term in self.costs.terms if term != LEFT_OUT[self.architecture])
        return Plan(
            tuple(terms),
            self.mppi.step_s,
            LOOK_STRIDE_STEPS,
            max(1, round(SAFETY_HORIZON_S / self.mppi.step_s)),
            _DISPLAYED_ROLLOUTS,
        )


class ControllerState(NamedTuple):
    """What one control step hands to the next."""

    nominal: jax.Array
    """[H, 4] the current plan's commands."""
    key: jax.Array


class ControllerInputs(NamedTuple):
    """One control step's view of the world."""

    vehicle: QuadrotorState
    costmap: CostMap
    field: GuidanceField
    elapsed_s: jax.Array
    """Time since the previous step began: the warm start is shifted by it, if it is positive."""
    goal_m: jax.Array | None = None
    """[3] where the cost term ``goal`` pulls, map frame; NaN while it shall not."""
    haste: jax.Array | float = 1.0
    """Share of the speed limit that may be flown: less by an old map, see ``mission.haste``."""
    age_s: jax.Array | float = 0.0
    """How old the odometry of ``vehicle`` is as the step begins."""
    disturbance_m_s2: jax.Array | None = None
    """[3] what accelerates the vehicle beyond its model, map frame; ``flight.fly`` finds it."""
    doubt_m: jax.Array | float = 0.0
    """How much more room the last filter keeps, see ``safety.doubt_m``."""


class ControlOutput(NamedTuple):
    """A command and what stands behind it."""

    command: jax.Array
    """[4] thrust [N] and body rates [rad/s]."""
    plan: jax.Array
    """[H, 3] positions the plan leads through, map frame."""
    rollouts: jax.Array
    """[n, H, 3] some of the samples, map frame."""
    clearance_m: jax.Array
    """Clearance at the vehicle."""
    plan_clearance_m: jax.Array
    """Least clearance of the plan within the safety horizon."""
    effective_samples: jax.Array
    code: jax.Array
    """OK, NO_SAFE_PLAN (then ``flight.fly`` decides) or NOT_FINITE (must not be flown)."""
    safety: jax.Array
    """``SafetyCode`` of what the last filter changed of the command; CLEAR before it."""


def init(config: ControllerConfig, key: jax.Array) -> ControllerState:
    """Return a controller that plans to hover."""
    hover = hover_command(config.vehicle)
    return ControllerState(jnp.tile(hover, (config.mppi.horizon_steps, 1)), key)


def step(
    config: ControllerConfig, state: ControllerState, inputs: ControllerInputs
) -> tuple[ControllerState, ControlOutput]:
    """Plan once and return the command to fly now; jittable, ``config`` first."""
    key, sample_key = jax.random.split(state.key)
    vehicle = inputs.vehicle
    surroundings = survey(inputs.costmap, inputs.field, config.fence, inputs.goal_m, inputs.haste)

    def evaluate(commands: jax.Array) -> tuple[jax.Array, jax.Array]:
        judged = judge(
            config.plan,
            CostSetup(config.costs, config.body, config.vehicle),
            vehicle,
            commands,
            surroundings,
            inputs.disturbance_m_s2,
        )
        touches = judged.clearance_m < config.body.fits_from_m
        cost = jnp.where(touches & ~jnp.all(touches), jnp.inf, judged.cost)
        return cost, judged.shown_m

    elapsed_s = jnp.where(inputs.elapsed_s > 0.0, inputs.elapsed_s, 0.0)  # nor where it is NaN
    nominal = mppi.shift(state.nominal, elapsed_s / config.mppi.step_s)
    proposal = propose(config, inputs)
    limits = tuple(clip_command(config.vehicle, jnp.full(4, far)) for far in (-1e9, 1e9))

    def clip(commands: jax.Array) -> jax.Array:
        return jnp.clip(commands, limits[0][:, None], limits[1][:, None])

    result = mppi.optimise(
        config.mppi, sample_key, nominal, proposal, clip, evaluate, agility(config.body)
    )
    chosen = _choose(config, inputs, result)
    code = jnp.where(chosen.safe, OK, NO_SAFE_PLAN)
    hover = init(config, key).nominal
    output = ControlOutput(
        chosen.commands[0],
        chosen.path_m,
        result.evaluation,
        clearance_at(inputs.costmap, vehicle.position[0], vehicle.position[1]),
        chosen.clearance_m,
        result.effective_samples,
        jnp.where(chosen.finite, code, NOT_FINITE),
        jnp.int32(SafetyCode.CLEAR),
    )
    return ControllerState(jnp.where(chosen.finite, chosen.commands, hover), key), output


def agility(body: BodyConfig) -> jax.Array:
    """Return the share [4] of the samples' deviations that suits the limits of a body.

    They were chosen for the default limits; a vehicle that must fly or turn slower is perturbed
    less in proportion, else its samples exceed the limits by noise alone.
    """
    flying = jnp.clip(body.speed_max_m_s / _AGILE_M_S, _LEAST_AGILITY, 1.0)
    turning = jnp.clip(body.yaw_rate_max_rad_s / _AGILE_RAD_S, _LEAST_AGILITY, 1.0)
    return jnp.stack([flying, flying, flying, turning])


class _Chosen(NamedTuple):
    commands: jax.Array
    path_m: jax.Array
    clearance_m: jax.Array
    safe: jax.Array
    finite: jax.Array


def _choose(
    config: ControllerConfig, inputs: ControllerInputs, result: mppi.MppiResult[jax.Array]
) -> _Chosen:
    """Return the mean of the samples where it is safe, else the best sample.

    The mean of safe samples need not be safe; the best sample is where any is.
    """
    vehicle = inputs.vehicle
    candidates = jnp.stack([result.commands, result.best], axis=-1)
    flown = trajectory(
        config.vehicle, vehicle, candidates, config.mppi.step_s, inputs.disturbance_m_s2
    )
    soon = flown[: config.plan.safe_steps]
    ahead = clearance_at(inputs.costmap, soon[:, 0], soon[:, 1])
    here = clearance_at(inputs.costmap, vehicle.position[0], vehicle.position[1])
    safe = is_safe(config, here, ahead)
    k = jnp.where(safe[0], 0, 1)
    path = flown[..., k]
    finite = result.finite & jnp.all(jnp.isfinite(path)) & _all_finite(vehicle)
    return _Chosen(candidates[..., k], path, jnp.min(ahead[:, k]), safe[k], finite)


def is_safe(config: ControllerConfig, here: jax.Array, ahead: jax.Array) -> jax.Array:
    """Return which of N plans may be flown.

    Args:
        config: the least clearance.
        here: clearance [m] at the vehicle.
        ahead: [steps, N] clearance along the plans, within the safety horizon.
    """
    least = jnp.min(ahead, axis=0)
    # Where the vehicle already is too close, a plan that leads away is safe.
    cornered = here < config.body.fits_from_m
    leads_away = cornered & (ahead[-1] > here) & (least >= here - _CREEP_M)
    return (least >= config.body.fits_from_m) | leads_away


def propose(config: ControllerConfig, inputs: ControllerInputs) -> jax.Array:
    """Return the commands [H, 4] of the tracker: along the path, looking where it teaches."""
    field, push = inputs.field, inputs.disturbance_m_s2

    def advance(state: QuadrotorState, unused: None) -> tuple[QuadrotorState, jax.Array]:
        x, y, _ = state.position
        clearance = clearance_at(inputs.costmap, x, y)
        speed = CRUISE_SHARE * inputs.haste * speed_limit(config.body, clearance)
        velocity, carrot = towards(state, field.reference_path_m, speed)
        heading = best_heading(
            field, x, y, quaternion.yaw(state.attitude), field.reference_yaw_rad[carrot]
        )
        command = track_velocity(config.body, config.vehicle, state, velocity, heading, push)
        return rk4_step(config.vehicle, state, command, config.mppi.step_s, push), command

    _, commands = jax.lax.scan(advance, inputs.vehicle, None, length=config.mppi.horizon_steps)
    return commands


def _all_finite(tree: QuadrotorState) -> jax.Array:
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in tree]))
