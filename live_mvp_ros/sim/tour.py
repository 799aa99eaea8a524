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


def open_tour(start: np.ndarray, between: np.ndarray) -> list[int]:
    """Return the order in which to visit n places.

    Args:
        start: [n] cost from the start to each place.
        between: [n, n] cost between places; symmetric.
    """
    n = len(start)
    if n <= 1:
        return list(range(n))
    return _exact(start, between) if n <= EXACT_UP_TO else _improved(start, between)


def length(start: np.ndarray, between: np.ndarray, order: list[int]) -> float:
    """Return the cost of visiting places in an order."""
    steps = sum(float(between[a, b]) for a, b in itertools.pairwise(order))
    return float(start[order[0]]) + steps


def _exact(start: np.ndarray, between: np.ndarray) -> list[int]:
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
    order = [int(np.argmin(best[subset]))]
    while len(order) < n:
        j = order[-1]
        order.append(int(before[subset, j]))
        subset &= ~(1 << j)
    return order[::-1]


def _improved(start: np.ndarray, between: np.ndarray) -> list[int]:
    """Improve the tour that always goes to the nearest place next."""
    n = len(start)
    cost = np.zeros((n + 1, n + 1))  # place 0 is the start; nothing returns to it
    cost[0, 1:] = start
    cost[1:, 0] = start
    cost[1:, 1:] = between
    order, left = [0], set(range(1, n + 1))
    while left:
        order.append(min(left, key=lambda j: (cost[order[-1], j], j)))
        left.remove(order[-1])
    tour = np.array(order)
    while True:
        changed = _two_opt(cost, tour)
        changed = _move_one(cost, tour) if changed is None else changed
        if changed is None:
            return [int(j) - 1 for j in tour[1:]]
        tour = changed


def _two_opt(cost: np.ndarray, tour: np.ndarray) -> np.ndarray | None:
    """Return the tour after its best reversal of a part, None if no reversal helps."""
    n = len(tour)
    i, j = np.triu_indices(n - 1, 1)  # reverse tour[i + 1 .. j]
    i, j = np.concatenate([i, np.arange(n - 2)]), np.concatenate([j, np.full(n - 2, n - 1)])
    a, b, c = tour[i], tour[i + 1], tour[j]
    last = j == n - 1
    d = tour[np.minimum(j + 1, n - 1)]
    gain = cost[a, b] - cost[a, c] + np.where(last, 0.0, cost[c, d] - cost[b, d])
    best = int(np.argmax(gain))
    if gain[best] <= _LEAST_IMPROVEMENT:
        return None
    k, m = int(i[best]) + 1, int(j[best]) + 1
    return np.concatenate([tour[:k], tour[k:m][::-1], tour[m:]])


def _move_one(cost: np.ndarray, tour: np.ndarray) -> np.ndarray | None:
    """Return the tour after moving one place to where it costs least, None if none helps."""
    n = len(tour)
    edges = np.append(cost[tour[:-1], tour[1:]], 0.0)
    for k in range(1, n):
        rest = np.delete(tour, k)
        closing = cost[tour[k - 1], tour[k + 1]] if k < n - 1 else 0.0
        saved = edges[k - 1] + edges[k] - closing
        joint = np.append(cost[rest[:-1], rest[1:]], 0.0)
        onward = np.append(cost[tour[k], rest[1:]], 0.0)
        added = cost[rest, tour[k]] + onward - joint
        at = int(np.argmin(added))
        if saved - added[at] > _LEAST_IMPROVEMENT:
            return np.insert(rest, at + 1, tour[k])
    return None
