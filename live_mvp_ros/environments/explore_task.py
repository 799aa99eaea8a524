# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The environment as two pure functions, for ``jit``, ``vmap`` and ``grad``: reset and step.

    task = ExploreTask.of(ExploreConfig())
    state, obs = jax.jit(task.reset)(jax.random.key(0))
    state, obs, reward, terminated, truncated, info = jax.jit(task.step)(state, action)

Both are made of ``begin``, ``advance``, ``plan`` and ``observe``, for those who count the steps
and ask for a plan only where it is due.

With ``control = acceleration`` the pose is differentiable with respect to actions; what is seen of
the world from there is not, and counts as constant.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import worlds
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.environments import proposals as choices
from live_mvp_ros.environments.explore_config import ExploreConfig
from live_mvp_ros.environments.explore_observation import (
    Observation,
    observed_map,
    observed_proposals,
    observed_state,
)
from live_mvp_ros.environments.hints import Hints, Renew, hints_of, no_hints, renewing
from live_mvp_ros.environments.proposals import Proposed
from live_mvp_ros.environments.steering import Flown, fly_action
from live_mvp_ros.environments.world_pool import Pool, draw_pool
from live_mvp_ros.planning import InfoFieldInputs
from live_mvp_ros.sim import inner_loop
from live_mvp_ros.sim.inner_loop import Flying, Truth
from live_mvp_ros.sim.loop_config import ClosedLoopConfig


class ExploreState(NamedTuple):
    """All that changes in an episode."""

    now: Flying
    """Vehicle, map and sensor."""
    plan: Hints | Proposed
    """What the planner said last."""
    world: jax.Array
    """int32, which one of the pool."""
    steps: jax.Array
    """int32, since the reset."""
    known_m2: jax.Array
    """Area of the map that is known."""
    contacts: jax.Array
    """int32, control periods that ended in contact."""


class ExploreInfo(NamedTuple):
    """What an agent is told besides, by the truth; not to learn from."""

    world: jax.Array
    """int32, number of the world in the pool."""
    position_m: jax.Array
    """[3] of the drone, map frame."""
    way_m: jax.Array
    """[n, 3] its position after each control period of the step."""
    clearance_m: jax.Array
    """Least distance of that way to what is solid, centre of the drone."""
    contacts: jax.Array
    """int32, since the reset."""
    known_m2: jax.Array
    """Area of the map that is known."""
    explored: jax.Array
    """Share of what can be seen that is known."""


Advanced: TypeAlias = tuple[ExploreState, jax.Array, jax.Array, jax.Array, ExploreInfo]
Stepped: TypeAlias = tuple[ExploreState, Observation, jax.Array, jax.Array, jax.Array, ExploreInfo]


@dataclasses.dataclass(frozen=True, eq=False)
class ExploreTask:
    """A drone explores a generated world; make one by ``ExploreTask.of``.

    Attributes:
        config: what was asked for.
        loop: settings of the flight.
        spec: geometry of the map.
        pool: the worlds.
        step_s: time of a step.
        plan_every: steps between two plans; 0: there are none.
    """

    config: ExploreConfig
    loop: ClosedLoopConfig
    spec: GridSpec
    pool: Pool
    step_s: float
    plan_every: int
    _renew: Renew

    @classmethod
    def of(cls, config: ExploreConfig) -> ExploreTask:
        """Draw the worlds.

        Raises:
            ConfigurationError: there is no such world, or it cannot be used here.
        """
        loop, spec, pool = draw_pool(config)
        renew = renewing(loop.info_field, spec)
        if config.control == "proposals":
            return cls(config, loop, spec, pool, loop.stretch_s, 1, renew)
        look_s = loop.control_period_s * loop.steps_per_look
        return cls(config, loop, spec, pool, look_s, config.plan_every_steps, renew)

    def __deepcopy__(self, memo: object) -> ExploreTask:
        """Return itself, which never changes: Gymnasium copies what it makes environments of."""
        return self

    def plan_is_due(self, steps: np.ndarray | int) -> np.ndarray | bool:
        """Return whether a plan is due after so many steps, each of them at least 1."""
        return steps % self.plan_every == 0 if self.plan_every else steps == 0

    @property
    def step_limit(self) -> int:
        """Steps of an episode, at most."""
        return max(1, round(self.config.time_limit_s / self.step_s))

    def reset(self, key: jax.Array) -> tuple[ExploreState, Observation]:
        """Begin an episode: a world of the pool, its start, a first look and plan; pure.

        Args:
            key: random key; the same key and actions give the same episode.
        """
        state = self.plan(self.begin(key))
        return state, self.observe(state)

    def step(self, state: ExploreState, action: jax.Array) -> Stepped:
        """Do an action; pure.

        Args:
            state: from ``reset`` or the step before.
            action: with ``control = acceleration`` [3] in [-1, 1], see ``steering.command``;
                with ``control = proposals`` the number of one, int.

        Returns:
            State, observation, reward (float32), terminated, truncated (bool) and information.
        """
        state, reward, terminated, truncated, info = self.advance(state, action)
        if isinstance(state.plan, Proposed):
            state = self.plan(state)
        elif self.plan_every:
            due = state.steps % self.plan_every == 0
            inputs = jax.lax.stop_gradient(self._read(state))
            state = state._replace(plan=self._renew(due, state.plan, inputs))
        return state, self.observe(state), reward, terminated, truncated, info

    def begin(self, key: jax.Array) -> ExploreState:
        """Return the state after the first look, without a plan; pure."""
        world_key, *keys = jax.random.split(key, 3)
        world = jax.random.randint(world_key, (), 0, self.pool.start_m.shape[0])
        return self._begun(world, *keys)

    def begin_in(self, world: jax.Array, key: jax.Array) -> ExploreState:
        """Return the state after the first look in a world of the pool (int), unplanned; pure."""
        _, *keys = jax.random.split(key, 3)
        return self._begun(jnp.asarray(world, jnp.int32), *keys)

    def _begun(self, world: jax.Array, flight_key: jax.Array, plan_key: jax.Array) -> ExploreState:
        here = self._world(world)
        now = inner_loop.take_off(
            self.loop,
            self._truth(here),
            here.start_m,
            here.start_yaw_rad,
            flight_key,
            spec=self.spec,
        )
        unplanned: Hints | Proposed = no_hints(self.spec)
        if self.config.control == "proposals":
            unplanned = choices.no_proposals(self.loop, self.spec, self.config.proposals, plan_key)
        state = ExploreState(now, unplanned, world, jnp.int32(0), jnp.float32(0.0), jnp.int32(0))
        return state._replace(known_m2=self._known_m2(self._read(state).known))

    def advance(self, state: ExploreState, action: jax.Array) -> Advanced:
        """Fly an action and look, without planning anew; pure, see ``step``."""
        here, before = self._world(state.world), state
        if isinstance(state.plan, Proposed):
            now, follower, flown = choices.fly_choice(
                self.loop,
                self.spec,
                self._truth(here),
                state.now,
                state.plan,
                self._read(state),
                action,
            )
            state = state._replace(now=now, plan=state.plan._replace(follower=follower))
        else:
            now, flown = fly_action(self.loop, here.scene, state.now, action)
            state = state._replace(now=self._looked(self._truth(here), now))
        touched = flown.contacts(self.loop.body.radius_m)
        known = self._read(state).known
        state = state._replace(
            steps=before.steps + 1,
            known_m2=self._known_m2(known),
            contacts=before.contacts + touched,
        )
        info = self._info(state, here, known, flown)
        terminated = info.explored >= self.config.explored_share
        if self.config.contact_ends:
            terminated |= touched > 0
        reward = (
            self.config.area_reward_per_m2 * (state.known_m2 - before.known_m2)
            - self.config.time_cost_per_s * self.step_s
            - self.config.contact_cost * touched
        )
        truncated = (state.steps >= self.step_limit) & ~terminated
        return state, reward, terminated, truncated, info

    def plan(self, state: ExploreState) -> ExploreState:
        """Return the state with what the planner says of the map now; pure."""
        if not self.plan_every:
            return state
        inputs, plan = jax.lax.stop_gradient(self._read(state)), state.plan
        if isinstance(plan, Proposed):
            return state._replace(plan=choices.plan(self.loop, self.spec, plan, inputs))
        return state._replace(plan=hints_of(self.loop.info_field, self.spec, inputs))

    def observe(self, state: ExploreState) -> Observation:
        """Return what the agent observes; pure."""
        vehicle, plan = state.now.believed, state.plan
        hints = plan.hints if isinstance(plan, Proposed) else plan
        left_share = 1.0 - state.steps / self.step_limit
        size = self.config.crop_cells
        seen = Observation(
            map=observed_map(self.loop, self.spec, state.now, hints, size),
            state=observed_state(self.loop, vehicle, left_share),
        )
        if isinstance(plan, Proposed):
            seen["proposals"] = observed_proposals(self.spec, vehicle, plan.proposals)
        return seen

    def inform(self, state: ExploreState) -> ExploreInfo:
        """Return what there is to say of a state after a reset; pure."""
        here, n = self._world(state.world), self.loop.steps_per_look
        if self.config.control == "proposals":
            n *= self.loop.looks_per_plan
        way_m = jnp.broadcast_to(state.now.vehicle.position, (n, 3))
        flown = Flown(way_m, worlds.signed_distance(here.scene, way_m))
        return self._info(state, here, self._read(state).known, flown)

    def _world(self, number: jax.Array) -> Pool:
        return jax.tree.map(lambda leaf: leaf[number], self.pool)

    def _truth(self, here: Pool) -> Truth:
        return Truth(here.scene, here.occupied, inner_loop.fan(self.loop))

    def _read(self, state: ExploreState) -> InfoFieldInputs:
        """Return what the planner wants to know."""
        goal_m = self.pool.goal_m[state.world]
        return inner_loop.read(self.loop, state.now, goal_m, spec=self.spec)

    def _known_m2(self, known: jax.Array) -> jax.Array:
        return jnp.sum(known) * jnp.float32(self.spec.resolution_m**2)

    def _looked(self, truth: Truth, now: Flying) -> Flying:
        """Look; where the drone is keeps its gradient, what it sees has none."""
        following, key = jax.random.split(now.sensor_key)
        seen = inner_loop.learn(self.loop, self.spec, truth, jax.lax.stop_gradient(now), key)
        return now._replace(
            map=seen.map,
            seen=seen.seen,
            believed=inner_loop.believed_in(seen.map, now.heard),
            sensor_key=following,
        )

    def _info(
        self, state: ExploreState, here: Pool, known: jax.Array, flown: Flown
    ) -> ExploreInfo:
        seen = jnp.sum(known & here.observable) / here.observable_cells
        return ExploreInfo(
            state.world,
            state.now.vehicle.position,
            flown.way_m,
            jnp.min(flown.clearance_m),
            state.contacts,
            state.known_m2,
            seen,
        )
