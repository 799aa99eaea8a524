# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many explorations at once, see ``explore_batches``.

Finished episodes begin anew in the next step (``AutoresetMode.NEXT_STEP``): its action counts for
nothing, its reward is 0. Each member does what ``ExploreEnv`` does with the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from live_mvp_ros.environments import explore_spaces
from live_mvp_ros.environments.crew import Crew
from live_mvp_ros.environments.explore_batches import Batch, batch_of
from live_mvp_ros.environments.explore_config import ExploreConfig, with_settings
from live_mvp_ros.environments.explore_programs import Programs, programs
from live_mvp_ros.environments.explore_task import ExploreState, ExploreTask
from live_mvp_ros.environments.member_seeds import member_seeds
from live_mvp_ros.packets.env_arguments import count

Infos = dict[str, Any]


class ExploreVectorEnv(VectorEnv[dict[str, np.ndarray], np.ndarray, np.ndarray]):
    """A batch of explorations for Gymnasium.

    Attributes:
        task: the pure functions behind it.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "render_modes": ["rgb_array"],
        "render_fps": 10,
    }

    def __init__(
        self,
        num_envs: int = 1,
        config: ExploreConfig | Mapping[str, Any] | None = None,
        *,
        render_mode: str | None = None,
        shared: Programs | None = None,
        **settings: Any,
    ) -> None:
        """Draw the worlds, which all members share.

        Args:
            num_envs: how many members there are.
            config: settings, or a mapping of them; the usual ones by default.
            render_mode: None or "rgb_array".
            shared: see ``ExploreEnv``.
            settings: fields of ``ExploreConfig`` that differ from ``config``.

        Raises:
            ConfigurationError: a setting is not allowed.
            ValueError: ``num_envs`` is not positive.
        """
        num_envs = count("num_envs", num_envs)
        self._run = shared or programs(ExploreTask.of(with_settings(config, settings)))
        self.task = self._run.task
        self.num_envs, self.render_mode = num_envs, explore_spaces.checked_render_mode(render_mode)
        self.single_observation_space = explore_spaces.observation_space(self.task)
        self.single_action_space = explore_spaces.action_space(self.task)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._generators = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._crew = Crew(num_envs)
        self._batch: Batch = batch_of(self._run, self._crew, num_envs)
        self._is_reset = False
        self._maps: np.ndarray | None = None
        self._over = np.zeros(num_envs, bool)
        self._steps = np.zeros(num_envs, int)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[dict[str, np.ndarray], Infos]:
        """Begin an episode in every member.

        Args:
            seed: member i gets ``seed + i``, or its own of a list; None goes on with the streams.
            options: none are known.

        Raises:
            ValueError: the list is not as long as there are members.
        """
        for i, chosen in enumerate(member_seeds(seed, self.num_envs)):
            if chosen is not None:
                self._generators[i] = seeding.np_random(chosen)[0]
        begun = self._begun(list(range(self.num_envs)))
        self._batch.begin([one[0] for one in begun])
        self._is_reset = True
        self._over, self._steps = np.zeros(self.num_envs, bool), np.zeros(self.num_envs, int)
        seen, infos = [one[1] for one in begun], [one[2] for one in begun]
        observations = {name: np.stack([one[name] for one in seen]) for name in seen[0]}
        self._maps = observations["map"]
        return observations, _all_told(
            {key: np.array([i[key] for i in infos]) for key in infos[0]}
        )

    def step(
        self, actions: Any
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray, Infos]:
        """Do an action in every member, or begin anew where an episode was over.

        Raises:
            ValueError: one of them is none of the action space.
            ResetNeeded: nothing was reset yet.
        """
        if not self._is_reset:
            raise gymnasium.error.ResetNeeded("reset comes first: there is no episode yet")
        shape = (self.num_envs, *(self.single_action_space.shape or ()))
        read = explore_spaces.read_actions(self.single_action_space, actions, shape)
        rewards, terminated, truncated, infos = self._batch.advance(read)
        self._steps += 1
        over = np.flatnonzero(self._over).tolist()
        for i, (state, _, told) in zip(over, self._begun(over), strict=True):
            self._batch.put(i, state)
            self._steps[i], rewards[i], terminated[i], truncated[i] = 0, 0.0, False, False
            for name, value in told.items():
                infos[name][i] = value
        due = np.flatnonzero(self.task.plan_is_due(self._steps) & ~self._over)
        self._batch.plan(due.tolist())
        self._over = terminated | truncated
        observations = self._batch.observe()
        self._maps = observations["map"]
        return observations, rewards, terminated, truncated, _all_told(infos)

    def render(self) -> tuple[np.ndarray, ...] | None:
        """Return each member's observed map as a picture, None without a render mode."""
        if self.render_mode is None or self._maps is None:
            return None
        return tuple(explore_spaces.picture(channels) for channels in self._maps)

    def close_extras(self, **kwargs: Any) -> None:
        """End the threads."""
        self._crew.close()

    def _begun(
        self, members: Sequence[int]
    ) -> list[tuple[ExploreState, dict[str, np.ndarray], Infos]]:
        """Return state, observation and information of some members after a reset."""
        keys = [explore_spaces.next_key(self._generators[i]) for i in members]
        states = self._crew.each("begin", lambda key: self._run.plan(self._run.begin(key)), keys)
        return [
            (
                state,
                explore_spaces.observed(self._run.observe(state)),
                explore_spaces.told(self._run.inform(state)),
            )
            for state in states
        ]


def _all_told(infos: Infos) -> Infos:
    """Return information of all members with the masks that say of whom it is."""
    masks = {f"_{name}": np.ones(len(value), bool) for name, value in infos.items()}
    return infos | masks
