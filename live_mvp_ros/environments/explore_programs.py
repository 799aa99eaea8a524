# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The exploration, compiled: what the wrappers for Gymnasium call, for one and for a batch.

A plan takes longer to compile and to compute than all else of a step. Wrappers count steps, and
call it only where it is due.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax

from live_mvp_ros.base.arrays import Array
from live_mvp_ros.environments.explore_observation import Observation
from live_mvp_ros.environments.explore_task import (
    Advanced,
    ExploreInfo,
    ExploreState,
    ExploreTask,
)
from live_mvp_ros.environments.hints import Hints
from live_mvp_ros.environments.proposals import Proposed

Tree = TypeVar("Tree")


class Programs(NamedTuple):
    """Compiled functions of a task; states that they are given are used up where they return one.

    Where several environments are of one task, they share these.
    """

    task: ExploreTask
    begin: Callable[[jax.Array], ExploreState]
    advance: Callable[[ExploreState, Array], Advanced]
    plan: Callable[[ExploreState], ExploreState]
    observe: Callable[[ExploreState], Observation]
    inform: Callable[[ExploreState], ExploreInfo]

    def __deepcopy__(self, memo: object) -> Programs:
        """Return itself, which never changes: Gymnasium copies what it makes environments of."""
        return self


def programs(task: ExploreTask) -> Programs:
    """Return the functions of a task; each is compiled when it is called first."""
    return Programs(
        task,
        jax.jit(task.begin),
        jax.jit(task.advance, donate_argnums=0),
        jax.jit(task.plan, donate_argnums=0),
        jax.jit(task.observe),
        jax.jit(task.inform),
    )


class BatchPrograms(NamedTuple):
    """The same for states that have the member as their first axis."""

    advance: Callable[[ExploreState, Array], Advanced]
    observe: Callable[[ExploreState], Observation]
    take: Callable[[ExploreState, int], ExploreState]
    """Returns one member; the batch is not used up."""
    put_plan: Callable[[ExploreState, int, Hints | Proposed], ExploreState]
    """Replaces the plan of one member."""
    put: Callable[[ExploreState, int, ExploreState], ExploreState]
    """Replaces one member."""


def batch_programs(task: ExploreTask) -> BatchPrograms:
    """Return the functions of a batch of tasks."""
    return BatchPrograms(
        jax.jit(jax.vmap(task.advance), donate_argnums=0),
        jax.jit(jax.vmap(task.observe)),
        jax.jit(_take),
        jax.jit(_put_plan, donate_argnums=0),
        jax.jit(_put, donate_argnums=0),
    )


def _take(states: ExploreState, i: int) -> ExploreState:
    return jax.tree.map(lambda many: many[i], states)


def _put_plan(states: ExploreState, i: int, plan: Hints | Proposed) -> ExploreState:
    return states._replace(plan=_set(states.plan, i, plan))


def _put(states: ExploreState, i: int, state: ExploreState) -> ExploreState:
    return _set(states, i, state)


def _set(batch: Tree, i: int, member: Tree) -> Tree:
    return jax.tree.map(lambda many, one: many.at[i].set(one), batch, member)
