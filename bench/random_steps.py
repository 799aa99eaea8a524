# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many random actions in live_mvp/Explore-v0: all is finite, and every contact is one.

    python bench/random_steps.py --steps 100000

Flies a batch through generated offices and asks of each step that observation, reward and
information are finite and the observation within its space. Which control periods ended in contact
is worked out again in double precision from the boxes and planes of the world, each by itself; a
period is left open if it ended within 10 µm of the limit. Ends with exit code 1 where they differ.
"""

from __future__ import annotations

import argparse
import sys
import time

import gymnasium
import jax
import numpy as np

import live_mvp_ros.environments
from live_mvp_ros.worlds.scene import Boxes, Planes, Scene

gymnasium.register_envs(live_mvp_ros.environments)
OPEN_M = 1e-5


def distance_m(scene: Scene, points: np.ndarray) -> np.ndarray:
    """Return the distance [N] of points [N, 3] to boxes and planes, negative inside of one."""
    nearest = np.full(len(points), np.inf)
    for group in scene.groups:
        for solid in group.members:
            if isinstance(solid, Planes):
                normal, offset = np.float64(solid.normal), np.float64(solid.offset_m)
                apart = points @ normal - offset
            elif isinstance(solid, Boxes):
                centre, half = np.float64(solid.centre_m), np.float64(solid.half_m)
                beside = np.abs(points[:, :, None] - centre) - half
                outside = np.linalg.norm(np.maximum(beside, 0.0), axis=1)
                apart = outside + np.minimum(beside.max(axis=1), 0.0)
            else:
                raise SystemExit(f"{type(solid).__name__}: only boxes and planes are known here")
            nearest = np.minimum(nearest, apart.min(axis=1))
    return nearest


def main() -> int:
    """Fly, compare, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument("--contact-ends", action="store_true")
    given = parser.parse_args()
    many = gymnasium.make_vec(
        "live_mvp/Explore-v0",
        num_envs=given.members,
        vectorization_mode="vector_entry_point",
        contact_ends=given.contact_ends,
    )
    task = many.unwrapped.task
    scenes = [
        jax.tree.map(lambda x, i=i: x[i], task.pool.scene) for i in range(task.config.worlds)
    ]
    radius_m = task.loop.body.radius_m
    many.action_space.seed(0)
    many.reset(seed=0)
    known, over = np.zeros(given.members, int), np.zeros(given.members, bool)
    found = {"steps": 0, "episodes": 0, "contacts": 0, "by brute force": 0, "open": 0}
    wrong, begin = 0, time.perf_counter()
    while found["steps"] < given.steps:
        seen, rewards, terminated, truncated, told = many.step(many.action_space.sample())
        everything = [*seen.values(), rewards, *told.values()]
        wrong += sum(not np.isfinite(np.asarray(values, float)).all() for values in everything)
        wrong += not many.observation_space.contains(seen)
        for world, scene in enumerate(scenes):
            members = np.flatnonzero((told["world"] == world) & ~over)
            if not members.size:
                continue
            way_m = told["way_m"][members]
            away_m = distance_m(scene, np.float64(way_m.reshape(-1, 3))).reshape(way_m.shape[:2])
            least = (away_m < radius_m - OPEN_M).sum(axis=1)
            most = (away_m < radius_m + OPEN_M).sum(axis=1)
            counted = told["contacts"][members] - known[members]
            wrong += int(((counted < least) | (counted > most)).sum())
            off_m = np.abs(away_m.min(axis=1) - told["clearance_m"][members])
            wrong += int((off_m > 1e-4).sum())
            found["contacts"] += int(counted.sum())
            found["by brute force"] += int((away_m < radius_m).sum())
            found["open"] += int((most - least).sum())
            found["steps"] += members.size
        known = np.where(over, 0, told["contacts"])
        over = terminated | truncated
        found["episodes"] += int(over.sum())
    took_s = time.perf_counter() - begin
    words = ", ".join(f"{name} {value}" for name, value in found.items())
    sys.stdout.write(f"{words}, wrong {wrong}, {found['steps'] / took_s:.0f} steps/s\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
