# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The environment of packets as two services: environment/reset and environment/step.

What they answer is what ``live_mvp_ros.packets.Environment`` returns with the same settings, seeds
and actions. It is no part of the graph that flies, and takes no topics.
"""

from __future__ import annotations

import time
from typing import Any

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.packets import (
    ActionPacket,
    EnvAssetError,
    EnvBackendError,
    EnvConfig,
    Environment,
    Hooks,
)
from live_mvp_ros.packets.env_hooks import function_of
from live_mvp_ros.ros.convert.packet_messages import from_message, to_message
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import StartError, run_node
from live_mvp_ros.srv import ResetEnvironment, StepEnvironment

# What a request can be wrong about; the text of each is one sentence.
_REFUSED = (ValueError, EnvAssetError, EnvBackendError)


@configuration
class EnvironmentConfig:
    """Parameters of environment."""

    FLAT = ("env",)
    env: EnvConfig = EnvConfig()
    debug: bool = parameter(default=False, help="Every packet is checked against its schema.")
    reward: str = parameter(
        default="",
        help="module:function that pays goalseekers, of observation, pose and step info; empty:"
        " there are no goalseekers.",
    )


class EnvironmentServer(GraphNode):
    """One environment for one client."""

    def __init__(self) -> None:
        """Declare, render once so that everything is compiled, then serve."""
        super().__init__("environment", EnvironmentConfig())
        config = self.parameters.value
        try:
            hooks = Hooks(reward=function_of("reward", config.reward) if config.reward else None)
            self._environment = Environment(config.env, hooks=hooks, debug=config.debug)
            self._environment.reset(seed=0, scenario=config.env.scenario)
        except _REFUSED as error:
            raise StartError(str(error)) from None
        self._has_episode, self._steps = False, 0
        self.health.extra = lambda: {"steps": str(self._steps)}
        self.create_service(ResetEnvironment, "environment/reset", self._on_reset)
        self.create_service(StepEnvironment, "environment/step", self._on_step)

    def _on_reset(
        self, request: ResetEnvironment.Request, response: ResetEnvironment.Response
    ) -> Any:
        begin = time.monotonic()
        try:
            packets = self._environment.reset(
                request.object_id or None,
                request.random_view,
                request.seed if request.use_seed else None,
                request.scenario or self.parameters.value.env.scenario,
            )
        except _REFUSED as error:
            return _refused(response, error)
        self._has_episode = True
        return self._answered(response, packets, begin)

    def _on_step(
        self, request: StepEnvironment.Request, response: StepEnvironment.Response
    ) -> Any:
        begin = time.monotonic()
        try:
            if not self._has_episode:
                raise ValueError("environment/reset comes first: there is no episode yet")
            action = from_message(ActionPacket, request.action)
            *packets, info = self._environment.step(action)
        except _REFUSED as error:
            return _refused(response, error)
        response.info = to_message(info)
        return self._answered(response, packets, begin)

    def _answered(self, response: Any, packets: Any, begin: float) -> Any:
        observation, context, pose = packets
        response.success = True
        response.observation = to_message(observation)
        response.context = to_message(context)
        response.pose = to_message(pose)
        self._steps += 1
        self.health.produced(time.monotonic() - begin)
        return response


def _refused(response: Any, error: Exception) -> Any:
    response.success, response.message = False, str(error)
    return response


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(EnvironmentServer, args)
