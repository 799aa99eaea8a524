# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The exploration, compiled: what the wrappers for Gymnasium call.

A plan takes longer to compile and to compute than all else of a step. Wrappers count steps, and
call it only where it is due.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax

from live_mvp_ros.base.arrays import Array
from live_mvp_ros.environments.explore_observation import Observation
from live_mvp_ros.environments.explore_task import (
    Advanced,
    ExploreInfo,
    ExploreState,
    ExploreTask,
)


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
