# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What choices among proposals are worth in worlds that were not trained in, beside the planner's.

Every chooser flies the same worlds with the same vehicle, sensor, map settings and limits.
``parallel`` is the planner itself: the information field flown along, in the loop in one process.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import worlds
from live_mvp_ros.environments.explore_task import ExploreTask
from live_mvp_ros.learning.proposal_training import chosen
from live_mvp_ros.sim import closed_loop
from live_mvp_ros.worlds.names import SEEDED

SHARES = (0.95, 0.99)
PLANNER = "parallel"
_DRAWS = 10_000


@dataclasses.dataclass(frozen=True)
class Flight:
    """One flight of an evaluation.

    Attributes:
        chooser: who chose.
        world: number in the pool.
        explored: share that was explored [N], at the beginning and every ``step_s``.
        step_s: time between two.
        contacts: control periods that ended in contact.
    """

    chooser: str
    world: int
    explored: np.ndarray
    step_s: float
    contacts: int

    def area(self, limit_s: float) -> float:
        """Return the mean explored share up to a limit; who has ended keeps the last."""
        count = round(limit_s / self.step_s)
        last = np.full(count, self.explored[-1])
        kept = self.explored[1 : count + 1]
        last[: len(kept)] = kept
        return float(last.mean())

    def time_to_s(self, share: float) -> float | None:
        """Return when a share was explored, None if it never was."""
        reached = np.flatnonzero(self.explored >= share)
        return float(reached[0] * self.step_s) if reached.size else None


def fly_choices(
    task: ExploreTask, choosers: Mapping[str, tuple[float, ...]], seed: int
) -> Iterator[Flight]:
    """Yield a flight in each world of a task by each chooser, until all of it is explored."""
    begin = jax.jit(lambda world, key: task.plan(task.begin_in(world, key)))

    def stepped(weights: jax.Array, state: Any) -> tuple[Any, jax.Array]:
        state, _, _, _, info = task.advance(state, chosen(task, weights, state))
        return task.plan(state), info.explored

    step, inform = jax.jit(stepped, donate_argnums=1), jax.jit(task.inform)
    for world in range(task.pool.start_m.shape[0]):
        for name, weights in choosers.items():
            state = begin(jnp.int32(world), jax.random.key(seed))
            explored = [float(inform(state).explored)]
            while len(explored) <= task.step_limit and explored[-1] < SHARES[-1]:
                state, share = step(jnp.array(weights), state)
                explored.append(float(share))
            contacts = int(state.contacts)
            yield Flight(name, world, np.array(explored), task.step_s, contacts)


def fly_planner(task: ExploreTask, seed: int) -> Iterator[Flight]:
    """Yield a flight of the planner in each world of a task."""
    radius_m = task.loop.body.radius_m
    for number in range(task.pool.start_m.shape[0]):
        asked = task.config
        seeded = asked.world in SEEDED
        name = f"{asked.world}:{asked.first_seed + number}" if seeded else asked.world
        world = worlds.load_world(name)
        observable = np.asarray(task.pool.observable[number])
        explored, contacts = [], 0
        for stretch in closed_loop.explore(world, task.loop, seed):
            seen = np.asarray(stretch.view.known) & observable
            explored.append(float(seen.sum() / observable.sum()))
            clear_m = worlds.signed_distance(world.scene, jnp.asarray(stretch.position_m))
            contacts += int((np.asarray(clear_m) < radius_m).sum())
            if len(explored) > task.step_limit or explored[-1] >= SHARES[-1]:
                break
        yield Flight(PLANNER, number, np.array(explored), task.step_s, contacts)


def judged(flights: list[Flight], limit_s: float) -> dict[str, dict[str, Any]]:
    """Return the scores of each chooser: means over worlds, with intervals of 95 %.

    ``area``: mean explored share up to the limit; ``against_planner``: by how much it is greater
    than the planner's in the same world. ``time_to_95_s`` and ``_99_s``: mean, where who never got
    there counts as the limit; ``reached_*``: in how many worlds. Intervals are those of the mean
    over worlds drawn again with repetition.
    """
    by_name: dict[str, list[Flight]] = {}
    for flight in flights:
        by_name.setdefault(flight.chooser, []).append(flight)
    planner = {f.world: f.area(limit_s) for f in by_name.get(PLANNER, [])}
    found: dict[str, dict[str, Any]] = {}
    for name, flown in by_name.items():
        areas = np.array([f.area(limit_s) for f in flown])
        row: dict[str, Any] = {"worlds": len(flown), "area": _spread(areas)}
        if name != PLANNER and planner:
            theirs = np.array([planner[f.world] for f in flown])
            row["against_planner"] = _spread(areas - theirs)
        for share in SHARES:
            times = [f.time_to_s(share) for f in flown]
            counted = np.array([limit_s if t is None else t for t in times])
            row[f"time_to_{100 * share:.0f}_s"] = _spread(counted)
            row[f"reached_{100 * share:.0f}"] = sum(t is not None for t in times)
        row["contacts"] = sum(f.contacts for f in flown)
        found[name] = row
    return found


def _spread(values: np.ndarray) -> dict[str, float]:
    """Return the mean of values [N] and the interval of 95 % of it."""
    random = np.random.default_rng(0)
    drawn = values[random.integers(len(values), size=(_DRAWS, len(values)))].mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {
        "mean": round(float(values.mean()), 5),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
    }
