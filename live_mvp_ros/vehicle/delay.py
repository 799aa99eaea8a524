# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Odometry that comes late: a report is heard some time after the moment that it is true for.

Each report takes ``latency_s`` and a share of ``jitter_s`` that is drawn anew, uniformly; what
hears them hears the newest that has arrived, so none overtakes another. Reports keep the time
that they are of: their age is known. Times are counted in steps, rounded up.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.vehicle.odometry import OdometryConfig
from live_mvp_ros.vehicle.quadrotor import QuadrotorState

_EARLY_STEPS = 1e-3  # so much too late is in time: periods are not exact in binary


class DelayState(NamedTuple):
    """Reports on their way, one for each of the last n steps, the newest first."""

    reports: QuadrotorState
    """[n, ...] each."""
    left_steps: jax.Array
    """[n] int32, in how many steps each arrives; 0 and less once it has."""
    key: jax.Array


def init(
    config: OdometryConfig, period_s: float, report: QuadrotorState, key: jax.Array
) -> DelayState:
    """Return the state after a first report, which is heard at once.

    Args:
        config: how late odometry is.
        period_s: between two reports.
        report: the first.
        key: of what is drawn.
    """
    kept = 1 + _steps(config.latency_s + config.jitter_s, period_s)
    reports = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (kept, *leaf.shape)), report)
    return DelayState(reports, jnp.zeros(kept, jnp.int32), key)


def step(
    config: OdometryConfig, period_s: float, state: DelayState, report: QuadrotorState
) -> tuple[DelayState, QuadrotorState, jax.Array]:
    """Return the state, the report that is heard now, and how many steps old that is; jittable.

    Args:
        config: how late odometry is.
        period_s: between two reports (static).
        state: from the step before.
        report: of now.
    """
    if config.prompt:
        return state, report, jnp.int32(0)
    key, jitter_key = jax.random.split(state.key)
    late_s = config.latency_s + config.jitter_s * jax.random.uniform(jitter_key)
    steps = jnp.ceil(late_s / period_s - _EARLY_STEPS).astype(jnp.int32)
    left = jnp.concatenate([steps[None], state.left_steps[:-1] - 1])
    reports = jax.tree.map(
        lambda new, old: jnp.concatenate([new[None], old[:-1]]), report, state.reports
    )
    newest = jnp.argmax(left <= 0)  # the oldest one that is kept has always arrived
    heard = jax.tree.map(lambda leaf: leaf[newest], reports)
    return DelayState(reports, left, key), heard, newest.astype(jnp.int32)


def _steps(late_s: float, period_s: float) -> int:
    return math.ceil(late_s / period_s - _EARLY_STEPS)
