# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Places to look from that the planner proposes, and the flight towards the one that is chosen.

Proposals are sources of the information field, the best look first, apart from each other. The
controller of the missions flies there and refuses every command after which the map leaves it no
way to stop, whatever is chosen; what its coarse cells do not show of a corner they cannot refuse.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import planning
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.baselines import survey
from live_mvp_ros.environments.hints import Hints, no_hints
from live_mvp_ros.environments.steering import Flown
from live_mvp_ros.planning import InfoFieldInputs, InfoFieldOutput
from live_mvp_ros.planning.geodesy import FAR
from live_mvp_ros.planning.guidance import near
from live_mvp_ros.sim import inner_loop
from live_mvp_ros.sim.inner_loop import Flying, Truth
from live_mvp_ros.sim.loop_config import ClosedLoopConfig
from live_mvp_ros.worlds import signed_distance

APART_M = 1.5
"""Least distance between two proposals."""
_LEAST_GAIN = 1e-3  # nats: a source that sees little is a source


class Proposals(NamedTuple):
    """K places to look from; map frame."""

    cell: jax.Array
    """[K, 2] int32."""
    place_m: jax.Array
    """[K, 2]."""
    yaw_rad: jax.Array
    """[K] of the best look."""
    gain: jax.Array
    """[K] nats of that look, descending."""
    valid: jax.Array
    """[K] bool; there may be fewer places than K, then the last ones are none."""


class Proposed(NamedTuple):
    """What the planner remembers and proposes."""

    planner: planning.InfoFieldState
    follower: survey.BaselineState
    """Of the guidance towards what was chosen."""
    hints: Hints
    best_yaw: jax.Array
    """[nx, ny] rad, of the gain in ``hints``."""
    proposals: Proposals


def proposals_of(spec: GridSpec, field: InfoFieldOutput, count: int) -> Proposals:
    """Return the best ``count`` places of a field, ``APART_M`` apart."""

    def best(score: jax.Array, _: None) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        cell = jnp.stack(jnp.unravel_index(jnp.argmax(score), spec.shape)).astype(jnp.int32)
        place_m = jnp.asarray(spec.origin_m) + spec.resolution_m * cell
        taken = near(spec, place_m, APART_M)
        return jnp.where(taken, -1.0, score), (cell, score[cell[0], cell[1]])

    score = jnp.where(field.sources & field.navigable, field.gain + _LEAST_GAIN, -1.0)
    _, (cell, worth) = jax.lax.scan(best, score, length=count)
    return Proposals(
        cell,
        jnp.asarray(spec.origin_m) + spec.resolution_m * cell,
        field.best_yaw[cell[:, 0], cell[:, 1]],
        jnp.maximum(worth - _LEAST_GAIN, 0.0),
        worth > 0.0,
    )


def no_proposals(config: ClosedLoopConfig, spec: GridSpec, count: int, key: jax.Array) -> Proposed:
    """Return what there is before the first plan."""
    nowhere = Proposals(
        jnp.zeros((count, 2), jnp.int32),
        jnp.zeros((count, 2)),
        jnp.zeros(count),
        jnp.zeros(count),
        jnp.zeros(count, bool),
    )
    return Proposed(
        planning.init(config.info_field, spec),
        survey.init(config.info_field, spec, key),
        no_hints(spec),
        jnp.zeros(spec.shape),
        nowhere,
    )


def plan(
    config: ClosedLoopConfig, spec: GridSpec, before: Proposed, inputs: InfoFieldInputs
) -> Proposed:
    """Return what the planner proposes of a map."""
    planner, field = planning.step(config.info_field, spec, before.planner, inputs)
    return before._replace(
        planner=planner,
        hints=Hints(field.gain, field.guidance),
        best_yaw=field.best_yaw,
        proposals=proposals_of(spec, field, before.proposals.valid.shape[0]),
    )


def fly_choice(
    config: ClosedLoopConfig,
    spec: GridSpec,
    truth: Truth,
    now: Flying,
    before: Proposed,
    inputs: InfoFieldInputs,
    action: jax.Array,
) -> tuple[Flying, survey.BaselineState, Flown]:
    """Fly towards a proposal until the next plan is due.

    Args:
        config: of the loop.
        spec: geometry of the map (static).
        truth: what the sensor looks at, with the scene.
        now: at the beginning.
        before: what is proposed.
        inputs: the map that it was proposed of.
        action: which one, int; the first instead of one that is none. If there is none at all,
            the drone stays.
    """
    places = before.proposals
    asked = jnp.clip(action, 0, places.valid.shape[0] - 1)
    chosen = jnp.where(places.valid[asked], asked, 0)
    i, j = places.cell[chosen]
    worth_m = jnp.where(places.valid[chosen], 0.0, FAR)
    choice = survey.Choice(
        start_m=jnp.full(spec.shape, FAR).at[i, j].set(worth_m),
        arrival_yaw_rad=places.yaw_rad[chosen],
        nothing_left=False,
        gain=before.hints.gain,
        best_yaw=before.best_yaw,
    )
    found = survey.survey(config.info_field, spec, before.follower, inputs)
    follower, field = survey.fly_to(
        config.info_field, spec, before.follower, inputs, found, choice
    )
    after, log = inner_loop.fly(
        config, truth, now._replace(map=None), now.map, field, jnp.array(True), spec=spec
    )
    way_m = jnp.concatenate([log.vehicle.position[1:], after.vehicle.position[None]])
    return after, follower, Flown(way_m, signed_distance(truth.scene, way_m))
