# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The open travelling-salesman problem: the shortest way through all places from a start.

Exact for a few places (Held and Karp's dynamic programme over subsets); for more, the best of
nearest-neighbour tours improved by 2-opt and by moving single places until neither helps.
"""

from __future__ import annotations

import itertools

import numpy as np

EXACT_UP_TO = 8
_LEAST_IMPROVEMENT = 1e-9


def open_tour(start: np.ndarray, between: np.ndarray, end: np.ndarray | None = None) -> list[int]:
    """Return the order in which to visit n places.

    Args:
        start: [n] cost from the start to each place.
        between: [n, n] cost between places; symmetric.
        end: [n] cost from each place to where the tour shall end; None: it may end anywhere.
    """
    n = len(start)
    if n <= 1:
        return list(range(n))
    end = np.zeros(n) if end is None else np.asarray(end, float)
    return (_exact if n <= EXACT_UP_TO else _improved)(start, between, end)


def length(
    start: np.ndarray, between: np.ndarray, order: list[int], end: np.ndarray | None = None
) -> float:
    """Return the cost of visiting places in an order, and of going to the end if there is one."""
    steps = sum(float(between[a, b]) for a, b in itertools.pairwise(order))
    return float(start[order[0]]) + steps + (0.0 if end is None else float(end[order[-1]]))


def _exact(start: np.ndarray, between: np.ndarray, end: np.ndarray) -> list[int]:
    """Held-Karp: best[s, j] is the least cost of visiting the set s and ending in its place j."""
    n = len(start)
    best = np.full((1 << n, n), np.inf)
    before = np.zeros((1 << n, n), int)
    best[1 << np.arange(n), np.arange(n)] = start
    for subset in range(1, 1 << n):
        for j in range(n):
            rest = subset & ~(1 << j)
            if subset >> j & 1 and rest:
                costs = best[rest] + between[:, j]
                before[subset, j] = i = int(np.argmin(costs))
                best[subset, j] = costs[i]
    subset = (1 << n) - 1
    order = [int(np.argmin(best[subset] + end))]
    while len(order) < n:
        j = order[-1]
        order.append(int(before[subset, j]))
        subset &= ~(1 << j)
    return order[::-1]


def _improved(start: np.ndarray, between: np.ndarray, end: np.ndarray | None = None) -> list[int]:
    """Improve the tour that always goes to the nearest place next."""
    n = len(start)
    cost = np.zeros((n + 2, n + 2))  # place 0 is the start, place n + 1 the end: both stay
    cost[0, 1:-1] = cost[1:-1, 0] = start
    cost[1:-1, 1:-1] = between
    cost[-1, 1:-1] = cost[1:-1, -1] = 0.0 if end is None else end
    order, left = [0], set(range(1, n + 1))
    while left:
        order.append(min(left, key=lambda j: (cost[order[-1], j], j)))
        left.remove(order[-1])
    tour = np.array([*order, n + 1])
    while True:
        changed = _two_opt(cost, tour)
        changed = _move_one(cost, tour) if changed is None else changed
        if changed is None:
            return [int(j) - 1 for j in tour[1:-1]]
        tour = changed


def _two_opt(cost: np.ndarray, tour: np.ndarray) -> np.ndarray | None:
    """Return the tour after its best reversal of a part, None if no reversal helps."""
    i, j = np.triu_indices(len(tour) - 1, 1)  # reverse tour[i + 1 .. j]
    a, b, c, d = tour[i], tour[i + 1], tour[j], tour[j + 1]
    gain = cost[a, b] - cost[a, c] + cost[c, d] - cost[b, d]
    best = int(np.argmax(gain))
    if gain[best] <= _LEAST_IMPROVEMENT:
        return None
    k, m = int(i[best]) + 1, int(j[best]) + 1
    return np.concatenate([tour[:k], tour[k:m][::-1], tour[m:]])


def _move_one(cost: np.ndarray, tour: np.ndarray) -> np.ndarray | None:
    """Return the tour after moving one place to where it costs least, None if none helps."""
    edges = cost[tour[:-1], tour[1:]]
    for k in range(1, len(tour) - 1):
        rest = np.delete(tour, k)
        saved = edges[k - 1] + edges[k] - cost[tour[k - 1], tour[k + 1]]
        added = cost[rest[:-1], tour[k]] + cost[tour[k], rest[1:]] - cost[rest[:-1], rest[1:]]
        at = int(np.argmin(added))
        if saved - added[at] > _LEAST_IMPROVEMENT:
            return np.insert(rest, at + 1, tour[k])
    return None
