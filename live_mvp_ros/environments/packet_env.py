# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live_mvp/Examiner-v0`` and ``live_mvp/Explorer-v0``: the packet environments for Gymnasium."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.environments import packet_spaces
from live_mvp_ros.environments.explore_spaces import checked_render_mode, read_actions
from live_mvp_ros.environments.packet_spaces import MOVES
from live_mvp_ros.packets import (
    EnvConfig,
    Environment,
    ObservationPacket,
    PosePacket,
    StepInfo,
)
from live_mvp_ros.packets.env_arguments import count
from live_mvp_ros.packets.packet_fields import settled

Seen = dict[str, np.ndarray]
LARGEST_SEED = 2**63
OPTIONS = ("object_id", "random_view")


def _unpaid(obs: ObservationPacket, pose: PosePacket, info: StepInfo) -> float:
    """Return no reward: looking is its own."""
    return 0.0


@dataclasses.dataclass(frozen=True)
class PacketTask:
    """What the members of a batch have in common.

    Attributes:
        scenario: "examiner" or "explorer".
        config: of the packet environment, with one column.
        continuous: whether actions are vectors; otherwise each is one of ``MOVES``.
        reward: of observation, pose and how the step went; 0 without one.
        max_steps: an episode is truncated then.
    """

    scenario: str = "examiner"
    config: EnvConfig = EnvConfig()  # noqa: RUF009 - frozen
    continuous: bool = True
    reward: Any = _unpaid
    max_steps: int = 200

    @classmethod
    def of(
        cls,
        scenario: str,
        config: EnvConfig | Mapping[str, Any] | None,
        continuous: bool,
        reward: Any,
        max_steps: int,
    ) -> PacketTask:
        """Check what a user asks for.

        Raises:
            ValueError: a setting is not allowed.
        """
        if scenario not in MOVES:
            raise ConfigurationError(
                f"scenario = {scenario!r} is not allowed: it must be one of {', '.join(MOVES)}"
            )
        if not isinstance(config, EnvConfig):
            config = EnvConfig.from_dict(config or {})
        if len(config.columns) != 1:
            raise ConfigurationError(
                f"columns = {config.columns} is not allowed here: an observation is that of one"
            )
        max_steps = count("max_steps", max_steps)
        continuous = settled("continuous", bool, continuous)
        return cls(scenario, config, continuous, reward or _unpaid, max_steps)

    def begun(
        self, environment: Environment, generator: np.random.Generator, options: Any
    ) -> tuple[Seen, dict[str, Any]]:
        """Return the first observation of an episode.

        Raises:
            ValueError: an option is not known, or there is no such object.
        """
        for name in options or {}:
            if name not in OPTIONS:
                raise ValueError(
                    f"options = {name!r} is not allowed: known are {', '.join(OPTIONS)}"
                )
        seed = int(generator.integers(LARGEST_SEED))
        chosen = dict(options or {})
        packets = environment.reset(seed=seed, scenario=self.scenario, **chosen)
        return packet_spaces.seen(self.config, *packets), {"object_id": packets[0].object_id}

    def packet_of(self, action: np.ndarray) -> dict[str, Any]:
        """Return the packet of an action, limited to the space of actions."""
        return packet_spaces.packet_of(self.scenario, self.continuous, action)

    def judged(
        self,
        action: np.ndarray,
        packets: tuple[ObservationPacket, Any, PosePacket, StepInfo],
    ) -> tuple[Seen, float, bool, bool, dict[str, Any]]:
        """Return what Gymnasium wants to know of a step.

        Raises:
            ValueError: the reward is no finite number.
        """
        obs, ctx, pose, info = packets
        told = {
            name: getattr(info, name)
            for name in ("object_id", "ok", "clamped", "wrapped", "collided", "message")
        }
        if self.continuous:
            told["clamped"] |= bool((np.abs(action) > 1.0).any())
        terminated = info.reset_suggested
        truncated = info.tick >= self.max_steps and not terminated
        seen, reward = (
            packet_spaces.seen(self.config, obs, ctx, pose),
            self.reward(obs, pose, info),
        )
        paid = settled("reward", float, reward)
        if not math.isfinite(paid):
            raise ValueError(f"reward = {paid} is not allowed: it must be a finite number")
        return seen, paid, terminated, truncated, told


class PacketEnv(gymnasium.Env[Seen, Any]):
    """A packet environment for Gymnasium; ``options`` of a reset are ``OPTIONS``.

    Attributes:
        environment: the one behind it.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012

    def __init__(
        self,
        scenario: str = "examiner",
        config: EnvConfig | Mapping[str, Any] | None = None,
        *,
        continuous: bool = True,
        reward: Any = None,
        max_steps: int = 200,
        render_mode: str | None = None,
    ) -> None:
        """Make an environment.

        Args:
            scenario: "examiner" or "explorer".
            config: settings, or a nested mapping of them; the usual ones by default.
            continuous: whether actions are vectors; otherwise each is one of ``MOVES``.
            reward: of observation, pose and how the step went (packets); 0 without one.
            max_steps: an episode is truncated then.
            render_mode: None, or "rgb_array" for a preview of object and camera.

        Raises:
            ConfigurationError: a setting is not allowed.
            EnvBackendError: the backend cannot be had here.
        """
        self.task = PacketTask.of(scenario, config, continuous, reward, max_steps)
        self.render_mode = checked_render_mode(render_mode)
        self.environment = Environment(self.task.config)
        self.observation_space = packet_spaces.observation_space(self.task.config, scenario)
        self.action_space = packet_spaces.action_space(scenario, continuous)
        self._is_reset = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Seen, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: of this and the episodes after it; None goes on with the stream.
            options: ``object_id`` and ``random_view``, as ``Environment.reset`` has them.

        Raises:
            ValueError: an option is not allowed.
            EnvAssetError: a model or a scene is missing.
        """
        super().reset(seed=seed, options=options)
        begun = self.task.begun(self.environment, self.np_random, options)
        self._is_reset = True
        return begun

    def step(self, action: Any) -> tuple[Seen, float, bool, bool, dict[str, Any]]:
        """Do an action; one beyond the limits is limited and ``clamped``.

        Raises:
            ValueError: it is none of the action space, or the reward is no finite number.
            ResetNeeded: nothing was reset yet.
        """
        if not self._is_reset:
            raise gymnasium.error.ResetNeeded("reset comes first: there is no episode yet")
        read = read_actions(self.action_space, action, self.action_space.shape)
        return self.task.judged(read, self.environment.step(self.task.packet_of(read)))

    def render(self) -> np.ndarray | None:
        """Return a preview of object, camera and patch frustum, None without a render mode."""
        return self.environment.preview() if self.render_mode and self._is_reset else None
