# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The unit torus [0, 1) x [0, 1) of charts: wrapping, differences, velocities."""

from __future__ import annotations

import math

from live_mvp_ros.packets.packet_types import ChartPoint

BELOW_ONE = math.nextafter(1.0, 0.0)


def wrap(delta: float) -> float:
    """Return the shortest way round a unit circle, in [-0.5, 0.5)."""
    return (delta + 0.5) % 1.0 - 0.5


def wrapped(value: float) -> float:
    """Return a coordinate mod 1, in [0, 1): rounding to 1 counts as the largest below it."""
    return min(value % 1.0, BELOW_ONE)


def moved(point: ChartPoint, du: float, dv: float) -> tuple[ChartPoint, bool]:
    """Return a point moved on the torus, and whether a coordinate went round."""
    u, v = point.u + du, point.v + dv
    went_round = not (0.0 <= u < 1.0 and 0.0 <= v < 1.0)
    return ChartPoint(wrapped(u), wrapped(v)), went_round


def velocity(now: ChartPoint, before: ChartPoint, dt_s: float) -> tuple[float, float]:
    """Return the velocity [1/s] of the shortest way from one point to another."""
    return wrap(now.u - before.u) / dt_s, wrap(now.v - before.v) / dt_s
