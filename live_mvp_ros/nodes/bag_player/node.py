# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The bag player: publishes what a bag holds, with /clock, at any rate, and obeys three services.

replay/pause (std_srvs/SetBool), replay/step (so many messages while it is paused) and replay/seek.
Names are changed as for every node, by ``-r /odom:=/old/odom``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rclpy.clock import Clock, ClockType
from std_srvs.srv import SetBool

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.playback import Pace, select
from live_mvp_ros.bags.reader import open_bag
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.player import Player
from live_mvp_ros.ros.running import StartError, run_node
from live_mvp_ros.srv import SeekReplay, StepSim

ALL, ANY = "all", "any"
END_CHECK_S = 0.1
LINGER_CHECKS = 10


@configuration
class PlayerConfig:
    """Parameters of bag_player."""

    bag: str = parameter(default="bag", help="Folder of the bag, or one of its files.")
    topics: tuple[str, ...] = parameter(
        default=(ALL,), help="Fully qualified names of what is played; all: everything."
    )
    rate: float = parameter(
        default=1.0, low=0.01, high=100.0, help="Seconds of the bag per second of wall time."
    )
    start_s: float = parameter(
        default=0.0, unit="s", low=0.0, high=1e9, help="Where to begin, after the first message."
    )
    loop: bool = parameter(default=False, help="Begin again at the end, for ever.")
    paused: bool = parameter(default=False, help="Wait for replay/step or replay/pause.")
    wait_for: tuple[str, ...] = parameter(
        default=(ANY,),
        help="Topics that all need a listener before it begins; any: one of those played, or 4 s.",
    )


class BagPlayer(GraphNode):
    """Plays one bag, and ends after its end."""

    def __init__(self) -> None:
        """Open the bag, create its publishers, serve, then play."""
        super().__init__("bag_player", PlayerConfig())
        config = self.parameters.value
        try:
            bag = open_bag(Path(config.bag))
            selection = select(bag, None if ALL in config.topics else config.topics)
            pace = Pace(config.rate, config.paused)
            awaited = [name for name in config.wait_for if name != ANY]
            self.player = Player(self, bag, selection, pace, config.loop, awaited)
        except BagError as error:
            raise StartError(str(error)) from None
        self.create_service(SetBool, "replay/pause", self._on_pause)
        self.create_service(StepSim, "replay/step", self._on_step)
        self.create_service(SeekReplay, "replay/seek", self._on_seek)
        self.health.extra = self._extra
        self._checks = 0
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(END_CHECK_S, self._end_after_the_end, clock=steady)
        self.player.start(config.start_s)

    def destroy_node(self) -> None:
        """Stop playing, then destroy the node."""
        self.player.end()
        super().destroy_node()

    def _end_after_the_end(self) -> None:
        """Leave a second after the last message, so that it arrives everywhere.

        Raises:
            BagError: the bag is damaged further on.
        """
        self.player.check()
        self._checks += self.player.finished.is_set()
        if self._checks > LINGER_CHECKS:
            self.end()

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> Any:
        self.player.pause(request.data)
        response.success = True
        response.message = "paused" if request.data else "playing"
        return response

    def _on_step(self, request: StepSim.Request, response: StepSim.Response) -> Any:
        response.success = self.player.paused and request.ticks >= 1
        if response.success:
            self.player.step(request.ticks)
        else:
            response.message = "the replay is not paused, or ticks is 0"
        return response

    def _on_seek(self, request: SeekReplay.Request, response: SeekReplay.Response) -> Any:
        response.success = 0.0 <= request.time_s <= self.player.duration_s
        if response.success:
            self.player.seek(request.time_s)
        else:
            response.message = (
                f"time_s = {request.time_s:g} is not allowed: it must be between 0 and "
                f"{self.player.duration_s:.3f} s"
            )
        return response

    def _extra(self) -> dict[str, str]:
        return {
            "position_s": f"{self.player.position_s:.3f}",
            "paused": str(self.player.paused).lower(),
            "messages": str(self.player.published),
        }


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(BagPlayer, args)
