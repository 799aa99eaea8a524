# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many packet environments at once: what looks at the same stage is rendered in one call.

Finished episodes begin anew in the next step (``AutoresetMode.NEXT_STEP``). Each member does what
``PacketEnv`` does with the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from live_mvp_ros.environments import packet_spaces
from live_mvp_ros.environments.explore_spaces import checked_render_mode, read_actions
from live_mvp_ros.environments.member_seeds import member_seeds
from live_mvp_ros.environments.packet_env import PacketTask, Seen
from live_mvp_ros.packets import EnvConfig, Environment, Patch
from live_mvp_ros.packets.env_arguments import count
from live_mvp_ros.packets.env_errors import RENDERER_ERRORS
from live_mvp_ros.packets.env_packets import patches
from live_mvp_ros.packets.packet_environment import Intent

Looked = tuple[Patch, ...] | str


class PacketVectorEnv(VectorEnv[Seen, np.ndarray, np.ndarray]):
    """A batch of packet environments for Gymnasium.

    Attributes:
        environments: those behind it.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "autoreset_mode": AutoresetMode.NEXT_STEP,
        "render_modes": ["rgb_array"],
        "render_fps": 20,
    }

    def __init__(
        self,
        num_envs: int = 1,
        scenario: str = "examiner",
        config: EnvConfig | Mapping[str, Any] | None = None,
        *,
        continuous: bool = True,
        reward: Any = None,
        max_steps: int = 200,
        render_mode: str | None = None,
    ) -> None:
        """Make the members; arguments are those of ``PacketEnv``.

        Raises:
            ConfigurationError: a setting is not allowed.
            EnvBackendError: the backend cannot be had here.
            ValueError: ``num_envs`` is not positive.
        """
        num_envs = count("num_envs", num_envs)
        self.task = PacketTask.of(scenario, config, continuous, reward, max_steps)
        self.num_envs, self.render_mode = num_envs, checked_render_mode(render_mode)
        first = Environment(self.task.config)
        others = (Environment(self.task.config, like=first) for _ in range(num_envs - 1))
        self.environments = (first, *others)
        self.single_observation_space = packet_spaces.observation_space(self.task.config, scenario)
        self.single_action_space = packet_spaces.action_space(scenario, continuous)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._generators = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._over = np.zeros(num_envs, bool)
        self._is_reset = False

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Seen, dict[str, Any]]:
        """Begin an episode in every member.

        Args:
            seed: member i gets ``seed + i``, or its own of a list; None goes on with the streams.
            options: see ``PacketEnv``.

        Raises:
            ValueError: an option is not allowed, or the list of seeds has another length.
            EnvAssetError: a model or a scene is missing.
        """
        for i, chosen in enumerate(member_seeds(seed, self.num_envs)):
            if chosen is not None:
                self._generators[i] = seeding.np_random(chosen)[0]
        begun = [
            self.task.begun(environment, generator, options)
            for environment, generator in zip(self.environments, self._generators, strict=True)
        ]
        self._over, self._is_reset = np.zeros(self.num_envs, bool), True
        return _joined([seen for seen, _ in begun]), self._all_told([told for _, told in begun])

    def step(
        self, actions: Any
    ) -> tuple[Seen, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Do an action in every member, or begin anew where an episode was over.

        Raises:
            ValueError: one of them is none of the action space, or a reward is no finite number.
            ResetNeeded: nothing was reset yet.
        """
        if not self._is_reset:
            raise gymnasium.error.ResetNeeded("reset comes first: there is no episode yet")
        task, shape = self.task, (self.num_envs, *(self.single_action_space.shape or ()))
        read = read_actions(self.single_action_space, actions, shape)
        intents = {
            i: environment.decide(task.packet_of(read[i]))
            for i, environment in enumerate(self.environments)
            if not self._over[i]
        }
        looked = self._looked(intents)
        results = []
        for i, environment in enumerate(self.environments):
            if i in intents:
                results.append(task.judged(read[i], environment.conclude(intents[i], looked[i])))
            else:
                seen, told = task.begun(environment, self._generators[i], None)
                results.append((seen, 0.0, False, False, told))
        seen, rewards, terminated, truncated, told = zip(*results, strict=True)
        ends = np.array(terminated, bool), np.array(truncated, bool)
        self._over = ends[0] | ends[1]
        return _joined(seen), np.array(rewards, np.float64), *ends, self._all_told(told)

    def render(self) -> tuple[np.ndarray, ...] | None:
        """Return each member's preview, None without a render mode."""
        if self.render_mode is None or not self._is_reset:
            return None
        return tuple(environment.preview() for environment in self.environments)

    def _looked(self, intents: Mapping[int, Intent]) -> dict[int, Looked]:
        """Return what each member sees, rendered a stage at a time."""
        groups: dict[int, list[int]] = {}
        looked: dict[int, Looked] = {}
        for i, intent in intents.items():
            if intent.views and intent.done.state.focus_m == 0.0:
                groups.setdefault(id(intent.done.stage), []).append(i)
            else:
                looked[i] = self.environments[i].look(intent)
        for members in groups.values():
            looked |= self._together([(i, intents[i]) for i in members])
        return looked

    def _together(self, group: list[tuple[int, Intent]]) -> dict[int, Looked]:
        """Return what members that look at one stage see.

        As many views as the next power of two are rendered, so that few programs are compiled.
        """
        views = [view for _, intent in group for view in intent.views]
        views += views[-1:] * ((1 << (len(views) - 1).bit_length()) - len(views))
        try:
            seen = patches(self.task.config, group[0][1].done.stage.look(views), 0.0)
        except RENDERER_ERRORS:  # each tries for itself, and says what went wrong
            return {i: self.environments[i].look(intent) for i, intent in group}
        return {i: (patch,) for (i, _), patch in zip(group, seen, strict=False)}

    def _all_told(self, infos: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return information of all members with the masks that say of whom it is."""
        together: dict[str, Any] = {}
        for i, info in enumerate(infos):
            together = self._add_info(together, info, i)
        return together


def _joined(seen: Sequence[Seen]) -> Seen:
    """Return observations of all members, stacked."""
    return {name: np.stack([one[name] for one in seen]) for name in seen[0]}
