# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The states of a batch of explorations: stacked and stepped at once, or each for itself.

Steps of a planar flight by acceleration are short: members are one array for each core, and one
program steps each. Live map and controller take milliseconds each, in which nothing is gained in
one array; there, each member is stepped by the program that steps one alone, so that what they
learn and fly is the same to the last bit, and so is each member planned for. As many programs run
at once as there are cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.environments.crew import Crew
from live_mvp_ros.environments.explore_programs import Programs
from live_mvp_ros.environments.explore_task import ExploreState

Tree = TypeVar("Tree")
_LEAST_STACK = 8  # shorter arrays gain less than a thread costs


class Results(NamedTuple):
    """What has come of a step; the first axis is the member."""

    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    info: dict[str, np.ndarray]


class Batch(Protocol):
    """The states of n members, compiled once for all that begins in them."""

    def begin(self, states: Sequence[ExploreState]) -> None:
        """Take the first states, which are used up."""

    def advance(self, actions: np.ndarray) -> Results:
        """Fly an action [n, ...] of each member."""

    def put(self, i: int, state: ExploreState) -> None:
        """Replace a member."""

    def plan(self, members: Sequence[int]) -> None:
        """Plan anew for some members."""

    def observe(self) -> dict[str, np.ndarray]:
        """Return what each member observes."""


class Stacked:
    """Members in as few arrays as keep all cores busy."""

    def __init__(self, run: Programs, crew: Crew, count: int) -> None:
        """Hold no states yet; the crew steps the arrays, of equal length, and plans."""
        self._crew = crew
        most = max(1, min(crew.threads, count // _LEAST_STACK))
        parts = max(k for k in range(1, most + 1) if count % k == 0)
        self._length = count // parts
        self._parts: list[ExploreState] = []
        self._advance = jax.jit(jax.vmap(run.task.advance), donate_argnums=0)
        self._observe = jax.jit(jax.vmap(run.task.observe))
        self._planned = jax.jit(lambda states, i: run.task.plan(_taken(states, i)).plan)
        self._put = jax.jit(_put, donate_argnums=0)

    def begin(self, states: Sequence[ExploreState]) -> None:
        """See ``Batch``."""
        n = self._length
        self._parts = [stacked(states[k : k + n]) for k in range(0, len(states), n)]

    def advance(self, actions: np.ndarray) -> Results:
        """See ``Batch``."""
        shares = actions.reshape(len(self._parts), self._length, *actions.shape[1:])
        each = list(zip(self._parts, shares, strict=True))
        done = self._crew.each("advance", lambda one: self._advance(*one), each)
        self._parts = [one[0] for one in done]
        return _results(_joined([one[1:] for one in done]))

    def put(self, i: int, state: ExploreState) -> None:
        """See ``Batch``."""
        k, i = divmod(i, self._length)
        self._parts[k] = self._put(self._parts[k], i, state)

    def plan(self, members: Sequence[int]) -> None:
        """See ``Batch``."""
        at = [divmod(i, self._length) for i in members]
        plans = self._crew.each("plan", lambda one: self._planned(self._parts[one[0]], one[1]), at)
        for (k, i), plan in zip(at, plans, strict=True):
            part = self._parts[k]
            self._parts[k] = part._replace(plan=self._put(part.plan, i, plan))

    def observe(self) -> dict[str, np.ndarray]:
        """See ``Batch``."""
        observed = self._crew.each("observe", self._observe, self._parts)
        return dict(_joined([dict(one) for one in observed]))


class Separate:
    """Members each for itself."""

    def __init__(self, run: Programs, crew: Crew) -> None:
        """Hold no states yet; the crew steps them."""
        self._run, self._crew = run, crew
        self._states: list[ExploreState] = []

    def begin(self, states: Sequence[ExploreState]) -> None:
        """See ``Batch``."""
        self._states = list(states)

    def advance(self, actions: np.ndarray) -> Results:
        """See ``Batch``."""
        each = list(zip(self._states, actions, strict=True))
        done = self._crew.each("advance", lambda one: self._run.advance(*one), each)
        self._states = [one[0] for one in done]
        return _results(jax.tree.map(lambda *leaves: np.stack(leaves), *(one[1:] for one in done)))

    def put(self, i: int, state: ExploreState) -> None:
        """See ``Batch``."""
        self._states[i] = state

    def plan(self, members: Sequence[int]) -> None:
        """See ``Batch``."""
        plans = self._crew.each("plan", self._run.plan, [self._states[i] for i in members])
        for i, state in zip(members, plans, strict=True):
            self._states[i] = state

    def observe(self) -> dict[str, np.ndarray]:
        """See ``Batch``."""
        observed = self._crew.each("observe", self._run.observe, self._states)
        seen: list[dict[str, Any]] = [dict(one) for one in observed]
        return {name: np.stack([one[name] for one in seen]) for name in seen[0]}


def batch_of(run: Programs, crew: Crew, count: int) -> Batch:
    """Return the batch of so many members that suits a task."""
    config = run.task.config
    short = config.sensing == "planar" and config.control == "acceleration"
    return Stacked(run, crew, count) if short else Separate(run, crew)


def stacked(members: Sequence[Tree]) -> Tree:
    """Return trees of arrays as one, with the member as the first axis."""
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)


def _joined(parts: Sequence[Tree]) -> Tree:
    """Return trees of arrays that are longer each as one of NumPy arrays of the caller's own."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def _taken(batch: Tree, i: int) -> Tree:
    return jax.tree.map(lambda many: many[i], batch)


def _put(batch: Tree, i: int, member: Tree) -> Tree:
    return jax.tree.map(lambda many, one: many.at[i].set(one), batch, member)


def _results(come: Sequence[Any]) -> Results:
    """Return reward, terminated, truncated and information as arrays of the caller's own."""
    reward, terminated, truncated, info = come
    told = {name: np.array(value) for name, value in info._asdict().items()}
    return Results(np.array(reward, np.float64), np.array(terminated), np.array(truncated), told)
