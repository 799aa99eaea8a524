# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The open travelling-salesman problem: the shortest way through all places from a start.

Exact for a few places (Held and Karp's dynamic programme over subsets); for more, the best of
nearest-neighbour tours improved by 2-opt and by moving single places until neither helps.

A cost that is not finite says that there is no way. Sums of such costs order nothing, so places
that no way leads to are put last, and what ways are missing among the others costs more than any
tour that does without.
"""

from __future__ import annotations

import itertools

import numpy as np

EXACT_UP_TO = 8
_LEAST_IMPROVEMENT = 1e-9
_MOST_ROUNDS = 100  # of improving, per place: a tour of n places takes about n in practice


def open_tour(start: np.ndarray, between: np.ndarray, end: np.ndarray | None = None) -> list[int]:
    """Return the order in which to visit n places, every one of them once.

    Args:
        start: [n] cost from the start to each place; not finite: no way leads there.
        between: [n, n] cost between places; symmetric.
        end: [n] cost from each place to where the tour shall end; None: it may end anywhere.
    """
    start, between = np.asarray(start, float), np.asarray(between, float)
    end = np.zeros(len(start)) if end is None else np.asarray(end, float)
    reached = _reached(start, between)
    first, rest = np.flatnonzero(reached), np.flatnonzero(~reached)
    return [
        int(part[k])
        for part in (first, rest)
        for k in _order(start[part], between[np.ix_(part, part)], end[part])
    ]


def _reached(start: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Return the places [n], bool, that some way leads to, through others or not."""
    ways, reached = np.isfinite(between), np.isfinite(start)
    while np.any(more := ~reached & ways[reached].any(axis=0)):
        reached = reached | more
    return reached


def _order(start: np.ndarray, between: np.ndarray, end: np.ndarray) -> list[int]:
    """Return the order of places after a price was put on ways that there are not."""
    n = len(start)
    if n <= 1:
        return list(range(n))
    costs = np.concatenate([start, between.ravel(), end])
    longest = np.max(np.abs(costs[np.isfinite(costs)]), initial=1.0)
    start, between, end = (
        np.where(np.isfinite(cost), cost, 2.0 * (n + 1) * longest)
        for cost in (start, between, end)
    )
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
    for _ in range(_MOST_ROUNDS * n):
        changed = _two_opt(cost, tour)
        changed = _move_one(cost, tour) if changed is None else changed
        if changed is None:
            break
        tour = changed
    return [int(j) - 1 for j in tour[1:-1]]


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
