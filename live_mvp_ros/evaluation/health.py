# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How well the plans of a flight did: whether there was a safe one, and whether they led on.

Of any flight, in this process or of the graph: times in seconds of flight, positions in metres.
"""

from __future__ import annotations

import dataclasses

import numpy as np

SAME_TARGET_M = 0.75
"""Targets this near to each other are one."""
AT_TARGET_M = 1.0
"""From here on a vehicle is at its target."""


@dataclasses.dataclass(frozen=True)
class PlanHealth:
    """What a mission's plans were worth; None where it was not measured.

    Attributes:
        unsafe_plan_fraction: share of the control steps that were planned without a safe plan, in
            which the vehicle stopped or evaded.
        parked_fraction: share of the time while exploring in which the vehicle was slower than
            0.1 m/s and a quarter of its speed limit (``BodyConfig.parked_m_s``).
        longest_at_target_s: longest time within 1 m of one target while exploring.
        targets_given_up: how often the watch over progress gave up a target for good.
        safety_interventions: how many commands the last filter changed.
    """

    unsafe_plan_fraction: float | None = None
    parked_fraction: float | None = None
    longest_at_target_s: float | None = None
    targets_given_up: int | None = None
    safety_interventions: int | None = None


def share(of: np.ndarray, where: np.ndarray) -> float | None:
    """Return the share of the samples [N] ``where`` that are also ``of``, None without any."""
    count = int(np.count_nonzero(where))
    return float(np.count_nonzero(of & where)) / count if count else None


def longest_at_target_s(
    times_s: np.ndarray,
    positions_m: np.ndarray,
    targets_m: np.ndarray,
    exploring: np.ndarray,
    end_s: float,
) -> float | None:
    """Return the longest time at one target; None if the vehicle never explored.

    Args:
        times_s: [N] when each plan was made; it counts until the next one.
        positions_m: [N, 2 or more] where the vehicle was by its own odometry.
        targets_m: [N, 2] where the plan led; NaN for nowhere.
        exploring: [N] bool, whether it was exploring.
        end_s: until when the last plan counts.
    """
    if not np.any(exploring):
        return None
    until = np.append(times_s[1:], end_s)
    away_m = np.linalg.norm(np.asarray(positions_m)[:, :2] - targets_m, axis=1)
    there = np.asarray(exploring) & (away_m <= AT_TARGET_M)
    longest, began, first = 0.0, 0, None
    for k in map(int, np.flatnonzero(there)):
        goes_on = first is not None and there[began:k].all()
        if not (goes_on and np.linalg.norm(targets_m[k] - first) <= SAME_TARGET_M):
            began, first = k, targets_m[k]
        longest = max(longest, float(until[k] - times_s[began]))
    return longest
