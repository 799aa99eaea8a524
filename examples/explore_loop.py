# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two agents explore a maze: one goes where chance says, the other where most is to be seen soon.

Both choose among the proposals of the planner, whose controller flies there. It needs Gymnasium:
pip install gymnasium.
"""

import gymnasium
import numpy as np

import live_mvp_ros.environments
from live_mvp_ros.environments.explore_observation import PROPOSAL

TIME_S = 30.0
WAY = 0.1  # of the maze's side, that costs as much as half of the gain


def chance(observation, random):
    """Return any proposal that is one."""
    return int(random.choice(np.flatnonzero(proposals(observation)["valid"])))


def greedy(observation, random):
    """Return the proposal that shows most for its way."""
    seen = proposals(observation)
    way = np.hypot(seen["forward"], seen["left"])
    return int(np.argmax(seen["valid"] * seen["gain"] / (WAY + way)))


def proposals(observation):
    """Return the columns of the proposals by their names; the first counts as one in any case."""
    columns = dict(zip(PROPOSAL, observation["proposals"].T, strict=True))
    columns["valid"][0] = 1.0
    return columns


def main():
    gymnasium.register_envs(live_mvp_ros.environments)
    environment = gymnasium.make(
        "live_mvp/Explore-v0", control="proposals", world="maze", worlds=1, time_limit_s=TIME_S
    )
    for agent in (chance, greedy):
        observation, info = environment.reset(seed=0)
        random, total, over = np.random.default_rng(0), 0.0, False
        while not over:
            action = agent(observation, random)
            observation, reward, terminated, truncated, info = environment.step(action)
            total, over = total + reward, terminated or truncated
        print(
            f"{agent.__name__}: {info['explored']:.0%} explored in {TIME_S:.0f} s, "
            f"reward {total:.1f}, {info['contacts']} contacts"
        )


if __name__ == "__main__":
    main()
