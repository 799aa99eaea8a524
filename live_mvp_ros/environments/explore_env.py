# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live_mvp/Explore-v0``: a drone explores a generated world, and observes the map it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from live_mvp_ros.environments import explore_spaces
from live_mvp_ros.environments.explore_config import ExploreConfig, with_settings
from live_mvp_ros.environments.explore_programs import Programs, programs
from live_mvp_ros.environments.explore_task import ExploreState, ExploreTask


class ExploreEnv(gymnasium.Env[dict[str, np.ndarray], Any]):
    """The exploration for Gymnasium; see ``ExploreTask`` for what it computes.

    Attributes:
        task: the pure functions behind it.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(
        self,
        config: ExploreConfig | Mapping[str, Any] | None = None,
        *,
        render_mode: str | None = None,
        shared: Programs | None = None,
        **settings: Any,
    ) -> None:
        """Draw the worlds.

        Args:
            config: settings, or a mapping of them; the usual ones by default.
            render_mode: None or "rgb_array".
            shared: of a task that others have, too, so that it is compiled once
                (``explore_programs.programs``); then there are neither config nor settings.
            settings: fields of ``ExploreConfig`` that differ from ``config``.

        Raises:
            ConfigurationError: a setting is not allowed.
        """
        self._run = shared or programs(ExploreTask.of(with_settings(config, settings)))
        self.task = self._run.task
        self.render_mode = explore_spaces.checked_render_mode(render_mode)
        self.observation_space = explore_spaces.observation_space(self.task)
        self.action_space = explore_spaces.action_space(self.task)
        self._state: ExploreState | None = None
        self._steps = 0
        self._map: np.ndarray | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> explore_spaces.SENSED:
        """Begin an episode; the same seed and actions give the same one.

        Args:
            seed: of this and the episodes after it; None goes on with the stream.
            options: none are known.
        """
        super().reset(seed=seed, options=options)
        self._steps = 0
        self._state = self._run.plan(self._run.begin(explore_spaces.next_key(self.np_random)))
        observation = explore_spaces.observed(self._run.observe(self._state))
        self._map = observation["map"]
        return observation, explore_spaces.told(self._run.inform(self._state))

    def step(self, action: Any) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Do an action.

        Raises:
            ValueError: it is none of the action space.
            ResetNeeded: nothing was reset yet.
        """
        if self._state is None:
            raise gymnasium.error.ResetNeeded("reset comes first: there is no episode yet")
        read = explore_spaces.read_actions(self.action_space, action, self.action_space.shape)
        state, reward, terminated, truncated, info = self._run.advance(self._state, read)
        self._steps += 1
        if self.task.plan_is_due(self._steps):
            state = self._run.plan(state)
        self._state = state
        observation = explore_spaces.observed(self._run.observe(state))
        self._map = observation["map"]
        told = explore_spaces.told(info)
        return observation, float(reward), bool(terminated), bool(truncated), told

    def render(self) -> np.ndarray | None:
        """Return the observed map as a picture, None without a render mode."""
        if self.render_mode is None or self._map is None:
            return None
        return explore_spaces.picture(self._map)
